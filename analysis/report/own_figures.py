"""The figures that a report makes itself, with how they were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.directions import Direction
from analysis.evaluation.quality import Quality
from analysis.figures.figure import Drawing, Figure
from analysis.figures.filmstrip import PathFigure
from analysis.figures.latent_map import MapFigure
from analysis.figures.map_drawing import map_drawing
from analysis.figures.quality_chart import quality_chart
from analysis.map_arrows import direction_arrows
from analysis.projections import Projection, project
from analysis.provenance import Provenance
from analysis.provenance.making import provenance_of
from analysis.report.content import CasePicture, ReportSettings
from analysis.score_flow import score_flow
from analysis.traversals import Traversal
from analysis.trust import Trust
from xaae_core.checkpoints import Checkpoint
from xaae_core.latents import LatentTable

View = Callable[[str, str], Mapping[str, Any]]
"""What restores a figure on a page, by the figure's kind and the case's id ("" for none)."""


def no_view(kind: str, case_id: str) -> Mapping[str, Any]:
    """Of figures that no page restores."""
    return {}


@dataclass(frozen=True, eq=False)
class OwnFigures:
    """Makes figures of one model and one table.

    Attributes:
        checkpoint: the model.
        table: its latents.
        settings: of the report.
        view: what restores them.
    """

    checkpoint: Checkpoint
    table: LatentTable
    settings: ReportSettings
    view: View

    def of_path(
        self,
        case: CasePicture,
        path: Traversal,
        trust: Trust,
        direction: Direction,
        *,
        class_index: int,
        likeness: float,
    ) -> Figure:
        """The filmstrip of a case."""
        card, wanted = self.checkpoint.card, self.settings
        answer = card.target if path.values is not None else (card.classes[class_index] if card.classes else "")
        labelled = f" · labelled {case.label}" if case.label else ""
        drawing = PathFigure(
            path,
            case.pixels,
            class_index,
            f"{case.name}{labelled}: {direction.way}",
            trust.achieved,
            levels=trust.levels,
            reasons=trust.reasons,
            answer=answer,
        )
        settings = {"span": wanted.span, "n_steps": wanted.n_steps, "skip_dropout": wanted.skip_dropout}
        told = {"likeness": float(likeness)} if path.signal_form is None else {}
        made = self._provenance(drawing, settings={**settings, **told}, direction=direction, case_ids=[case.id])
        return Figure(drawing, made, drawing.title)

    def of_map(self, direction: Direction | None) -> tuple[Projection, Figure]:
        """The map of the table, and its figure with the direction on it.

        Raises:
            ProjectionError: too few cases, or values that no map can be made of.
        """
        table, wanted = self.table, self.settings
        assert wanted.map_method is not None  # asked for
        target = direction.target if wanted.map_method == "pls" and direction is not None else None
        projection = project(table, wanted.map_method, seed=wanted.seed, target=target)
        drawing = map_drawing((_with_direction(projection, table, direction),))
        method = {"method": wanted.map_method, "seed": projection.seed, "parameters": dict(projection.parameters)}
        settings = {"methods": [wanted.map_method], "maps": [method], "cases": len(table), "colour": "label"}
        made = self._provenance(drawing, settings=settings, direction=direction)
        return projection, Figure(drawing, made, f"{projection.title} map of {len(table):,} cases")

    def of_quality(self, quality: Quality) -> Figure:
        """The held-out figures as charts."""
        drawing = quality_chart(quality, self.table, seed=self.settings.seed)
        told = {"target": quality.target, "split": drawing.split, "intervals": drawing.intervals}
        made = self._provenance(drawing, settings=told)
        return Figure(drawing, made, "Held-out quality")

    def _provenance(
        self,
        drawing: Drawing,
        *,
        settings: Mapping[str, Any],
        direction: Direction | None = None,
        case_ids: list[str] | None = None,
    ) -> Provenance:
        return provenance_of(
            drawing.kind,
            self.checkpoint,
            view=self.view(drawing.kind, case_ids[0] if case_ids else ""),
            data_fingerprint=self.table.data_fingerprint,
            case_ids=case_ids or (),
            direction=direction,
            seed=self.settings.seed,
            settings=settings,
        )


def _with_direction(projection: Projection, table: LatentTable, direction: Direction | None) -> MapFigure:
    if direction is None:
        return MapFigure(projection, table)
    if projection.plane is not None:
        arrows = direction_arrows(projection, table, [direction])
        return MapFigure(projection, table, arrows=arrows, direction=direction)
    flow = score_flow(projection.points, direction.score(table.z))
    return MapFigure(projection, table, flow=flow, direction=direction)
