"""A picture is found where it lies now, and two of one name are never taken for each other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.case_files import CaseFiles
from tests.analysis.latent_tables import table_of
from tests.app.cli_folders import write_pictures
from xaae_core.latents import LatentTable


def table_with(ids: list[str], paths: list[str]) -> LatentTable:
    return replace(table_of(np.eye(len(ids), 4)), ids=np.array(ids), paths=np.array(paths))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "data", per_class=3)


def test_a_recorded_path_is_taken_and_a_moved_folder_found_by_the_ids(folder: Path, tmp_path: Path):
    ids = ["bright/00.png", "dark/00.png"]
    table = table_with(ids, [str(folder / name) for name in ids])
    latents = tmp_path / "t.parquet"
    assert [CaseFiles(table, latents=latents).find(row) for row in (0, 1)] == [folder / name for name in ids]
    moved = folder.rename(tmp_path / "elsewhere")
    assert CaseFiles(table, latents=latents).find(0) is None
    assert [CaseFiles(table, latents=latents, data=moved).find(row) for row in (0, 1)] == [moved / i for i in ids]
    assert CaseFiles(table, latents=latents, data=moved / "labels.csv").find(0) == moved / ids[0]


def test_relative_paths_start_at_the_table(folder: Path):
    table = table_with(["a", "b"], ["data/bright/00.png", ""])
    files = CaseFiles(table, latents=folder.parent / "t.parquet")
    assert files.find(0) == folder / "bright/00.png"
    assert files.find(1) is None


def test_names_alone_find_a_picture_only_where_they_are_unique(folder: Path, tmp_path: Path):
    (folder / "dark" / "02.png").rename(folder / "dark" / "only.png")
    table = table_with(["only", "00", "02"], ["", "", "somewhere/else/gone.png"])
    files = CaseFiles(table, latents=tmp_path / "t.parquet", data=folder)
    assert files.find(0) == folder / "dark" / "only.png"
    assert files.find(1) is None  # bright/00.png or dark/00.png?
    assert files.find(2) == folder / "bright" / "02.png"


def test_two_recorded_files_of_one_name_are_not_looked_for_by_it(folder: Path, tmp_path: Path):
    (folder / "x.png").write_bytes((folder / "dark/00.png").read_bytes())
    table = table_with(["p", "q"], ["one/x.png", "two/x.png"])
    files = CaseFiles(table, latents=tmp_path / "t.parquet", data=folder)
    assert [files.find(0), files.find(1)] == [None, None]


def test_an_id_does_not_lead_out_of_the_folder(folder: Path, tmp_path: Path):
    (tmp_path / "secret.png").write_bytes(b"x")
    files = CaseFiles(table_with(["../secret.png"], [""]), latents=folder / "t.parquet", data=folder)
    assert files.find(0) is None


def test_a_frame_of_a_file_is_found(folder: Path, tmp_path: Path):
    table = table_with(["bright/00.png#0"], [""])
    found = CaseFiles(table, latents=tmp_path / "t.parquet", data=folder).find(0)
    assert found == folder / "bright" / "00.png#0"
