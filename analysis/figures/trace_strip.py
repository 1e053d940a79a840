"""A path of signals as a strip for papers: a row for each channel, a column for each step, the change as a band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.figures.formats import Format, plain, render
from analysis.figures.trace_style import BASE, ORIGINAL, STEP, Lanes, Lines, key_entries
from analysis.trace_extremes import lane_scale
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from analysis.figures.filmstrip import PathFigure

_MOST_POINTS = 400
_ROW_INCHES = (0.36, 1.1)  # least and greatest height of a row
_ROWS_INCHES = 3.2
_ABOVE, _BELOW, _RIGHT = 0.45, 0.72, 0.08  # inches
_SCALE_POINTS, _NAME_SIZE = 26, 6  # room for the numbers of a lane, size of its name
_MOST_LEFT = 1.5  # inches
_DENSE = 1000  # samples; lines of more are drawn finer, so that the band between them is seen


def draw_trace_strip(
    figure: PathFigure, *, columns: int = 5, width_inches: float = 7.2, dpi: int = 300, form: Format = "png"
) -> bytes:
    """Draw original and evenly spaced steps of a path of signals; bytes of a PNG, SVG or PDF.

    Every channel has one scale, in its unit, in all columns; time is in seconds. Each step is drawn over the decode at
    0; between the two lies the band of `draw_filmstrip`'s change: one colour where it rises, another where it falls.

    Args:
        figure: what to show, of a traversal of signals.
        columns: steps shown, at most.
        width_inches: final width (7.2 inches: two columns of most journals).
        dpi: dots per inch of a PNG.
        form: "png", "svg" or "pdf".

    Raises:
        ValueError: a path of pictures.
    """
    from matplotlib.figure import Figure

    from analysis.figures.filmstrip import pick_steps, step_label, under_step

    path, signals = figure.traversal, figure.traversal.signals()
    signal_form = path.signal_form
    assert signal_form is not None  # signals() raised otherwise
    original = signal_form.in_units(figure.original[0])
    lanes = Lanes(signal_form, lane_scale([original, signals]))
    placed, placed_original = lanes.placed(signals), lanes.placed(original)
    shown = pick_steps(path, columns)
    row = min(_ROW_INCHES[1], max(_ROW_INCHES[0], _ROWS_INCHES / signal_form.n_channels))
    height = row * signal_form.n_channels + _ABOVE + _BELOW
    canvas = Figure(figsize=(width_inches, height), dpi=dpi)
    sides = {"left": _left_inches(lanes.names()) / width_inches, "right": 1 - _RIGHT / width_inches}
    ends = {"top": 1 - _ABOVE / height, "bottom": _BELOW / height}
    cells = canvas.subplots(1, len(shown) + 1, sharex=True, sharey=True, gridspec_kw={**sides, **ends, "wspace": 0.08})
    lines = Lines.of(signal_form.length, signal_form.sampling_rate, most=_MOST_POINTS)
    thin = 0.35 if signal_form.length > _DENSE else 0.9 if row > 2 * _ROW_INCHES[0] else 0.6
    places, words = lanes.ticks(4 if row > 2 * _ROW_INCHES[0] else 2)
    cells[0].set_yticks(places, words)
    for base, measured in zip(placed[path.origin], placed_original, strict=True):
        lines.stroke(cells[0], base, BASE, thin)
        lines.stroke(cells[0], measured, ORIGINAL, min(thin, 0.6))
    for cell, step in zip(cells[1:], shown, strict=True):
        for moved, base in zip(placed[step], placed[path.origin], strict=True):
            if step != path.origin:
                lines.band(cell, moved, base)
                lines.stroke(cell, base, BASE, 0.8 * thin)
            lines.stroke(cell, moved, STEP, thin)
    for cell in cells:
        _dress(cell, signal_form)
    for place, name in zip(lanes.middles, lanes.names(), strict=True):
        cells[0].annotate(
            name, (0, place), (-_SCALE_POINTS, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            fontsize=_NAME_SIZE, ha="right", va="center",
        )  # fmt: skip
    for cell, label in zip(cells, ["original", *(step_label(path, step) for step in shown)], strict=True):
        cell.set_title(label, fontsize=7, fontweight="bold" if label == "original" else "normal", pad=3)
    for cell, label in zip(cells, ["time (s)", *(under_step(figure, step) for step in shown)], strict=True):
        cell.set_xlabel(label, fontsize=6, labelpad=2)
    canvas.suptitle(plain(figure.title, most=110), fontsize=8, y=1 - 0.08 / height, va="top")
    canvas.legend(*key_entries(), loc="lower center", ncols=5, fontsize=6, frameon=False, borderaxespad=0.2)
    return render(canvas, form, dpi=dpi)


def _left_inches(names: list[str]) -> float:
    """Room for the longest name and for the scale, in inches."""
    letters = 0.6 * _NAME_SIZE * max(len(name) for name in names)  # points; a letter is some 0.6 as wide as high
    return min(_MOST_LEFT, (letters + _SCALE_POINTS + 6) / 72)


def _dress(cell: Any, form: SignalForm) -> None:
    """Time below, thin lines between the lanes, and around."""
    cell.set(xlim=(0, max(form.length - 1, 1) / form.sampling_rate), ylim=(0, form.n_channels))
    cell.locator_params(axis="x", nbins=3, prune="upper")  # else it meets the next column's first
    cell.tick_params(labelsize=5, length=1.5, width=0.4, pad=1.5)
    cell.grid(True, axis="x", lw=0.3, color="#dddddd")
    for edge in range(1, form.n_channels):
        cell.axhline(edge, lw=0.3, color="#bbbbbb")
    cell.set_axisbelow(True)
    for spine in cell.spines.values():
        spine.set(linewidth=0.3, edgecolor="#bbbbbb")
