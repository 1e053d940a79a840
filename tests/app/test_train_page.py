"""The train page without a browser: every state of the data and of a training is told, and leads on."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.figures.export import export_figure
from app import state
from app.training.estimate import Estimate
from app.training.files import (
    FOLDER_NAME,
    PROGRESS_NAME,
    SAMPLES_NAME,
    STATUS_NAME,
    EpochRecord,
    State,
    StatusRecord,
    write_json,
    write_record,
)
from app.training.job import TrainingJob, find_jobs
from app.training.request import TrainingRequest
from tests.app.cli_folders import write_pictures
from tests.app.session import Session
from tests.app.training_jobs import await_state, end_all, tiny_request

FREE_BYTES = 5 * 10**8  # less than the estimate needs
PHASES = {"adversarial": 1, "autoencoder": 2, "classifier": 1}


@pytest.fixture
def page(open_session: Any, tmp_path: Path) -> Iterator[Session]:
    session: Session = open_session("train.py")
    session.assert_well()
    yield session
    end_all(tmp_path / "runs")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[TrainingRequest]:
    """What estimates were asked for; none is measured."""
    requests: list[TrainingRequest] = []

    def estimate(data: Path, request: TrainingRequest, report: object) -> Estimate:
        requests.append(request)
        return Estimate(
            600.0, PHASES, dict.fromkeys([*PHASES, "measuring"], 150.0), 10**9, FREE_BYTES, "cpu", 0, 0, 10**6
        )

    monkeypatch.setattr("app.train_page.start.estimate_training", estimate)
    return requests


def run_until(session: Session, is_right: Callable[[Session], bool], seconds: float = 60) -> None:
    """What a fragment's timer does in a browser."""
    deadline = time.monotonic() + seconds
    while not is_right(session):
        assert time.monotonic() < deadline, (session.errors, session.words("markdown"))
        time.sleep(0.2)
        session.run()


def has_button(label: str) -> Callable[[Session], bool]:
    return lambda session: any(button.label == label for button in session.app.button)


def press(session: Session, label: str) -> None:
    next(button for button in session.app.button if button.label == label).click().run()


def choose(session: Session, folder: Path) -> None:
    session.app.text_input(key="train_path").set_value(str(folder)).run()
    press(session, "Use this path")


def acknowledgements(session: Session) -> list[Any]:
    """Boxes to say that a warning has been read; a figure's menu has others."""
    return [box for box in session.app.checkbox if str(box.key).startswith("train_read_")]


def choose_checked(session: Session, folder: Path) -> None:
    choose(session, folder)
    run_until(session, has_button("Next: choose a model"))
    for box in acknowledgements(session):
        box.check().run()
    press(session, "Next: choose a model")
    session.assert_well()


def written_job(runs: Path, wanted: State, data: Path, **status: Any) -> TrainingJob:
    """A training as its files tell of it, without a process."""
    job = TrainingJob(runs / "earlier", data, tiny_request(), "2026-01-01T00:00:00+00:00")
    files = job.folder / FOLDER_NAME
    facts = {"started": job.started, "data": str(data), "request": job.request.to_mapping()}
    write_json(job.folder / "job.json", facts)
    rows = [
        EpochRecord(
            phase=phase,
            epoch=epoch,
            n_epochs=n_epochs,
            score_encoded=0.4,
            score_drawn=0.6,
            losses={"train_loss": 10.0**-epoch, "valid_loss": 2 * 10.0**-epoch, "recons_loss": 0.1},
        )
        for phase, n_epochs in PHASES.items()
        for epoch in range(1, n_epochs + 1)
    ]
    write_json(files / PROGRESS_NAME, [vars(row) for row in rows])
    (files / SAMPLES_NAME).mkdir()
    for row in rows:
        Image.fromarray(np.zeros((20, 60), np.uint8)).save(files / SAMPLES_NAME / f"{row.phase}-{row.epoch:03d}.png")
    write_record(files / STATUS_NAME, StatusRecord(state=wanted, phase="classifier", phases=PHASES, epoch=1, **status))
    return job


