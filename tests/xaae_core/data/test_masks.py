"""Masks lie where the model sees what they outline, whatever the picture's proportions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.dataset import read_dataset
from xaae_core.data.masks import inside_of, read_mask, require_inside
from xaae_core.data.recipes import PictureRecipe
from xaae_core.errors import ImageError, MaskError


def write_ellipse(path: Path, size: tuple[int, int], *, top: int = 255) -> Path:
    """A filled ellipse off the centre."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    inside = ((rows / size[0] - 0.4) / 0.2) ** 2 + ((columns / size[1] - 0.6) / 0.3) ** 2 < 1
    Image.fromarray((inside * top).astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("resize", ["pad", "squash"])
@pytest.mark.parametrize("size", [(100, 60), (60, 100), (64, 64), (31, 47), (300, 500)])
def test_a_mask_lies_where_the_same_file_read_as_a_picture_is_bright(tmp_path: Path, size, resize):
    path = write_ellipse(tmp_path / "case.png", size)
    recipe = PictureRecipe(size=(48, 48), channels=1, resize=resize)
    picture = recipe.read(path)
    mask = read_mask(path, recipe, picture_size=picture.source_size)
    assert mask.shape == (48, 48)
    assert mask.dtype == np.bool_
    differs = mask != (picture.pixels[0] > 0.5)
    grey = (picture.pixels[0] > 0.02) & (picture.pixels[0] < 0.98)
    assert not (differs & ~grey).any()  # only on the rim, where the picture's pixels are mixed
    assert differs.mean() < 0.02


def test_what_padding_adds_is_outside(tmp_path: Path):
    Image.fromarray(np.full((40, 80), 255, np.uint8)).save(tmp_path / "full.png")
    mask = read_mask(tmp_path / "full.png", PictureRecipe(size=(32, 32), channels=3))
    assert mask[8:24].all()
    assert not mask[:8].any()
    assert not mask[24:].any()
    require_inside(mask, "full.png")
    with pytest.raises(MaskError, match="covers everything"):
        require_inside(read_mask(tmp_path / "full.png", PictureRecipe(size=(16, 32), channels=3)), "full.png")


@pytest.mark.parametrize("top", [1, 7, 255])
def test_any_number_may_stand_for_inside(tmp_path: Path, top: int):
    recipe = PictureRecipe(size=(64, 64), channels=1)
    usual = read_mask(write_ellipse(tmp_path / "usual.png", (64, 64)), recipe)
    assert np.array_equal(read_mask(write_ellipse(tmp_path / "other.png", (64, 64), top=top), recipe), usual)
    assert 0.1 < usual.mean() < 0.3


def test_a_mask_may_be_larger_but_not_of_other_proportions(tmp_path: Path):
    recipe = PictureRecipe(size=(48, 48), channels=1)
    small = read_mask(write_ellipse(tmp_path / "small.png", (60, 90)), recipe, picture_size=(60, 90))
    large = read_mask(write_ellipse(tmp_path / "large.png", (180, 270)), recipe, picture_size=(60, 90))
    assert (small != large).mean() < 0.03
    read_mask(write_ellipse(tmp_path / "rounded.png", (33, 50)), recipe, picture_size=(100, 150))
    for size in ((90, 60), (60, 60), (60, 94)):
        with pytest.raises(MaskError, match=r"bent.png: the mask has .* px, its picture 90 × 60 px; .*export"):
            read_mask(write_ellipse(tmp_path / "bent.png", size), recipe, picture_size=(60, 90))


def test_an_empty_mask_is_said_to_be_empty(tmp_path: Path):
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "none.png")
    mask = read_mask(tmp_path / "none.png", PictureRecipe(size=(40, 40), channels=1))
    assert not mask.any()
    with pytest.raises(MaskError, match=r"none\.png: the mask is empty"):
        require_inside(mask, "none.png")
    assert not inside_of(np.zeros((4, 4))).any()


def test_a_mask_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"text\.png"):
        read_mask(tmp_path / "text.png", PictureRecipe(size=(40, 40), channels=1))


def test_the_callers_mask_cannot_be_changed(tmp_path: Path):
    mask = read_mask(write_ellipse(tmp_path / "a.png", (40, 40)), PictureRecipe(size=(40, 40), channels=1))
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = True


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["isic2017", "tb_cxr"])
def test_real_masks_cover_what_their_table_says(name: str):
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / name
    if not folder.is_dir():
        pytest.skip(f"the data folder {name} is not on this machine")
    dataset = read_dataset(folder)
    recipe = PictureRecipe(size=(256, 256), channels=dataset.channels)
    rows = [row for row, mask in enumerate(dataset.masks) if mask is not None][::100]
    for row in rows:
        path = dataset.masks[row]
        assert path is not None
        mask = read_mask(path, recipe, picture_size=recipe.read(dataset.paths[row]).source_size)
        assert mask.mean() == pytest.approx(dataset.columns["mask_fraction"][row], abs=2e-4)
        smaller = read_mask(path, replace(recipe, size=(96, 96)))
        assert smaller.mean() == pytest.approx(mask.mean(), abs=0.01)
