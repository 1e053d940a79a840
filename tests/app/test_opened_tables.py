"""A table of latents opens at once: for its own model only, with or without the pictures it was made from."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import cached
from app.case_files import CaseFiles
from tests.app.cli_folders import write_model
from tests.app.session import Session
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.dataset import read_dataset
from xaae_core.latents import LatentTable, extract_latents, read_latents, write_latents


@pytest.fixture(scope="module")
def extracted(tiny_model: Path, tiny_pictures: Path) -> LatentTable:
    """What `xaae extract` writes for the tiny model and its pictures."""
    opened = load_checkpoint(tiny_model)
    return extract_latents(opened.model, read_dataset(tiny_pictures), checkpoint_sha256=opened.sha256)


@pytest.fixture
def table(extracted: LatentTable, tmp_path: Path) -> Path:
    return write_latents(extracted, tmp_path / "archive.latents.parquet")


@pytest.fixture
def gone(extracted: LatentTable, tmp_path: Path) -> Path:
    """The same, its pictures recorded in a folder that is not there."""
    paths = np.array([f"/nowhere/archive/{name}" for name in extracted.ids])
    return write_latents(replace(extracted, paths=paths), tmp_path / "gone.latents.parquet")


def test_a_table_is_shown_as_its_folder_is(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures)
    folder.pick("dark/05")
    monkeypatch.setattr(cached, "extract_latents", None)  # nothing is encoded again
    session = open_session("traverse.py", checkpoint=tiny_model, data=table)
    session.pick("dark/05")
    session.assert_well()
    session.assert_page_drawn()
    assert session.path.checksums("decoded") == folder.path.checksums("decoded")
    assert session.path.checksums("original") == folder.path.checksums("original")
    assert session.bar == ["untrained · no held-out figures: explain it with care",
                           "archive · 24 cases", folder.bar[2]]  # fmt: skip


def test_a_table_is_opened_from_the_bar(open_session: Any, tiny_model: Path, table: Path) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model)
    session.open_folder(table)
    session.assert_well()
    session.assert_page_drawn()


def test_another_models_table_is_refused_by_name_and_changes_nothing(
    open_session: Any, tiny_pictures: Path, table: Path, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other.safetensors", seed=1)
    session = open_session("traverse.py", checkpoint=other, data=tiny_pictures)
    shown = session.shown_case
    session.open_folder(table)
    (error,) = session.errors
    made_by, opened = read_latents(table).checkpoint_sha256[:12], load_checkpoint(other).sha256[:12]
    assert made_by in error
    assert opened in error
    assert "open that model" in error
    assert session.shown_case == shown
    assert session.bar[1] == "squares · 24 cases"


def test_pictures_that_are_not_there_are_said_so_and_the_rest_works(
    open_session: Any, tiny_model: Path, gone: Path
) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model, data=gone)
    session.assert_well()
    assert "is not at /nowhere/archive/" in session.words("info")
    assert session.bar[2].endswith("no picture")
    session.pick("dark/05")
    session.assert_well()
    assert session.bar[2].startswith("dark/05 · dark")
    session.app.selectbox(key="cohort_add").set_value("label").run()
    session.app.multiselect(key="cohort_0_label").set_value(["dark"]).run()
    session.assert_well()
    assert session.bar[1] == "gone · 12 of 24"
    session.go("start.py").assert_well()


def test_the_folder_of_the_pictures_may_be_named(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, gone: Path
) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model, data=gone, case="dark/05.png")
    name_pictures(session, "/not/there")
    assert "is not there" in session.errors[0]
    name_pictures(session, tiny_pictures)
    session.assert_well()
    assert session.shown_case == "dark/05"
    assert session.app.query_params["case"] == case_token("dark/05.png")


def name_pictures(session: Session, folder: Path | str) -> None:
    box = next(box for box in session.app.text_input if str(box.key).startswith("traverse_pictures"))
    box.set_value(str(folder)).run()
    session.app.button(key="traverse_pictures_open").click().run()


def test_some_pictures_may_be_missing(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, gone: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    some = tmp_path / "some"
    shutil.copytree(tiny_pictures, some)
    (some / "dark" / "05.png").unlink()
    monkeypatch.setenv("XAAE_PICTURES", str(some))
    session = open_session("traverse.py", checkpoint=tiny_model, data=gone)
    session.pick("dark/04")
    session.assert_page_drawn()
    session.press_key("next")
    session.assert_well()
    assert "the picture of dark/05 is not at" in session.words("info")


def damaged(table: LatentTable, case: str) -> LatentTable:
    ids, z = table.ids.copy(), table.z.copy()
    if case == "twice":
        ids[3] = ids[7]
    if case == "no z":
        z[:] = np.nan
    if case == "empty":
        return table.rows(np.zeros(len(table), dtype=bool))
    return replace(table, ids=ids, z=z)


@pytest.mark.parametrize(
    ("case", "words"), [("twice", "two cases called"), ("no z", "no case with a finite z"), ("empty", "no cases")]
)
def test_a_table_that_cannot_be_shown_says_why(
    open_session: Any, tiny_model: Path, extracted: LatentTable, tmp_path: Path, case: str, words: str
) -> None:
    path = write_latents(damaged(extracted, case), tmp_path / "odd.latents.parquet")
    session = open_session("traverse.py", checkpoint=tiny_model)
    session.open_folder(path)
    assert words in session.errors[0]
    assert "xaae extract" in session.errors[0]


def test_cases_without_a_finite_z_are_left_out_and_named(
    open_session: Any, tiny_model: Path, extracted: LatentTable, tmp_path: Path
) -> None:
    z = extracted.z.copy()
    z[[2, 5], 1] = (np.nan, np.inf)
    path = write_latents(replace(extracted, z=z), tmp_path / "odd.latents.parquet")
    session = open_session("start.py", checkpoint=tiny_model, data=path)
    session.assert_well()
    assert session.bar[1] == "odd · 22 cases, 2 skipped"
    (skipped,) = session.app.dataframe
    assert skipped.value["file"].tolist() == extracted.ids[[2, 5]].tolist()


def test_a_damaged_table_is_explained(open_session: Any, tiny_model: Path, table: Path) -> None:
    content = table.read_bytes()
    pages = len(content) // 3
    table.write_bytes(content[:8] + bytes(pages - 8) + content[pages:])  # its footer, which tells what it is, is whole
    session = open_session("traverse.py", checkpoint=tiny_model)
    session.open_folder(table)
    assert "xaae extract" in session.errors[0]


@pytest.mark.parametrize("path", ["a" * 5000, "/nowhere/\0x.png", "//host/share/x.png", ""])
def test_a_path_that_no_file_can_have_is_not_there(extracted: LatentTable, tmp_path: Path, path: str) -> None:
    table = replace(extracted.rows(np.arange(1)), paths=np.array([path]))
    assert CaseFiles(table, latents=tmp_path / "t.parquet").find(0) is None
