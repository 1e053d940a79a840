"""The real data sets beside the project read with the counts that their README gives."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.dataset import ImageDataset, check_images, read_dataset

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.shared_data


def read_shared(name: str) -> ImageDataset:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"../shared/data/{name} is not here")
    return read_dataset(folder)


def per_split(data: ImageDataset) -> dict[str, list[int]]:
    """Counts of label 0 and label 1 in each split."""
    counts = Counter(zip(data.split, data.labels.tolist(), strict=True))
    return {split: [counts[split, label] for label in (0, 1)] for split in ("train", "valid", "test")}


def test_tuberculosis():
    data = read_shared("tb_cxr")
    assert data.classes == ("normal", "tuberculosis")
    assert per_split(data) == {"train": [284, 275], "valid": [61, 59], "test": [61, 60]}
    assert data.describe() == ("800 images, 2 classes: normal 406, tuberculosis 394; 559 train / 120 valid / 121 test")
    assert (data.channels, data.broken, data.notes) == (1, (), ())
    assert sum(mask is not None for mask in data.masks) == 704
    assert set(data.columns["source"]) == {"shenzhen", "montgomery"}
    assert np.isnan(data.columns["mask_fraction"]).sum() == 96
    assert check_images(data) is data


def test_melanoma():
    data = read_shared("isic2017")
    assert data.classes == ("not_melanoma", "melanoma")
    assert per_split(data) == {"train": [742, 350], "valid": [90, 30], "test": [421, 108]}
    assert (data.channels, data.broken, data.notes) == (3, (), ())
    assert all(data.masks)
    assert np.median(data.columns["mask_fraction"]) == pytest.approx(0.21, abs=0.01)
    assert check_images(data) is data
