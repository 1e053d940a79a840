"""What a report consists of, whatever kind of file it becomes: headings, paragraphs, tables, figures in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.evaluation.verdict import Level
from analysis.figures.figure import Figure

Cell = str | float | int
Tone = Literal["", "quiet", "small"]


@dataclass(frozen=True)
class Heading:
    """A heading.

    Attributes:
        text: its words.
        level: 1 above the report, 2 above a section, 3 within one.
    """

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph.

    Attributes:
        text: its words.
        tone: "quiet" for what is less important, "small" for references.
    """

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The answer above everything else.

    Attributes:
        level: how good it is.
        sentence: the answer.
        reasons: a sentence each.
    """

    level: Level
    sentence: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and values in two columns; entries without a value are left out."""

    entries: Mapping[str, str]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The entries that have a value."""
        return [(name, value) for name, value in self.entries.items() if value]


@dataclass(frozen=True)
class Grid:
    """A table with a header; the first cell of a row names it, numbers stand to the right.

    Attributes:
        header: of each column.
        rows: cells in the columns' order.
        caption: above it.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure.

    Attributes:
        figure: what is drawn, with its provenance.
        number: it is called by, from 1.
        caption: below it.
        alt: for those who cannot see it.
    """

    figure: Figure
    number: int
    caption: str
    alt: str


Block = Heading | Paragraph | Bullets | Answer | Facts | Grid | Picture


def grid(header: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = "") -> Grid:
    """A table of any sequences."""
    return Grid(tuple(header), tuple(tuple(row) for row in rows), caption)
