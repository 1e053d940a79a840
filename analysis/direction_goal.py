"""What a direction is fitted to, and how it is told whether a score follows that."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable

Vector = NDArray[np.float64]
Kind = Literal["binary", "ordinal", "continuous"]
MOST_GRADES = 10
"""A column of whole numbers with at most this many different values is read as grades."""
MOST_CLASSES = 30
"""Classes that get a direction each where none are named."""


@dataclass(frozen=True, eq=False)
class DirectionGoal:
    """The target of a direction.

    Attributes:
        name: class or column; what "+" means.
        counterpart: what "−" means.
        values: per case [N], 1 and 0 for a class and the rest, else the column's numbers; NaN: not known.
        kind: "binary" for a class against the rest; "ordinal" for a column of at most 10 different whole numbers,
            of which only the order is used; "continuous" for other columns.
    """

    name: str
    counterpart: str
    values: Vector
    kind: Kind

    @property
    def measure_name(self) -> str:
        """What says how well a score follows the target: "AUROC" or "Spearman"."""
        return "AUROC" if self.kind == "binary" else "Spearman"

    @property
    def measure(self) -> Callable[[Vector, Vector], float]:
        """That measure of (values, scores)."""
        return auroc if self.kind == "binary" else spearman

    def response(self, mask: NDArray[np.bool_]) -> Vector:
        """What is regressed on z [n] for the cases of a mask [N]: grades as their mid-ranks in [0, 1], else values.

        Ranks, because the distance from grade 1 to 2 need not be that from 2 to 3.
        """
        values = self.values[mask]
        if self.kind != "ordinal" or len(values) < 2:
            return values
        from scipy.stats import rankdata

        ranks: Vector = (rankdata(values) - 1) / (len(values) - 1)
        return ranks


def find_goal(table: LatentTable, target: str | None = None) -> DirectionGoal:
    """The target of that name in a table.

    Args:
        table: latents with labels or columns of numbers.
        target: a class name (that class against the rest) or a column; the second class, or the number that the
            model has learned, if None.

    Raises:
        DirectionError: an unknown target.
    """
    if target is None:
        target = table.classes[min(1, len(table.classes) - 1)] if table.classes else table.target_name
    if target in table.classes:
        index = table.classes.index(target)
        values = np.where(table.labels < 0, np.nan, table.labels == index).astype(np.float64)
        others = [name for name in table.classes if name != target]
        return DirectionGoal(target, others[0] if len(others) == 1 else f"not {target}", values, "binary")
    column = table.columns.get(target)
    if column is None or not np.issubdtype(column.dtype, np.number):
        numeric = [name for name, values in table.columns.items() if np.issubdtype(values.dtype, np.number)]
        raise DirectionError(
            f'there is no target "{target}"; expected a class ({_listed(table.classes)}) '
            f"or a column of numbers ({_listed(numeric)})"
        )
    values = column.astype(np.float64)
    return DirectionGoal(target, f"less {target}", values, "ordinal" if _are_grades(values) else "continuous")


def target_values(table: LatentTable, target: str | None = None) -> Vector:
    """The target of each case [N]: 1 and 0 for a class and the rest, a column's numbers; NaN: not known.

    Raises:
        DirectionError: an unknown target.
    """
    return find_goal(table, target).values


def auroc(labels: NDArray[Any], scores: NDArray[Any]) -> float:
    """Area under the ROC curve of 0/1 labels [N] by scores [N]; NaN with one class."""
    from scipy.stats import rankdata

    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if n_positive == 0 or n_negative == 0:
        return math.nan
    ranks = rankdata(scores)
    return float((ranks[labels > 0].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def spearman(values: NDArray[Any], scores: NDArray[Any]) -> float:
    """Rank correlation of values [N] and scores [N]; NaN below 3 cases or when one is constant."""
    from scipy.stats import rankdata

    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(scores) == 0:
        return math.nan
    return float(np.corrcoef(rankdata(values), rankdata(scores))[0, 1])


def every_target(table: LatentTable, fit_split: str | None = None) -> list[str | None]:
    """The targets of a table: of more than two classes each that some, not all, fitted cases have; else None alone.

    Raises:
        DirectionError: more than 30 such classes.
    """
    if len(table.classes) <= 2:
        return [None]
    is_fitted = table.labels >= 0
    if fit_split and np.any(table.split == fit_split):
        is_fitted = is_fitted & (table.split == fit_split)
    counts = np.bincount(table.labels[is_fitted], minlength=len(table.classes))
    some = [name for name, n in zip(table.classes, counts, strict=True) if 0 < n < counts.sum()]
    if len(some) > MOST_CLASSES:
        largest = [table.classes[index] for index in np.argsort(-counts, kind="stable")[:3]]
        raise DirectionError(
            f"{len(some)} classes; at most {MOST_CLASSES} get a direction each unasked: name the ones to look at, "
            f"for instance the largest ({', '.join(largest)})"
        )
    return list(some) or [None]  # None: one class only, which fit_direction explains


def fitted_cases(table: LatentTable, goal: DirectionGoal, mask: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """The latents [n, D] and the response [n] of the cases of a mask [N].

    Raises:
        DirectionError: latents that are not finite (which cases) or all the same, fewer than 3 cases, one class only.
    """
    bad = ~np.isfinite(table.z).all(axis=1)
    if bad.any():
        raise DirectionError(
            f"z is not finite for {int(bad.sum())} cases, the first: {', '.join(table.ids[bad][:5])}: "
            "leave them out, or extract the latents anew"
        )
    z, y = table.z[mask].astype(np.float64), goal.response(mask)
    if len(z) < 3:
        raise DirectionError(f"{len(z)} labelled cases; a direction needs at least 3")
    if np.ptp(y) == 0:
        raise DirectionError(f"every case has the same {goal.name}: a direction needs cases with and without it")
    if not np.ptp(z, axis=0).any():
        raise DirectionError(f"all {len(z)} cases have the same z: the model does not tell them apart")
    return z, y


def _are_grades(values: Vector) -> bool:
    known = values[np.isfinite(values)]
    if len(known) == 0 or (known != np.round(known)).any():
        return False
    return len(np.unique(known)) <= MOST_GRADES


def _listed(names: tuple[str, ...] | list[str], most: int = 12) -> str:
    """Names after one another, the first of many."""
    if not names:
        return "none"
    more = f", … {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
