"""Whether cases of one patient are held apart, and whether there are patients that nobody named."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.copies import unit_vectors
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.wording import count_of, names, percent

CHECK = "patients"
_IN_GROUPS = 0.5  # of all pictures share their beginning with another one
_LARGEST = 0.1  # a beginning shared by more pictures is a source, not a patient
_LEAST_PATIENTS = 5

Groups = Mapping[str, Sequence[int]]


def check_patients(given: CheckInput) -> Iterator[Finding]:
    """Patients in two splits, patients with two labels; without patients, names that look like some."""
    patients = given.dataset.patients
    known = [row for row, patient in enumerate(patients) if patient]
    if not known:
        yield from _unnamed(given)
        return
    groups: dict[str, list[int]] = defaultdict(list)
    for row in known:
        groups[patients[row]].append(row)
    crossing = {name: rows for name, rows in groups.items() if len({given.dataset.split[row] for row in rows}) > 1}
    yield from _in_two_splits(given, crossing)
    yield from _two_labels(given, groups)
    if len(known) < len(given.dataset):
        yield _partly_known(given, len(known))
    if not crossing:
        held = count_of(len(groups), "patient")
        yield Finding(
            CHECK, "good", f"{held}, {len(known) / len(groups):.1f} pictures each on average, none in two splits"
        )


def group_by_name(ids: Sequence[str]) -> dict[str, list[int]]:
    """Pictures whose names begin alike, as several pictures of one patient would; empty where no way fits.

    Tried are the folder below the class, and the name up to its last, last but one … separator. A way fits where
    half of the pictures share their beginning with another one and no beginning covers a tenth of all.
    """
    paths = [PurePosixPath(name) for name in ids]
    for depth in range(5):
        groups: dict[str, list[int]] = defaultdict(list)
        for row, path in enumerate(paths):
            groups[_beginning(path, depth)].append(row)
        if _looks_like_patients(groups, len(ids)):
            return dict(groups)
    return {}


def _beginning(path: PurePosixPath, depth: int) -> str:
    """The folder (depth 0), or folder and name without its last parts (the ending is one); else the whole path."""
    if depth == 0:
        return str(path.parent)
    parts = re.split(r"[#_\-. ]+", path.name)
    return f"{path.parent}/{'_'.join(parts[:-depth])}" if len(parts) > depth else str(path)


def _looks_like_patients(groups: Groups, n_all: int) -> bool:
    sizes = np.array([len(rows) for rows in groups.values()])
    return bool(
        len(sizes) >= _LEAST_PATIENTS
        and sizes[sizes > 1].sum() >= _IN_GROUPS * n_all
        and sizes.max() <= max(4, _LARGEST * n_all)
    )


def _unnamed(given: CheckInput) -> Iterator[Finding]:
    groups = group_by_name(given.dataset.ids)
    several = {name: rows for name, rows in groups.items() if len(rows) > 1}
    if not several:
        yield Finding(
            CHECK,
            "note",
            "It is not said which pictures are of the same patient",
            "If a patient has several pictures, they may be in train and in test: then held-out figures are too good. "
            "Their names give no sign of it.",
            "With one picture a patient, nothing. Otherwise add a column patient; the split is then drawn by patient.",
        )
        return
    crossing = [rows for rows in several.values() if len({given.dataset.split[row] for row in rows}) > 1]
    closer = _are_closer(given, list(several.values()))
    examples = names(given.ids(next(iter(several.values()))[:2]))
    yield Finding.about(
        CHECK,
        "warn" if crossing and closer else "note",
        f"Names look like several pictures of a patient ({examples}), but no column says whose each is",
        f"There would be {count_of(len(groups), 'patient')}, {len(crossing):,} of them in more than one split"
        + (", and pictures of a group do look more alike than others." if closer else ".")
        + " A model that knows a patient from training is not tested on that patient.",
        "Add a column patient and have the split drawn again (leave the column split out).",
        cases=given.ids([row for rows in crossing for row in rows]),
    )


def _are_closer(given: CheckInput, groups: Sequence[Sequence[int]]) -> bool:
    """Whether pictures of a group look more alike than pictures of different groups, by 5 standard errors."""
    pairs = np.array([rows[:2] for rows in groups[:2000]])
    first, second = (unit_vectors(given.facts.thumbs[rows]) for rows in pairs.T)
    difference = ((first * second) - (first * np.roll(second, 1, axis=0))).sum(axis=1)
    return bool(len(groups) >= _LEAST_PATIENTS and difference.mean() > 5 * difference.std() / np.sqrt(len(pairs)))


def _in_two_splits(given: CheckInput, crossing: Groups) -> Iterator[Finding]:
    if not crossing:
        return
    rows = [row for group in crossing.values() for row in group]
    held_out = sum(given.dataset.split[row] != "train" for row in rows)
    n_held_out = max(1, sum(split != "train" for split in given.dataset.split))
    yield Finding.about(
        CHECK,
        "stop",
        f"{count_of(len(crossing), 'patient has', 'patients have')} pictures in more than one split",
        f"Of the held-out pictures {held_out:,} ({percent(held_out / n_held_out)}) are of such patients: the model can "
        "know the patient instead of the disease, and held-out figures are too good.",
        "Leave the column split out, so that the split is drawn by patient; or move each patient into one split.",
        cases=given.ids(rows),
    )


def _two_labels(given: CheckInput, groups: Groups) -> Iterator[Finding]:
    if given.dataset.is_numeric:
        return
    torn = {name: rows for name, rows in groups.items() if len({int(given.dataset.labels[row]) for row in rows}) > 1}
    if not torn:
        return
    yield Finding.about(
        CHECK,
        "note",
        f"{count_of(len(torn), 'patient has', 'patients have')} pictures with different labels",
        "Right where labels are of the picture or of the day; an error where they are of the patient.",
        "If labels are of the patient, correct them.",
        cases=given.ids([row for rows in torn.values() for row in rows]),
    )


def _partly_known(given: CheckInput, n_known: int) -> Finding:
    rows = [row for row, patient in enumerate(given.dataset.patients) if not patient]
    return Finding.about(
        CHECK,
        "warn",
        f"The patient of {count_of(len(rows), 'picture')} is not known",
        f"Each of them counts as a patient of its own; only {n_known:,} are held apart by patient.",
        "Fill the column patient for these pictures.",
        cases=given.ids(rows),
    )
