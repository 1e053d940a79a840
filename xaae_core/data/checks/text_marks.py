"""Letters and rulers on the pictures, and whether they go with the label, a site or a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.association import Association, associate, crosstab
from xaae_core.data.checks.burned_in_marks import SMALLEST_SIDE
from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.named_columns import named_columns
from xaae_core.data.checks.wording import count_of, figure, percent, target_of

CHECK = "marks"
_SAYS, _SAYS_MUCH = 0.1, 0.3
_CHANCE = 0.01
_LEAST = 20
_HONEST = (
    "Told by their form; on pictures checked by eye some 95 of 100 flagged ones had a mark, and 70 (rulers) to 85 "
    "(side letters) of 100 marks were found."
)


def check_text_marks(given: CheckInput) -> Iterator[Finding]:
    """The share of pictures with a likely mark; then what the marks go with."""
    if not len(given.facts):
        return
    scores = np.array([picture.mark.score for picture in given.facts.pictures])
    if not np.isfinite(scores).any():
        yield Finding(
            CHECK,
            "note",
            f"Pictures are too small to look for burned-in letters and rulers (under {SMALLEST_SIDE} px)",
            "A letter of so few pixels cannot be told from noise; a model may still see it.",
            "Look at some of the pictures, or check the originals.",
        )
        return
    marked = scores >= 1
    if not marked.any():
        yield Finding(CHECK, "good", "No burned-in letters or rulers were found", _HONEST)
        return
    yield _shares(given, marked)
    yield from _with_label(given, marked)
    yield from _with_columns(given, marked)


def _shares(given: CheckInput, marked: NDArray[np.bool_]) -> Finding:
    kinds = [picture.mark.kind for picture in given.facts.pictures]
    rows = np.flatnonzero(marked)
    n_rulers = sum(kinds[row] == "ruler" for row in rows)
    listed = [f"letters or marks on {len(rows) - n_rulers:,}"] if n_rulers < len(rows) else []
    listed += [f"rulers on {n_rulers:,}"] if n_rulers else []
    rows = rows[np.argsort([-given.facts.pictures[row].mark.score for row in rows], kind="stable")]
    return Finding.about(
        CHECK,
        "note",
        f"Burned-in marks are likely on {count_of(len(rows), 'picture')} of {len(marked):,} "
        f"({percent(len(rows) / len(marked))}): {' and '.join(listed)}",
        f"A model may read them, and a moved picture may move them. They may also name a patient. {_HONEST}",
        "Look at the first ones. Where they name a person, have them removed; where they go with the label, crop or "
        "cover them.",
        cases=given.ids(rows.tolist()),
    )


def _with_label(given: CheckInput, marked: NDArray[np.bool_]) -> Iterator[Finding]:
    dataset = given.dataset
    if min(marked.sum(), (~marked).sum()) < _LEAST:
        return
    target = dataset.labels if dataset.values is None else dataset.values
    found = associate(marked.astype(np.int64), target, seed=given.seed)
    if found.p >= _CHANCE or found.strength < _SAYS:
        return
    yield Finding(
        CHECK,
        "warn",
        f"Burned-in marks go with {target_of(dataset)}: {_split_by_label(given, marked)}",
        f"{_strength(found)} A model gains by reading the marks instead of the picture.",
        "Crop or cover the marks in all pictures, or report figures for pictures with and without them.",
    )


def _with_columns(given: CheckInput, marked: NDArray[np.bool_]) -> Iterator[Finding]:
    if min(marked.sum(), (~marked).sum()) < _LEAST:
        return
    for column in named_columns(given.dataset):
        found = associate(column.codes, marked.astype(np.int64), seed=given.seed)
        if found.p >= _CHANCE or found.strength < _SAYS_MUCH:
            continue
        table = crosstab(column.codes, marked.astype(np.int64))
        shares = table[:, 1] / table.sum(axis=1)
        listed = ", ".join(
            f"{percent(share)} of {name}" for share, name in list(zip(shares, column.names, strict=True))[:4]
        )
        yield Finding(
            CHECK,
            "note",
            f"Burned-in marks go with {column.name}: {listed}",
            f"{_strength(found)} Through them a model can tell {column.name}.",
            f"See what {column.name} says of the label.",
        )


def _split_by_label(given: CheckInput, marked: NDArray[np.bool_]) -> str:
    dataset = given.dataset
    if dataset.values is not None:
        return f"mean {dataset.values[marked].mean():.3g} with, {dataset.values[~marked].mean():.3g} without"
    shares = [
        (name, marked[dataset.labels == label].mean())
        for label, name in enumerate(dataset.classes)
        if (dataset.labels == label).any()
    ]
    return ", ".join(f"{percent(share)} of {name}" for name, share in shares[:4])


def _strength(found: Association) -> str:
    return f"Strength {figure(found.strength)} [{figure(found.low)}, {figure(found.high)}] on a scale of 0 to 1."
