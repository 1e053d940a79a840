"""A case beside the training cases that stand behind it, as a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import Format, plain, render
from xaae_core.signal_form import SignalForm

_SIGNAL_SHAPE = (5, 8)  # height to width


@dataclass(frozen=True, eq=False)
class Tile:
    """One picture with what is written under it.

    Attributes:
        picture: [C, H, W] in [0, 1], of signals [1, channels, samples]; None where it could not be found.
        lines: below the picture.
    """

    picture: NDArray[Any] | None
    lines: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SheetFigure:
    """What a contact sheet shows.

    Attributes:
        case: the explained case.
        examples: the training cases, the most important first; None leaves a place empty, so that rows can be kept.
        title: a line above.
        notes: below the pictures, such as the methods and their parameters; wrapped, never cut.
        form: what the signals look like; None of pictures.
    """

    case: Tile
    examples: Sequence[Tile | None]
    title: str = ""
    notes: tuple[str, ...] = ()
    form: SignalForm | None = None


def draw_sheet(
    figure: SheetFigure, form: Format = "png", *, columns: int = 4, width_inches: float = 7.2, dpi: int = 200
) -> bytes:
    """Draw the case first, framed, then its examples in reading order; the bytes of a PNG, SVG or PDF.

    All grey pictures share one grey scale; a picture that was not found leaves its place empty and says so.

    Args:
        figure: what to show.
        form: "png", "svg" or "pdf".
        columns: pictures a row, at most.
        width_inches: final width.
        dpi: dots per inch.
    """
    from matplotlib.figure import Figure

    tiles = [figure.case, *figure.examples]
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    shapes = (tile.picture.shape[-2:] for tile in tiles if tile is not None and tile.picture is not None)
    shape = _SIGNAL_SHAPE if figure.form is not None else next(shapes, (1, 1))
    cell = width_inches / columns
    told = _wrapped(figure.notes, width_inches)
    height = rows * (cell * shape[0] / shape[1] + 0.6) + 0.3 + 0.13 * len(told)
    canvas = Figure(figsize=(width_inches, height), layout="constrained", facecolor="white")
    grid = canvas.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(grid.ravel()):
        tile = tiles[place] if place < len(tiles) else None
        if tile is not None:
            _draw_tile(axes, tile, figure.form, is_case=place == 0)
        else:
            axes.axis("off")
    if told:
        canvas.text(0.01, 0.004, "\n".join(told), fontsize=6, va="bottom", ha="left")
        share = (0.13 * len(told) + 0.05) / height
        canvas.set_layout_engine("constrained", rect=(0, share, 1, 1 - share))
    if figure.title:
        canvas.suptitle(plain(figure.title, most=100), fontsize=9)
    return render(canvas, form, dpi=dpi)


def _wrapped(notes: Sequence[str], width_inches: float) -> list[str]:
    """Notes as lines of small print that fit the width."""
    from textwrap import wrap

    return [plain(line) for note in notes for line in wrap(note, int(22 * width_inches))]


def _draw_tile(axes: Any, tile: Tile, form: SignalForm | None, *, is_case: bool) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(is_case or tile.picture is None)
        spine.set_linewidth(2.5 if is_case else 0.5)
        spine.set_edgecolor("#0072B2" if is_case else "#000000")
    if tile.picture is None:
        axes.set_box_aspect(1)
        axes.text(0.5, 0.5, "picture not found", ha="center", va="center", fontsize=7, transform=axes.transAxes)
    elif form is not None:
        _draw_lanes(axes, tile.picture[0], form)
    else:
        picture = tile.picture[0] if len(tile.picture) == 1 else np.moveaxis(tile.picture, 0, -1)
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xlabel("\n".join(plain(line, most=34) for line in tile.lines), fontsize=6)


def _draw_lanes(axes: Any, values: NDArray[Any], form: SignalForm) -> None:
    """A signal [C, T] as lines, a lane for each channel from the top, on the scale that all cases share."""
    times, places = form.times(), np.arange(form.n_channels)[::-1]
    for channel, place in zip(values, places, strict=True):
        axes.plot(times, place + np.clip(channel, 0, 1) * 0.9, color="#000000", linewidth=0.6)
    axes.set_xlim(times[0], max(times[-1], times[0] + 1e-9))
    axes.set_ylim(-0.05, form.n_channels)
    axes.set_box_aspect(_SIGNAL_SHAPE[0] / _SIGNAL_SHAPE[1])
