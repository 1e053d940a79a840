"""A cohort: the cases that meet some conditions, in words, as a mask, and as a text that a link can carry."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import OWN_COLUMNS, CaseColumn
from xaae_core.errors import CohortError

_MOST_TEXT = 8000
_MOST_CONDITIONS = 20
_CODE = re.compile(r"~[0-9a-f]{12}")


@dataclass(frozen=True)
class Condition:
    """What one column must hold.

    Attributes:
        column: name of a `CaseColumn`.
        groups: any of these, or of their codes, see `Cohort.to_text`; () of numbers.
        low: at least this number; None: no bound.
        high: at most this number; None: no bound.
    """

    column: str
    groups: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        if bool(self.groups) == bool(bounds):
            raise CohortError(f"the condition on {self.column} names {self}; expected groups, or one or two bounds")
        if not all(math.isfinite(bound) for bound in bounds) or bounds != sorted(bounds):
            raise CohortError(
                f"the condition on {self.column} runs from {self.low} to {self.high}; expected low ≤ high"
            )

    @property
    def words(self) -> str:
        """The condition as one reads it: "split is test or valid", "age from 40 to 60"."""
        if self.groups:
            return f"{self.column} is {' or '.join(self.groups)}"
        if self.low is None:
            return f"{self.column} at most {self.high:g}"
        if self.high is None:
            return f"{self.column} at least {self.low:g}"
        return f"{self.column} from {self.low:g} to {self.high:g}"

    def mask(self, column: CaseColumn) -> NDArray[np.bool_]:
        """Which cases meet it [N]; a case of which the column knows nothing does not.

        Raises:
            CohortError: groups asked of numbers or the other way round, or a group that the column does not have.
        """
        if (column.values is None) != bool(self.groups):
            expected = "groups" if column.values is None else "a range of numbers"
            raise CohortError(
                f'the column "{self.column}" holds {column.kind}; expected {expected}, not "{self.words}"'
            )
        if column.values is None:
            groups = self.named(column).groups
            unknown = [name for name in groups if name not in column.groups]
            if unknown:
                raise CohortError(
                    f'the column "{self.column}" has no "{unknown[0]}"; expected some of '
                    f"{', '.join(column.groups[:12])}{' …' if len(column.groups) > 12 else ''}"
                )
            return np.isin(column.codes, [column.groups.index(name) for name in groups])
        with np.errstate(invalid="ignore"):
            above = column.values >= (-np.inf if self.low is None else self.low)
            below = column.values <= (np.inf if self.high is None else self.high)
        return np.asarray(above & below)

    def named(self, column: CaseColumn) -> Condition:
        """The condition with the names of groups in the place of their codes; codes of no group here stay."""
        if not any(map(_CODE.fullmatch, self.groups)):
            return self
        known = {_code(name): name for name in column.groups}
        return replace(self, groups=tuple(known.get(name, name) for name in self.groups))


@dataclass(frozen=True)
class Cohort:
    """The cases that meet every condition; all cases without any."""

    conditions: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions)

    @property
    def words(self) -> str:
        """All conditions in words; "all cases" without any."""
        return " and ".join(condition.words for condition in self.conditions) or "all cases"

    def mask(self, columns: Mapping[str, CaseColumn], n: int) -> NDArray[np.bool_]:
        """Which of N cases belong to it [N].

        Raises:
            CohortError: a column that is not there, or a condition that does not fit it.
        """
        mask = np.ones(n, dtype=bool)
        for condition in self.conditions:
            mask &= condition.mask(self._column(columns, condition.column))
        return mask

    def remaining(self, columns: Mapping[str, CaseColumn], n: int) -> list[int]:
        """How many cases are left after each condition, to say which one leaves none."""
        return [int(Cohort(self.conditions[: k + 1]).mask(columns, n).sum()) for k in range(len(self.conditions))]

    def named(self, columns: Mapping[str, CaseColumn]) -> Cohort:
        """The cohort with the names of groups in the place of their codes."""
        return Cohort(tuple(c.named(columns[c.column]) if c.column in columns else c for c in self.conditions))

    def to_text(self) -> str:
        """The cohort as a short text for an address; "" for all cases.

        Links and files leave the house, and a table's column may hold names of patients or wards: its groups are
        written as codes, which any table with the same groups knows. What the tool says of cases itself (their label,
        their split, …) stays readable.
        """
        if not self.conditions:
            return ""
        entries = [[c.column, _shown(c)] if c.groups else [c.column, c.low, c.high] for c in self.conditions]
        return json.dumps(entries, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Cohort:
        """The cohort of such a text.

        Raises:
            CohortError: any other text; nothing in it is trusted.
        """
        if not text:
            return cls()
        try:
            entries = json.loads(text) if len(text) <= _MOST_TEXT else None
            if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_CONDITIONS:
                raise TypeError
            return cls(tuple(_condition(entry) for entry in entries))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise CohortError(f'"{text[:60]}" is no cohort: choose the cases anew') from error

    @staticmethod
    def _column(columns: Mapping[str, CaseColumn], name: str) -> CaseColumn:
        column = columns.get(name)
        if column is None:
            raise CohortError(f'there is no column "{name}"; expected one of {", ".join(columns) or "none"}')
        return column


def _shown(condition: Condition) -> list[str]:
    """The groups as they are written into an address."""
    if condition.column in OWN_COLUMNS:
        return list(condition.groups)
    return [name if _CODE.fullmatch(name) else _code(name) for name in condition.groups]


def _code(name: str) -> str:
    """What stands for a group; no secret, as `xaae_core.case_tokens.case_token` is none."""
    return f"~{hashlib.blake2b(name.encode(), digest_size=6, person=b'xaae group').hexdigest()}"


def _condition(entry: object) -> Condition:
    """One entry of the text; raises TypeError for anything else."""
    match entry:
        case [str(column), [*names]] if names:
            return Condition(column, tuple(_text(name) for name in names))
        case [str(column), low, high]:
            return Condition(column, low=_bound(low), high=_bound(high))
    raise TypeError


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bound(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return float(value)
