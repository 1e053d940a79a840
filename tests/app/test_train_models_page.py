"""The train page offers every model that takes the data, with its own settings, and trains it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.train_page.charts import show_parts
from app.training.estimate import Estimate
from app.training.job import find_jobs
from app.training.request import TrainingRequest
from tests.app.cli_folders import write_pictures
from tests.app.session import Session
from tests.app.test_train_page import choose_checked, press
from tests.app.training_jobs import await_state, end_all
from xaae_core.models.catalogue import MODELS


@pytest.fixture
def page(open_session: Any, tmp_path: Path) -> Iterator[Session]:
    session: Session = open_session("train.py")
    yield session
    end_all(tmp_path / "runs")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[TrainingRequest]:
    """What estimates were asked for; none is measured."""
    requests: list[TrainingRequest] = []

    def estimate(data: Path, request: TrainingRequest, report: object) -> Estimate:
        requests.append(request)
        per_epoch = {"autoencoder": 1.0, "measuring": 1.0}
        return Estimate(60.0, {"autoencoder": 30}, per_epoch, 10**6, 10**9, "cpu", 0, 0, 10**4)

    monkeypatch.setattr("app.train_page.start.estimate_training", estimate)
    return requests


def test_a_model_is_chosen_with_its_own_settings_and_trained(
    page: Session, asked: list[TrainingRequest], tmp_path: Path
) -> None:
    choose_checked(page, write_pictures(tmp_path / "mine", per_class=20))
    chooser = page.app.selectbox(key="train_model")
    assert chooser.value == "xaaenet"
    assert chooser.options == [entry.title for entry in MODELS.values() if "picture" in entry.mediums]
    assert page.app.radio(key="train_preset")

    page.app.selectbox(key="train_model").set_value("vae").run()
    page.assert_well()
    assert not [radio for radio in page.app.radio if radio.key == "train_preset"]
    assert "a straight line through its codes" in page.words("caption")
    page.app.radio(key="train_sides").set_value(True).run()
    page.app.number_input(key="train_side_vae").set_value(16).run()
    page.app.number_input(key="train_option_vae_beta_picture").set_value(2.5).run()
    page.app.number_input(key="train_epochs").set_value(1).run()
    page.app.number_input(key="train_batch_one").set_value(8).run()
    page.assert_well()
    request = asked[-1]
    assert (request.model, request.size, dict(request.options)) == ("vae", (16, 16), {"beta": 2.5})
    assert (request.batch_size, dict(request.training), request.has_flips) == (8, {"epochs": 1}, False)

    page.app.text_input(key="train_name_mine-vae").set_value("first").run()
    press(page, "Start the training")
    page.assert_well()
    (job,) = find_jobs(tmp_path / "runs")
    status = await_state(job, "finished")
    assert status.phases == {"autoencoder": 1}
    assert [sample.phase for sample in job.samples()] == ["autoencoder"]
    page.run()
    assert not page.app.exception
    assert all("what it draws is not the case" in error for error in page.errors), "a verdict after one epoch"
    assert [figure.kind for figure in job.figures()] == ["tsne", "pls"]
    assert "asked by a linear probe on z" in " ".join(page.words(kind) for kind in ("success", "warning", "error"))
    assert any(metric.label == "AUROC of a linear probe" for metric in page.app.metric)


def test_a_fixed_size_is_chosen_not_typed(page: Session, asked: list[TrainingRequest], tmp_path: Path) -> None:
    choose_checked(page, write_pictures(tmp_path / "mine", per_class=20))
    page.app.selectbox(key="train_model").set_value("burgess_vae").run()
    page.app.radio(key="train_sides").set_value(True).run()
    assert page.app.selectbox(key="train_side_burgess_vae").options == ["32", "64"]
    page.app.selectbox(key="train_model").set_value("simclr").run()
    page.assert_well()
    assert "SimCLR itself mirrors its views" in page.words("caption")
    assert not [field for field in page.app.number_input if field.key == "train_dims_simclr"]
    assert asked[-1].model == "simclr"


def test_parts_that_are_better_the_more_are_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.training.files import EpochRecord

    drawn: list[Any] = []
    monkeypatch.setattr("app.train_page.charts._show", lambda points, *_: drawn.extend(points))
    losses = {"log_likelihood": -90.0, "kl_divergence": 3.0}
    assert show_parts([EpochRecord(phase="autoencoder", epoch=1, n_epochs=2, losses=losses)], "autoencoder")
    assert sorted(point["value"] for point in drawn) == [3.0, 90.0]
