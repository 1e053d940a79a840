"""Reading a data folder: what is in it, in which split, and a fingerprint that tells contents apart."""

import copy
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.dataset import check_images, read_dataset
from xaae_core.data.splits import complete_splits, split_name

Write = Callable[..., None]


def write_table(root: Path, lines: list[str]) -> None:
    (root / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_class_folders(class_folder: Path):
    data = read_dataset(class_folder)
    assert data.name == "study"
    assert data.classes == ("ill", "well")
    assert data.ids[0] == "ill/00.png"
    assert data.paths[0] == class_folder / "ill/00.png"
    assert Counter(data.labels.tolist()) == {0: 20, 1: 40}
    assert data.masks == (None,) * 60
    assert (data.channels, data.broken) == (1, ())
    assert data.describe() == "60 images, 2 classes: ill 20, well 40; 42 train / 9 valid / 9 test"
    assert "70/15/15" in data.notes[0]


def test_drawn_split_is_stratified_and_fixed(class_folder: Path, write_pictures: Write):
    data = read_dataset(class_folder)
    assert Counter(zip(data.labels.tolist(), data.split, strict=True)) == {
        (0, "train"): 14, (0, "valid"): 3, (0, "test"): 3,
        (1, "train"): 28, (1, "valid"): 6, (1, "test"): 6,
    }  # fmt: skip
    assert read_dataset(class_folder).split == data.split
    other, _ = complete_splits(data.ids, data.labels.tolist(), [None] * 60, seed=1)
    assert other != data.split
    # A file more moves at most the cases at the borders of its class.
    write_pictures(class_folder, ["ill/99.png"])
    before, after = (dict(zip(d.ids, d.split, strict=True)) for d in (data, read_dataset(class_folder)))
    assert sum(before[name] != after[name] for name in before) <= 3


def test_order_of_files_does_not_change_the_drawn_split():
    ids = [f"{i}.png" for i in range(50)]
    labels = [i % 2 for i in range(50)]
    forward, _ = complete_splits(ids, labels, [None] * 50)
    backward, _ = complete_splits(ids[::-1], labels[::-1], [None] * 50)
    assert forward == backward[::-1]


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, {"train": 1}), (2, {"train": 1, "valid": 1}), (3, dict.fromkeys(("train", "valid", "test"), 1))],
)
def test_tiny_classes_train_first(n: int, expected: dict[str, int]):
    split, _ = complete_splits([str(i) for i in range(n)], [0] * n, [None] * n)
    assert Counter(split) == expected


def test_split_folders_and_their_spellings(tmp_path: Path, write_pictures: Write):
    names = [f"{split}/{label}/{i}.png" for split in ("Training", "val", "test") for label in "ab" for i in range(3)]
    write_pictures(tmp_path, names)
    data = read_dataset(tmp_path)
    assert data.classes == ("a", "b")
    assert Counter(data.split) == {"train": 6, "valid": 6, "test": 6}
    assert data.ids[0] == "Training/a/0.png"
    assert data.notes == ()
    shutil.rmtree(tmp_path / "val")
    carved = read_dataset(tmp_path)
    assert Counter(carved.split) == {"train": 4, "valid": 2, "test": 6}
    assert "valid" in carved.notes[0]
    assert [split_name(word) for word in ("validation", " TEST ", "held out")] == ["valid", "test", None]


def test_table_with_everything(tmp_path: Path, write_pictures: Write):
    write_pictures(tmp_path, [f"images/{i}.png" for i in range(6)] + ["masks/0.png"])
    write_table(
        tmp_path,
        ["File,label,label_name,split,mask,age,patient,note"]
        + [f"images/{i}.png,{i % 2 * 2 + 8},{'ill' if i % 2 else 'well'},{'val' if i > 3 else 'train'},"
           f"masks/{i}.png,{'' if i == 2 else 40 + i},{i:03},{'x, y' if i == 9 else 'x'}" for i in range(6)],
    )  # fmt: skip
    data = read_dataset(tmp_path)
    assert data.classes == ("well", "ill")  # 8 before 10: by number, not by text
    assert data.labels.tolist() == [0, 1] * 3
    assert data.split == ("train",) * 4 + ("valid",) * 2
    assert data.masks == (tmp_path / "masks/0.png", None, None, None, None, None)
    np.testing.assert_array_equal(data.columns["age"], [40, 41, np.nan, 43, 44, 45])
    assert data.patients == ("000", "001", "002", "003", "004", "005")
    assert "patient" not in data.columns  # a name goes nowhere but into the split
    assert data.notes == ("5 masks listed but not found",)


