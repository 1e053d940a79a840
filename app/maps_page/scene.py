"""Everything the two maps show of one set of cases under one choice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn, numbers
from analysis.directions import Direction
from analysis.figures.latent_map import MapFigure
from analysis.map_arrows import MapArrow, direction_arrows
from analysis.score_flow import ScoreFlow
from app import cached_maps, state
from app.components.linked_maps import MapPanel
from app.maps_page.cases import MapCases
from app.maps_page.colours import group_colours
from app.maps_page.controls import NEIGHBOURS_KEPT, MapsChoice
from app.maps_page.panels import doubtful, map_panel, panel_key
from app.maps_page.results import ShownMap
from xaae_core.errors import CohortError, DirectionError, XaaeError

_KEPT_WORDS = "Share of each case's nearest neighbours in z that are its neighbours on the map."


@dataclass(frozen=True)
class MapScene:
    """What is drawn.

    Attributes:
        cases: the cases.
        choice: what the controls say.
        shown: the maps.
    """

    cases: MapCases
    choice: MapsChoice
    shown: tuple[ShownMap, ...]

    @cached_property
    def found(self) -> tuple[Direction | None, str]:
        """The direction towards the target; without one, why."""
        try:
            return self.cases.workspace.direction(self.choice.target), ""
        except XaaeError as error:
            return None, str(error)

    @property
    def direction(self) -> Direction | None:
        """The direction towards the target; None where there is none."""
        return self.found[0]

    @cached_property
    def directions(self) -> tuple[Direction, ...]:
        """Those that are drawn as arrows: one for each class where there are more than two."""
        training = self.cases.workspace.training
        classes = training.classes if training is not None else ()
        if self.direction is None:
            return ()
        if len(classes) < 3 or self.choice.target not in classes:
            return (self.direction,)
        return tuple(found for name in classes if (found := self._direction_of(name)) is not None)

    @cached_property
    def column(self) -> CaseColumn:
        """What the points are coloured by; the first column where the chosen one is not there (yet)."""
        for one in self.shown:
            quality = one.result.projection.quality
            is_there = quality is not None and not one.is_standing_in
            if self.choice.colour == NEIGHBOURS_KEPT.format(one.title) and quality is not None and is_there:
                return numbers(self.choice.colour, quality.kept, _KEPT_WORDS)
        if self.direction is not None and self.choice.colour == f"score: {self.direction.target}":
            return self._score(self.direction)
        return self.cases.columns.get(self.choice.colour) or next(iter(self.cases.columns.values()))

    @cached_property
    def panels(self) -> list[MapPanel]:
        """The maps as the browser draws them."""
        return [map_panel(one.result, self.arrows(one), self.flow(one)) for one in self.shown]

    @cached_property
    def cohort(self) -> tuple[NDArray[np.bool_] | None, str]:
        """Which cases belong to the session's cohort [N], None for all; and why it cannot be applied, if so."""
        cohort = state.cohort()
        if not cohort:
            return None, ""
        try:
            return self.cases.data.mask_of(cohort), ""
        except CohortError as error:
            return None, f"The cohort ({cohort.words}) does not fit these cases, so all are shown: {error}"

    def figures(self, selected: NDArray[np.bool_] | None) -> tuple[MapFigure, ...]:
        """The maps as figures for a paper."""
        is_grouped = self.column.values is None
        return tuple(
            MapFigure(
                one.result.projection,
                self.cases.table,
                column=self.column,
                palette=group_colours(self.column, self.choice.target) if is_grouped else (),
                arrows=self.arrows(one),
                flow=self.flow(one),
                direction=self.direction,
                is_doubtful=self._is_doubtful(one),
                is_selected=selected,
            )
            for one in self.shown
        )

    def coordinates(self) -> dict[str, NDArray[np.float32]]:
        """Where the cases lie on the maps, as columns for a file; a map that stands in for another is left out."""
        return {
            f"{one.title} {axis}": one.result.projection.points[:, column]
            for one in self.shown
            if not one.is_standing_in
            for column, axis in enumerate("xy")
        }

    def arrows(self, one: ShownMap) -> tuple[MapArrow, ...]:
        """The directions on a plane; () on other maps."""
        if one.result.projection.plane is None:
            return ()
        return direction_arrows(one.result.projection, self.cases.table, self.directions)

    def flow(self, one: ShownMap) -> ScoreFlow | None:
        """How the score changes across a map that is no plane."""
        if self.direction is None or one.result.projection.plane is not None:
            return None
        key = (*self.cases.key, panel_key(one.result), self.direction.target)
        return cached_maps.flow_of(one.result.projection, self._score(self.direction), key)

    def _score(self, direction: Direction) -> CaseColumn:
        return cached_maps.scores_of(self.cases.table, self.cases.key, direction, direction.target)

    def _direction_of(self, name: str) -> Direction | None:
        try:
            return self.cases.workspace.direction(name)
        except DirectionError:
            return None  # a class without cases has no direction

    def _is_doubtful(self, one: ShownMap) -> NDArray[np.bool_] | None:
        marks = doubtful(one.result) if self.choice.is_doubt_shown else None
        return None if marks is None else marks > 0
