"""The mask of an open case is found by the folder's table, also where only a table of latents is open."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.case_data import CaseData, FolderFiles, JoinedFiles
from app.case_masks import CaseMasks
from xaae_core.data.dataset import read_dataset
from xaae_core.data.phantom_folder import write_phantoms
from xaae_core.data.phantoms import draw_by_id
from xaae_core.data.recipes import PictureRecipe
from xaae_core.data.table_columns import TableColumns
from xaae_core.errors import MaskError
from xaae_core.latents import LatentTable

RECIPE = PictureRecipe(size=(64, 64), channels=1)


def table_of(ids: list[str], paths: list[str]) -> LatentTable:
    n = len(ids)
    return LatentTable(
        z=np.zeros((n, 2), np.float32),
        ids=np.array(ids),
        paths=np.array(paths),
        split=np.array(["test"] * n),
        labels=np.zeros(n, np.int64),
        probabilities=np.empty((n, 0), np.float32),
        classes=("a",),
    )


def opened(folder: Path, *, made_of: object = None) -> CaseData:
    ids = [f"images/phantom-{number:06d}.png" for number in (900, 901, 902)]
    table = table_of(ids, [str(folder / name) for name in ids])
    return CaseData("cases", "", table, FolderFiles(table), ("a",), made_of=made_of)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_phantoms(tmp_path / "phantoms", n_train=2, n_valid=1, n_test=3, size=64)
    return tmp_path / "phantoms"


@pytest.mark.parametrize("is_open_as_folder", [True, False])
def test_the_masks_are_the_drawn_ones(folder: Path, is_open_as_folder: bool):
    dataset = read_dataset(folder, min_classes=1)
    data = opened(folder, made_of=(dataset, None) if is_open_as_folder else None)
    for row, number in enumerate((900, 901, 902)):
        expected = draw_by_id(f"phantom-{number:06d}", size=64).mask
        assert np.array_equal(CaseMasks().mask_of(data, row, RECIPE), expected)


def test_cases_of_two_folders_find_their_own(folder: Path):
    first = opened(folder, made_of=(read_dataset(folder, min_classes=1), None))
    joined = replace(first, files=JoinedFiles(first.files, first.files, 1, (2,)), made_of=(first, first))
    masks = CaseMasks()
    assert np.array_equal(masks.mask_of(joined, 1, RECIPE), masks.mask_of(first, 2, RECIPE))


def test_a_column_of_ones_own_is_taken_as_the_folder_was_opened_with(folder: Path):
    text = (folder / "labels.csv").read_text()
    (folder / "labels.csv").write_text(text.replace(",mask,", ",fluid,"))
    assert CaseMasks().mask_of(opened(folder), 0, RECIPE) is None
    dataset = read_dataset(folder, columns=TableColumns(mask="fluid"), min_classes=1)
    assert CaseMasks().mask_of(opened(folder, made_of=(dataset, None)), 0, RECIPE) is not None


def test_no_mask_is_none_and_a_bent_one_an_error(folder: Path):
    data = opened(folder)
    mask = folder / "masks" / "phantom-000900.png"
    Image.fromarray(np.zeros((64, 30), np.uint8)).save(mask)
    with pytest.raises(MaskError, match="30 × 64 px"):
        CaseMasks().mask_of(data, 0, RECIPE)
    mask.unlink()
    assert CaseMasks().mask_of(data, 0, RECIPE) is None
    (folder / "labels.csv").unlink()
    assert CaseMasks().mask_of(data, 1, RECIPE) is None


def test_phantoms_without_files_are_drawn_where_they_are_the_demos():
    table = table_of(["phantom-000960", "another"], ["", ""])

    class NoFiles:
        def find(self, row: int) -> None:
            return None

    data = CaseData("demo", "", table, NoFiles(), ("a",))
    assert CaseMasks().mask_of(data, 0, RECIPE) is None
    drawn = CaseMasks(draws_phantoms=True)
    assert np.array_equal(drawn.mask_of(data, 0, RECIPE), draw_by_id("phantom-000960", size=64).mask)
    assert drawn.mask_of(data, 1, RECIPE) is None
