"""Patients are held apart, named or not."""

import numpy as np
import pytest

from xaae_core.data.checks.patients import check_patients, group_by_name


def test_a_patient_in_two_splits_stops(portraits, write_set, given_of, found):
    patients = [f"p{number // 2}" for number in range(20)]
    splits = ["train"] * 13 + ["valid"] * 2 + ["test"] * 5  # p6 is in train and valid, p7 in valid and test
    given = given_of(write_set(portraits(20), patient=patients, split=splits, label=["a", "a", "b", "b"] * 5))
    (finding,) = found(check_patients, given, "stop")
    assert finding.title.startswith("2 patients have")
    assert finding.cases == ("012.png", "013.png", "014.png", "015.png")


def test_patients_held_apart_are_good(portraits, write_set, given_of, found):
    patients = [f"p{number // 2}" for number in range(20)]
    given = given_of(write_set(portraits(20), patient=patients, split=["train"] * 12 + ["valid"] * 4 + ["test"] * 4,
                               label=["a", "a", "b", "b"] * 5))  # fmt: skip
    assert not found(check_patients, given)


def test_two_labels_of_a_patient_are_a_note(portraits, write_set, given_of, found):
    given = given_of(
        write_set(portraits(12), patient=["p"] * 2 + list("abcdefghij"), label=["x", "y"] * 6, split=["train"] * 12)
    )
    (finding,) = found(check_patients, given)
    assert (finding.level, finding.cases) == ("note", ("000.png", "001.png"))


def test_pictures_without_a_patient_among_others_are_named(portraits, write_set, given_of, found):
    given = given_of(write_set(portraits(6), patient=["a", "b", "", "c", "d", ""], split=["train"] * 6))
    assert next(f.cases for f in found(check_patients, given, "warn")) == ("002.png", "005.png")


@pytest.mark.parametrize(
    "names",
    [
        [f"{patient:08d}_{picture:03d}.png" for patient in range(20) for picture in range(3)],
        [f"ill/patient{patient}/view {picture}.png" for patient in range(20) for picture in range(3)],
        [f"scan{patient}.nii.gz#{picture}" for patient in range(20) for picture in range(3)],
        [f"case-{patient}-{view}.dcm" for patient in range(20) for view in ("L", "R", "oblique")],
    ],
)
def test_names_of_several_pictures_a_patient_are_seen(names):
    groups = group_by_name(names)
    assert sorted(len(rows) for rows in groups.values()) == [3] * 20


@pytest.mark.parametrize(
    "names",
    [
        [f"ISIC_{number:07d}.jpg" for number in range(100)],
        [f"{site}_{number:04d}_{number % 2}.jpg" for site in ("CHN", "MCU") for number in range(50)],
        [f"{label}/{number}.png" for label in ("ill", "well") for number in range(50)],
        [],
    ],
)
def test_names_of_one_picture_each_are_not(names):
    assert group_by_name(names) == {}


def test_unnamed_patients_in_two_splits_warn_where_their_pictures_are_alike(portraits, write_set, given_of, found):
    rng = np.random.default_rng(0)
    bases = portraits(20)
    pictures = [
        np.clip(base + rng.normal(0, 12, base.shape), 0, 255).astype(np.uint8) for base in bases for _ in range(2)
    ]
    names = [f"{patient:04d}_{number}.png" for patient in range(20) for number in range(2)]
    splits = ["train", "test"] * 15 + ["train", "valid"] * 5
    labels = ["a", "a", "b", "b"] * 10
    (finding,) = found(check_patients, given_of(write_set(pictures, file=names, split=splits, label=labels)))
    assert finding.level == "warn"
    assert "20 patients, 20 of them in more than one split" in finding.detail
    others = portraits(40, seed=1)
    (finding,) = found(check_patients, given_of(write_set(others, file=names, split=splits, label=labels)))
    assert finding.level == "note"
