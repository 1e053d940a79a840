"""Few signals are seen as often as a thousand are; what is asked for, pictures and the documented preset stay."""

from dataclasses import replace

import pytest

from app.training.phases import planned_phases
from app.training.request import TrainingRequest
from app.training.signal_epochs import ENOUGH_CASES, MOST_TIMES, epochs_of_few, with_enough_epochs
from tests.app.signal_folders import write_beats
from xaae_core.data.dataset import ImageDataset, read_dataset
from xaae_core.training.presets import QUICK, STANDARD


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    folder = tmp_path_factory.mktemp("few") / "beats"
    write_beats(folder, 16)
    return read_dataset(folder)


def planned(dataset: ImageDataset, **asked: object) -> dict[str, int]:
    return planned_phases(with_enough_epochs(TrainingRequest.from_mapping(asked), dataset))


@pytest.mark.parametrize("preset", [QUICK, STANDARD])
def test_few_signals_are_seen_more_often(few: ImageDataset, preset) -> None:
    found = planned(few, preset=preset.name)
    assert found["autoencoder"] == MOST_TIMES * preset.training["epochs_ae"]
    assert found["classifier"] == MOST_TIMES * preset.training["epochs_classif"]
    assert found["adversarial"] == preset.training["epochs_adv"]
    assert planned(few, model="vae") == {"autoencoder": MOST_TIMES * 30}


def test_what_was_asked_for_stays(few: ImageDataset) -> None:
    found = planned(few, training={"epochs_ae": 3})
    assert found["autoencoder"] == 3
    assert found["classifier"] == MOST_TIMES * STANDARD.training["epochs_classif"]
    assert planned(few, model="vae", training={"epochs": 2}) == {"autoencoder": 2}
    assert planned(few, preset="reference") == planned_phases(TrainingRequest(preset="reference"))


def test_a_thousand_signals_have_the_usual_epochs(few: ImageDataset) -> None:
    rows = few.rows("train")
    enough, some = (few.take([int(rows[k % len(rows)]) for k in range(n)]) for n in (ENOUGH_CASES, ENOUGH_CASES // 2))
    assert epochs_of_few(enough, "standard") == {}
    assert epochs_of_few(some, "standard") == {"epochs_ae": 20, "epochs_classif": 12}


def test_pictures_stay_as_they_are(few: ImageDataset) -> None:
    request = TrainingRequest()
    assert with_enough_epochs(request, replace(few, form=None)) is request
