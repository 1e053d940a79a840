"""Figures as files: drawn in a style, with their provenance inside."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Literal, cast, get_args

from analysis.figures.figure import Animation, Drawing, Figure, MovingDrawing
from analysis.figures.fonts import check_font
from analysis.figures.formats import FORMATS, Format, render
from analysis.figures.greys import make_grey
from analysis.figures.style import PAPER, FigureStyle
from analysis.figures.svg_fonts import embed_fonts
from analysis.provenance import embed_provenance
from xaae_core.errors import FigureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import FigureBase, SubFigure

FileForm = Literal["png", "svg", "pdf", "gif", "mp4"]
FILE_FORMS: tuple[FileForm, ...] = get_args(FileForm)
MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "gif": "image/gif",
    "mp4": "video/mp4",
}
_DRAWING = Lock()  # matplotlib's settings are one for all threads


def export_figure(figure: Figure, form: FileForm, style: FigureStyle = PAPER) -> bytes:
    """A figure as the bytes of a file that knows how it was made (`analysis.provenance.read_provenance`).

    Args:
        figure: what to export.
        form: "png", "svg", "pdf"; of a path also "gif" and "mp4".
        style: width, text, resolution, colours.

    Raises:
        FigureError: a form that this figure does not have, or a font that this machine does not have.
    """
    return embed_provenance(draw_file(figure.drawing, form, style), form, figure.provenance)


def draw_file(drawing: Drawing, form: FileForm, style: FigureStyle = PAPER) -> bytes:
    """A drawing as the bytes of a file without provenance, for what has its own: a part of a report, a preview.

    Raises:
        FigureError: a form that this drawing does not have, or a font that this machine does not have.
    """
    check_font(style.font)
    with _DRAWING, _settings(style):
        if form in FORMATS:
            return _still(drawing, form, style)
        if form in get_args(Animation) and isinstance(drawing, MovingDrawing):
            return drawing.animation(cast("Animation", form), style)
    others = [*FORMATS, *(get_args(Animation) if isinstance(drawing, MovingDrawing) else ())]
    raise FigureError(f'a {drawing.kind} figure cannot be a "{form}" file; expected one of {", ".join(others)}')


def draw_lettered(part: FigureBase, drawing: Drawing, style: FigureStyle) -> None:
    """Draw on a part of a figure, below the style's panel letter."""
    if style.letter:
        above, part = split(part, [_strip(style), drawing.height(style)])
        above.text(0.004, 0.5, style.letter, fontsize=style.size("title") + 1, fontweight="bold", va="center")
    drawing.draw(part, style)


def lettered_height(drawing: Drawing, style: FigureStyle) -> float:
    """Inches that `draw_lettered` takes."""
    return drawing.height(style) + (_strip(style) if style.letter else 0)


def split(part: FigureBase, heights: Sequence[float]) -> list[SubFigure]:
    """Parts below each other, of these heights in proportion."""
    import numpy as np

    parts = part.subfigures(len(heights), 1, height_ratios=list(heights), hspace=0, squeeze=False)
    return list(np.ravel(parts))


def _still(drawing: Drawing, form: Format, style: FigureStyle) -> bytes:
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(style.width, lettered_height(drawing, style)), dpi=style.dpi, layout="constrained")
    draw_lettered(canvas, drawing, style)
    if style.is_greyscale:
        make_grey(canvas)
    file = render(canvas, form, dpi=style.dpi)
    return embed_fonts(file) if form == "svg" else file


def _strip(style: FigureStyle) -> float:
    return (style.size("title") + 1) * 1.35 / 72


def _settings(style: FigureStyle):  # type: ignore[no-untyped-def]  # matplotlib's own context manager
    from matplotlib.style import context

    return context(["default", style.settings()])
