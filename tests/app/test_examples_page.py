"""The examples page without a browser: which cases it shows and why, long work, files, and what bad input is told."""

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.examples import find_nearest
from analysis.examples.influence import DampedInverse, measure_influence
from analysis.examples.sample_losses import LabelLoss, OutputLoss
from analysis.examples.samples import samples_of
from analysis.examples.simplex import fit_max_entropy, fit_simplex
from analysis.examples.wrong_labels import measure_self_influence, rank_wrong_labels
from analysis.traversals import encode_image
from app import cached_examples, examples_state, state
from app.cohort_state import SELECTION
from app.components.example_tiles import ExampleTile, OpenedTile
from app.examples_page import labels_tab, rows
from app.examples_page.downloads import scores_csv, sheet_figure
from app.examples_page.labels_tab import doubts_csv
from app.opened_data import open_data
from tests.app.session import Session
from xaae_core.checkpoints import Checkpoint, load_checkpoint
from xaae_core.latents import LatentTable

LABELS = "Labels worth a second look"
Shown = dict[str, list[ExampleTile]]


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """What gradients have said in another test is forgotten: sessions share it."""
    cached_examples.importances.clear()
    cached_examples.self_influences.clear()
    cached_examples.estimates.clear()


@pytest.fixture
def shown() -> Iterator[Shown]:
    """The tiles of each row in the last run, by the row's name."""
    seen: Shown = {}
    with (
        patch.object(rows, "example_tiles", _spy(rows, seen)),
        patch.object(labels_tab, "example_tiles", _spy(labels_tab, seen)),
    ):
        yield seen


def _spy(module: Any, seen: Shown) -> Any:
    draw = module.example_tiles

    def look(tiles: Any, **options: Any) -> Any:
        seen[options["key"].removeprefix("examples_")] = list(tiles)
        return draw(tiles, **options)

    return look


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path, shown: Shown) -> Session:
    """The page on a small folder and a model whose training is not known."""
    session: Session = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    session.assert_well()
    return session


@pytest.fixture
def checkpoint(tiny_model: Path) -> Checkpoint:
    return load_checkpoint(tiny_model)


def table_of(checkpoint: Checkpoint, folder: Path) -> LatentTable:
    return open_data(folder, checkpoint).latents


def show_case(session: Session, case: str) -> Session:
    session.pick(case.rpartition(".")[0])
    return session


def press(session: Session, key: str) -> Session:
    session.app.button(key=key).click().run()
    return session


