"""How a figure is drawn, whatever it shows: width, text sizes, resolution, colours; for paper, so always on white."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from xaae_core.errors import FigureError

Columns = Literal["single", "one_and_half", "double"]
Size = Literal["title", "text", "small", "tiny"]
SMALLEST_POINTS = 5.0
"""No text is drawn smaller than this at its final width."""
JOURNAL_WIDTHS: Mapping[str, Mapping[Columns, float]] = MappingProxyType(
    {
        "nature": {"single": 89.0, "one_and_half": 120.0, "double": 183.0},
        "elsevier": {"single": 90.0, "one_and_half": 140.0, "double": 190.0},
        "ieee": {"single": 88.9, "double": 181.9},
    }
)
"""Widths of a column in millimetres, as the publishers' guides for authors give them."""
_STEPS: dict[Size, float] = {"title": 1.0, "text": 0.0, "small": -1.0, "tiny": -2.0}
_MM_PER_INCH = 25.4
_INK = "#1b1b1b"


@dataclass(frozen=True, kw_only=True)
class FigureStyle:
    """What an author chooses about a figure.

    Attributes:
        width_mm: final width in millimetres, 40 to 400; text keeps its size whatever it is.
        font_size: of ordinary text, in points, 5 to 14; nothing is smaller than 5.
        dpi: dots per inch of a PNG and of what is rasterised inside SVG and PDF, 72 to 1200.
        font: family of the text, one that is installed (`analysis.figures.fonts.offered_fonts`).
        is_greyscale: whether every colour is a grey; what colour told apart is then told by shape, line or level.
        letter: of the panel, such as "a"; "" for none.
        hides_marks: whether burned-in letters and captions of pictures are blurred.
        has_words: whether a map's words (its making, how far to trust it) stand inside the figure; without, they are
            in its caption alone, as journals want it.

    Raises:
        FigureError: a value out of its range.
    """

    width_mm: float = 183.0
    font_size: float = 7.0
    dpi: int = 300
    font: str = "DejaVu Sans"
    is_greyscale: bool = False
    letter: str = ""
    hides_marks: bool = False
    has_words: bool = True

    def __post_init__(self) -> None:
        for name, low, high, unit in (
            ("width_mm", 40, 400, "millimetres"),
            ("font_size", SMALLEST_POINTS, 14, "points"),
            ("dpi", 72, 1200, "dots per inch"),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise FigureError(f"{name}={value:g}; expected {low:g} to {high:g} {unit}")

    @property
    def width(self) -> float:
        """Final width in inches."""
        return self.width_mm / _MM_PER_INCH

    def size(self, what: Size) -> float:
        """Points of a kind of text: "title" above, "text", "small" beside and "tiny" at axes."""
        return max(SMALLEST_POINTS, self.font_size + _STEPS[what])

    def line(self, what: Size = "text", count: int = 1) -> float:
        """Height of so many lines of text, in inches."""
        return count * self.size(what) * 1.3 / 72

    @property
    def diverging(self) -> str:
        """Colour map of attributions, as on their page: violet takes, white, orange adds; grey: from black to white."""
        return "gray" if self.is_greyscale else "PuOr_r"

    @property
    def changing(self) -> str:
        """Colour map of changes, as beside the slider: green darker, white, purple brighter; grey: black to white."""
        return "gray" if self.is_greyscale else "PRGn_r"

    @property
    def sequential(self) -> str:
        """Colour map of what has none: the darker, the more."""
        return "gray_r" if self.is_greyscale else "cividis_r"

    def settings(self) -> dict[str, Any]:
        """The style as matplotlib's settings; all others are its defaults, whatever the user's file says."""
        small, tiny = self.size("small"), self.size("tiny")
        return {
            "font.family": [self.font, "DejaVu Sans"],
            "font.size": self.font_size,
            "figure.titlesize": self.size("title"),
            "axes.titlesize": self.font_size,
            "axes.labelsize": small,
            "legend.fontsize": small,
            "legend.title_fontsize": small,
            "legend.frameon": False,
            "xtick.labelsize": tiny,
            "ytick.labelsize": tiny,
            "axes.linewidth": 0.6,
            "axes.edgecolor": "#8c8c8c",
            "axes.axisbelow": True,
            "xtick.major.width": 0.5,
            "ytick.major.width": 0.5,
            "xtick.major.size": 2.0,
            "ytick.major.size": 2.0,
            "lines.linewidth": 1.0,
            "text.color": _INK,
            "axes.labelcolor": _INK,
            "xtick.labelcolor": _INK,
            "ytick.labelcolor": _INK,
            "image.interpolation": "nearest",
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "svg.fonttype": "none",
            "svg.hashsalt": "xaae",
            "pdf.fonttype": 42,
        }


def style_for(journal: str = "nature", columns: Columns = "double", **options: Any) -> FigureStyle:
    """The style of a journal's column.

    Args:
        journal: "nature", "elsevier" or "ieee".
        columns: "single", "one_and_half" or "double".
        **options: further attributes of `FigureStyle`.

    Raises:
        FigureError: a journal, or a width of it, that is not known.
    """
    known = JOURNAL_WIDTHS.get(journal)
    if known is None:
        raise FigureError(
            f'journal="{journal}"; expected one of {", ".join(JOURNAL_WIDTHS)}, or give width_mm yourself'
        )
    if columns not in known:
        raise FigureError(f'columns="{columns}"; {journal} has {", ".join(known)}')
    return FigureStyle(width_mm=known[columns], **options)


PAPER = FigureStyle()
"""Two columns of a page, text of 7 points."""
