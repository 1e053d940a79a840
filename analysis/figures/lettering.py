"""How wide words are in a figure, and the lines that they are broken into."""

from __future__ import annotations

from functools import lru_cache

from analysis.figures.formats import plain
from analysis.figures.style import FigureStyle, Size

_ROOM = 1.05  # letters of a coarse picture are set to whole dots, and so are wider


def text_inches(words: str, points: float) -> float:
    """Width of a line of text in the font that is set, in inches."""
    from matplotlib import rcParams

    return _em_width(words, tuple(rcParams["font.family"]), is_bold=False) * points * _ROOM / 72


def cut_text(words: str, points: float, inches: float) -> str:
    """Text on one line that is at most so wide; "…" stands for what was cut out of its middle."""
    if text_inches(words, points) <= inches:
        return words
    for kept in range(len(words) - 1, 0, -1):
        shorter = f"{words[: (kept + 1) // 2]}…{words[len(words) - kept // 2 :]}"
        if text_inches(shorter, points) <= inches:
            return shorter
    return "…"


def wrap_words(
    text: str, inches: float, style: FigureStyle, what: Size = "small", *, most: int = 0, is_bold: bool = False
) -> list[str]:
    """A text as lines that are no wider than so many inches.

    A word that is too long for a line goes on in the next one.

    Args:
        text: of one paragraph.
        inches: width of the lines.
        style: whose letters are measured.
        what: kind of text.
        most: lines; what does not fit is cut with "…". 0: all.
        is_bold: whether the letters are bold.
    """
    room = inches * 72
    lines: list[str] = []
    for word in filter(None, text.replace("\n", " ").split(" ")):  # not at spaces that do not break
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _points(longer, style, what, is_bold) <= room:
            lines[-1] = longer
            continue
        lines += _broken(word, room, style, what, is_bold)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], _cut(f"{lines[most - 1]} …", room, style, what, is_bold)]
    return [plain(line) for line in lines]


def _broken(word: str, room: float, style: FigureStyle, what: Size, is_bold: bool) -> list[str]:
    """A word in as many pieces as lines it takes."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and _points(pieces[-1] + letter, style, what, is_bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _cut(line: str, room: float, style: FigureStyle, what: Size, is_bold: bool) -> str:
    """A line that ends with "…", shortened until it fits."""
    text = line.removesuffix("…").rstrip()
    while text and _points(f"{text}…", style, what, is_bold) > room:
        text = text[:-1]
    return f"{text}…"


def _points(text: str, style: FigureStyle, what: Size, is_bold: bool) -> float:
    return _em_width(text, (style.font, "DejaVu Sans"), is_bold) * style.size(what) * _ROOM


@lru_cache(maxsize=20_000)
def _em_width(text: str, families: tuple[str, ...], is_bold: bool) -> float:
    """Width of a text in the letters' size."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=list(families), size=100, weight="bold" if is_bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / 100
