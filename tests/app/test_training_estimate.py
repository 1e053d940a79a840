"""The estimate is measured on the training's own steps, and refuses what the training would refuse."""

from pathlib import Path

import pytest

from app.training.estimate import estimate_training
from tests.app.cli_folders import write_pictures
from tests.app.training_jobs import tiny_request
from xaae_core.errors import TrainingError


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures") / "squares", per_class=24)


def test_every_phase_is_measured_and_counted(pictures: Path) -> None:
    seconds = []
    estimate = estimate_training(pictures, tiny_request(epochs_ae=7), report=seconds.append)
    assert estimate.phases == {"adversarial": 1, "autoencoder": 7, "classifier": 1, "consistency": 1, "sharpening": 1}
    assert set(estimate.per_epoch) == {*estimate.phases, "measuring"}
    assert all(value > 0 for value in estimate.per_epoch.values())
    epochs = sum(estimate.phases.get(name, 1) * value for name, value in estimate.per_epoch.items())
    assert estimate.seconds > epochs, "starting and reading take time as well"
    assert estimate.memory > 10**8, "libraries alone take that much"
    assert estimate.n_parameters > 1000
    assert seconds == sorted(seconds)
    assert len(seconds) > 3


def test_what_the_training_refuses_is_refused_in_its_words(pictures: Path) -> None:
    with pytest.raises(TrainingError, match='recons_metric="ssim"'):
        estimate_training(pictures, tiny_request(recons_metric="ms_ssim"))


def test_giving_up_ends_the_trial(pictures: Path) -> None:
    def give_up(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        estimate_training(pictures, tiny_request(), report=give_up)
