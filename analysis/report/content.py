"""What a report says, before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.evaluation.quality import Quality
from analysis.evaluation.verdict import Verdict
from analysis.figures.figure import Figure
from analysis.figures.style import PAPER, FigureStyle
from analysis.projections import Method, Projection
from analysis.provenance import Provenance
from analysis.provenance.making import direction_facts
from analysis.traversals import Traversal
from analysis.trust import Trust
from xaae_core.case_tokens import case_token, short_token
from xaae_core.data.checks import Finding, Level
from xaae_core.errors import FigureError
from xaae_core.model_card import ModelCard

MOST_FIGURES = 100
"""Figures that a report takes beside its own."""


@dataclass(frozen=True)
class ReportSettings:
    """What a report is made with.

    Attributes:
        target: class or column of numbers of the direction; "" for the model's own.
        span: farthest step of a path, in standard deviations.
        n_steps: steps of a path, an odd number.
        skip_dropout: share of the skips dropped, in [0, 1].
        map_method: how the map is made; None for no map.
        seed: of everything random.
        style: of its figures; a PDF makes them no wider than its page.
    """

    target: str = ""
    span: float = 3.0
    n_steps: int = 13
    skip_dropout: float = 1.0
    map_method: Method | None = "tsne"
    seed: int = 0
    style: FigureStyle = PAPER


@dataclass(frozen=True, eq=False)
class CasePicture:
    """A case to be reported.

    Attributes:
        id: its id; the report knows it by its token (`xaae_core.case_tokens`).
        pixels: [C, H, W] in [0, 1], as the model takes it.
        label: its class or true number; "" where it is not known.
        split: "train", "valid", "test" or "" for a picture from outside.
    """

    id: str
    pixels: NDArray[np.float32]
    label: str = ""
    split: str = ""

    @property
    def name(self) -> str:
        """What the report calls it: "case 3fa9c1"."""
        return f"case {short_token(self.id)}"


@dataclass(frozen=True, eq=False)
class ReportedCase:
    """A case moved along the direction.

    Attributes:
        case: the picture.
        answer: what the model says of it, in words; "" where it says nothing.
        path: what was decoded.
        class_index: the class whose probability is told.
        trust: how far to believe each step.
        likeness: of the case decoded at 0 to the original, see `path_likeness`.
        figure: the path as a filmstrip.
    """

    case: CasePicture
    answer: str
    path: Traversal
    class_index: int
    trust: Trust
    likeness: float
    figure: Figure


@dataclass(frozen=True)
class CheckedData:
    """What the data check found; no file and no patient is named.

    Attributes:
        words: the data in a few words.
        counts: class → split → cases; of numbers "count", "mean", "min" and "max" → split → value.
        findings: the worst first.
    """

    words: str
    counts: Mapping[str, Mapping[str, float]]
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Level:
        """The worst level found; "good" where nothing was found."""
        return self.findings[0].level if self.findings else "good"


@dataclass(frozen=True, eq=False)
class Report:
    """What a report says, before it is written.

    Attributes:
        card: the model's card.
        sha256: digest of its file.
        verdict: whether it is good enough to explain.
        quality: held-out figures; None without.
        quality_figure: of them; None without.
        direction: of the target; None without.
        cases: moved along it.
        sizes: (channels, height, width) of the model's pictures, and the length of z.
        map: of the latents; None without.
        projection: what the map shows; None without.
        data_check: of the data; None where they were not checked.
        figures: further ones with their notes and captions, at most `MOST_FIGURES`.
        n_cases: rows of the table of latents by split.
        data_fingerprint: of the data of that table; "" without one.
        missing: why something above is not there, one sentence each.
        settings: what the report is made with.
        created: when, ISO 8601 in UTC.
        title: above everything.
        author: who made it; "" for nobody.
        view: what restores the page that it was made on; {} for none.

    Raises:
        FigureError: too many figures.
    """

    card: ModelCard
    sha256: str
    verdict: Verdict
    quality: Quality | None
    quality_figure: Figure | None
    direction: Direction | None
    cases: tuple[ReportedCase, ...]
    sizes: tuple[int, int, int, int]
    map: Figure | None
    projection: Projection | None
    data_check: CheckedData | None
    figures: tuple[Figure, ...]
    n_cases: dict[str, int]
    data_fingerprint: str
    missing: tuple[str, ...]
    settings: ReportSettings
    created: str
    title: str
    author: str = ""
    view: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_few(len(self.figures))
        for name in ("title", "author"):  # what a terminal may hand over, and no file can hold
            told = "".join(letter if letter.isprintable() else " " for letter in getattr(self, name))
            object.__setattr__(self, name, " ".join(told.split()))

    @property
    def parts(self) -> tuple[Provenance, ...]:
        """How each of its figures was made, in their order."""
        own = [self.quality_figure, *(moved.figure for moved in self.cases), self.map]
        drawn = [*(figure for figure in own if figure is not None), *self.figures]
        return tuple(figure.provenance.stamped() for figure in drawn)

    @property
    def provenance(self) -> Provenance:
        """How the report was made; that of each figure is among its settings as "panels"."""
        wanted = self.settings
        return Provenance(
            kind="report",
            view=dict(self.view),
            checkpoint_sha256=self.sha256,
            checkpoint_name=self.card.name,
            data_fingerprint=self.data_fingerprint,
            data_name=self.card.data_name,
            case_ids=tuple(case_token(moved.case.id) for moved in self.cases),
            direction={} if self.direction is None else direction_facts(self.direction),
            seed=wanted.seed,
            settings={
                "model": self.card.kind,
                "latent_dims": self.sizes[-1],
                "span": wanted.span,
                "n_steps": wanted.n_steps,
                "skip_dropout": wanted.skip_dropout,
                "map_method": wanted.map_method,
                "panels": [part.to_table() for part in self.parts],
            },
            created=self.created,
        )

    def _repr_html_(self) -> str:
        """The report in a notebook: the page that `report_html` writes, in a frame of its own."""
        from analysis.report.html import framed, html_of

        return framed(html_of(self), self.title)


def require_few(n_figures: int) -> None:
    """Raise FigureError for more figures than a report takes."""
    if n_figures > MOST_FIGURES:
        raise FigureError(
            f"{n_figures:,} figures; a report takes up to {MOST_FIGURES}: leave some out, or write a second report"
        )
