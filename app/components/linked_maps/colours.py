"""What the points are coloured by, and the colours of numbers: light to dark, or blue over grey to orange."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.components.linked_maps.panels import LinkedMapsError
from app.components.oklab import encode_colours

UNKNOWN = 255
"""The code of a case whose group is not known."""
N_COLOURS = 255  # the 256th is "not known"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, eq=False)
class MapColours:
    """What the points are coloured by: groups or numbers.

    Attributes:
        name: over the legend, such as "label".
        kind: "groups" or "numbers".
        codes: of groups: uint8 [N], 255 where not known. None of numbers.
        groups: names by code, at most 255.
        colours: "#rrggbb" by code.
        values: of numbers: float32 [N], NaN where not known. None of groups.
        low: where the colours of numbers begin; values below have its colour.
        high: where they end.
        diverging: whether the middle between low and high is neutral: blue below, orange above.
        unit: written beside the colour bar.

    Raises:
        LinkedMapsError: naming what does not fit, what was expected and what to do.
    """

    name: str
    kind: Literal["groups", "numbers"]
    codes: NDArray[np.uint8] | None = None
    groups: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    values: NDArray[np.float32] | None = None
    low: float = 0.0
    high: float = 1.0
    diverging: bool = False
    unit: str = ""

    def __post_init__(self) -> None:
        check = {"groups": self._check_groups, "numbers": self._check_numbers}.get(self.kind)
        if check is None:
            raise LinkedMapsError(f"the colours {self.name} are {self.kind!r}; expected 'groups' or 'numbers'")
        check()

    def __len__(self) -> int:
        """Number of cases."""
        return len(self.levels)

    @property
    def levels(self) -> NDArray[np.uint8]:
        """uint8 [N]: the code of the group, or where between low and high a number lies (0 to 254); 255 not known."""
        if self.codes is not None:
            return self.codes
        values = np.asarray(self.values, dtype=np.float64)
        place = np.clip((values - self.low) / (self.high - self.low), 0.0, 1.0) * (N_COLOURS - 1)
        return np.where(np.isnan(place), UNKNOWN, np.rint(np.nan_to_num(place))).astype(np.uint8)

    def _check_groups(self) -> None:
        codes = np.asarray(self.codes)
        if self.codes is None or codes.ndim != 1 or codes.dtype != np.uint8:
            raise LinkedMapsError(
                f"the codes of {self.name} are {codes.dtype} of shape {codes.shape}; expected uint8 [N]"
            )
        wrong = np.flatnonzero((codes >= len(self.groups)) & (codes != UNKNOWN))
        if wrong.size:
            raise LinkedMapsError(
                f"row {wrong[0]} has code {codes[wrong[0]]} of {self.name}, which has {len(self.groups)} groups; "
                f"expected a smaller code, or {UNKNOWN} for not known"
            )
        if len(self.groups) > UNKNOWN or len(self.groups) != len(self.colours):
            raise LinkedMapsError(
                f"{self.name} has {len(self.groups)} groups and {len(self.colours)} colours; expected one colour for "
                f"each of at most {UNKNOWN} groups: gather the small ones into one"
            )
        bad = [colour for colour in self.colours if not _HEX.fullmatch(colour)]
        if bad:
            raise LinkedMapsError(f"{bad[0]!r} is no colour; expected one such as '#2f7bbf'")

    def _check_numbers(self) -> None:
        values = np.asarray(self.values)
        if self.values is None or values.ndim != 1 or values.dtype.kind != "f":
            raise LinkedMapsError(f"the values of {self.name} have shape {values.shape}; expected floating point [N]")
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise LinkedMapsError(f"the colours of {self.name} run from {self.low} to {self.high}; expected low < high")


@cache
def number_colours(*, diverging: bool = False, is_dark: bool = False) -> NDArray[np.uint8]:
    """The colours of numbers, in equal steps of lightness, told apart under every colour-blindness.

    Args:
        diverging: blue (away), grey in the middle, orange (towards); else dark blue to yellow.
        is_dark: for a dark page; every colour stands out from the page.

    Returns:
        uint8 [255, 3] sRGB from low to high.
    """
    place = np.linspace(0.0, 1.0, N_COLOURS)
    if diverging:
        size = np.abs(2 * place - 1)
        ends = (0.82, 0.70) if is_dark else (0.52, 0.60)  # lightness in the middle and at both ends
        lightness = np.interp(size, [0, 1], ends)
        colours = encode_colours(lightness, 0.008 + 0.15 * size**0.75, np.where(place < 0.5, 248.0, 55.0))
    else:
        ends = (0.42, 0.93) if is_dark else (0.30, 0.83)
        lightness = np.interp(place, [0, 1], ends)
        chroma = np.interp(place, [0, 0.35, 0.6, 1], [0.13, 0.105, 0.10, 0.165])
        colours = encode_colours(lightness, chroma, np.interp(place, [0, 0.35, 0.6, 1], [272.0, 220.0, 160.0, 95.0]))
    colours.flags.writeable = False
    return colours
