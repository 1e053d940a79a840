"""Finds what a device or a person put onto a picture: side letters, captions, rulers.

Two signs, both on a small copy of the picture. **Letters** are compact, have more contrast than anything near them,
and stand in the outer quarter in quiet surroundings (white or black top-hat; Serra 1982). **Rulers** are straight
and long, with ticks at one period along one side (a peak in the spectrum of the profile beside the line).

How far to trust it, on pictures that were labelled by eye before they were scored and not used to set the limits: of
60 dermoscopies 32 bore a ruler or a caption; 24 were flagged, 23 of them rightly (missed: faint rulers, single ticks at
the border, red captions). Of 40 radiographs with side letters 34 were flagged. Of 24 radiographs cut so that no letter
was left, 1 was flagged (ribs taken for a ruler), after a rule on borders had been made to mend a second one. The first
figures are printed again by `tests/xaae_core/data/checks/test_checks_shared_data.py`. Hairs, ink and jewels can be
taken for marks; handwriting, large captions and letters in the middle are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

SMALLEST_SIDE = 96
"""Below this longer side, in pixels, a letter has too few pixels to be told from noise."""

LARGEST_SIDE = 512
"""Pictures are looked at with at most this longer side, in pixels."""

_CONTRAST = 0.25  # of the range of greys: a letter's mean top-hat
_ISOLATION = 5.0  # a letter's top-hat over that of its surroundings
_PEAK = 40.0  # a ruler's spectral peak over the median of its spectrum
_TICKS = 10.0  # periods along a ruler; ribs come in fewer
_OUTER = 0.25  # letters stand this near to a border, as a share of the side


@dataclass(frozen=True)
class Mark:
    """The likeliest mark of one picture.

    Attributes:
        score: 0 and up; from 1 on a mark is likely. NaN for a picture too small to judge.
        kind: "letters", "ruler", or "" where there is no sign at all.
        place: (x, y) of its middle as shares of width and height.
    """

    score: float
    kind: Literal["letters", "ruler", ""] = ""
    place: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class MarkBox:
    """Where a mark stands.

    Attributes:
        score: as of `Mark`.
        kind: "letters" or "ruler".
        box: rows and columns of the picture that was looked at.
    """

    score: float
    kind: Literal["letters", "ruler"]
    box: tuple[slice, slice]


def find_boxes(grey: Values, *, least: float = 1.0) -> list[MarkBox]:
    """Every letter and ruler in a grey picture [H, W] in [0, 1] that scores at least so much; none in one too small.

    A caption is a box for each of its letters; letters that touch share one.
    """
    if max(grey.shape) < SMALLEST_SIDE:
        return []
    found = []
    for hat, level in _top_hats(grey):
        letters = [(_letter_score(hat, piece, least), piece.box) for piece in _letter_pieces(hat, level)]
        rulers = [(_ruler_score(hat, piece), piece.box) for piece in _ruler_pieces(hat, level)]
        found += [MarkBox(score, "letters", box) for score, box in letters if score >= least]
        found += [MarkBox(score, "ruler", box) for score, box in rulers if score >= least]
    return found


def find_mark(grey: Values) -> Mark:
    """The likeliest mark in a grey picture [H, W] with values in [0, 1]; of likely ones, letters before rulers."""
    if max(grey.shape) < SMALLEST_SIDE:
        return Mark(float("nan"))
    marks = [find(hat, level) for hat, level in _top_hats(grey) for find in (_letters, _ruler)]
    return max(marks, key=lambda mark: (mark.score >= 1, mark.score >= 1 and mark.kind == "letters", mark.score))


def _top_hats(grey: Values) -> Iterator[tuple[Values, Values]]:
    """What is thinner than 4 % of the side, brighter and then darker than its surroundings; and its local mean."""
    from scipy import ndimage

    width = max(5, round(0.04 * max(grey.shape)) | 1)
    opened = _running(_running(grey, width, np.minimum), width, np.maximum)
    closed = _running(_running(grey, width, np.maximum), width, np.minimum)
    for hat in (grey - opened, closed - grey):
        yield hat, ndimage.uniform_filter(hat, round(0.2 * max(grey.shape)) | 1)


def _running(values: Values, width: int, extreme: np.ufunc) -> Values:
    """The extreme of a square window around every pixel, by doubling: some ten times as fast as SciPy's filter."""
    for axis in (0, 1):
        padding = [(width // 2, width // 2) if at == axis else (0, 0) for at in (0, 1)]
        values = np.moveaxis(np.pad(values, padding, mode="edge"), axis, 0)
        reach = 1
        while 2 * reach <= width:
            values = extreme(values[:-reach], values[reach:])
            reach *= 2
        if reach < width:
            values = extreme(values[: reach - width], values[width - reach :])
        values = np.moveaxis(values, 0, axis)
    return values


@dataclass(frozen=True, eq=False)
class _Piece:
    """A connected piece of a top-hat: its number among the labels [H, W], and its box."""

    labels: NDArray[np.int32]
    number: int
    box: tuple[slice, slice]

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) as shares of width and height."""
        y, x = ((part.start + part.stop) / 2 / n for part, n in zip(self.box, self.labels.shape, strict=True))
        return x, y

    @property
    def to_border(self) -> float:
        """Distance of its middle to the nearest border, as a share of that side."""
        return min(min(at, 1 - at) for at in self.middle)

    @property
    def extent(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = (part.stop - part.start for part in self.box)
        return height, width

    def inside(self) -> NDArray[np.bool_]:
        """Its pixels within the box."""
        return np.asarray(self.labels[self.box] == self.number)


def _pieces(hat: Values, limit: Values, *, least: float) -> Iterator[_Piece]:
    """Connected pieces above a limit [H, W], of at least so many pixels."""
    from scipy import ndimage

    labels, _ = ndimage.label(hat > limit, np.ones((3, 3)))
    large = np.flatnonzero(np.bincount(labels.ravel())[1:] >= least)
    boxes = ndimage.find_objects(labels) if len(large) else []
    for index in large:
        yield _Piece(labels, int(index) + 1, boxes[index])


def _letters(hat: Values, level: Values) -> Mark:
    best = Mark(0.0)
    for piece in _letter_pieces(hat, level):
        score = _letter_score(hat, piece, best.score)
        if score > best.score:
            best = Mark(score, "letters", piece.middle)
    return best


def _letter_pieces(hat: Values, level: Values) -> Iterator[_Piece]:
    for piece in _pieces(hat, np.maximum(0.07, 3 * level), least=8):
        if _may_be_a_letter(piece) and 0.25 <= piece.inside().mean() <= 0.97:
            yield piece


def _letter_score(hat: Values, piece: _Piece, least: float) -> float:
    """How clearly it is a letter; 0 where that cannot be above `least`."""
    contrast = float(hat[piece.box][piece.inside()].mean())
    if contrast / _CONTRAST < least:
        return 0.0
    isolation = contrast / (0.01 + float(np.percentile(_surroundings(hat, piece.box), 75)))
    return min(contrast / _CONTRAST, isolation / _ISOLATION)


def _may_be_a_letter(piece: _Piece) -> bool:
    """Of a letter's size, in the outer part, and not cut by the border."""
    side = max(piece.labels.shape)
    height, width = piece.extent
    if not (0.015 * side <= height <= 0.08 * side and 0.006 * side <= width <= 0.1 * side):
        return False
    if any(part.start == 0 or part.stop == n for part, n in zip(piece.box, piece.labels.shape, strict=True)):
        return False
    return piece.to_border <= _OUTER


def _surroundings(hat: Values, box: tuple[slice, slice]) -> Values:
    """The frame around a box, without the pixels that touch it."""
    margin = max(3, round(0.02 * max(hat.shape)))
    outer = tuple(slice(max(0, part.start - margin), part.stop + margin) for part in box)
    frame = np.ones(hat[outer].shape, bool)
    rows, columns = (
        slice(part.start - out.start - 1, part.stop - out.start + 1) for part, out in zip(box, outer, strict=True)
    )
    frame[rows, columns] = False
    return hat[outer][frame]


def _ruler(hat: Values, level: Values) -> Mark:
    best = Mark(0.0)
    for piece in _ruler_pieces(hat, level):
        score = _ruler_score(hat, piece)
        if score > best.score:
            best = Mark(score, "ruler", piece.middle)
    return best


def _ruler_pieces(hat: Values, level: Values) -> Iterator[_Piece]:
    side = max(hat.shape)
    for piece in _pieces(hat, np.maximum(0.04, 2 * level), least=0.25 * side):
        if piece.to_border >= 0.03 and max(piece.extent) >= 0.25 * side:  # at the border: the edge of a film
            yield piece


def _ruler_score(hat: Values, piece: _Piece) -> float:
    points = np.argwhere(piece.inside()) + [part.start for part in piece.box]
    return _tick_score(hat, points, max(hat.shape))


def _tick_score(hat: Values, points: NDArray[Any], side: int) -> float:
    """How clearly ticks repeat along one side of a straight piece; 0 where it is not straight and long."""
    from scipy import ndimage

    centre = points.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov((points - centre).T))
    along = (points - centre) @ axes[:, 1]
    if np.sqrt(max(spread[0], 0)) > 0.02 * side or np.ptp(along) < 0.25 * side:
        return 0.0
    steps = np.arange(*np.percentile(along, [1, 99]))
    offsets = np.arange(-0.035 * side, 0.035 * side + 1)
    lines = centre[:, None, None] + axes[:, 1, None, None] * steps + axes[:, 0, None, None] * offsets[:, None]
    beside = ndimage.map_coordinates(hat, lines, order=1)  # [offsets, steps]
    middle = len(offsets) // 2
    return max(_peak(half.mean(axis=0)) for half in (beside[:middle], beside[middle:])) / _PEAK


def _peak(profile: Values) -> float:
    """The spectrum's highest peak over its median; 0 where it repeats fewer than `_TICKS` times."""
    from scipy import ndimage

    length = len(profile)
    level = ndimage.uniform_filter1d(profile, max(9, length // 5))
    power = np.abs(np.fft.rfft((profile - level) * np.hanning(length))) ** 2
    cycles = np.arange(len(power))
    known = (cycles >= 4) & (cycles <= 0.4 * length)
    if known.sum() < 2 * _TICKS:
        return 0.0
    highest = int(np.argmax(np.where(known, power, 0)))
    return float(power[highest] / (np.median(power[known]) + 1e-12)) if highest >= _TICKS else 0.0
