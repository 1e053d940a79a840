"""What the points of a map are coloured by, on white paper: groups by colour and shape, numbers by a scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn, case_columns, groups
from analysis.figures.formats import OKABE_ITO
from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    from matplotlib.colors import Colormap, Normalize

GREY = "#b4b4b4"
COLOURS = (*OKABE_ITO[:7], "#6969FF", "#5A2D00", "#0F0F96", "#0000FF", "#69005A")
"""Of the groups in their order: Okabe & Ito 2008, and five more that stay apart from them and from each other under
protanopia and deuteranopia; more than these cannot be told apart."""
MARKERS = "osD^vPX*<>ph"
_AROUND_ZERO = ("#2F7BBF", "#9A9A9A", "#D9730D")
"""Away from the target, neither, towards it: the colours of the app."""
_GREYS = ("#d2d2d2", "#000000")
"""The scale of numbers in greyscale, whatever they are: the darker, the more."""
_DARKEST, _LIGHTEST = 0.0, 0.66
"""The greys of groups; what is not known is lighter, and what is not selected lighter still."""


@dataclass(frozen=True, eq=False)
class PointColours:
    """The colour of every point.

    Attributes:
        name: of the column.
        groups: names of the groups with a colour of their own; () of numbers.
        colours: "#rrggbb" of each.
        codes: position in `groups` [N]; −1: not known, or of a group without a colour.
        rest: what −1 means, such as "other".
        values: of numbers [N], NaN where not known; None of groups.
        low: where the scale of numbers begins.
        high: where it ends.
        is_diverging: whether the scale has its neutral middle at 0.
        shades: colour map of numbers without such a middle; "greys" for all numbers in greyscale.
    """

    name: str
    groups: tuple[str, ...]
    colours: tuple[str, ...]
    codes: NDArray[np.int32]
    rest: str
    values: NDArray[np.float64] | None = None
    low: float = 0.0
    high: float = 1.0
    is_diverging: bool = False
    shades: str = "cividis"

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Which points have a colour of their own [N]."""
        return self.codes >= 0 if self.values is None else np.isfinite(self.values)

    def texts(self) -> list[str]:
        """What each point is coloured by, in words [N]; "" where it is not known."""
        if self.values is not None:
            return [f"{value:.6g}" if np.isfinite(value) else "" for value in self.values.tolist()]
        names = [*self.groups, self.rest if self.rest == "other" else ""]  # code −1 is the last
        return [names[code] for code in self.codes.tolist()]

    @property
    def scale(self) -> tuple[Normalize, Colormap]:
        """Of numbers: where in the scale a value lies, and the scale's colours."""
        from matplotlib import colormaps
        from matplotlib.colors import LinearSegmentedColormap, Normalize

        norm = Normalize(self.low, self.high)
        if self.shades == "greys":
            return norm, LinearSegmentedColormap.from_list("greys", _GREYS)
        if self.is_diverging:
            return norm, LinearSegmentedColormap.from_list("around zero", _AROUND_ZERO)
        return norm, colormaps[self.shades]

    def in_greys(self) -> PointColours:
        """The same for a grey printer: groups in evenly spaced greys, numbers the darker, the more."""
        levels = np.linspace(_DARKEST, _LIGHTEST, max(len(self.groups), 2))[: len(self.groups)]
        greys = tuple(f"#{round(255 * level):02x}" + 2 * f"{round(255 * level):02x}" for level in levels)
        return replace(self, colours=greys, shades="greys")

    def rgb(self) -> NDArray[np.float64]:
        """Red, green and blue of every point [N, 3] in [0, 1]; grey where nothing is known."""
        from matplotlib.colors import to_rgb, to_rgba_array

        if self.values is None:
            table = to_rgba_array([*self.colours, GREY])[:, :3]
            return np.asarray(table[self.codes])  # code −1 is the last
        norm, colours = self.scale
        rgb = np.asarray(colours(np.nan_to_num(np.asarray(norm(self.values)))))[:, :3]
        return np.where(self.is_known[:, None], rgb, to_rgb(GREY))


def point_colours(column: CaseColumn, palette: tuple[str, ...] = ()) -> PointColours:
    """Colours by a column.

    Args:
        column: groups or numbers.
        palette: "#rrggbb" of each group of the column in its order, where the figure must match a screen; the
            figures' own if ().

    Raises:
        ValueError: a palette of another length than the column's groups.
    """
    if column.values is not None:
        low, high, is_diverging = _range(column.name, column.values)
        return PointColours(column.name, (), (), column.codes, "not known", column.values, low, high, is_diverging)
    if palette and len(palette) != len(column.groups):
        raise ValueError(
            f"{len(palette)} colours for the {len(column.groups)} groups of {column.name}; expected one each"
        )
    counts = column.counts()
    present = np.argsort(-counts, kind="stable")[: len(COLOURS)]
    kept = np.sort(present[counts[present] > 0]) if len(column.groups) > len(COLOURS) else np.arange(len(counts))
    place = np.full(len(column.groups) + 1, -1, dtype=np.int32)  # the last: code −1
    place[kept] = np.arange(len(kept))
    colours = [palette[code] if palette else COLOURS[place[code]] for code in kept]
    codes = place[column.codes]
    is_unknown = bool((column.codes[codes < 0] < 0).all())
    rest = ("not labelled" if column.name == "label" else "not known") if is_unknown else "other"
    return PointColours(column.name, tuple(column.groups[code] for code in kept), tuple(colours), codes, rest)


def column_named(table: LatentTable, name: str = "") -> CaseColumn:
    """The column of a table that points are coloured by.

    Args:
        table: the cases.
        name: of a column, or of a class, which means the labels; "" for the labels, or the number that the model has
            learned where there are none.

    Raises:
        ValueError: no such column.
    """
    found = case_columns(table)
    if not name:
        name = "label" if "label" in found else table.target_name
    if name in table.classes:
        name = "label"
    if name in found:
        return found[name]
    if name not in ("", "label"):
        raise ValueError(f'there is no column "{name}"; expected one of {", ".join(found)}')
    return groups("label", np.full(len(table), -1), ())


def _range(name: str, values: NDArray[Any]) -> tuple[float, float, bool]:
    """Ends of the scale without the outermost hundredths; around zero where both signs have a meaning."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return 0.0, 1.0, False
    low, high = (float(end) for end in np.percentile(known, [1, 99]))
    if name == "error" or name.startswith("score: "):
        end = max(abs(low), abs(high)) or 1.0
        return -end, end, True
    return (low, high, False) if low < high else (low - 0.5, high + 0.5, False)
