"""The same table in every format, columns by their usual or given names, patients kept together, numeric labels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaae_core.data.dataset import ImageDataset, read_dataset
from xaae_core.data.table_columns import TableColumns
from xaae_core.errors import DatasetError

Write = Callable[..., None]
N = 24


def frame(**columns: list[object]) -> pd.DataFrame:
    names = [f"pictures/{i}.png" for i in range(N)]
    return pd.DataFrame({"file": names, "label": [i % 2 for i in range(N)], **columns})


def write(table: pd.DataFrame, path: Path) -> Path:
    {".csv": table.to_csv, ".parquet": table.to_parquet, ".xlsx": table.to_excel}[path.suffix](path, index=False)
    return path


@pytest.fixture
def folder(tmp_path: Path, write_pictures: Write) -> Path:
    write_pictures(tmp_path, [f"pictures/{i}.png" for i in range(N)])
    return tmp_path


def same(first: ImageDataset, second: ImageDataset) -> None:
    assert first.ids == second.ids
    assert first.classes == second.classes
    assert first.labels.tolist() == second.labels.tolist()
    assert first.split == second.split
    assert first.patients == second.patients
    assert first.fingerprint == second.fingerprint
    assert list(first.columns) == list(second.columns)
    for name, values in first.columns.items():
        np.testing.assert_array_equal(values, second.columns[name])


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx"])
def test_a_table_says_the_same_in_every_format(folder: Path, suffix: str):
    table = frame(age=[40.5 if i else None for i in range(N)], site=["a", "b"] * 12, patient=[i // 2 for i in range(N)])
    csv = read_dataset(write(table, folder / "labels.csv"))
    (folder / "labels.csv").rename(folder / "other.txt")
    same(csv, read_dataset(write(table, folder / f"labels{suffix}")))


def test_a_table_is_found_in_its_folder_or_named(folder: Path):
    write(frame(), folder / "labels.parquet")
    by_folder = read_dataset(folder)
    named = read_dataset(folder / "labels.parquet")
    assert by_folder.fingerprint == named.fingerprint
    assert (by_folder.name, named.name) == (folder.name, "labels")
    write(frame(), folder / "labels.csv")
    with pytest.raises(DatasetError, match=r"labels.csv and labels.parquet: keep one"):
        read_dataset(folder)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_what_is_no_table_is_refused(folder: Path, suffix: str):
    path = folder / f"labels{suffix}"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(DatasetError, match=rf"labels{suffix} is not a readable table .*save it as CSV"):
        read_dataset(folder)


def test_columns_by_their_usual_names(folder: Path):
    table = frame(Patient_ID=[f"p{i // 2}" for i in range(N)]).rename(columns={"file": "Image_Path"})
    data = read_dataset(write(table, folder / "labels.csv"))
    assert data.patients[:3] == ("p0", "p0", "p1")
    assert (
        "the column Image_Path is taken for the file and the column Patient_ID is taken for the patient" in data.notes
    )


def test_columns_by_given_names(folder: Path):
    table = frame(finding=["ill" if i > 9 else "well" for i in range(N)], who=[str(i // 3) for i in range(N)])
    columns = TableColumns(label="finding", patient="who")
    data = read_dataset(write(table, folder / "labels.csv"), columns=columns)
    assert data.classes == ("ill", "well")
    assert data.target_name == "finding"
    assert "label" in data.columns, "a column that is not used is kept"
    assert data.patients[3] == "1"
    with pytest.raises(DatasetError, match=r'no column "grade" for the label; found: file, label, finding, who'):
        read_dataset(folder, columns=TableColumns(label="grade"))


def test_missing_columns_say_which_were_found(folder: Path):
    write(frame().rename(columns={"label": "dx"}), folder / "labels.csv")
    with pytest.raises(DatasetError, match=r"no column label; found: file, dx; .*--label-column"):
        read_dataset(folder)


def test_no_patient_is_in_two_parts_of_a_drawn_split(folder: Path):
    patients = [f"p{i // 3}" for i in range(N)]
    data = read_dataset(write(frame(patient=patients), folder / "labels.csv"))
    parts = {
        patient: {s for s, p in zip(data.split, data.patients, strict=True) if p == patient} for patient in patients
    }
    assert all(len(part) == 1 for part in parts.values())
    assert {part for found in parts.values() for part in found} == {"train", "valid", "test"}
    assert any("of the patients of each class" in note for note in data.notes)


def test_no_patient_is_in_train_and_in_the_valid_that_is_drawn_from_it(folder: Path):
    patients = [f"p{i // 3}" for i in range(N)]
    split = ["test" if i >= 18 else "train" for i in range(N)]
    data = read_dataset(write(frame(patient=patients, split=split), folder / "labels.csv"))
    drawn = {p for s, p in zip(data.split, data.patients, strict=True) if s == "valid"}
    left = {p for s, p in zip(data.split, data.patients, strict=True) if s == "train"}
    assert drawn
    assert not drawn & left


def test_another_split_seed_draws_another_split(folder: Path):
    write(frame(), folder / "labels.csv")
    assert read_dataset(folder).split == read_dataset(folder).split
    assert read_dataset(folder).split != read_dataset(folder, split_seed=1).split


def test_measured_labels_are_numbers(folder: Path):
    values = [i / 4 for i in range(N)]
    data = read_dataset(write(frame(severity=values), folder / "labels.csv"), columns=TableColumns(label="severity"))
    assert data.task == "continuous"
    assert data.target_name == "severity"
    assert data.classes == ()
    assert data.values is not None
    assert data.values.tolist() == values
    assert set(data.labels.tolist()) == {-1}
    assert "severity from 0 to 5.75 (mean 2.88)" in data.describe()
    part = data.subset(split="train")
    assert part.values is not None
    assert np.ptp(part.values) > 3, "like values are spread over the parts"
    assert data.fingerprint != read_dataset(folder).fingerprint


def test_grades_are_classes_unless_asked_for(folder: Path):
    write(frame().assign(label=[i % 4 for i in range(N)]), folder / "labels.csv")
    data = read_dataset(folder)
    assert (data.task, data.classes) == ("classes", ("0", "1", "2", "3"))
    assert any("ask for the task ordinal" in note for note in data.notes)
    graded = read_dataset(folder, task="ordinal")
    assert graded.task == "ordinal"
    assert graded.values is not None
    assert sorted(set(graded.values.tolist())) == [0, 1, 2, 3]


def test_numbers_are_demanded_by_name(folder: Path):
    write(frame().assign(label=["1.5"] * (N - 1) + ["high"]), folder / "labels.csv")
    with pytest.raises(DatasetError, match=r"needs a number for every picture; found 'high' \(pictures/23.png\)"):
        read_dataset(folder, task="continuous")
    write(frame().assign(label=[2.5] * N), folder / "labels.csv")
    with pytest.raises(DatasetError, match=r"every label is 2.5"):
        read_dataset(folder, task="continuous")


def test_codes_with_zeros_are_names(folder: Path):
    write(frame().assign(label=[f"{i:03}" for i in range(N)]), folder / "labels.csv")
    assert read_dataset(folder).task == "classes"
