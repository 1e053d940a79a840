"""What the browser says was selected: one bit a case; nothing about it is trusted."""

import base64
import binascii
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.components.linked_maps.panels import LinkedMapsError

MOST_CORNERS = 2000
Kind = Literal["lasso", "rectangle"]


@dataclass(frozen=True)
class Gesture:
    """How a selection was drawn, small enough for a link: `points_in_polygon` gives the same cases again.

    Attributes:
        panel: key of the map it was drawn in.
        kind: "lasso" or "rectangle".
        polygon: corners (x, y) in the map's coordinates.
    """

    panel: str
    kind: Kind
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """One selection that the browser sent.

    Attributes:
        ticket: names it; the same ticket is the same selection.
        mask: bool [N]; read-only.
        gesture: how it was drawn, where that alone gives it: not when it was added to an earlier one.
    """

    ticket: str
    mask: NDArray[np.bool_] = field(repr=False)
    gesture: Gesture | None


def pack_mask(mask: NDArray[np.bool_]) -> bytes:
    """One bit a case, the first case in the lowest bit: ceil(N / 8) bytes."""
    return np.packbits(mask, bitorder="little").tobytes()


def read_choice(message: object, *, n: int, cases: str, panels: Collection[str]) -> Choice | None:
    """The browser's selection; None if there is none, if it is not one, or if it belongs to other cases.

    Args:
        message: what the browser sent.
        n: how many cases there are.
        cases: the address of the cases, which the message must name.
        panels: keys of the maps on the page.
    """
    if not isinstance(message, dict) or message.get("cases") != cases or message.get("n") != n:
        return None
    ticket, packed = message.get("ticket"), message.get("bits")
    if not isinstance(ticket, str) or not isinstance(packed, str) or len(ticket) > 200:
        return None
    mask = _unpack(packed, n, is_deflated=message.get("packing") == "deflate")
    return None if mask is None else Choice(ticket, mask, read_gesture(message.get("gesture"), panels))


def read_gesture(value: object, panels: Collection[str]) -> Gesture | None:
    """A gesture from the browser or a link; None for anything that is not one."""
    if not isinstance(value, dict) or value.get("kind") not in get_args(Kind) or value.get("panel") not in panels:
        return None
    polygon = value.get("polygon")
    if not isinstance(polygon, list) or not 3 <= len(polygon) <= MOST_CORNERS:
        return None
    if not all(isinstance(corner, list) and len(corner) == 2 and all(map(_is_finite, corner)) for corner in polygon):
        return None
    corners = tuple((float(x), float(y)) for x, y in polygon)
    return Gesture(panel=str(value["panel"]), kind=cast(Kind, value["kind"]), polygon=corners)


def points_in_polygon(points: ArrayLike, polygon: ArrayLike) -> NDArray[np.bool_]:
    """Which points lie inside a polygon, by the even-odd rule, exactly as the browser decides it (polygon.js).

    Args:
        points: [N, 2].
        polygon: corners [P, 2], P at least 3; it closes itself.

    Returns:
        bool [N]; a point on an edge shared by two polygons belongs to one of them.

    Raises:
        LinkedMapsError: for other shapes.
    """
    at, corners = np.asarray(points, dtype=np.float64), np.asarray(polygon, dtype=np.float64)
    if at.ndim != 2 or at.shape[1] != 2 or corners.ndim != 2 or corners.shape[1:] != (2,) or len(corners) < 3:
        raise LinkedMapsError(
            f"points have shape {at.shape} and the polygon {corners.shape}; expected [N, 2] and at least three corners"
        )
    x, y = at.T
    inside = np.zeros(len(at), dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        if y0 == y1:
            continue
        crossed = ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        inside ^= crossed
    return inside


def _unpack(packed: str, n: int, *, is_deflated: bool) -> NDArray[np.bool_] | None:
    n_bytes = (n + 7) // 8
    if len(packed) > 2 * n_bytes + 1000:  # deflated bits that are longer than plain ones were not made by us
        return None
    try:
        content = base64.b64decode(packed, validate=True)
        if is_deflated:
            content = zlib.decompressobj().decompress(content, n_bytes + 1)
    except (binascii.Error, zlib.error, ValueError):
        return None
    if len(content) != n_bytes:
        return None
    bits = np.unpackbits(np.frombuffer(content, dtype=np.uint8), bitorder="little")
    if bits[n:].any():
        return None
    mask = bits[:n].astype(np.bool_)
    mask.flags.writeable = False
    return mask


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(float(value)))
