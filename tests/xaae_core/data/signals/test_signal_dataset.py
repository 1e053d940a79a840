"""Folders of signals as data sets: labels, splits, range, notes, and what is left out or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.xaae_core.data.signals.night_files import write_night
from xaae_core.data.beats import CLASS_NAMES, draw_beats
from xaae_core.data.dataset import check_images, read_dataset
from xaae_core.data.signals import SignalRecipe
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.errors import DatasetError, SignalDatasetError, SignalError

BEATS = draw_beats(60, seed=1)
KNOWN = {
    "sampling_rate": BEATS.form.sampling_rate,
    "channel_names": BEATS.form.channel_names,
    "units": BEATS.form.units,
}


@pytest.fixture
def beats(tmp_path: Path) -> Path:
    folder = tmp_path / "beats"
    folder.mkdir()
    np.savez(folder / "beats.npz", x=BEATS.values, **KNOWN)  # type: ignore[arg-type]
    rows = ["file,label,label_name,severity,split"]
    for i, (label, severity) in enumerate(zip(BEATS.labels, BEATS.severity, strict=True)):
        split = "train" if i < 40 else "valid" if i < 50 else "test"
        rows.append(f"beats.npz#{i},{label},{CLASS_NAMES[label]},{severity:.4f},{split}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def test_a_table_of_numbered_signals(beats: Path) -> None:
    dataset = read_dataset(beats)
    assert dataset.form is not None
    assert (dataset.form.channel_names, dataset.form.units, dataset.form.sampling_rate) == (
        ("II", "V2"),
        ("mV",) * 2,
        128,
    )
    assert dataset.ids[3] == "beats.npz#3"
    assert np.array_equal(dataset.labels, BEATS.labels)
    assert dataset.classes == CLASS_NAMES
    assert np.allclose(dataset.columns["severity"], BEATS.severity, atol=1e-4)
    assert dataset.describe().startswith("60 signals of 2 channels × 128 samples at 128 Hz (1 s), 2 classes: flat ST ")
    assert check_images(dataset) is dataset
    read = SignalRecipe(dataset.form).read(dataset.paths[7])
    assert np.allclose(read.in_units(), BEATS.values[7], atol=1e-5)
    assert read.pixels.shape == (1, 2, 128)


def test_the_range_is_that_of_the_training_part_alone(beats: Path) -> None:
    form = read_dataset(beats).form
    train = BEATS.values[:40]
    low, high = np.percentile(train, (0.1, 99.9), axis=(0, 2))
    assert form is not None
    assert form.low == pytest.approx(low - 0.1 * (high - low), rel=1e-4)
    assert form.high == pytest.approx(high + 0.1 * (high - low), rel=1e-4)
    scaled = form.scaled(train)
    assert ((scaled >= 0) & (scaled <= 1)).mean() > 0.998


def test_numbers_are_targets_and_the_fingerprint_sees_one_sample(beats: Path) -> None:
    from xaae_core.data.table_columns import TableColumns

    dataset = read_dataset(beats, columns=TableColumns(label="severity"))
    assert dataset.values is not None
    assert np.allclose(dataset.values, BEATS.severity, atol=1e-4)
    before = dataset.fingerprint
    changed = BEATS.values.copy()
    changed[30, 0, 5] += 0.1
    np.savez(beats / "beats.npz", x=changed, **KNOWN)  # type: ignore[arg-type]
    assert read_dataset(beats, columns=TableColumns(label="severity")).fingerprint != before


def test_one_file_that_holds_its_labels_is_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, x=BEATS.values, y=BEATS.labels, label_names=CLASS_NAMES, **KNOWN)  # type: ignore[arg-type]
    for given in (path, tmp_path):
        dataset = read_dataset(given)
        assert (len(dataset), dataset.classes, dataset.ids[59]) == (60, CLASS_NAMES, "own.npz#59")
        assert set(dataset.split) == {"train", "valid", "test"}
        assert dataset.patients == ()  # beats of a file are cases of their own


def test_class_folders_of_tables(tmp_path: Path) -> None:
    for i in range(12):
        folder = tmp_path / "data" / CLASS_NAMES[BEATS.labels[i]]
        folder.mkdir(parents=True, exist_ok=True)
        rows = [f"{t / 128:.6f},{a:.5f},{b:.5f}" for t, (a, b) in enumerate(BEATS.values[i].T)]
        (folder / f"{i}.csv").write_text("\n".join(["time,II [mV],V2 [mV]", *rows]))
    dataset = read_dataset(tmp_path / "data")
    assert dataset.form is not None
    assert (len(dataset), dataset.classes, dataset.form.sampling_rate) == (12, CLASS_NAMES, 128)
    row = dataset.ids.index(f"{CLASS_NAMES[BEATS.labels[4]]}/4.csv")
    read = SignalRecipe(dataset.form).read(dataset.paths[row])
    assert np.allclose(read.in_units(), BEATS.values[4], atol=1e-4)


def test_nights_become_epochs_that_stay_together(tmp_path: Path) -> None:
    for night in range(8):
        write_night(tmp_path / f"night{night}.edf", n_epochs=5, seconds=10)
    dataset = read_dataset(tmp_path)
    assert dataset.form is not None
    assert (len(dataset), dataset.form.length, dataset.form.units) == (40, 1000, ("µV", "µV"))
    assert dataset.classes == ("Sleep stage N2", "Sleep stage R", "Sleep stage W")
    assert [dataset.label_texts()[i] for i in range(3)] == ["Sleep stage W", "Sleep stage N2", "Sleep stage R"]
    parts = {(patient, split) for patient, split in zip(dataset.patients, dataset.split, strict=True)}
    assert len(parts) == 8  # no night in two
    assert {split for _, split in parts} == {"train", "valid", "test"}
    assert any("each counts as a patient of its own" in note for note in dataset.notes)


def test_a_table_says_whose_the_nights_are_and_stages_come_from_the_files(tmp_path: Path) -> None:
    rows = ["file,patient"]
    for night in range(6):
        write_night(tmp_path / f"night{night}.edf", n_epochs=3, seconds=4)
        rows.append(f"night{night}.edf,p{night // 2}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    dataset = read_dataset(tmp_path)
    assert (len(dataset), len(dataset.classes), set(dataset.patients)) == (18, 3, {"p0", "p1", "p2"})
    assert len(set(zip(dataset.patients, dataset.split, strict=True))) == 3


def test_stretches_that_nobody_scored_are_left_out_with_a_note(tmp_path: Path) -> None:
    stages = ["Sleep stage W", "Sleep stage ?", "Sleep stage R", "Sleep stage R"]
    path = write_night(tmp_path / "night.edf", n_epochs=4, seconds=5, stages=stages)
    dataset = read_dataset(path)
    assert dataset.ids == ("night.edf#0", "night.edf#2", "night.edf#3")
    assert any("1 windows were left out" in note for note in dataset.notes)


def save_lengths(folder: Path, lengths: list[int], **entries: object) -> None:
    for i, length in enumerate(lengths):
        values = np.sin(np.arange(length) / 3)[None, None] + i
        np.savez(folder / f"s{i}.npz", x=values, y=[i % 2], sampling_rate=50.0, **entries)  # type: ignore[arg-type]


def test_unequal_lengths_name_the_files_and_the_remedy(tmp_path: Path) -> None:
    save_lengths(tmp_path, [100, 100, 100, 250, 60, 100])
    with pytest.raises(
        SignalDatasetError,
        match=r"4 of 6 files have 100 samples at 50 Hz, but not s3.npz \(250\), s4.npz \(60\).*--length 100",
    ):
        read_dataset(tmp_path)
    dataset = read_dataset(tmp_path, signals=SignalOptions(length=100))
    assert dataset.ids == ("s0.npz", "s1.npz", "s2.npz", "s3.npz#0", "s3.npz#1", "s5.npz")
    assert [(file.path.name, "at least 100" in file.reason) for file in dataset.broken] == [("s4.npz", True)]
    assert any("s3.npz: 50 of 250 samples are left over" in note for note in dataset.notes)


def test_one_damaged_file_among_others_is_left_out_and_named(tmp_path: Path) -> None:
    save_lengths(tmp_path, [80] * 6)
    (tmp_path / "s2.npz").write_bytes((tmp_path / "s2.npz").read_bytes()[:200])
    values = np.ones((1, 1, 80))
    values[0, 0, 4] = np.nan
    np.savez(tmp_path / "s3.npz", x=values, y=[1], sampling_rate=50.0)
    dataset = read_dataset(tmp_path)
    assert dataset.ids == ("s0.npz", "s1.npz", "s4.npz", "s5.npz")
    assert {file.path.name: file.reason.split(": ")[1][:18] for file in dataset.broken} == {
        "s2.npz": "it is not a readab", "s3.npz": "1 of 80 values are",
    }  # fmt: skip


def test_the_rate_may_come_from_the_table_or_an_option(tmp_path: Path) -> None:
    for i in range(6):
        np.save(tmp_path / f"s{i}.npy", BEATS.values[i])
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["file,label", *(f"s{i}.npy,{i % 2}" for i in range(6))]))
    with pytest.raises(
        SignalDatasetError, match=r"the sampling rate is not known; .*column sampling_rate.*--sampling-rate"
    ):
        read_dataset(tmp_path)
    assert read_dataset(tmp_path, signals=SignalOptions(sampling_rate=64)).form.sampling_rate == 64  # type: ignore[union-attr]
    rates = [128, 128, 128, 128, 128, 250]
    table.write_text("\n".join(["file,label,sampling_rate", *(f"s{i}.npy,{i % 2},{rates[i]}" for i in range(6))]))
    dataset = read_dataset(tmp_path)
    assert (dataset.form.sampling_rate, len(dataset)) == (128, 5)  # type: ignore[union-attr]
    assert "the table gives it 250 Hz; expected 128 Hz" in dataset.broken[0].reason


def test_a_model_form_decides_how_the_folder_is_read(beats: Path) -> None:
    form = replace(BEATS.form, length=64, channel_names=("V2",), units=("mV",), low=(), high=())
    dataset = read_dataset(beats, signals=SignalOptions.of_form(form))
    assert dataset.form is not None
    assert (dataset.form.length, dataset.form.channel_names) == (64, ("V2",))
    with pytest.raises(SignalDatasetError, match="no channel 'V9'; expected some of II, V2"):
        read_dataset(beats, signals=SignalOptions(channels=("V9",)))


def test_no_labels_anywhere_says_where_they_could_be(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", x=BEATS.values, **KNOWN)  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match=r"has no labels of its own; expected them in the file \(y in .npz"):
        read_dataset(tmp_path)
    with pytest.raises(SignalError, match="length=0"):
        SignalOptions(length=0)


def test_pictures_stay_pictures_whatever_lies_beside_them(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("L", (32, 32), 9).save(tmp_path / name / "x.png")
    (tmp_path / "a" / "measures.csv").write_text("time,v\n0,1\n1,2\n")
    assert read_dataset(tmp_path).form is None
