"""Figures as files: PNG for screens, SVG and PDF with text that stays text."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from analysis.figures.svg_ids import settle

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C8C00")
"""Colours that stay apart for colour-blind eyes (Okabe & Ito 2008, its yellow darkened for white paper)."""


def format_of(path: str | Path) -> Format:
    """The format that a file's ending asks for.

    Raises:
        ValueError: another ending than .png, .svg and .pdf.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    for known in FORMATS:
        if ending == known:
            return known
    raise ValueError(f'"{Path(path).name}" ends with ".{ending}"; a figure is .png, .svg or .pdf')


def render(canvas: Canvas, form: Format, *, dpi: int = 300) -> bytes:
    """A drawn matplotlib figure as the bytes of a file, the same bytes for the same drawing.

    Args:
        canvas: the figure.
        form: "png", "svg" or "pdf".
        dpi: dots per inch of a PNG and of what is rasterised inside the others.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(canvas)
    date = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[form]
    stream = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "xaae", "pdf.fonttype": 42}):
        canvas.savefig(stream, format=form, dpi=dpi, metadata=date)
    return settle(stream.getvalue()) if form == "svg" else stream.getvalue()


def plain(text: str, *, most: int = 0) -> str:
    """Text that matplotlib shows letter for letter, cut in its middle to `most` letters (0: not cut).

    A $ would begin a formula otherwise, and a file name with two of them would fail to draw.
    """
    if most and len(text) > most:
        text = f"{text[: most // 2]}…{text[len(text) - most // 2 + 1 :]}"
    return text.replace("$", r"\$")
