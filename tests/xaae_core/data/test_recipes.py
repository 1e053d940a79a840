"""One recipe for training, latents, app and command line: a picture given later is treated as in training."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.xaae_core.data.dicom_files import dicom_file
from xaae_core.data.dataset import read_dataset
from xaae_core.data.images import read_image
from xaae_core.data.loaders import make_dataloaders
from xaae_core.data.pixel_sources import FilePixels
from xaae_core.data.recipes import PictureRecipe, recipe_for
from xaae_core.errors import DamagedCheckpointError
from xaae_core.model_card import ModelCard, card_for, parse_card
from xaae_core.models import AAE

WINDOW = (50.0, 60.0)
RNG = np.random.default_rng(11)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two classes of 12-bit DICOM, half of them with a window of their own."""
    for number in range(24):
        array = RNG.integers(0, 120, (20, 24)).astype(np.uint16)
        own = {"WindowCenter": 10 * number, "WindowWidth": 40} if number % 2 else {}
        path = tmp_path / ("ill" if number < 12 else "well") / f"{number:02}.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(dicom_file(array, bits=12, **own))
    return tmp_path


def test_a_recipe_reads_like_read_image(scans: Path):
    path = scans / "ill/03.dcm"
    recipe = PictureRecipe(size=(16, 16), channels=3, resize="squash", window=WINDOW)
    expected = read_image(path, size=(16, 16), channels=3, resize="squash", window=WINDOW)
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), f"{path}#0"):
        np.testing.assert_array_equal(recipe.read(source).pixels, expected.pixels)
    assert recipe.read(path.read_bytes(), name="upload.dcm").name == "upload.dcm"
    with pytest.raises(ValueError, match="width above 0"):
        PictureRecipe(size=(16, 16), channels=1, window=(1, 0))
    assert len({recipe, replace(recipe, window=None), replace(recipe)}) == 2  # a key of caches


def test_loaders_read_by_the_window(scans: Path):
    data = read_dataset(scans)
    loaders = make_dataloaders(
        data, input_size=16, input_channels=1, batch_size=4, window=WINDOW, device="cpu", num_workers=0
    )
    paths = [data.paths[row] for row in data.rows("valid")]
    images = torch.cat([batch for batch, _ in loaders.valid])
    for image, path in zip(images, paths, strict=True):
        expected = read_image(path, channels=1, size=(16, 16), window=WINDOW).pixels
        np.testing.assert_array_equal(image, expected)
        assert not np.array_equal(image, read_image(path, channels=1, size=(16, 16)).pixels)


def test_windowed_8_bit_pictures_lose_nothing_in_the_cache(tmp_path: Path):
    path = tmp_path / "a.dcm"
    path.write_bytes(dicom_file(RNG.integers(0, 256, (20, 24)).astype(np.uint8)))
    plain, windowed = (FilePixels([path], size=(20, 24), channels=1, window=window) for window in (None, WINDOW))
    for source in (plain, windowed):
        first = source(path)
        np.testing.assert_array_equal(source(path), first)
    assert [next(iter(source._kept.values())).dtype for source in (plain, windowed)] == [np.uint8, np.float32]


@pytest.fixture(scope="module")
def model() -> AAE:
    return AAE(input_size=64, input_channels=1, encoding_dims=4, classes=2, pretrained=False)


def test_the_card_keeps_the_window(model: AAE):
    card = card_for(model, window=list(WINDOW), resize="squash")
    read = parse_card(card.to_json(), "model")
    assert read.window == list(WINDOW)
    recipe = recipe_for(model, read)
    assert recipe == PictureRecipe(size=(64, 64), channels=1, resize="squash", window=WINDOW)
    assert recipe_for(model, card_for(model)).window is None


def test_cards_without_a_window_still_load():
    text = ModelCard("AAE", {}).to_json().replace('"window": null, ', "").replace(', "window": null', "")
    assert "window" not in text
    assert parse_card(text, "old").window is None


@pytest.mark.parametrize(
    "window", ["[40]", "[40, 0]", "[40, -1]", '"40,400"', "[true, 4]", "[NaN, 4]", "[1, Infinity]", "{}"]
)
def test_windows_that_are_none_are_refused(window: str):
    text = ModelCard("AAE", {}).to_json().replace('"window": null', f'"window": {window}')
    with pytest.raises(DamagedCheckpointError, match="cannot be used: window"):
        parse_card(text, "odd")