def run_until(session: Session, ready: Any, *, seconds: float = 60) -> Session:
    """What the browser's timers do."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, (session.errors, session.words("caption"))
        time.sleep(0.05)
        session.run()
    return session


def buttons(session: Session) -> set[str]:
    return {str(button.key) for button in session.app.button}


def compute(session: Session, kind: str = "influence") -> Session:
    run_until(session, lambda: f"{kind}_begin" in buttons(session))
    press(session, f"{kind}_begin")
    return run_until(session, lambda: not {f"{kind}_begin", f"{kind}_cancel"} & buttons(session))


def click(session: Session, module: Any, row: str, place: int, shown: Shown, where: str = "here") -> None:
    """A click on a picture."""
    draw, waiting = module.example_tiles, [True]

    def answer(tiles: Any, **options: Any) -> Any:
        drawn = draw(tiles, **options)
        if waiting and options["key"] == f"examples_{row}":
            waiting.pop()
            return OpenedTile(tiles[place].id, tiles[place].row, where)  # type: ignore[arg-type]
        return drawn

    with patch.object(module, "example_tiles", answer):
        session.run()
    assert not waiting


def test_the_nearest_cases_are_those_of_find_nearest(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    show_case(tiny, str(table.ids[5])).assert_well()
    found = find_nearest(table.z[5:6], table)
    wanted = [column for column in found.most_important(0, 6).tolist() if column != 5][:5]
    assert [tile.id for tile in shown["nearest"]] == table.ids[wanted].tolist()
    assert [tile.bar.text for tile in shown["nearest"] if tile.bar] == [f"{d:.2f} ×" for d in found.relative(0)[wanted]]
    assert [tile.agrees for tile in shown["nearest"]] == (table.labels[wanted] == table.labels[5]).tolist()
    assert "24 cases of the open folder (the training's own are not known here)" in tiny.words("caption")
    assert "itself among the searched cases" in tiny.words("caption")


@pytest.mark.parametrize(("name", "fit"), [("simplex_entropy", fit_max_entropy), ("simplex", fit_simplex)])
def test_the_weights_are_the_estimators_without_the_case_itself(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path, name: str, fit: Any
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    tiny.app.session_state[examples_state.MIXTURE] = name
    show_case(tiny, str(table.ids[3])).assert_well()
    others = np.delete(np.arange(len(table)), 3)
    z = encode_image(checkpoint.model, pixels_of(table, 3)).z
    weights = fit(z, torch.from_numpy(table.z[others].copy()))[0].double().numpy()
    order = np.argsort(-weights, kind="stable")[:5]
    assert [tile.id for tile in shown["mixture"]] == table.ids[others][order].tolist()
    shares = np.array([tile.bar.share for tile in shown["mixture"] if tile.bar])
    np.testing.assert_allclose(shares, weights[order] / weights[order].max(), rtol=1e-3)
    left = np.linalg.norm(weights @ table.z[others] - table.z[3]) / np.linalg.norm(
        table.z[3] - table.z[others].mean(axis=0)
    )
    assert f"leaves {left:.0%} of the case over" in tiny.words("markdown")


def pixels_of(table: LatentTable, row: int) -> np.ndarray:
    return (np.asarray(Image.open(str(table.paths[row])), np.float32) / 255)[None]


@pytest.mark.parametrize("loss", ["reconstruction", "label"])
def test_helpful_and_harmful_are_in_the_order_of_measure_influence(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path, loss: str
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    tiny.app.session_state[examples_state.METHOD] = "influence"
    tiny.app.session_state[examples_state.LOSS] = loss
    tiny.app.session_state[examples_state.PARAMETERS] = "last_block"
    show_case(tiny, str(table.ids[7])).assert_well()
    assert "helpful" not in shown, "nothing is computed before it is asked for"
    compute(tiny).assert_well()
    x = torch.from_numpy(np.stack([pixels_of(table, row) for row in range(len(table))]))
    own = checkpoint.model.classify(checkpoint.model.encode(x[7:8]).z)
    assert own is not None
    has_labels = loss == "label"
    found = measure_influence(
        checkpoint.model,
        samples_of(x, torch.from_numpy(table.labels.copy()) if has_labels else None),
        samples_of(x[7:8], own.argmax(dim=1) if has_labels else None),
        loss=LabelLoss() if has_labels else OutputLoss(), mode=DampedInverse(), parameters="last_block",
    )  # fmt: skip
    order = [row for row in np.argsort(-found.scores[0], kind="stable").tolist() if row != 7]
    helpful = [row for row in order if found.scores[0, row] > 0][:5]
    harmful = [row for row in reversed(order) if found.scores[0, row] < 0][:5]
    assert [tile.row for tile in shown.get("helpful", [])] == helpful
    assert [tile.row for tile in shown.get("harmful", [])] == harmful
    assert len(helpful) + len(harmful) >= 5
    words = tiny.words("caption")
    assert "influence (damped inverse)" in words
    assert "(last_block)" in words
    assert ("classification loss" if has_labels else "reconstruction error") in words


def test_another_session_finds_what_was_computed(
    tiny: Session, shown: Shown, open_session: Any, tiny_model: Path, tiny_pictures: Path
) -> None:
    compute(tiny).assert_well()
    helpful = shown.pop("helpful")
    other = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    other.assert_well()
    assert shown["helpful"] == helpful


def test_the_time_is_said_before_and_a_cancelled_computation_keeps_nothing(tiny: Session, shown: Shown) -> None:
    run_until(tiny, lambda: "influence_begin" in buttons(tiny))
    assert "It takes about" in tiny.words("caption")
    assert "parameters (" in tiny.words("caption")
    slow = patch("app.examples_page.gradients.trace_training", _until_cancelled)
    with slow:
        press(tiny, "influence_begin")
        assert "influence_cancel" in buttons(tiny)
        press(tiny, "influence_cancel")
    tiny.assert_well()
    assert "Nothing half-done is kept" in tiny.words("info")
    assert "helpful" not in shown
    compute(tiny).assert_well()
    assert "Nothing half-done" not in tiny.words("info")
    assert shown["helpful"] or shown["harmful"]


def _until_cancelled(*_: Any, progress: Any, **__: Any) -> Any:
    """A computation that would take a minute."""
    for step in range(6000):
        progress(step, 6000)
        time.sleep(0.01)
    raise AssertionError("it was not cancelled")


def test_a_computation_for_another_case_goes_on_and_says_whose_it_is(
    tiny: Session, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    show_case(tiny, str(table.ids[2]))
    run_until(tiny, lambda: "influence_begin" in buttons(tiny))
    with patch("app.examples_page.gradients.trace_training", _until_cancelled):
        press(tiny, "influence_begin")
        show_case(tiny, str(table.ids[9])).assert_well()
        bars = [str(block.proto.text) for block in tiny.app.get("progress")]
        assert any("bright/02" in text.replace("\\", "") for text in bars), bars
        press(tiny, "influence_cancel")
    assert "Nothing half-done" not in tiny.words("info"), "this case's own was not cancelled"


def test_a_click_opens_the_case_here_or_in_traverse(tiny: Session, shown: Shown) -> None:
    wanted = shown["nearest"][1]
    click(tiny, rows, "nearest", 1, shown)
    tiny.assert_well()
    assert tiny.app.session_state[state.CASE] == wanted.id
    assert wanted.name in tiny.bar[2]
    there = shown["mixture"][0]
    click(tiny, rows, "mixture", 0, shown, "traverse")
    tiny.run().assert_well()  # the browser's timer
    assert tiny.shown_case == there.name


def test_a_training_case_that_is_not_in_the_folder_opens_as_a_picture_and_keeps_its_label(
    open_session: Any, shown: Shown
) -> None:
    session: Session = open_session("examples.py")
    session.assert_well()
    assert "Searched: the 800 cases that the model learned from" in session.words("caption")
    wanted = shown["nearest"][0]
    click(session, rows, "nearest", 0, shown)
    session.assert_well()
    assert f"{wanted.id}.png" in session.bar[2]
    assert wanted.id not in [tile.id for tile in shown["nearest"]]
    assert "itself among the searched cases" in session.words("caption")
    assert f"label {wanted.label}" in session.words("markdown")


def test_labels_are_ranked_as_rank_wrong_labels_does_a_page_at_a_time(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    wanted = rank_wrong_labels(table_of(checkpoint, tiny_pictures))
    tiny.app.session_state[examples_state.TAB] = LABELS
    tiny.run().assert_well()
    assert [tile.id for tile in shown["doubts"]] == wanted.ids[:12].tolist()
    first = wanted.sentence(0)
    assert shown["doubts"][0].sentence == f"{first[0].upper()}{first[1:]}."
    assert "a question, not an answer" in tiny.words("markdown")
    press(tiny, "doubts_next").assert_well()
    assert [tile.id for tile in shown["doubts"]] == wanted.ids[12:24].tolist()
    press(tiny, "doubts_choose").assert_well()
    assert tiny.app.session_state[SELECTION] == tuple(wanted.ids[12:24].tolist())
    click(tiny, labels_tab, "doubts", 3, shown)
    assert tiny.app.session_state[state.CASE] == wanted.ids[15]


def test_self_influence_counts_when_it_was_measured(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    tiny.app.session_state[examples_state.TAB] = LABELS
    tiny.run()
    compute(tiny, "self_influence").assert_well()
    x = torch.from_numpy(np.stack([pixels_of(table, row) for row in range(len(table))]))
    samples = samples_of(x, torch.from_numpy(table.labels.copy()), table.ids.tolist())
    own = measure_self_influence(checkpoint.model, samples, loss=LabelLoss())
    assert [tile.id for tile in shown["doubts"]] == rank_wrong_labels(table, self_influence=own).ids[:12].tolist()
    assert "self-influence counts as much" in tiny.words("caption")


def scenes(session: Session) -> list[Any]:
    """The scenes that the page hands to its files."""
    from app.examples_page import main_tab

    seen: list[Any] = []
    with patch.object(main_tab, "show_downloads", lambda *arguments: seen.append(arguments)):
        session.run()
    return seen


def test_the_scores_leave_as_csv_with_their_methods(tiny: Session, checkpoint: Checkpoint, tiny_pictures: Path) -> None:
    table = table_of(checkpoint, tiny_pictures)
    compute(tiny)
    (scene, choice, importance), *_ = scenes(tiny)
    found = list(csv.DictReader(io.StringIO(scores_csv(scene, choice, importance).decode())))
    assert sorted(row["id"] for row in found) == sorted(table.ids.tolist())
    by_id = {row["id"]: row for row in found}
    assert len(by_id) == len(found)
    (score,) = [name for name in found[0] if name.startswith("TracIn (loss=reconstruction error")]
    (weight,) = [name for name in found[0] if name.startswith("SimplEx, maximum entropy")]
    for case, value in zip(importance.train_ids.tolist(), importance.scores[0].tolist(), strict=True):
        assert float(by_id[case][score]) == pytest.approx(value, rel=1e-6)
    for column, case in enumerate(table.ids.tolist()):
        assert float(by_id[case]["distance in z"]) == pytest.approx(scene.nearest.distances[0, column], rel=1e-6)
    assert [row["is this case"] for row in found].count("yes") == 1
    weights = [float(row[weight]) for row in found if row[weight]]
    assert sum(weights) == pytest.approx(1, abs=1e-4)
    assert len(weights) == len(found) - 1


def test_the_contact_sheet_says_its_methods_and_has_the_pages_cases(tiny: Session, shown: Shown) -> None:
    from analysis.figures.example_sheet import draw_sheet

    compute(tiny)
    (scene, choice, importance), *_ = scenes(tiny)
    figure = sheet_figure(scene, choice, importance)
    names = [tile.lines[0] for tile in figure.examples]
    assert names == [tile.name for row in ("nearest", "mixture", "helpful", "harmful") for tile in shown.get(row, [])]
    svg = draw_sheet(figure, "svg").decode()
    for words in ("TracIn (loss=reconstruction error", "SimplEx, maximum entropy", "Searched: the 24 cases"):
        assert words in svg
    assert draw_sheet(figure, "png").startswith(b"\x89PNG")
    assert draw_sheet(figure, "pdf").startswith(b"%PDF")


def test_the_list_of_doubtful_labels_leaves_whole(tiny: Session, checkpoint: Checkpoint, tiny_pictures: Path) -> None:
    made: list[bytes] = []
    ranking = rank_wrong_labels(table_of(checkpoint, tiny_pictures))

    def keep(*arguments: Any) -> bytes:
        made.append(doubts_csv(*arguments))
        return made[-1]

    tiny.app.session_state[examples_state.TAB] = LABELS
    seen: list[Any] = []
    with patch.object(labels_tab, "_page_controls", lambda *arguments: seen.append(arguments) or 1):
        tiny.run()
    found = list(csv.DictReader(io.StringIO(keep(*seen[0]).decode())))
    assert [row["id"] for row in found] == ranking.ids.tolist()
    assert [row["why"] for row in found] == [ranking.sentence(place) for place in range(len(ranking))]
