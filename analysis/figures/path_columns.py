"""Columns of a filmstrip: the original, then the steps; whatever lies below a step stands in its column."""

from __future__ import annotations

from dataclasses import dataclass

_GAP = 0.05
_LEAST, _NARROW, _MOST, _MOST_OF_ALL = 3, 5, 7, 9
_WIDE_INCHES = 5.9  # 150 mm; narrower figures have fewer and larger pictures
_LEAST_INCHES = 0.55


@dataclass(frozen=True)
class Columns:
    """Columns of one width beside each other, the first of the original.

    Attributes:
        left: where the first begins, in inches.
        width: of each, in inches.
        n_steps: columns beside the first.
        gap: between two, in inches.
    """

    left: float
    width: float
    n_steps: int
    gap: float = _GAP

    @classmethod
    def within(cls, left: float, right: float, n_steps: int, gap: float = _GAP) -> Columns:
        """Columns that fill what lies between two places."""
        return cls(left, (right - left - n_steps * gap) / (n_steps + 1), n_steps, gap)

    def start(self, column: int) -> float:
        """Left edge of a column; 0 is the original's, 1 the first step's."""
        return self.left + column * (self.width + self.gap)

    def middle(self, column: int) -> float:
        """Its middle."""
        return self.start(column) + self.width / 2

    @property
    def right(self) -> float:
        """Right edge of the last."""
        return self.start(self.n_steps) + self.width


def pick_columns(n_steps: int, origin: int, inches: float, font_size: float) -> int:
    """How many steps of a path are shown beside the original.

    Fewer where there is less room, and rather a number that divides the path evenly than one more or less.

    Args:
        n_steps: of the path.
        origin: index of the step 0.
        inches: room, the original's included.
        font_size: of ordinary text, in points.

    Returns:
        An odd number of at least 3.
    """
    wanted = _MOST if inches >= _WIDE_INCHES else _NARROW
    least = _LEAST_INCHES * max(1.0, font_size / 7)
    fitting = [count for count in range(_LEAST, _MOST_OF_ALL + 1, 2) if inches / (count + 1) >= least] or [_LEAST]
    even = [count for count in fitting if _is_even(n_steps, origin, count // 2) and abs(count - wanted) <= 2]
    return min(even or fitting, key=lambda count: (abs(count - wanted), count))


def _is_even(n_steps: int, origin: int, each_side: int) -> bool:
    return origin % each_side == 0 and (n_steps - 1 - origin) % each_side == 0
