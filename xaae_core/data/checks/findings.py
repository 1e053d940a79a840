"""What a data check found: one line, what it does to results, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xaae_core.data.dataset import ImageDataset

Level = Literal["stop", "warn", "note", "good"]
_RIVALS = ("brightness", "amplitude")
LEVELS: tuple[Level, ...] = ("stop", "warn", "note", "good")
"""From the worst to the best."""

MAX_CASES = 200
"""Ids that a finding names at most; `n_cases` counts them all."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Attributes:
        check: the check's name, one of `CHECKS` in `xaae_core.data.checks`.
        level: "stop": results would be worthless or wrong; "warn": they may mislead; "note": worth knowing;
            "good": nothing wrong was found.
        title: what was found, in one line for a reader who is no programmer.
        detail: what it does to results; may be empty.
        remedy: what to do; empty where there is nothing to do.
        cases: ids of the pictures it is about, or file names where they have no id; the first `MAX_CASES`.
        n_cases: how many there are in all.
    """

    check: str
    level: Level
    title: str
    detail: str = ""
    remedy: str = ""
    cases: tuple[str, ...] = ()
    n_cases: int = 0

    @classmethod
    def about(
        cls, check: str, level: Level, title: str, detail: str = "", remedy: str = "", *, cases: Iterable[str] = ()
    ) -> Finding:
        """A finding about some pictures, of which the first `MAX_CASES` are kept by name."""
        named = tuple(cases)
        return cls(check, level, title, detail, remedy, named[:MAX_CASES], len(named))

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {**vars(self), "cases": list(self.cases)}


@dataclass(frozen=True, eq=False)
class CheckReport:
    """Everything a data check found.

    Attributes:
        dataset: the pictures that can really be decoded; the others are in its `broken`.
        findings: the worst first; within a level in the order of the checks.
        counts: class → split → number of pictures. For a target of numbers: "count", "mean", "min" and "max" →
            split → value (NaN for a split without pictures).
    """

    dataset: ImageDataset
    findings: tuple[Finding, ...]
    counts: Mapping[str, Mapping[str, float]]

    @property
    def worst(self) -> Level:
        """The worst level found; "good" where nothing was found."""
        return min((finding.level for finding in self.findings), key=LEVELS.index, default="good")

    @property
    def rival(self) -> str:
        """What can be told of the label without any model, a figure to compare a model with; "" where nothing can."""
        titles = [entry.title for entry in self.findings if entry.check in _RIVALS and entry.level != "good"]
        return next((title for title in titles if "AUROC" in title), "")

    def of_level(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level, in order."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values; numbers that are not known are null."""
        return {
            "data": self.dataset.name,
            "pictures": len(self.dataset),
            "unreadable": len(self.dataset.broken),
            "worst": self.worst,
            "counts": {row: {split: _known(n) for split, n in per.items()} for row, per in self.counts.items()},
            "findings": [finding.to_json() for finding in self.findings],
        }


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by level; those of one level keep their order."""
    return tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level)))


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
