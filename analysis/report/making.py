"""Measuring and decoding everything that a report shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.directions import Direction, fit_direction, permutations_for
from analysis.evaluation.quality import Quality, measure_quality
from analysis.evaluation.verdict import judge_metrics
from analysis.figures.figure import Figure
from analysis.projections import Projection
from analysis.report.checked_data import checked_data
from analysis.report.content import (
    CasePicture,
    Report,
    ReportedCase,
    ReportSettings,
    require_few,
)
from analysis.report.own_figures import OwnFigures, View, no_view
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal, path_likeness
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.checks import CheckReport
from xaae_core.errors import DirectionError, LatentTableError, ProjectionError
from xaae_core.latents import LatentTable
from xaae_core.models.model_abilities import has_decoder
from xaae_core.predictions import predict


def make_report(
    checkpoint: Checkpoint,
    table: LatentTable | None = None,
    cases: Sequence[CasePicture] = (),
    *,
    figures: Sequence[Figure] = (),
    data_check: CheckReport | None = None,
    trained_on: LatentTable | None = None,
    settings: ReportSettings | None = None,
    title: str = "",
    author: str = "",
    view: View = no_view,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Measure and decode everything a report shows. What cannot be had is left out and named in `missing`.

    Args:
        checkpoint: the model.
        table: its latents, of training and held-out cases; without it there is the card alone.
        cases: pictures to move along the direction.
        figures: further ones, with their notes and captions, at most `MOST_FIGURES`.
        data_check: what was found in the data (`xaae_core.data.checks.check_dataset`); files are not named from it.
        trained_on: latents of the cases that the model was trained on, where `table` is of others: the direction is
            fitted to them where `table` has too few labelled cases, and steps are held against them.
        settings: see `ReportSettings`.
        title: above everything; "" for the model's name.
        author: who made it.
        view: what restores a figure on a page, as a provenance keeps it.
        progress: called with a few words before each part.

    Raises:
        DirectionError: `settings` name a target that no direction can be fitted to.
        FigureError: more figures than a report takes.
    """
    require_few(len(figures))
    wanted, model, card = settings or ReportSettings(), checkpoint.model, checkpoint.card
    maker = (
        None
        if table is None
        else _Maker(OwnFigures(checkpoint, table, wanted, view), trained_on, progress or _say_nothing)
    )
    quality, drawn_quality = maker.quality() if maker else (None, None)
    direction = maker.direction() if maker else None
    projection, drawn_map = maker.map(direction) if maker else (None, None)
    moved = maker.cases(cases, direction) if maker and has_decoder(model) else ()
    missing = (
        [] if maker else ["No table of latents was given, so nothing was measured anew, and no direction was fitted."]
    )
    return Report(
        card=card,
        sha256=checkpoint.sha256,
        verdict=judge_metrics(card.metrics if quality is None else quality.metrics()),
        quality=quality,
        quality_figure=drawn_quality,
        direction=direction,
        cases=moved,
        sizes=(model.input_channels, *model.input_size, model.encoding_dims),
        map=drawn_map,
        projection=projection,
        data_check=None if data_check is None else checked_data(data_check),
        figures=tuple(figures),
        n_cases={} if table is None else _counts(table),
        data_fingerprint="" if table is None else table.data_fingerprint,
        missing=(*missing, *(maker.missing if maker else ()), *_without(moved, data_check, has_decoder(model))),
        settings=wanted,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        title=title or f"Report on {card.name}",
        author=author,
        view=view("report", ""),
    )


