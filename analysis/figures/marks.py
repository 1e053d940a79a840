"""Burned-in letters, captions and rulers of a picture: where they stand, and the picture without them.

What is found is what `xaae_core.data.checks.burned_in_marks` finds with a lower limit, the letters beside it, and white
labels with writing on them. It is most of them, not all: of 36 radiographs with a side letter 30 lost it, with 1.7 % of
their area (`tests/analysis/figures/test_marks_shared_data.py` prints the figures again). Not looked for are letters in
the middle of a picture, handwriting, captions higher than 8 % of the side, and anything in pictures under 96 pixels.
**Look at every picture before you publish it.**
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.burned_in_marks import LARGEST_SIDE, SMALLEST_SIDE, MarkBox, find_boxes

Pixels = NDArray[np.float32]
_SURE, _UNSURE = 0.8, 0.55  # a letter; one that is taken for a letter because it stands beside one
_OUTER = 0.25  # letters stand this near to a border
_THIN = 0.12  # of the side: a ruler that runs slantwise would hide half the picture, and tells nobody's name


@dataclass(frozen=True)
class HiddenBox:
    """A part of a picture that is hidden, as shares of its height and width."""

    top: float
    left: float
    bottom: float
    right: float

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return self.bottom - self.top

    @property
    def to_border(self) -> float:
        """How near its middle is to a border, as a share of that side."""
        middles = (self.top + self.bottom) / 2, (self.left + self.right) / 2
        return min(min(at, 1 - at) for at in middles)

    def joined(self, other: HiddenBox) -> HiddenBox:
        """The smallest box around both."""
        return HiddenBox(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def grown(self, rows: float, columns: float) -> HiddenBox:
        """Larger on every side by these shares, up to the border."""
        top, left = max(0.0, self.top - rows), max(0.0, self.left - columns)
        return HiddenBox(top, left, min(1.0, self.bottom + rows), min(1.0, self.right + columns))

    def gaps(self, other: HiddenBox) -> tuple[float, float]:
        """How far another is above or below, and beside; 0 and less where they overlap in that direction."""
        rows = max(self.top, other.top) - min(self.bottom, other.bottom)
        return rows, max(self.left, other.left) - min(self.right, other.right)


def find_marks(pixels: NDArray[Any]) -> tuple[HiddenBox, ...]:
    """Boxes around what is likely burned in; none in pictures whose longer side is under 96 pixels.

    Args:
        pixels: [C, H, W] in [0, 1].
    """
    values = np.ascontiguousarray(pixels, dtype=np.float32)
    return _found(values.tobytes(), values.shape)


def hide_marks(pixels: NDArray[Any], boxes: tuple[HiddenBox, ...]) -> Pixels:
    """The picture with each box as one even area of its mean colour; letters cannot be got back from it.

    Args:
        pixels: [C, H, W]; of any size, the boxes are shares of it.
        boxes: of `find_marks`.
    """
    hidden = np.array(pixels, dtype=np.float32)
    height, width = hidden.shape[-2:]
    for box in boxes:
        rows = slice(int(box.top * height), int(np.ceil(box.bottom * height)))
        columns = slice(int(box.left * width), int(np.ceil(box.right * width)))
        hidden[:, rows, columns] = hidden[:, rows, columns].mean(axis=(1, 2), keepdims=True)
    return hidden


def marks_note(pixels: NDArray[Any]) -> str:
    """What a user must know about hiding the letters of this picture [C, H, W]."""
    height, width = np.shape(pixels)[-2:]
    if max(height, width) < SMALLEST_SIDE:
        return (
            f"Pictures of {height}×{width} px are too small to look for burned-in letters (under {SMALLEST_SIDE} px): "
            "nothing is hidden. Look at the figure before you publish it."
        )
    count = len(find_marks(pixels))
    found = "No burned-in letters were found" if not count else f"{count} place{'s' * (count > 1)} will be hidden"
    return f"{found}. Most letters near the borders are found, not all: look at the figure before you publish it."


@lru_cache(maxsize=16)
def _found(raw: bytes, shape: tuple[int, ...]) -> tuple[HiddenBox, ...]:
    values = np.clip(np.nan_to_num(np.frombuffer(raw, np.float32).reshape(shape)[:3]), 0, 1)
    step = -(-max(shape[-2:]) // LARGEST_SIDE)
    if min(shape[-2:]) < step:
        return ()
    looked_at = [values.mean(axis=0)]
    colour = np.clip(2 * np.ptp(values, axis=0), 0, 1)
    if colour.max() > 0.2:
        looked_at.append(colour)  # letters may be as light as their ground, and of another colour
    return tuple(_merged([box for grey in looked_at for box in find_in_grey(_shrunk(grey, step))]))


def _shrunk(grey: Pixels, step: int) -> Pixels:
    """Means of blocks of step × step pixels; what is left over at the end is not looked at beyond its last block."""
    if step == 1:
        return np.ascontiguousarray(grey)
    rows, columns = (n // step for n in grey.shape)
    blocks = grey[: rows * step, : columns * step].reshape(rows, step, columns, step)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def find_in_grey(grey: Pixels) -> tuple[HiddenBox, ...]:
    """Boxes around likely marks of a grey picture [H, W] of at most 512 pixels."""
    found = find_boxes(grey, least=_UNSURE)
    letters = [_box(mark, grey.shape) for mark in found if mark.kind == "letters" and mark.score >= _SURE]
    unsure = [_box(mark, grey.shape) for mark in found if mark.kind == "letters" and mark.score < _SURE]
    rulers = [_box(mark, grey.shape) for mark in found if mark.kind == "ruler" and mark.score >= _SURE]
    rulers = [box for box in rulers if min(box.height, box.right - box.left) <= _THIN]
    ratio = grey.shape[0] / grey.shape[1]  # a share of the height as a share of the width
    letters += [*_plates(grey), *_plates(1 - grey)]
    rows = _in_rows([*letters, *_beside(letters, unsure, ratio)], ratio)
    return tuple(_merged([_with_margin(box, ratio) for box in (*rows, *rulers)]))


def _plates(grey: Pixels) -> list[HiddenBox]:
    """White labels with dark writing on them in the outer quarter: even at their edge, with some dark in it."""
    from scipy import ndimage

    labels, _ = ndimage.label(grey >= 0.85)
    side = max(grey.shape)
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        height, width = (part.stop - part.start for part in box)
        if not (0.02 * side <= height <= 0.12 * side and 0.025 * side <= width <= 0.35 * side):
            continue
        inside = labels[box] == number
        edge = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
        place = _box(MarkBox(1.0, "letters", box), grey.shape)
        is_written = 0.1 <= float((grey[box] < 0.5).mean()) <= 0.5
        if edge.mean() >= 0.55 and is_written and place.to_border <= _OUTER:
            found.append(place)
    return found


def _box(mark: MarkBox, shape: tuple[int, ...]) -> HiddenBox:
    rows, columns = mark.box
    height, width = shape
    return HiddenBox(rows.start / height, columns.start / width, rows.stop / height, columns.stop / width)


def _beside(letters: list[HiddenBox], unsure: list[HiddenBox], ratio: float) -> list[HiddenBox]:
    """The unsure ones that stand in a row with letters, or with others that do."""
    taken, rest = list(letters), list(unsure)
    grew = True
    while grew:
        near = [box for box in rest if any(_is_near(box, other, ratio) for other in taken)]
        taken += near
        rest = [box for box in rest if box not in near]
        grew = bool(near)
    return taken[len(letters) :]


def _is_near(box: HiddenBox, other: HiddenBox, ratio: float) -> bool:
    """Whether both may be letters of one caption: of like height, in a row or one above the other."""
    high, low = max(box.height, other.height), min(box.height, other.height)
    rows, columns = box.gaps(other)
    if rows < 0:
        return low >= 0.5 * high and columns <= 1.5 * high * ratio
    return low >= 0.5 * high and columns < 0 and rows <= 1.2 * high


def _in_rows(boxes: list[HiddenBox], ratio: float) -> list[HiddenBox]:
    """Letters in one row as one box, so that what was not found between them is hidden too."""
    rows: list[HiddenBox] = []
    for box in sorted(boxes, key=lambda box: box.left):
        for at, row in enumerate(rows):
            above, beside = row.gaps(box)
            if above < -0.3 * min(row.height, box.height) and beside <= 4 * max(row.height, box.height) * ratio:
                rows[at] = row.joined(box)
                break
        else:
            rows.append(box)
    return rows


def _with_margin(box: HiddenBox, ratio: float) -> HiddenBox:
    """With room for edges and serifs, and up to the border where a caption ends near it."""
    margin = max(0.35 * min(box.height, 0.1), 0.008)
    grown = box.grown(margin, margin * ratio)
    reach = 1.2 * min(box.height, 0.1) * ratio
    left = 0.0 if grown.left < reach else grown.left
    right = 1.0 if grown.right > 1 - reach else grown.right
    return HiddenBox(grown.top, left, grown.bottom, right)


def _merged(boxes: list[HiddenBox]) -> list[HiddenBox]:
    """Overlapping boxes as one."""
    merged: list[HiddenBox] = []
    for box in boxes:
        while meeting := next((other for other in merged if max(box.gaps(other)) < 0), None):
            merged.remove(meeting)
            box = box.joined(meeting)
        merged.append(box)
    return merged
