"""Figures of a path with their provenance: one description for the page and the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.views import KEYS, STEP, View, view_of
from xaae_core.case_tokens import case_token, short_token

if TYPE_CHECKING:
    from analysis.directions import Direction
    from analysis.figures.figure import Drawing, Figure
    from analysis.figures.filmstrip import PathFigure
    from xaae_core.checkpoints import Checkpoint

PAGE = "traverse"


@dataclass(frozen=True)
class PathMaking:
    """How a path was made.

    Attributes:
        checkpoint: the model.
        direction: that was moved along.
        case_id: the case; its token is told, the id is not.
        label: of the case; "" where it is not known.
        data_fingerprint: of the cases that the direction was fitted to.
        span: farthest step, in SD.
        n_steps: of the path.
        skip_dropout: share of the skips dropped, in [0, 1].
        seed: of the dropped channels.
        view: further settings of the page, such as the cohort; those of the path are set anew.
    """

    checkpoint: Checkpoint
    direction: Direction
    case_id: str
    label: str
    data_fingerprint: str
    span: float
    n_steps: int
    skip_dropout: float
    seed: int
    view: View = field(default_factory=lambda: View(PAGE))

    @property
    def title(self) -> str:
        """A line above the path: the case by its token, its label, and where + leads."""
        label = f" · labelled {self.label}" if self.label else ""
        skips = "" if self.skip_dropout == 1 else f", skip dropout {self.skip_dropout:g}"
        return f"case {short_token(self.case_id)}{label}: {self.direction.way}{skips}"

    @property
    def name(self) -> str:
        """Of its files, without what comes before and the ending: target and case."""
        words = "".join(letter if letter.isalnum() else "-" for letter in self.direction.target).strip("-")
        return f"{words or 'target'}-{short_token(self.case_id)}"

    def path(self, drawing: PathFigure, *, at: float = 0.0) -> Figure:
        """The figure of the path; the page reopens at the step `at`, in SD."""
        return self._figure(drawing, drawing.title, at, {})

    def change(self, drawing: PathFigure, step: int) -> Figure:
        """The figure of the change at a step, given by its index.

        Raises:
            FigureError: no step of the path.
        """
        from analysis.figures.change_map import ChangeMap

        change = ChangeMap.of(drawing, step)
        return self._figure(change, f"{drawing.title}, {change.step_words}", change.step, {"step": change.step})

    def _figure(self, drawing: Drawing, title: str, at: float, settings: Mapping[str, float]) -> Figure:
        from analysis.figures.figure import Figure
        from analysis.provenance.making import provenance_of

        told = {"span": self.span, "n_steps": self.n_steps, "skip_dropout": self.skip_dropout, **settings}
        made = provenance_of(
            drawing.kind,
            self.checkpoint,
            view=self._view(at).to_json(),
            data_fingerprint=self.data_fingerprint,
            case_ids=(self.case_id,) if self.case_id else (),
            direction=self.direction,
            seed=self.seed,
            settings=told,
        )
        return Figure(drawing, made, title)

    def _view(self, at: float) -> View:
        """The page that shows the path; what it shows without being told is left out."""
        kept = {key: values for key, values in self.view.query.items() if key not in KEYS[PAGE]}
        return View(PAGE, {**kept, **self._settings(at).query})

    def _settings(self, at: float) -> View:
        from app.words import target_words

        dimension = self.direction.dimension
        return view_of(
            PAGE,
            self.checkpoint.sha256,
            **{
                "case": case_token(self.case_id),
                "target": "one dimension of z" if dimension is not None else target_words(self.direction.target),
                "axis": "" if dimension is None else str(dimension),
                "range": "" if self.span == 3 else f"± {self.span:g} SD",
                "steps": "" if self.n_steps == 21 else str(self.n_steps),
                "skips": _skips(self.skip_dropout),
                "seed": "" if self.seed == 0 else str(self.seed),
                STEP: f"{at:.4g}" if at else "",
            },
        )


def _skips(value: float) -> str:
    """A skip dropout as the page's address has it."""
    if value == 1:
        return ""
    return "0 · everything" if value == 0 else f"{value:.2f}"