class _Maker:
    """Makes the parts one by one, and keeps why one could not be made."""

    def __init__(self, figures: OwnFigures, trained_on: LatentTable | None, say: Callable[[str], None]) -> None:
        self.figures, self.say = figures, say
        self.trained_on = trained_on
        self.checkpoint, self.table, self.settings = figures.checkpoint, figures.table, figures.settings
        self.missing: list[str] = []

    def quality(self) -> tuple[Quality | None, Figure | None]:
        """The held-out figures, and their chart."""
        self.say("measuring held-out cases")
        if self.table.predicted is None and not self.table.probabilities.shape[1]:
            self.missing.append("Held-out figures: the model learned no labels, so it says nothing to measure.")
            return None, None
        target = self.settings.target
        told = target if target in self.table.classes else self.checkpoint.card.target

        def measure() -> tuple[Quality, Figure]:
            quality = measure_quality(self.table, told, seed=self.settings.seed)
            return quality, self.figures.of_quality(quality)

        return self._or_note("Held-out figures", measure) or (None, None)

    def direction(self) -> Direction | None:
        """The direction; raises DirectionError for one that was asked for by name and cannot be had."""
        self.say("fitting the direction")
        target = self.settings.target or self.checkpoint.card.target or None

        def fit() -> Direction:
            try:
                return fit_to(self.table)
            except DirectionError as error:
                if self.trained_on is None:
                    raise
                found = fit_to(self.trained_on)
                self.missing.append(
                    f"A direction of these data ({error}): it is fitted to {found.n_cases:,} cases that the model was "
                    "trained on."
                )
                return found

        def fit_to(table: LatentTable) -> Direction:
            return fit_direction(table, target, seed=self.settings.seed, n_permutations=permutations_for(len(table)))

        if self.settings.target:  # asked for by name: a report without it would not be what was asked for
            return fit()
        found: Direction | None = self._or_note("Direction", fit)
        return found

    def map(self, direction: Direction | None) -> tuple[Projection | None, Figure | None]:
        """The map, where one is wanted."""
        if self.settings.map_method is None:
            return None, None
        self.say(f"drawing the map ({self.settings.map_method})")
        return self._or_note("Map", lambda: self.figures.of_map(direction)) or (None, None)

    def cases(self, cases: Sequence[CasePicture], direction: Direction | None) -> tuple[ReportedCase, ...]:
        """The cases moved along the direction; none without one."""
        if direction is None:
            return ()
        known = self.table if self.trained_on is None else self.trained_on
        fitted = known.rows(known.split == "train")
        neighbourhood = Neighbourhood.of(fitted.z if len(fitted) > 1 else known.z)
        moved = []
        for number, case in enumerate(cases, start=1):
            self.say(f"moving case {number} of {len(cases)}")
            moved.append(self._move(case, direction, neighbourhood))
        return tuple(moved)

    def _move(self, case: CasePicture, direction: Direction, neighbourhood: Neighbourhood) -> ReportedCase:
        model, classes, wanted = self.checkpoint.model, self.checkpoint.card.classes, self.settings
        encoding = encode_image(model, case.pixels)
        steps = path_steps(wanted.span, wanted.n_steps)
        path = traverse(model, encoding, direction, steps=steps, skip_dropout=wanted.skip_dropout, seed=wanted.seed)
        trust = judge_traversal(model, path, direction, neighbourhood)
        index = classes.index(direction.target) if direction.target in classes else len(classes) - 1
        likeness = path_likeness(path, case.pixels)
        figure = self.figures.of_path(case, path, trust, direction, class_index=index, likeness=likeness)
        return ReportedCase(case, self._answer(encoding.z), path, index, trust, likeness, figure)

    def _answer(self, z: Any) -> str:
        """What the model says of a latent vector, in words."""
        card, said = self.checkpoint.card, predict(self.checkpoint.model, z)
        if said.values is not None:
            return f"{card.target or 'number'} {said.values[0]:.3g}"
        if said.probabilities is None or not card.classes:
            return ""
        best = int(said.probabilities[0].argmax())
        return f"{card.classes[best]} (p = {said.probabilities[0, best]:.2f})"

    def _or_note(self, what: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, or None and its reason among the missing."""
        try:
            return make()
        except (LatentTableError, DirectionError, ProjectionError) as error:
            self.missing.append(f"{what}: {error}.")
            return None


def _without(moved: Sequence[ReportedCase], data_check: CheckReport | None, draws: bool) -> list[str]:
    said = [] if draws else ["The model has no decoder, so it draws nothing."]
    if not moved:
        said.append("No case was moved along the direction.")
    return said if data_check is not None else [*said, "The data were not checked for what spoils results."]


def _counts(table: LatentTable) -> dict[str, int]:
    names, counts = np.unique(table.split, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _say_nothing(words: str) -> None:
    pass
