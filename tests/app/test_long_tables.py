"""What grows with the number of cases is done for whole columns: no Python is run for each row, so a million open."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from analysis.cohorts import Cohort, Condition
from app import opened_data
from app.case_choice import MOST_LISTED, entries_of
from app.case_data import CaseData, rows_of_ids
from app.case_names import CaseNames
from app.selection_files import selection_parquet
from xaae_core.checkpoints import Checkpoint, load_checkpoint
from xaae_core.latents import LatentTable, read_latents, write_latents

SHORT, LONG = 20_000, 200_000
COHORT = Cohort((Condition("site", ("A", "B")), Condition("age", low=30.0)))


def long_table(n: int, sha256: str) -> LatentTable:
    rng = np.random.default_rng(0)
    ids = np.char.add(np.char.add("images/case_", np.char.zfill(np.arange(n).astype(str), 7)), ".png")
    second = rng.random(n, dtype=np.float32)
    return LatentTable(
        z=rng.standard_normal((n, 4), dtype=np.float32),
        ids=ids,
        paths=np.char.add("/archive/", ids),
        split=np.array(["train", "valid", "test"])[rng.integers(0, 3, n)],
        labels=rng.integers(0, 2, n),
        probabilities=np.stack([1 - second, second], axis=1),
        classes=("bright", "dark"),
        columns={
            "age": rng.integers(20, 90, n).astype(float),
            "site": np.array(["A", "B", "C"])[rng.integers(0, 3, n)],
        },
        checkpoint_sha256=sha256,
        data_fingerprint="long",
    )


@pytest.fixture(scope="module")
def opened(tiny_model: Path) -> Checkpoint:
    return load_checkpoint(tiny_model)


@pytest.fixture(scope="module")
def files(opened: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("long")
    return {n: write_latents(long_table(n, opened.sha256), folder / f"{n}.parquet") for n in (SHORT, LONG)}


@pytest.fixture(scope="module")
def data(opened: Checkpoint, files: dict[int, Path]) -> dict[int, CaseData]:
    return {n: opened_data.open_data(path, opened) for n, path in files.items()}


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python are run, each turn of a loop or a comprehension counted anew."""
    work()  # what is made once, such as imports, is made here
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal counted
        counted += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


def assert_no_work_per_row(work: Callable[[int], object]) -> None:
    few, many = (lines_run(partial(work, n)) for n in (SHORT, LONG))
    assert many - few < (LONG - SHORT) / 100, f"{few} lines run for {SHORT} rows, {many} for {LONG}"


def test_the_counting_sees_work_per_row() -> None:
    with pytest.raises(AssertionError, match="lines run for"):
        assert_no_work_per_row(lambda n: [str(k) for k in range(n)])


def test_reading_and_opening(files: dict[int, Path], opened: Checkpoint) -> None:
    assert_no_work_per_row(lambda n: read_latents(files[n]))
    opened_data._from_table.clear()
    assert_no_work_per_row(lambda n: (opened_data._from_table.clear(), opened_data.open_data(files[n], opened)))


def test_names_columns_and_cohorts(data: dict[int, CaseData]) -> None:
    assert_no_work_per_row(lambda n: CaseNames.shared_by(data[n].latents.ids))
    assert_no_work_per_row(lambda n: COHORT.mask(data[n].columns, n))
    assert data[LONG].mask_of(COHORT) is data[LONG].mask_of(COHORT), "found once"
    assert_no_work_per_row(lambda n: data[n]._find_row("images/case_0019999.png"))
    assert data[LONG].row_of("images/case_0019999.png") == 19_999
    assert data[LONG].row_of("images/case_0019999") is None


def test_the_strip_is_given_so_many_cases_and_no_more(data: dict[int, CaseData]) -> None:
    assert_no_work_per_row(lambda n: entries_of(data[n], np.flatnonzero(data[n].mask_of(COHORT))[:MOST_LISTED]))


def test_a_large_selection_is_found_and_written(data: dict[int, CaseData]) -> None:
    chosen = {n: tuple(data[n].latents.ids[::2].tolist()) for n in data}
    assert_no_work_per_row(lambda n: rows_of_ids(data[n].latents.ids, chosen[n]))
    np.testing.assert_array_equal(rows_of_ids(data[LONG].latents.ids, chosen[LONG]), np.arange(0, LONG, 2))
    assert_no_work_per_row(lambda n: selection_parquet(data[n].latents, np.arange(0, n, 2)))


def test_no_letter_is_lost_between_file_and_table(files: dict[int, Path], opened: Checkpoint) -> None:
    written, read = long_table(SHORT, opened.sha256), read_latents(files[SHORT])
    for name in ("z", "ids", "paths", "split", "labels", "probabilities"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
        assert getattr(read, name).dtype == getattr(written, name).dtype
    for name, values in written.columns.items():
        np.testing.assert_array_equal(read.columns[name], values)


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (["a/b/x.png", "a/b/y.png"], ["x", "y"]),
        (["a/x.png", "b/x.png"], ["a/x", "b/x"]),
        (["a/x.png", "a/x.jpg"], ["x.png", "x.jpg"]),
        (["x", "y"], ["x", "y"]),
        (["a/.png", "a/b.png"], [".png", "b.png"]),
        (["a.b/x", "a.b/y"], ["x", "y"]),
        (["scan.nii.gz#1", "scan.nii.gz#2"], ["scan.nii.gz#1", "scan.nii.gz#2"]),
        (["x.png", "a/x.png"], ["x", "a/x"]),
        (["/x.png", "/y.png"], ["x", "y"]),
    ],
)
def test_names_are_ids_without_what_all_share(ids: list[str], names: list[str]) -> None:
    shared = CaseNames.shared_by(np.array(ids))
    assert [shared[name] for name in ids] == names
    assert [shared.id_of(name) for name in names] == ids
    assert len(set(names)) == len(ids)
