"""A path as a filmstrip for papers and as a GIF for talks; paths of signals are drawn as traces."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.figures.formats import Format, plain, render
from analysis.traversals import Traversal


@dataclass(frozen=True, eq=False)
class PathFigure:
    """What a figure of a path shows.

    Attributes:
        traversal: the path.
        original: the case it starts from [C, H, W] as the model takes it.
        class_index: the class whose probability is written.
        title: a line above.
        achieved: move after encoding again [K], in SD; None: not written.
    """

    traversal: Traversal
    original: NDArray[Any]
    class_index: int
    title: str
    achieved: NDArray[np.float64] | None = None


def draw_filmstrip(
    figure: PathFigure,
    *,
    columns: int | None = None,
    width_inches: float = 7.2,
    dpi: int = 300,
    form: Format = "png",
) -> bytes:
    """Draw original and evenly spaced steps, decoded above and as the change below; bytes of a PNG, SVG or PDF.

    All frames share one grey scale, all changes one diverging scale with zero in the middle. Signals are drawn by
    `draw_trace_strip`.

    Args:
        figure: what to show.
        columns: steps shown, at most; None: 7 of pictures, 5 of signals.
        width_inches: final width (7.2 inches: two columns of most journals).
        dpi: dots per inch.
        form: "png", "svg" or "pdf".
    """
    from matplotlib.figure import Figure

    path = figure.traversal
    if path.signal_form is not None:
        from analysis.figures.trace_strip import draw_trace_strip

        return draw_trace_strip(figure, columns=columns or 5, width_inches=width_inches, dpi=dpi, form=form)
    columns = columns or 7
    shown = pick_steps(path, columns)
    height, width = path.frames.shape[-2:]
    cell = width_inches / (len(shown) + 1.25)
    canvas = Figure(figsize=(width_inches, 1.72 * cell * height / width + 0.75), dpi=dpi, layout="constrained")
    grid = canvas.subplots(2, len(shown) + 1, squeeze=False)
    limit = max(float(np.abs(path.change()[shown]).max()), 1 / 255)
    _show(grid[0][0], figure.original, "original", bold=True)
    grid[1][0].axis("off")
    drawn: Any = None
    for column, step in enumerate(shown, start=1):
        _show(grid[0][column], path.frames[step], step_label(path, step))
        drawn = grid[1][column].imshow(
            path.change()[step].mean(axis=0), cmap="PuOr_r", vmin=-limit, vmax=limit, interpolation="nearest"
        )
        grid[1][column].set_xlabel(under_step(figure, step), fontsize=6)
        _bare(grid[1][column])
    bar = canvas.colorbar(drawn, ax=grid[1].tolist(), fraction=0.02, pad=0.01)
    bar.ax.tick_params(labelsize=5)
    bar.set_label("change, 1 = full scale", fontsize=6)
    canvas.suptitle(plain(figure.title, most=110), fontsize=8)
    return render(canvas, form, dpi=dpi)


def draw_gif(traversal: Traversal, *, frame_ms: int = 120, side: int | None = None) -> bytes:
    """The path there and back as an endless GIF; bytes.

    Grey pictures keep every level exactly; colour pictures are reduced to the 256 colours a GIF can hold. Signals are
    drawn by `draw_trace_gif`.

    Args:
        traversal: the path.
        frame_ms: time each frame is shown, in milliseconds.
        side: enlarge so that the longer side has at least this many pixels, by whole factors; None: as it is.
    """
    if traversal.signal_form is not None:
        from analysis.figures.trace_gif import draw_trace_gif

        return draw_trace_gif(traversal, frame_ms=frame_ms)
    factor = 1 if side is None else max(1, -(-side // max(traversal.frames.shape[-2:])))
    pictures = [_picture(frame, factor) for frame in traversal.frames]
    there_and_back = pictures + pictures[-2:0:-1]
    stream = io.BytesIO()
    there_and_back[0].save(
        stream,
        format="GIF",
        save_all=True,
        append_images=there_and_back[1:],
        duration=frame_ms,
        loop=0,
        optimize=False,
        disposal=1,
    )
    return stream.getvalue()


def path_table(figure: PathFigure) -> str:
    """The numbers behind a path as CSV text: step, probability of each class or predicted number, achieved."""
    path = figure.traversal
    n_classes = 0 if path.probabilities is None else path.probabilities.shape[1]
    has_values = path.values is not None
    header = ["step_sd", *(f"probability_{index}" for index in range(n_classes)), "achieved_sd"]
    header[1:1] = ["predicted"] * has_values
    lines = [",".join(header)]
    for step in range(len(path.steps)):
        chances = [] if path.probabilities is None else [f"{value:.6f}" for value in path.probabilities[step]]
        if path.values is not None:
            chances.append(f"{path.values[step]:.6g}")
        achieved = "" if figure.achieved is None else f"{figure.achieved[step]:.6f}"
        lines.append(",".join([f"{path.steps[step]:.6f}", *chances, achieved]))
    return "\n".join(lines) + "\n"


def pick_steps(path: Traversal, columns: int) -> list[int]:
    """Indices of at most `columns` evenly spaced steps, origin and both ends among them."""
    origin, last = path.origin, len(path.steps) - 1
    each_side = max(1, (columns - 1) // 2)
    left = np.linspace(0, origin, each_side + 1)
    right = np.linspace(origin, last, each_side + 1)
    return sorted({round(float(step)) for step in (*left, *right)})


def _picture(frame: NDArray[np.float32], factor: int) -> Image.Image:
    levels = np.rint(np.clip(frame, 0, 1) * 255).astype(np.uint8)
    levels = levels.repeat(factor, axis=1).repeat(factor, axis=2)
    if len(levels) == 1:
        return Image.fromarray(levels[0])
    return Image.fromarray(np.moveaxis(levels[:3], 0, -1)).quantize(256, dither=Image.Dither.NONE)


def _show(axes: Any, pixels: NDArray[Any], label: str, *, bold: bool = False) -> None:
    picture = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(label, fontsize=7, fontweight="bold" if bold else "normal")
    _bare(axes)


def _bare(axes: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def step_label(path: Traversal, step: int) -> str:
    """What is written above a step."""
    return "decoded, 0 SD" if step == path.origin else f"{path.steps[step]:+.1f} SD".replace("-", "−")


def under_step(figure: PathFigure, step: int) -> str:
    """What is written below a step: what the model says, and the move achieved."""
    lines = []
    if figure.traversal.values is not None:
        lines.append(f"predicted {figure.traversal.values[step]:.3g}")
    if figure.traversal.probabilities is not None:
        lines.append(f"p = {figure.traversal.probabilities[step, figure.class_index]:.2f}")
    if figure.achieved is not None and step != figure.traversal.origin:
        lines.append(f"achieved {figure.achieved[step]:+.1f}".replace("-", "−"))
    return "\n".join(lines)
