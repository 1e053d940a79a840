"""Whether there are enough pictures of every class, in every split, to learn from and to measure on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding, Level
from xaae_core.data.checks.wording import count_of, names, per_split
from xaae_core.data.image_dataset import ImageDataset
from xaae_core.data.splits import SPLITS

CHECK = "counts"
TYPICAL_AUROC = 0.85
"""The AUROC for which the width of an interval is told: a good model on a hard task."""
_FEW = 10
_WIDE = 0.1  # half-width of a 95 % interval
_UNEVEN, _VERY_UNEVEN = 3.0, 20.0


def count_classes(dataset: ImageDataset) -> dict[str, dict[str, int]]:
    """Class → split → number of pictures, every class and split named."""
    splits = np.array(dataset.split)
    return {
        name: {split: int(((dataset.labels == label) & (splits == split)).sum()) for split in SPLITS}
        for label, name in enumerate(dataset.classes)
    }


def auroc_half_width(auroc: float, n_cases: int, n_others: int) -> float:
    """Half the width of a 95 % interval of an AUROC that rests on so many cases and others.

    A little wide where cases are fewer than others. Source: Hanley and McNeil 1982, Radiology 143:29, equation 2 with
    their exponential approximation.
    """
    if min(n_cases, n_others) < 1:
        return math.nan
    q1, q2 = auroc / (2 - auroc), 2 * auroc**2 / (1 + auroc)
    variance = auroc * (1 - auroc) + (n_cases - 1) * (q1 - auroc**2) + (n_others - 1) * (q2 - auroc**2)
    return 1.96 * math.sqrt(variance / (n_cases * n_others))


def check_class_counts(given: CheckInput) -> Iterator[Finding]:
    """Missing and rare classes, what a held-out figure could be worth, imbalance."""
    if given.dataset.is_numeric:
        return
    counts = count_classes(given.dataset)
    totals = {name: sum(row.values()) for name, row in counts.items()}
    present = [name for name, total in totals.items() if total]
    if len(present) < 2:
        yield _one_class(given, present)
        return
    problems = [*_rare(given, totals), *_missing(counts, totals), *_imbalance(counts)]
    yield from problems
    yield from _held_out(counts)
    if not problems:
        sums = {split: sum(row[split] for row in counts.values()) for split in SPLITS}
        title = f"{count_of(len(given.dataset), 'picture')} of {len(present)} classes: {per_split(sums)}"
        yield Finding(CHECK, "good", title)


def _one_class(given: CheckInput, present: list[str]) -> Finding:
    what = f"All {count_of(len(given.dataset), 'picture')} are of one class ({present[0]})" if present else "No picture"
    return Finding(
        CHECK,
        "stop",
        what,
        "There is nothing to tell apart: no target can be learned.",
        "Add pictures of another class, or check the column of labels and what was left out as unreadable.",
    )


def _rare(given: CheckInput, totals: Mapping[str, int]) -> Iterator[Finding]:
    rare = {name: total for name, total in totals.items() if total < _FEW}
    if not rare:
        return
    labels = [given.dataset.classes.index(name) for name in rare]
    rows = np.flatnonzero(np.isin(given.dataset.labels, labels))
    listed = names(f"{name} {total}" for name, total in rare.items())
    yield Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(rare), 'class has', 'classes have')} fewer than {_FEW} pictures: {listed}",
        "A class with so few pictures cannot be learned and measured both: a single case decides the figure.",
        "Add cases, merge it with a class it belongs to, or leave it out.",
        cases=given.ids(rows.tolist()),
    )


def _missing(counts: Mapping[str, Mapping[str, int]], totals: Mapping[str, int]) -> Iterator[Finding]:
    for split in SPLITS:
        absent = [name for name, row in counts.items() if totals[name] and not row[split]]
        if not absent or not any(row[split] for row in counts.values()):
            continue  # an empty split is the business of the check of splits
        is_training = split == "train"
        yield Finding(
            CHECK,
            "stop" if is_training else "warn",
            f"No picture of {names(absent)} in {split}",
            "The model never sees the class and cannot know it."
            if is_training
            else "No AUROC can be given for it there, and weights are chosen without it.",
            "Draw the split again within each class, or leave the column split out so that this is done for you.",
        )


def _held_out(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Finding]:
    """How well an AUROC on the test split (or valid, without one) could be known."""
    split = next((name for name in ("test", "valid") if any(row[name] for row in counts.values())), None)
    if split is None:
        return
    n_all = sum(row[split] for row in counts.values())
    rarest = min((name for name, row in counts.items() if row[split]), key=lambda name: counts[name][split])
    n_cases = counts[rarest][split]
    half = auroc_half_width(TYPICAL_AUROC, n_cases, n_all - n_cases)
    if not math.isfinite(half):
        return
    level: Level = "warn" if half > _WIDE else "note" if half > _WIDE / 2 else "good"
    yield Finding(
        CHECK,
        level,
        f"{count_of(n_cases, 'picture')} of {rarest} in {split}: an AUROC of {TYPICAL_AUROC:g} would be known to "
        f"±{half:.2f} (95 %)",
        "Two models, or two settings, that differ by less than this cannot be told apart." if level != "good" else "",
        f"Put more cases of {rarest} into {split}, or report the interval with every figure."
        if level != "good"
        else "",
    )


def _imbalance(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Finding]:
    train = {name: row["train"] for name, row in counts.items() if row["train"]}
    if len(train) < 2:
        return
    most, least = max(train, key=train.__getitem__), min(train, key=train.__getitem__)
    ratio = train[most] / train[least]
    if ratio < _UNEVEN:
        return
    yield Finding(
        CHECK,
        "warn" if ratio >= _VERY_UNEVEN else "note",
        f"{most} has {ratio:.1f} times as many training pictures as {least} ({train[most]:,} and {train[least]:,})",
        f"Without weights the model leans towards {most}, and accuracy looks better than it is: always answering "
        f"{most} would be right in {train[most] / sum(train.values()):.0%} of cases.",
        "Train with class weights (--balanced), and judge by AUROC rather than accuracy.",
    )