def test_table_as_an_office_suite_writes_it(tmp_path: Path, write_pictures: Write):
    write_pictures(tmp_path, ["a/ä 1.png", "a/2.png"])
    text = '\ufefffile;label;remark\r\na\\ä 1.png;well;"two\r\nlines"\r\n\r\n./a/2.png;ill;\r\n'
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8", newline="")
    data = read_dataset(tmp_path)
    assert data.ids == ("a/ä 1.png", "a/2.png")
    assert data.classes == ("ill", "well")
    assert data.columns["remark"].tolist() == ["two\nlines", ""]


def test_subsets_share_rows_and_cannot_be_written(class_folder: Path):
    data = read_dataset(class_folder)
    parts = [data.subset(split=split) for split in ("train", "valid", "test")]
    assert sorted(name for part in parts for name in part.ids) == sorted(data.ids)
    for part in parts:
        assert part.classes == data.classes
        for name, label in zip(part.ids, part.labels, strict=True):
            assert name.startswith(data.classes[label])
    assert data.take([5, 2]).ids == (data.ids[5], data.ids[2])
    with pytest.raises(ValueError, match="read-only"):
        parts[0].labels[0] = 1
    with pytest.raises(ValueError, match="expected one of train, valid, test"):
        data.subset(split="val")


def test_fingerprint_tells_contents_labels_and_splits_but_not_dates_or_places(class_folder: Path, tmp_path: Path):
    data = read_dataset(class_folder)
    first = data.fingerprint
    assert len(first) == 64
    moved = tmp_path / "elsewhere" / "study"
    shutil.copytree(class_folder, moved)
    os.utime(moved / "ill/00.png", (0, 0))
    assert read_dataset(moved).fingerprint == first
    assert data.take(np.arange(60)[::-1]).fingerprint == first
    assert data.subset(split="train").fingerprint != first

    (moved / "ill/00.png").write_bytes((moved / "well/00.png").read_bytes())
    changed = read_dataset(moved)
    assert changed.fingerprint != first
    seen = {first, changed.fingerprint}
    (moved / "ill/00.png").rename(moved / "well/zz.png")
    seen.add(read_dataset(moved).fingerprint)
    assert len(seen) == 3


def test_fingerprint_of_large_files_sees_both_ends(class_folder: Path):
    path = class_folder / "ill/00.png"
    seen = set()
    sound = path.read_bytes()
    for place in (None, 100, 1_290_000):
        padded = bytearray(sound + bytes(1_300_000 - len(sound)))  # PNG readers ignore what follows the end
        if place is not None:
            padded[max(place, len(sound))] = 1
        path.write_bytes(bytes(padded))
        seen.add(read_dataset(class_folder).fingerprint)
    path.write_bytes(sound + bytes(1_300_001 - len(sound)))
    seen.add(read_dataset(class_folder).fingerprint)
    assert len(seen) == 3 + 1


def test_progress_counts_every_picture_and_nothing_sound_is_lost(class_folder: Path):
    seen: list[tuple[int, int]] = []
    data = read_dataset(class_folder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 60) for i in range(1, 61)]
    seen.clear()
    assert check_images(data, lambda done, total: seen.append((done, total))) is data
    assert seen[-1] == (60, 60)


def test_a_dataset_can_be_copied_as_a_cache_does(class_folder: Path):
    data = read_dataset(class_folder)
    again = copy.deepcopy(data)  # by the protocol of pickle, which st.cache_data uses
    assert again.ids == data.ids
    assert again.fingerprint == data.fingerprint
