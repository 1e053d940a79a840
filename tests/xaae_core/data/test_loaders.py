"""DataLoaders: right pixels, right labels, the same order from the same seed, nothing decoded twice."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from xaae_core.data import recipes
from xaae_core.data.augmentation import Augment
from xaae_core.data.dataset import ImageDataset, read_dataset
from xaae_core.data.images import read_image
from xaae_core.data.loaders import dataloaders_from_arrays, make_dataloaders
from xaae_core.data.pixel_sources import ArrayPixels, FilePixels
from xaae_core.errors import DatasetError, ImageError

SMALL = {"input_size": 24, "input_channels": 1, "batch_size": 8, "device": "cpu"}


@pytest.fixture
def dataset(class_folder: Path) -> ImageDataset:
    return read_dataset(class_folder)  # 42 train, 9 valid, 9 test


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """48 images whose grey is their number; train 32, valid 12, test 4."""
    images = np.arange(48, dtype=np.uint8)[:, None, None, None] * np.ones((1, 3, 20, 20), np.uint8)
    return images, np.arange(48) % 2, ["train"] * 32 + ["valid"] * 12 + ["test"] * 4


def numbers(batch: torch.Tensor) -> list[int]:
    """The numbers of the images of the fixture `arrays` in a batch."""
    return [round(float(image.max()) * 255) for image in batch]


def test_batches_hold_the_right_pixels_and_labels(dataset: ImageDataset):
    loaders = make_dataloaders(dataset, **SMALL)
    assert list(loaders.vocab) == ["ill", "well"]
    assert (len(loaders.train), len(loaders.valid)) == (5, 2)  # 42 // 8, ceil(9 / 8)
    valid = dataset.subset(split="valid")
    images, labels = (torch.cat(parts) for parts in zip(*loaders.valid, strict=True))
    assert images.dtype == torch.float32
    assert labels.tolist() == valid.labels.tolist()
    for image, path in zip(images, valid.paths, strict=True):
        np.testing.assert_array_equal(image, read_image(path, channels=1, size=(24, 24)).pixels)


def test_every_epoch_sees_train_once_and_test_never(dataset: ImageDataset):
    loaders = make_dataloaders(dataset, **SMALL | {"batch_size": 7})  # 42 = 6 × 7: nothing dropped
    train = dataset.subset(split="train")
    expected = sorted(float(read_image(path, size=(24, 24)).pixels.sum()) for path in train.paths)
    orders = []
    for _ in range(2):
        orders.append([float(image.sum()) for images, _ in loaders.train for image in images])
        np.testing.assert_allclose(sorted(orders[-1]), expected, rtol=1e-6)
    assert orders[0] != orders[1]


def test_vocabulary_keeps_the_order_of_the_classes(arrays):
    images, labels, splits = arrays
    loaders = dataloaders_from_arrays(images, labels, splits, ("well", "ill"), device="cpu")
    assert list(loaders.vocab) == ["well", "ill"]  # fastai would sort
    batch, targets = loaders.valid.one_batch()
    assert targets.tolist() == [number % 2 for number in numbers(batch)]


def test_order_and_augmentation_hang_on_the_loaders_rng_alone(arrays):
    images, labels, splits = arrays

    def epochs(seed: int, n: int = 2) -> list[torch.Tensor]:
        loaders = dataloaders_from_arrays(
            images, labels, splits, "ab", batch_size=8, seed=seed, augment=Augment(), device="cpu"
        )
        torch.rand(3)
        random.random()  # what others draw does not matter
        return [torch.cat([batch for batch, _ in loaders.train]) for _ in range(n)]

    first, second = epochs(5)
    assert not torch.equal(first, second)
    again = epochs(5)
    assert torch.equal(first, again[0])
    assert torch.equal(second, again[1])
    assert not torch.equal(first, epochs(6)[0])

    loaders = dataloaders_from_arrays(images, labels, splits, "ab", batch_size=8, augment=Augment(), device="cpu")
    repeated = []
    for _ in range(2):
        loaders.train.rng = random.Random(11)  # as a training resumed before this epoch does
        repeated.append(torch.cat([batch for batch, _ in loaders.train]))
    assert torch.equal(*repeated)


def test_augmentation_touches_training_batches_only(arrays):
    images, labels, splits = arrays
    loaders = dataloaders_from_arrays(
        images, labels, splits, "ab", batch_size=8, augment=Augment(brightness=0.5), device="cpu"
    )
    assert numbers(torch.cat([batch for batch, _ in loaders.valid])) == list(range(32, 44))
    in_train = torch.cat([batch for batch, _ in loaders.train])
    assert not torch.equal(in_train * 255, torch.round(in_train * 255))
    plain = loaders.test_dl(loaders.train_ds.items, with_labels=True)
    batches, targets = (torch.cat(parts) for parts in zip(*plain, strict=True))
    assert numbers(batches) == list(range(32))
    assert targets.tolist() == [i % 2 for i in range(32)]


def test_new_pictures_are_read_like_the_others(dataset: ImageDataset, tmp_path: Path):
    path = tmp_path / "new.png"
    Image.fromarray(np.full((40, 20, 3), 90, np.uint8)).save(path)
    loader = make_dataloaders(dataset, **SMALL, resize="squash").test_dl([path])
    (batch,) = loader.one_batch()
    assert batch.shape == (1, 1, 24, 24)
    np.testing.assert_allclose(batch * 255, 90, atol=1e-3)


def test_deep_pictures_keep_their_steps_through_the_loader(tmp_path: Path):
    for label in "ab":
        (tmp_path / label).mkdir()
        for i in range(8):
            deep = np.linspace(0, 65535, 576).astype(np.uint16).reshape(24, 24)
            Image.fromarray(deep).save(tmp_path / label / f"{i}.png")
    loaders = make_dataloaders(read_dataset(tmp_path), **SMALL | {"batch_size": 4})
    for _ in range(2):  # read, then kept
        batch, _ = loaders.valid.one_batch()
        assert len(batch[0].unique()) == 576


def test_pictures_are_read_once_and_stay_equal(dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch):
    reads: Counter[str] = Counter()

    def counted(source: Path, **options):
        reads[source.name] += 1
        return read_image(source, **options)

    monkeypatch.setattr(recipes, "read_image", counted)
    loaders = make_dataloaders(dataset, **SMALL)
    first, second = (torch.cat([batch for batch, _ in loaders.valid]) for _ in range(2))
    assert torch.equal(first, second)
    assert reads.total() <= len(dataset)
    n_before = reads.total()
    list(loaders.valid)
    assert reads.total() == n_before

    uncached = make_dataloaders(dataset, **SMALL, cache_bytes=0)
    reads.clear()
    for _ in range(2):
        list(uncached.valid)
    assert reads.total() == 2 * 9


def test_cache_keeps_to_its_budget_and_hands_out_copies(dataset: ImageDataset, encoded: Callable[..., bytes]):
    source = FilePixels(dataset.paths, size=(24, 24), channels=1, cache_bytes=3 * 24 * 24 + 5)
    originals = [source(path).copy() for path in dataset.paths]
    assert len(source._kept) == 3
    for path, original in zip(dataset.paths, originals, strict=True):
        source(path)[:] = -1
        np.testing.assert_array_equal(source(path), original)
    roomy = FilePixels([], size=(24, 24), channels=1)
    roomy(dataset.paths[0])
    assert not roomy._kept  # a picture that is not of the set may change on disk


def test_worker_processes_give_the_same_batches(dataset: ImageDataset):
    here, there = (make_dataloaders(dataset, **SMALL, num_workers=n, seed=4) for n in (0, 2))
    for (images, labels), (images_there, labels_there) in zip(here.train, there.train, strict=True):
        assert torch.equal(images, images_there)
        assert torch.equal(labels, labels_there)


def test_a_picture_damaged_later_is_named(dataset: ImageDataset):
    path = dataset.subset(split="valid").paths[3]
    path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(ImageError, match=f"{path.name}: the file is damaged"):
        list(make_dataloaders(dataset, **SMALL).valid)


def test_what_cannot_be_trained_on_is_refused(arrays):
    images, labels, splits = arrays
    with pytest.raises(DatasetError, match="32 training images are fewer than one batch of 64"):
        dataloaders_from_arrays(images, labels, splits, "ab", batch_size=64)
    with pytest.raises(DatasetError, match="all 32 training images are labelled a"):
        dataloaders_from_arrays(images, labels * 0, splits, "ab")
    with pytest.raises(DatasetError, match="no image is in the split valid"):
        dataloaders_from_arrays(images, labels, ["train"] * 48, "ab")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, y, s: (i[:, 0], y, s), r"shape \(48, 20, 20\); expected \[N, C, H, W\]"),
        (lambda i, y, s: (i.astype(np.float64), y, s), "float64; expected uint8"),
        (lambda i, y, s: (i.astype(np.float32), y, s), "run from 0 to 47; expected float32 in"),
        (lambda i, y, s: (i, y + 1, s), "labels run from 1 to 2; expected 0 to 1"),
        (lambda i, y, s: (i, y[:5], s), "48 images, 5 labels and 48 splits"),
    ],
)
def test_arrays_that_do_not_fit_are_the_callers_mistake(change, message: str, arrays):
    with pytest.raises(ValueError, match=message):
        dataloaders_from_arrays(*change(*arrays), "ab")


def test_float_arrays_pass_unchanged_and_are_not_handed_out_themselves():
    images = np.random.default_rng(0).random((4, 1, 5, 6), dtype=np.float32)
    pixels = ArrayPixels(images)(2)
    np.testing.assert_array_equal(pixels, images[2])
    pixels[:] = 0
    assert images[2].min() > 0
