"""How the data are split: whether anything is held out, and whether the split follows time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.wording import count_of, per_split
from xaae_core.data.splits import SPLITS

CHECK = "splits"
_DATE = re.compile(r"^(19|20)\d\d[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])([ T].*)?$")
_SMALL = 0.05


def check_split_design(given: CheckInput) -> Iterator[Finding]:
    """No test split, tiny splits, a split drawn at random, a date that the split ignores."""
    counts = Counter(given.dataset.split)
    n_all = len(given.dataset)
    problems = [*_held_out(counts, n_all), *_drawn(given), *_in_time(given)]
    yield from problems
    if not problems:
        yield Finding(CHECK, "good", f"The data come with a split: {per_split(counts)}")


def dates_of(name: str, column: NDArray[Any]) -> NDArray[np.float64] | None:
    """A column of dates or years as numbers that grow with time [N], NaN where empty; None for any other column."""
    if column.dtype.kind == "f":
        known = column[np.isfinite(column)]
        is_year = "year" in name.lower() and len(known) > 0 and bool(((known >= 1950) & (known <= 2100)).all())
        is_day = "date" in name.lower() and len(known) > 0 and all(_DATE.match(f"{value:.0f}") for value in known)
        return column if is_year or is_day else None
    texts = [str(entry).strip() for entry in column]
    filled = [text for text in texts if text]
    if not filled or not all(_DATE.match(text) for text in filled):
        return None
    return np.array([float(re.sub(r"\D", "", text[:10])[:8]) if text else np.nan for text in texts])


def _held_out(counts: Counter[str], n_all: int) -> Iterator[Finding]:
    if not counts["train"]:
        yield Finding(
            CHECK,
            "stop",
            "No picture to train on: none is in the split train",
            f"There are {per_split(counts) or 'none at all'}.",
            "Name the split of the training pictures train.",
        )
    if not counts["test"]:
        yield Finding(
            CHECK,
            "warn",
            "No test split: nothing is held out to the end",
            "The valid split chooses the best weights, so figures on it are a little too good.",
            "Name some cases test (by patient), or leave the column split out so that one is drawn.",
        )
    if not counts["valid"]:
        yield Finding(
            CHECK,
            "warn",
            "No valid split: nothing to choose the best weights by",
            "Training needs some cases for it and is refused without them.",
            "Name some cases valid, or leave the column split out.",
        )
    for split in SPLITS:
        if 0 < counts[split] < _SMALL * n_all and counts[split] < 50:
            yield Finding(
                CHECK,
                "note",
                f"Only {count_of(counts[split], 'picture')} in {split}",
                "Figures on so few jump from one draw to the next.",
                "Move more cases there.",
            )


def _drawn(given: CheckInput) -> Iterator[Finding]:
    drawn = next((note for note in given.dataset.notes if "were drawn" in note), None)
    if drawn is None:
        return
    yield Finding(
        CHECK,
        "note",
        drawn[:1].upper() + drawn[1:],
        "A random split tests on cases from the same sites and times as training: figures elsewhere will be lower.",
        "For a publication, hold out a site or the latest months instead, and say so in a column split.",
    )


def _in_time(given: CheckInput) -> Iterator[Finding]:
    splits = np.array(given.dataset.split)
    for name, column in given.dataset.columns.items():
        dates = dates_of(name, column)
        if dates is None:
            continue
        train, later = dates[(splits == "train") & np.isfinite(dates)], dates[(splits == "test") & np.isfinite(dates)]
        if not len(train) or not len(later):
            continue
        inside = float((later <= train.max()).mean())
        ordered = inside < 0.05
        yield Finding(
            CHECK,
            "good" if ordered else "note",
            f"The test cases come after the training cases in time ({name})"
            if ordered
            else f"There is a date ({name}), and the split does not follow it: {inside:.0%} of test lie before the "
            "last training case",
            "" if ordered else "A model is used on cases of tomorrow; equipment and practice change.",
            "" if ordered else "To know how it holds over time, put the latest cases into test.",
        )
