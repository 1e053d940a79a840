"""The colours of a map: each group's own for the whole session, numbers on one scale."""

from __future__ import annotations

import numpy as np

from analysis.case_columns import CaseColumn
from app.components.linked_maps import MapColours
from app.look import AWAY, TOWARDS

MOST_GROUPS = 12
"""More than this cannot be told apart: the largest keep a colour, the rest is grey."""
NOT_KNOWN = 255
_OTHER = "#8a8f98"
_PALETTE = (
    AWAY, "#009e73", "#cc79a7", "#5a3cff", "#5ad278", "#c31e2d", "#69c3ff", "#964b87", "#6978ff", "#f0a5b4", "#ffa500",
)  # fmt: skip
"""The first after Okabe & Ito 2008, the others chosen to stay apart from them, from the accent and from each other
under protanopia and deuteranopia; readable on light and dark. The accent is kept for the target."""
_RIGHT, _WRONG = "#8a8f98", "#c2185b"


def map_colours(column: CaseColumn, target: str, note: str = "") -> MapColours:
    """How the points are coloured by a column.

    Args:
        column: what the colour says.
        target: the group of this name has the accent colour on every page.
        note: a sentence for the legend.
    """
    if column.values is not None:
        low, high, is_diverging = _range(column)
        return MapColours(
            name=column.name, kind="numbers", codes=None, groups=(), colours=(),
            values=column.values.astype(np.float32), low=low, high=high, diverging=is_diverging,
        )  # fmt: skip
    kept = kept_groups(column)
    lookup = np.full(len(column.groups) + 1, len(kept), dtype=np.int64)
    lookup[kept] = np.arange(len(kept))
    lookup[-1] = NOT_KNOWN  # code −1
    names = tuple(column.groups[code] for code in kept)
    colours = group_colours(column, target)
    rest = len(column.groups) - len(kept)
    return MapColours(
        name=column.name, kind="groups", codes=lookup[column.codes].astype(np.uint8),
        groups=(*names, f"{rest} others") if rest else names,
        colours=(*(colours[code] for code in kept), _OTHER) if rest else tuple(colours[code] for code in kept),
        values=None, low=0.0, high=1.0, diverging=False,
    )  # fmt: skip


def kept_groups(column: CaseColumn) -> list[int]:
    """Positions of the groups with a colour of their own: all, or the largest where there are too many."""
    if len(column.groups) <= MOST_GROUPS:
        return list(range(len(column.groups)))
    return sorted(np.argsort(-column.counts(), kind="stable")[: MOST_GROUPS - 1].tolist())


def group_colours(column: CaseColumn, target: str) -> tuple[str, ...]:
    """A colour of each group, whatever is chosen or left out: it never changes within a session."""
    if column.name == "error":
        return (_RIGHT, _WRONG)
    spare = [colour for place, colour in enumerate(_PALETTE) if target in column.groups or place > 0]
    others = (name for name in column.groups if name != target)
    place_of = {name: place for place, name in enumerate(others)}
    return tuple(TOWARDS if name == target else spare[place_of[name] % len(spare)] for name in column.groups)


def _range(column: CaseColumn) -> tuple[float, float, bool]:
    """Ends of the scale, without the outermost hundredths; around zero where both signs mean something."""
    values = column.values[np.isfinite(column.values)] if column.values is not None else np.empty(0)
    if len(values) == 0:
        return 0.0, 1.0, False
    low, high = (float(end) for end in np.percentile(values, [1, 99]))
    if column.name == "error" or column.name.startswith("score: "):
        end = max(abs(low), abs(high)) or 1.0
        return -end, end, True
    return (low, high, False) if low < high else (low - 0.5, high + 0.5, False)
