"""Folders of DICOM files: whose pictures they are decides the split, unless all were given one name."""

from pathlib import Path

import numpy as np

from tests.xaae_core.data.dicom_files import dicom_file
from xaae_core.data.dataset import check_images, read_dataset


def write(folder: Path, patients: list[str], **elements: object) -> Path:
    rng = np.random.default_rng(0)
    for number, patient in enumerate(patients):
        path = folder / "ab"[number % 2] / f"{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 4095, (24, 24)).astype(np.uint16)
        path.write_bytes(dicom_file(pixels, bits=12, PatientID=patient, **elements))
    return folder


def test_no_patient_is_in_two_parts(tmp_path: Path):
    names = [f"P{number // 4}" for number in range(80)]
    data = read_dataset(write(tmp_path / "study", names))
    parts: dict[str, set[str]] = {}
    for patient, split in zip(data.patients, data.split, strict=True):
        parts.setdefault(patient, set()).add(split)
    assert len(parts) == 20
    assert all(len(part) == 1 for part in parts.values())
    assert {"train", "valid", "test"} == set(data.split)
    assert not any(name in str(data.patients) for name in names), "digests, not names"


def test_one_name_for_all_is_nobodys(tmp_path: Path):
    data = read_dataset(write(tmp_path / "study", ["ANONYMOUS"] * 40))
    assert data.patients == ()
    assert {"train", "valid", "test"} == set(data.split)


def test_pictures_are_checked_with_the_window_they_will_be_read_with(tmp_path: Path):
    data = read_dataset(write(tmp_path / "study", [str(number) for number in range(8)]))
    assert check_images(data, window=(2048.0, 4096.0)) is data
