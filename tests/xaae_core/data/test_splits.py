"""Drawn splits: whole patients, and a test part wherever there are three of them."""

from __future__ import annotations

import pytest

from xaae_core.data.splits import complete_splits


@pytest.mark.parametrize("n_nights", [3, 4, 5, 8, 20])
def test_nights_with_every_stage_are_drawn_among_each_other_so_that_none_of_the_parts_is_empty(n_nights: int) -> None:
    nights = [f"night{n}" for n in range(n_nights) for _ in range(6)]
    stages = [(n + k) % 2 for n in range(n_nights) for k in range(6)]  # every other night begins with the other stage
    ids = [f"{night}#{k % 6}" for k, night in enumerate(nights)]
    splits, note = complete_splits(ids, stages, [None] * len(ids), patients=nights)
    assert {"train", "valid", "test"} == set(splits)
    parts = {night: {split for split, of in zip(splits, nights, strict=True) if of == night} for night in nights}
    assert all(len(part) == 1 for part in parts.values())
    assert "patients" in note


def test_patients_of_one_class_are_drawn_class_by_class() -> None:
    patients = [f"{label}-{n}" for label in range(2) for n in range(10) for _ in range(2)]
    labels = [int(patient[0]) for patient in patients]
    splits, _ = complete_splits([f"{n}" for n in range(40)], labels, [None] * 40, patients=patients)
    of_test = [label for label, split in zip(labels, splits, strict=True) if split == "test"]
    assert sorted(of_test) == [0] * 4 + [1] * 4  # two of ten patients, two cases each
