"""Data folders that are broken, incomplete or contradictory: named, skipped and counted, or refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from xaae_core.data.dataset import check_images, read_dataset
from xaae_core.errors import DatasetError

Write = Callable[..., None]


def table(root: Path, *lines: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def test_one_broken_file_is_named_skipped_and_counted(class_folder: Path):
    (class_folder / "ill/07.png").write_bytes(b"not a picture")
    data = read_dataset(class_folder)
    assert len(data) == 59
    assert [file.path for file in data.broken] == [class_folder / "ill/07.png"]
    assert "07.png" in data.broken[0].reason
    assert data.describe().endswith("; 1 file skipped")
    assert "ill/07.png" not in data.ids


def test_damage_behind_a_sound_header_is_found_by_decoding(class_folder: Path, grey, encoded):
    cut = class_folder / "well/03.bmp"
    cut.write_bytes(encoded(grey, "BMP")[:-200])
    (class_folder / "ill/07.png").write_bytes(b"")
    data = read_dataset(class_folder)
    assert [file.path.name for file in data.broken] == ["07.png"]
    checked = check_images(data)
    assert [file.path.name for file in checked.broken] == ["07.png", "03.bmp"]
    assert len(checked) == len(data) - 1
    assert checked.describe().endswith("; 2 files skipped")
    assert checked.classes == data.classes


def test_a_class_lost_to_damage_is_refused(tmp_path: Path, write_pictures: Write, grey, encoded):
    write_pictures(tmp_path, [f"well/{i}.png" for i in range(5)])
    (tmp_path / "ill").mkdir()
    (tmp_path / "ill/a.bmp").write_bytes(encoded(grey, "BMP")[:-200])
    with pytest.raises(DatasetError, match=r"1 class with readable pictures \(well\).*1 file skipped: a.bmp"):
        check_images(read_dataset(tmp_path))


def test_one_class_is_refused_for_training_but_can_be_looked_at(tmp_path: Path, write_pictures: Write):
    write_pictures(tmp_path / "study", [f"well/{i}.png" for i in range(5)])
    (tmp_path / "study/ill").mkdir()
    with pytest.raises(DatasetError, match=r"study has 1 class .*\(well\); expected at least 2.*add pictures"):
        read_dataset(tmp_path / "study")
    shown = read_dataset(tmp_path / "study", min_classes=1)
    assert shown.classes == ("well",)
    assert check_images(shown) is shown


def test_no_class_no_picture_no_folder(tmp_path: Path, write_pictures: Write):
    for folder, found in (("empty", "no picture"), ("file.txt", "a file"), ("gone", "not there")):
        if folder == "empty":
            (tmp_path / folder).mkdir()
        elif folder == "file.txt":
            (tmp_path / folder).write_text("x")
        with pytest.raises(DatasetError, match=rf"{found}.*labels.csv"):
            read_dataset(tmp_path / folder)
    write_pictures(tmp_path / "loose", ["a.png", "b.png"])
    with pytest.raises(DatasetError, match="2 pictures without a class"):
        read_dataset(tmp_path / "loose", min_classes=1)
    (tmp_path / "hollow/ill").mkdir(parents=True)
    with pytest.raises(DatasetError, match="subfolders ill, without a picture"):
        read_dataset(tmp_path / "hollow")


def test_all_broken_names_the_first_reasons(class_folder: Path):
    for path in class_folder.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"no readable picture. 60 files skipped: 00.png: the file is empty"):
        read_dataset(class_folder)


def test_other_files_are_ignored_and_said(class_folder: Path):
    (class_folder / "ill/notes.txt").write_text("x")
    (class_folder / "ill/scan.md").write_text("x")
    (class_folder / "ill/.DS_Store").write_text("x")
    (class_folder / "masks").mkdir()
    (class_folder / "masks/00.png").write_text("x")
    data = read_dataset(class_folder)
    assert len(data) == 60
    assert "2 files are not pictures by their names and were ignored (.md, .txt)" in data.notes


def test_missing_columns_say_which_were_found(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"no column label; found: file, diagnosis; expected .* file and label"):
        read_dataset(table(tmp_path, "file,diagnosis", "a.png,1"))
    with pytest.raises(DatasetError, match="no column file and no column label; found: nothing"):
        read_dataset(table(tmp_path, ""))
    with pytest.raises(DatasetError, match="column age twice"):
        read_dataset(table(tmp_path, "file,label,age,age"))
    with pytest.raises(DatasetError, match="no readable picture"):
        read_dataset(table(tmp_path, "file,label"))
    (tmp_path / "labels.csv").write_bytes("file,label\nä.png,1\n".encode("latin-1"))
    with pytest.raises(DatasetError, match="CSV UTF-8"):
        read_dataset(tmp_path)


def test_rows_that_lead_nowhere_are_counted(tmp_path: Path, write_pictures: Write):
    root = tmp_path / "study"
    write_pictures(root, ["a.png", "b.png"])
    write_pictures(tmp_path, ["secret.png"])
    rows = ("a.png,0", "b.png,1", "gone.png,1", "../secret.png,0", f"{tmp_path}/secret.png,0", "C:\\x.png,0",
            "a.png,0", ",1", "b.png,")  # fmt: skip
    data = read_dataset(table(root, "file,label", *rows))
    assert data.ids == ("a.png", "b.png")
    reasons = [file.reason for file in data.broken]
    assert sum("outside the data folder" in reason for reason in reasons) == 3
    assert "line 8 of labels.csv repeats an earlier one" in reasons
    assert "line 9 of labels.csv has no file" in reasons
    assert "line 10 of labels.csv has no label" in reasons
    assert any("gone.png: there is no such file" in reason for reason in reasons)
    assert data.describe().endswith("; 7 files skipped")


def test_masks_outside_the_folder_are_not_taken(tmp_path: Path, write_pictures: Write):
    write_pictures(tmp_path, ["mask.png", "study/a.png", "study/b.png"])
    rows = ("a.png,0,../mask.png", f"b.png,1,{tmp_path}/mask.png")
    data = read_dataset(table(tmp_path / "study", "file,label,mask", *rows))
    assert data.masks == (None, None)
    assert data.notes[-1] == "2 masks listed but not found"


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("file,label", ("a.png,0", "a.png,1"), "lists a.png twice, with the labels 0 and 1"),
        ("file,label,label_name", ("a.png,0,well", "b.png,0,ill"), "label 0 is called both well and ill"),
        ("file,label,label_name", ("a.png,0,well", "b.png,1,well"), "two labels are called well"),
        ("file,label,split", ("a.png,0,train", "b.png,1,fold3"), "line 3: the split is 'fold3'; expected one of train"),
        ("file,label,split", ("a.png,0,train", "b.png,1,"), "1 of 2 cases have no split"),
        ("file,label,split", ("a.png,0,test", "b.png,1,test"), "no case is in the split train, only in test"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(
    header: str, rows: tuple[str, ...], message: str, tmp_path: Path, write_pictures: Write
):
    write_pictures(tmp_path, ["a.png", "b.png"])
    with pytest.raises(DatasetError, match=message):
        read_dataset(table(tmp_path, header, *rows))


def test_a_file_gone_since_reading_is_named_by_the_fingerprint(class_folder: Path):
    data = read_dataset(class_folder)
    (class_folder / "ill/07.png").unlink()
    with pytest.raises(DatasetError, match=r"07.png cannot be read any more .* read the data folder again"):
        _ = data.fingerprint
