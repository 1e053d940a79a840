"""Whether a target of numbers has a spread that can be learned, and one that is the same in every split."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.wording import count_of
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.data.splits import SPLITS
from xaae_core.data.targets import MOST_GRADES

CHECK = "target"
TYPICAL_CORRELATION = 0.8
_WIDE = 0.1
_FAR = 5.0  # robust standard deviations from the median
_SHIFTED = 0.5  # pooled standard deviations between two splits


def describe_values(dataset: ImageDataset) -> dict[str, dict[str, float]]:
    """The rows "count", "mean", "min", "max" → split → value; NaN where a split has no picture."""
    measures: dict[str, Callable[[Any], Any]] = {"count": len, "mean": np.mean, "min": np.min, "max": np.max}
    per_split = {split: _values(dataset)[np.array(dataset.split) == split] for split in SPLITS}
    return {
        name: {split: float(measure(v)) if len(v) or name == "count" else math.nan for split, v in per_split.items()}
        for name, measure in measures.items()
    }


def correlation_half_width(correlation: float, n_cases: int) -> float:
    """Half the width of the 95 % interval of a Pearson correlation (Fisher's z); NaN for fewer than 4 cases."""
    if n_cases < 4:
        return math.nan
    z, step = math.atanh(correlation), 1.96 / math.sqrt(n_cases - 3)
    return (math.tanh(z + step) - math.tanh(z - step)) / 2


def check_target_values(given: CheckInput) -> Iterator[Finding]:
    """No spread, outliers, numbers that are grades, splits that differ, too few to measure on."""
    if not given.dataset.is_numeric:
        return
    values = _values(given.dataset)
    name = given.dataset.target_name
    if not len(values) or np.ptp(values) == 0:
        yield _constant(name, values)
        return
    problems = [*_outliers(given, values), *_grades(given, values), *_shifts(given, values)]
    yield from problems
    yield from _held_out(given)
    if not problems:
        yield Finding(
            CHECK, "good", f"{name} runs from {values.min():g} to {values.max():g} (median {np.median(values):g})"
        )


def _values(dataset: ImageDataset) -> NDArray[np.float64]:
    return np.zeros(0) if dataset.values is None else dataset.values


def _constant(name: str, values: NDArray[np.float64]) -> Finding:
    return Finding(
        CHECK,
        "stop",
        f"{name} is {values[0]:g} for all {count_of(len(values), 'picture')}" if len(values) else "No picture",
        "There is nothing to learn from a number that never changes.",
        "Check which column the target is taken from.",
    )


def _outliers(given: CheckInput, values: NDArray[np.float64]) -> Iterator[Finding]:
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle)) or values.std()
    far = np.flatnonzero(np.abs(values - middle) > _FAR * spread)
    if not len(far):
        return
    far = far[np.argsort(-np.abs(values[far] - middle))]
    examples = ", ".join(f"{values[row]:g}" for row in far[:3])
    yield Finding.about(
        CHECK,
        "warn" if len(far) <= 0.01 * len(values) or len(far) < 5 else "note",
        f"{count_of(len(far), 'value')} of {given.dataset.target_name} far from the others ({examples}; median "
        f"{middle:g})",
        'A squared error follows a few far values and neglects the rest. Codes for "not known" such as 999 do this.',
        "Look at these rows. Leave out codes; for a target over several orders of magnitude, learn its logarithm.",
        cases=given.ids(far.tolist()),
    )


def _grades(given: CheckInput, values: NDArray[np.float64]) -> Iterator[Finding]:
    distinct = np.unique(values)
    if given.dataset.task != "continuous" or len(distinct) > MOST_GRADES or len(values) < 5 * len(distinct):
        return
    yield Finding(
        CHECK,
        "note",
        f"{given.dataset.target_name} has only {len(distinct)} different values: "
        + ", ".join(f"{value:g}" for value in distinct),
        "These may be grades: their order means something, their distances perhaps not.",
        "If they are grades, ask for the task ordinal.",
    )


def _shifts(given: CheckInput, values: NDArray[np.float64]) -> Iterator[Finding]:
    splits = np.array(given.dataset.split)
    train = values[splits == "train"]
    for split in ("valid", "test"):
        part = values[splits == split]
        if min(len(part), len(train)) < 10:
            continue
        pooled = math.sqrt((part.var() + train.var()) / 2)
        shift = (part.mean() - train.mean()) / pooled if pooled else 0.0
        if abs(shift) > _SHIFTED:
            yield Finding(
                CHECK,
                "warn",
                f"{given.dataset.target_name} is {'higher' if shift > 0 else 'lower'} in {split} than in train "
                f"(mean {part.mean():.3g} and {train.mean():.3g})",
                f"Figures on {split} are of other cases than those the model learned from.",
                "Draw the split again within strata of the target, unless the shift is what you want to test.",
            )


def _held_out(given: CheckInput) -> Iterator[Finding]:
    for split in ("test", "valid"):
        count = len(given.dataset.rows(split))
        if not count:
            continue
        half = correlation_half_width(TYPICAL_CORRELATION, count)
        is_wide: Any = not half <= _WIDE
        yield Finding(
            CHECK,
            "warn" if is_wide else "good",
            f"{count_of(count, 'picture')} in {split}: a correlation of {TYPICAL_CORRELATION:g} would be known to "
            + (f"±{half:.2f} (95 %)" if math.isfinite(half) else "nothing"),
            "Two models that differ by less than this cannot be told apart." if is_wide else "",
            f"Put more cases into {split}, or report the interval with every figure." if is_wide else "",
        )
        return
