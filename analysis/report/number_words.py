"""Numbers as a report writes them."""

from __future__ import annotations

import math


def number(value: float, digits: int = 3) -> str:
    """A number in words where it is none: "not known"; with a real minus."""
    if not math.isfinite(value):
        return "not known"
    return f"{value:.{digits}g}".replace("-", "−") if abs(value) >= 1e4 else f"{value:.{digits}f}".replace("-", "−")


def between(value: float, bounds: tuple[float, float], digits: int = 3) -> str:
    """A number with its interval: "0.86 [0.82, 0.90]"."""
    if not math.isfinite(sum(bounds)):
        return number(value, digits)
    return f"{number(value, digits)} [{number(bounds[0], digits)}, {number(bounds[1], digits)}]"
