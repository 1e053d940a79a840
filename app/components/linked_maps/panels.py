"""One map of the cases as the browser draws it: points, the marks on them, and arrows."""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xaae_core.errors import XaaeError

NOT_PRESERVED = 1
"""Bit of `MapPanel.doubtful`: the neighbours on the map are not the neighbours in z."""
MOVES = 2
"""Bit of `MapPanel.doubtful`: the point moves when the map is made again with another seed."""
_Scalar = TypeVar("_Scalar", bound=np.generic)
MOST_CASES = 16_000_000  # a draw of this many still fits into the browser's memory


class LinkedMapsError(XaaeError):
    """Maps cannot be shown: a shape, a type or a value does not fit."""


class FlowMark(NamedTuple):
    """A small arrow: where a score rises on the map.

    Attributes:
        x: middle of the arrow, in the map's coordinates.
        y: the same.
        dx: its length and direction, in the map's coordinates.
        dy: the same.
        strength: in [0, 1]; drawn as opacity.
    """

    x: float
    y: float
    dx: float
    dy: float
    strength: float


@dataclass(frozen=True, eq=False)
class PanelArrow:
    """An arrow over a map, such as a target direction.

    Attributes:
        name: written at its tip.
        start: (x, y) in the map's coordinates.
        end: (x, y) of the tip.
        cone: polygon [P, 2] in which the direction may as well lie; None: not known.
        words: a line below the map, such as how wide the cone is.
    """

    name: str
    start: tuple[float, float]
    end: tuple[float, float]
    cone: NDArray[np.float64] | None = None
    words: str = ""

    def __post_init__(self) -> None:
        if not np.isfinite([*self.start, *self.end]).all():
            raise LinkedMapsError(
                f"the arrow {self.name} runs from {self.start} to {self.end}; expected finite numbers"
            )
        cone = None if self.cone is None else np.asarray(self.cone, dtype=np.float64)
        if cone is not None and (cone.ndim != 2 or cone.shape[1] != 2 or not np.isfinite(cone).all()):
            raise LinkedMapsError(f"the cone of the arrow {self.name} has shape {cone.shape}; expected finite [P, 2]")
        object.__setattr__(self, "cone", cone)


@dataclass(frozen=True, eq=False)
class MapPanel:
    """One map. Rows are cases, the same in every panel and in the colours. Arrays are kept as read-only views.

    Attributes:
        key: names the layout. Another key means other points: the view starts over.
        title: over the panel, such as "t-SNE".
        points: float32 [N, 2], finite, N at least 1.
        axes: names of the axes, written where `has_units`.
        has_units: whether a length on the map means something, so that ticks with numbers are drawn.
        words: a line below: how far this map can be read.
        placed: bool [N], cases placed on a finished map, drawn as open rings; None: none.
        doubtful: uint8 [N], bit 1 `NOT_PRESERVED`, bit 2 `MOVES`; None: nothing is known.
        arrows: directions.
        flow: small arrows (x, y, dx, dy, strength).

    Raises:
        LinkedMapsError: naming what does not fit, what was expected and what to do.
    """

    key: str
    title: str
    points: NDArray[np.float32]
    axes: tuple[str, str] = ("", "")
    has_units: bool = False
    words: str = ""
    placed: NDArray[np.bool_] | None = None
    doubtful: NDArray[np.uint8] | None = None
    arrows: tuple[PanelArrow, ...] = ()
    flow: tuple[FlowMark, ...] = ()

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # the dataclass is frozen; this is its own construction
        if not self.key:
            raise LinkedMapsError("a map has an empty key; pass a name that changes with everything that moves a point")
        set_field(self, "points", _checked_points(self.key, self.points))
        n = len(self.points)
        if self.placed is not None:
            set_field(self, "placed", checked_mask("placed", self.placed, n))
        if self.doubtful is not None:
            doubtful = np.asarray(self.doubtful)
            if doubtful.shape != (n,) or not np.isin(doubtful, range(NOT_PRESERVED + MOVES + 1)).all():
                raise LinkedMapsError(f"doubtful of {self.key} has shape {doubtful.shape}; expected [{n}] of 0 to 3")
            set_field(self, "doubtful", _read_only(doubtful.astype(np.uint8)))
        flow = tuple(FlowMark(*mark) for mark in self.flow)
        if not np.isfinite(np.array(flow, dtype=np.float64)).all():
            raise LinkedMapsError(f"the flow of {self.key} holds numbers that are not finite: leave those marks out")
        set_field(self, "flow", flow)

    def __len__(self) -> int:
        """Number of cases."""
        return len(self.points)


def checked_mask(name: str, mask: ArrayLike, n: int) -> NDArray[np.bool_]:
    """A mask over the cases as a read-only view.

    Args:
        name: for the message.
        mask: bool [N].
        n: how many cases there are.

    Raises:
        LinkedMapsError: for another type or length.
    """
    values = np.asarray(mask)
    if values.dtype != np.bool_ or values.shape != (n,):
        raise LinkedMapsError(
            f"{name} is {values.dtype} of shape {values.shape}; expected a mask with one bool for each of {n} cases"
        )
    return _read_only(values)


def _checked_points(key: str, points: ArrayLike) -> NDArray[np.float32]:
    values = np.asarray(points, dtype=np.float32)
    if values.ndim != 2 or values.shape[1] != 2 or not 1 <= len(values) <= MOST_CASES:
        raise LinkedMapsError(f"points of {key} have shape {values.shape}; expected [N, 2], N from 1 to {MOST_CASES:,}")
    wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if wrong.size:
        raise LinkedMapsError(
            f"{wrong.size} points of {key} are not finite, first row {wrong[0]}: leave these cases out of the map"
        )
    return _read_only(np.ascontiguousarray(values))


def _read_only(values: NDArray[_Scalar]) -> NDArray[_Scalar]:
    view = values.view()
    view.flags.writeable = False
    return view
