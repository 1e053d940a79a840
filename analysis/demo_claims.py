"""A figure with the bound that is claimed for it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

_WIDTH = 76


@dataclass(frozen=True)
class Claim:
    """What is said of a figure.

    Attributes:
        words: what the figure is.
        unit: its unit; "" for a plain number.
        least: the least value that is claimed; None: reported, nothing claimed.
    """

    words: str
    unit: str = ""
    least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the figure is at least what is claimed; NaN never is."""
        return self.least is None or value >= self.least

    def line(self, value: float) -> str:
        """One row of a table: words, value, bound, verdict."""
        name = f"{self.words} ({self.unit})" if self.unit else self.words
        bound = "" if self.least is None else f"  ≥ {self.least:g}  {'holds' if self.holds(value) else 'FAILS'}"
        return f"{name:<{_WIDTH}}{value:8.3f}{bound}"

    def verdict(self, value: float) -> str:
        """What is wrong with a figure that does not hold."""
        return f"{self.words}: {value:.3f}, claimed at least {self.least:g}"


def claim(words: str, unit: str = "", *, least: float | None = None) -> Any:
    """A dataclass field that carries a `Claim` under metadata["claim"]."""
    return dataclasses.field(metadata={"claim": Claim(words, unit, least)})
