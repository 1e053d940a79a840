"""The one way a picture gets into a figure: grey from 0 to 1, never stretched, sharp pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.marks import find_marks, hide_marks
from analysis.figures.style import FigureStyle


def show_picture(
    axes: Any, pixels: NDArray[Any], style: FigureStyle, *, marks_of: NDArray[Any] | None = None, title: str = ""
) -> None:
    """Draw a picture on axes without ticks and frame.

    Args:
        axes: matplotlib's.
        pixels: [C, H, W] in [0, 1]; one channel is grey, three are colours.
        style: its `hides_marks` hides burned-in letters.
        marks_of: the picture [C, H, W] in which letters are looked for, where this one is a decode of it; None: itself.
        title: above.
    """
    shown = shown_pixels(pixels, style, marks_of=marks_of)
    picture = shown[0] if len(shown) == 1 else np.moveaxis(shown[:3], 0, -1)
    axes.imshow(np.clip(picture, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    if title:
        axes.set_title(title)
    bare(axes)


def shown_pixels(
    pixels: NDArray[Any], style: FigureStyle, *, marks_of: NDArray[Any] | None = None
) -> NDArray[np.float32]:
    """The pixels [C, H, W] as the style shows them: as they are, or where it hides marks, without what was found.

    Args:
        pixels: [C, H, W].
        style: how figures are drawn.
        marks_of: where letters are looked for, so that they are hidden in the same place of every frame; None: here.
    """
    values = np.asarray(pixels, dtype=np.float32)
    if not style.hides_marks:
        return values
    return hide_marks(values, find_marks(values if marks_of is None else marks_of))


def bare(axes: Any) -> None:
    """Take ticks and frame away."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