def test_an_empty_folder_is_told_and_read_again(page: Session, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    choose(page, tmp_path / "mine")
    run_until(page, lambda session: "There are no pictures or signals in mine yet" in session.words("info"))
    page.assert_well()
    write_pictures(tmp_path / "mine", per_class=20)
    press(page, "Look again")
    run_until(page, has_button("Next: choose a model"))
    page.assert_well()
    assert "40 pictures" in page.words("markdown")


def test_a_folder_that_cannot_be_trained_on_says_why_and_another_can_be_chosen(page: Session, tmp_path: Path) -> None:
    choose(page, tmp_path / "nowhere")
    run_until(page, lambda session: bool(session.errors))
    assert "nowhere is not there" in page.errors[0]
    press(page, "Choose other data")
    page.assert_well()
    assert page.app.text_input(key="train_path")


def test_a_table_of_another_name_in_the_folder_is_offered(page: Session, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "mine", per_class=4)
    for path in folder.rglob("*.png"):
        path.rename(folder / f"{path.parent.name}-{path.name}")
    (folder / "scores.csv").write_text("\n".join(["file,score", *(f"{path.name},1" for path in folder.glob("*.png"))]))
    choose(page, folder)
    run_until(page, lambda session: bool(session.errors))
    press(page, "Use the table scores.csv")
    run_until(page, lambda session: "Which column is which?" in session.words("info"))


def test_pictures_of_one_class_lead_nowhere(page: Session, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "mine", per_class=20)
    shutil.rmtree(folder / "dark")
    choose(page, folder)
    run_until(page, has_button("Next: choose a model"))
    assert "are of one class" in page.words("markdown")
    assert not acknowledgements(page)
    assert next(button for button in page.app.button if button.label == "Next: choose a model").disabled


def test_folders_are_looked_into_but_not_above_the_root(page: Session, tmp_path: Path) -> None:
    write_pictures(tmp_path / "studies" / "one")
    assert next(button for button in page.app.button if button.label == "Up").disabled
    page.run()
    press(page, "studies/ · 1 folder")
    press(page, "one/ · 2 folders")
    assert any(button.label == "bright/ · 8 pictures" for button in page.app.button)
    press(page, "Up")
    press(page, "one/ · 2 folders")
    press(page, "Use this folder")
    assert page.app.session_state[state.TRAIN_DATA] == str(tmp_path / "studies" / "one")


def test_a_table_asks_which_column_is_which(page: Session, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "mine", per_class=20)
    lines = [f"{path.relative_to(folder)},{path.parent.name},{n % 5}" for n, path in enumerate(folder.rglob("*.png"))]
    (folder / "list.csv").write_text("\n".join(["picture,finding,score", *lines]))
    choose(page, folder / "list.csv")
    run_until(page, lambda session: "Which column is which?" in session.words("info"))
    assert "Picture's file and What is learned" in page.words("info")
    assert not page.errors
    for label, column in (("Picture's file", "picture"), ("What is learned", "finding")):
        next(box for box in page.app.selectbox if box.label == label).set_value(column).run()
    run_until(page, has_button("Next: choose a model"))
    page.assert_well()


def test_left_and_right_must_be_answered_before_anything_starts(
    page: Session, tmp_path: Path, asked: list[TrainingRequest]
) -> None:
    choose_checked(page, write_pictures(tmp_path / "mine", per_class=20))
    assert page.app.button(key="train_start").disabled
    assert "Say first whether left and right matter" in page.words("caption")
    assert not asked
    page.app.radio(key="train_preset").set_value("quick").run()
    page.app.radio(key="train_sides").set_value(False).run()
    assert asked[-1].has_flips
    assert asked[-1].preset == "quick"
    assert [(metric.label, metric.value) for metric in page.app.metric] == [
        ("Time, about", "10 min"),
        ("Memory at its peak", "1.0 GB"),
    ]
    assert "1.0 GB and 500 MB are free" in page.errors[0]
    assert not page.app.button(key="train_start").disabled
    page.app.radio(key="train_sides").set_value(True).run()
    assert not asked[-1].has_flips


def test_what_was_chosen_survives_the_way_over_another_step(
    page: Session, tmp_path: Path, asked: list[TrainingRequest]
) -> None:
    choose_checked(page, write_pictures(tmp_path / "mine", per_class=20))
    page.app.radio(key="train_sides").set_value(True).run()
    page.app.number_input(key="train_size").set_value(64).run()
    page.app.button(key="train_step_data").click().run()
    page.app.button(key="train_step_model").click().run()
    assert page.app.number_input(key="train_size").value == 64
    assert page.app.radio(key="train_sides").value is True


def test_settings_that_cannot_be_trained_are_told_in_place(page: Session, tmp_path: Path) -> None:
    choose_checked(page, write_pictures(tmp_path / "mine", per_class=20))
    page.app.number_input(key="train_size").set_value(48).run()
    page.app.number_input(key="train_batch").set_value(300).run()
    page.app.radio(key="train_sides").set_value(True).run()  # the last answer: one trial is begun, not three
    run_until(page, lambda session: bool(session.errors))
    assert "fewer than one batch of 300" in page.errors[0]
    assert page.app.button(key="train_start").disabled
    assert "cannot be trained" in page.words("caption")


def test_a_training_is_started_watched_and_explored(page: Session, tmp_path: Path) -> None:
    choose_checked(page, write_pictures(tmp_path / "mine", per_class=24))
    page.app.radio(key="train_preset").set_value("quick").run()
    page.app.number_input(key="train_size").set_value(48).run()
    for name in ("epochs_adv", "epochs_ae", "epochs_classif", "epochs_consistency", "epochs_sharpening"):
        page.app.number_input(key=f"train_{name}").set_value(1).run()
    page.app.number_input(key="train_batch").set_value(8).run()
    page.app.radio(key="train_sides").set_value(True).run()
    page.app.text_input(key="train_name_mine-quick").set_value("first").run()
    press(page, "Start the training")
    page.assert_well()
    (job,) = find_jobs(tmp_path / "runs")
    assert (job.name, job.fingerprint != "", page.app.query_params[state.RUN]) == ("first", True, "first")
    await_state(job, "finished")
    page.run()
    page.assert_well()
    assert "Finished in" in page.words("markdown")
    assert len(page.app.metric) > 0
    assert "AUROC 1.00" in job.rival, "the classes are bright and dark"
    assert job.rival in page.words("caption").replace("\\", ""), "what needs no model stands beside the verdict"
    labels = [str(menu.proto.popover.label) for menu in page.app.get("popover")]
    assert labels.count("Take the curves") == labels.count("Take the held-out quality") == 1
    page.app.button(key="train_explore").click().run()
    page.assert_well()
    assert page.app.session_state[state.CHECKPOINT] == str(job.checkpoint)
    assert len(page.path.checksums("decoded")) == 21


def test_a_training_whose_process_is_gone_offers_to_go_on(page: Session, tmp_path: Path, tiny_pictures: Path) -> None:
    written_job(tmp_path / "runs", "training", tiny_pictures)
    page.app.session_state[state.TRAIN_STEP] = "run"
    page.run()
    assert "stopped unexpectedly" in page.errors[0]
    assert has_button("Resume")(page)
    press(page, "Change settings")
    assert page.app.session_state[state.TRAIN_DATA] == str(tiny_pictures)
    assert page.app.session_state[state.TRAIN_STEP] == "data"


def test_a_failed_training_says_why_and_shows_what_there_is(page: Session, tmp_path: Path, tiny_pictures: Path) -> None:
    written_job(tmp_path / "runs", "failed", tiny_pictures, message="The disk is full. Free some space.")
    page.app.session_state[state.TRAIN_STEP] = "run"
    page.run()
    assert page.errors == ["The disk is full. Free some space."]
    assert has_button("Try again")(page)
    assert len(page.app.get("vega_lite_chart")) >= 2
    assert page.app.select_slider(key=state.TRAIN_SAMPLE).value == "Learn the target, 1"


def test_curves_are_taken_outside_of_what_is_drawn_anew_with_the_page_s_own_provenance(
    page: Session, tmp_path: Path, tiny_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menus: dict[str, Any] = {}
    monkeypatch.setattr("app.train_page.result.figure_menu", lambda make, *, key, **_: menus.update({key: make}))
    written_job(tmp_path / "runs", "stopped", tiny_pictures)
    page.app.session_state[state.TRAIN_STEP] = "run"
    page.run()
    page.assert_well()
    assert list(menus) == ["train_curves"]
    figure = menus["train_curves"]()
    assert figure.drawing.n_epochs == sum(PHASES.values())
    assert {panel.title for panel in figure.drawing.panels} >= {"loss", "discriminator's score"}
    told = figure.provenance
    assert (told.kind, told.view["page"], told.view["query"]["run"]) == ("training", "train", ["earlier"])
    assert told.settings["phases"] == PHASES
    assert str(tmp_path) not in told.to_json()


def test_before_the_first_epoch_there_is_no_figure(page: Session, tmp_path: Path, tiny_pictures: Path) -> None:
    job = written_job(tmp_path / "runs", "stopped", tiny_pictures)
    epochs = job.folder / FOLDER_NAME / PROGRESS_NAME
    content = epochs.read_text()
    epochs.write_text("[]")
    page.app.session_state[state.TRAIN_STEP] = "run"
    page.run()
    page.assert_well()
    assert not [button for button in page.app.get("download_button") if "train_curves" in str(button.proto.id)]
    epochs.write_text(content)
    page.run()
    assert [button for button in page.app.get("download_button") if "train_curves" in str(button.proto.id)]


def test_the_check_is_taken_as_a_figure_without_the_names_of_patients(
    page: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menus: dict[str, Any] = {}
    monkeypatch.setattr("app.train_page.check.figure_menu", lambda make, *, key, **_: menus.update({key: make}))
    folder = write_pictures(tmp_path / "mine", per_class=20)
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        path.rename(path.with_name(f"meier-anna{number // 2}_{number % 2}.png"))
    choose(page, folder)
    run_until(page, has_button("Next: choose a model"))
    page.assert_well()
    assert "meier" in page.words("markdown"), "who looks for them is told the names"
    figure = menus["train_check"]()
    content = export_figure(figure, "svg").decode() + figure.drawing.numbers() + figure.drawing.caption()
    assert "meier" not in content
    assert str(tmp_path) not in content
    assert "Names look like several pictures of a patient (case " in figure.drawing.numbers()
    assert (figure.provenance.kind, figure.provenance.view["page"]) == ("data_check", "train")
    assert figure.provenance.data_fingerprint


def test_an_earlier_epoch_stays_chosen_and_the_latest_is_followed(
    page: Session, tmp_path: Path, tiny_pictures: Path
) -> None:
    job = written_job(tmp_path / "runs", "stopped", tiny_pictures)
    page.app.session_state[state.TRAIN_STEP] = "run"
    page.run()
    slider = page.app.select_slider(key=state.TRAIN_SAMPLE)
    assert slider.value == "Learn the target, 1"
    slider.set_value("Learn to draw, 1").run()
    page.run()
    assert page.app.select_slider(key=state.TRAIN_SAMPLE).value == "Learn to draw, 1"
    assert job.status().state == "stopped"


def test_without_trainings_the_page_says_how_to_begin(page: Session) -> None:
    page.app.session_state[state.TRAIN_STEP] = "run"
    page.run()
    press(page, "Choose data")
    page.assert_well()
    assert page.app.text_input(key="train_path")


def test_numbers_are_checked_and_learned_as_such(page: Session, tmp_path: Path, asked: list[TrainingRequest]) -> None:
    folder = write_pictures(tmp_path / "mine", per_class=30)
    lines = [f"{path.relative_to(folder)},{n + 0.5}" for n, path in enumerate(sorted(folder.rglob("*.png")))]
    (folder / "scores.csv").write_text("\n".join(["file,severity", *lines]))
    choose(page, folder / "scores.csv")
    run_until(page, lambda session: "Which column is which?" in session.words("info"))
    next(box for box in page.app.selectbox if box.label == "What is learned").set_value("severity").run()
    run_until(page, has_button("Next: choose a model"))
    for box in acknowledgements(page):
        box.check().run()
    press(page, "Next: choose a model")
    page.app.radio(key="train_sides").set_value(True).run()
    assert not page.app.exception
    assert page.app.selectbox(key="train_target_number").value == "severity"
    assert (asked[-1].target, asked[-1].columns.label) == (None, "severity")
