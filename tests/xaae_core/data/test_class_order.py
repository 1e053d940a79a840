"""Labels counted in a model's classes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.class_order import in_class_order
from xaae_core.data.dataset import ImageDataset, read_dataset
from xaae_core.errors import DatasetError


@pytest.fixture
def dataset(tmp_path: Path) -> ImageDataset:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.fromarray(np.full((32, 32), number, np.uint8)).save(tmp_path / name / f"{number}.png")
    return read_dataset(tmp_path)


@pytest.mark.parametrize("classes", [("dog", "cat"), ("bird", "dog", "cat"), ("cat", "dog")])
def test_every_picture_keeps_the_name_of_its_class(dataset: ImageDataset, classes: tuple[str, ...]) -> None:
    ordered = in_class_order(dataset, classes)
    assert ordered.classes == classes
    assert [ordered.classes[i] for i in ordered.labels] == [dataset.classes[i] for i in dataset.labels]
    assert ordered.ids == dataset.ids


def test_the_fingerprint_does_not_hang_on_the_order(dataset: ImageDataset) -> None:
    assert in_class_order(dataset, ("dog", "cat")).fingerprint == dataset.fingerprint


def test_a_class_that_the_model_does_not_know_is_named(dataset: ImageDataset) -> None:
    with pytest.raises(DatasetError, match="holds the class dog; the model knows cat, bird"):
        in_class_order(dataset, ("cat", "bird"))


def test_a_model_without_a_classifier_leaves_the_folder_s_classes(dataset: ImageDataset) -> None:
    assert in_class_order(dataset, ()) is dataset
