"""A model, how good it is, and what moving along its direction shows, as one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.directions import Direction, fit_direction, permutations_for
from analysis.evaluation.quality import Quality, measure_quality
from analysis.evaluation.verdict import Verdict, judge_metrics
from analysis.figures.filmstrip import PathFigure
from analysis.figures.latent_map import MapFigure
from analysis.map_arrows import direction_arrows
from analysis.projections import Method, project
from analysis.score_flow import score_flow
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, Trust, judge_traversal, path_likeness
from xaae_core.atomic_files import write_text_atomically
from xaae_core.checkpoints import Checkpoint
from xaae_core.errors import DirectionError, LatentTableError, ProjectionError
from xaae_core.latents import LatentTable
from xaae_core.model_card import ModelCard
from xaae_core.models.model_abilities import has_decoder
from xaae_core.predictions import predict


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
    """

    target: str = ""
    span: float = 3.0
    n_steps: int = 13
    skip_dropout: float = 1.0
    map_method: Method | None = "tsne"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class CasePicture:
    """A case to be reported.

    Attributes:
        id: its name, as it is written into the report.
        pixels: [C, H, W] in [0, 1], as the model takes it.
        label: its class or true number; "" where it is not known.
        split: "train", "valid", "test" or "" for a picture from outside.
    """

    id: str
    pixels: NDArray[np.float32]
    label: str = ""
    split: str = ""


@dataclass(frozen=True, eq=False)
class ReportedCase:
    """A case moved along the direction.

    Attributes:
        case: the picture.
        answer: what the model says of it, in words; "" where it says nothing.
        figure: the path as a filmstrip shows it.
        trust: how far to believe each step.
        likeness: of the case decoded at 0 to the original, see `path_likeness`.
    """

    case: CasePicture
    answer: str
    figure: PathFigure
    trust: Trust
    likeness: float


@dataclass(frozen=True, eq=False)
class Report:
    """What a report says, before it is written.

    Attributes:
        card: the model's card.
        sha256: digest of its file.
        verdict: whether it is good enough to explain.
        quality: held-out figures; None without.
        direction: of the target; None without.
        cases: moved along it.
        sizes: (channels, height, width) of the model's pictures, and the length of z.
        map: of the latents; None without.
        n_cases: rows of the table of latents by split.
        data_fingerprint: of the data of that table; "" without one.
        missing: why something above is not there, one sentence each.
        settings: what the report is made with.
        created: when, ISO 8601 in UTC.
    """

    card: ModelCard
    sha256: str
    verdict: Verdict
    quality: Quality | None
    direction: Direction | None
    cases: tuple[ReportedCase, ...]
    sizes: tuple[int, int, int, int]
    map: MapFigure | None
    n_cases: dict[str, int]
    data_fingerprint: str
    missing: tuple[str, ...]
    settings: ReportSettings
    created: str


def make_report(
    checkpoint: Checkpoint,
    table: LatentTable | None = None,
    cases: Sequence[CasePicture] = (),
    *,
    settings: ReportSettings | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Measure and decode everything a report shows. What cannot be had is left out and named in `missing`.

    Args:
        checkpoint: the model.
        table: its latents, of training and held-out cases; without it there is the card alone.
        cases: pictures to move along the direction.
        settings: see `ReportSettings`.
        progress: called with a few words before each part.

    Raises:
        DirectionError: `settings` name a target that no direction can be fitted to.
    """
    model = checkpoint.model
    wanted, say = settings or ReportSettings(), progress or _say_nothing
    missing: list[str] = []
    quality: Quality | None = None
    direction: Direction | None = None
    drawn: MapFigure | None = None
    moved: list[ReportedCase] = []
    if table is None:
        missing.append("No table of latents was given, so nothing was measured anew, and no direction was fitted.")
    else:
        say("measuring held-out cases")
        told = wanted.target if wanted.target in table.classes else checkpoint.card.target
        quality = _or_note(missing, "Held-out figures", lambda: measure_quality(table, told, seed=wanted.seed))
        say("fitting the direction")
        target = wanted.target or checkpoint.card.target or None
        if wanted.target:  # asked for by name: a report without it would not be what was asked for
            direction = _fit(table, target, wanted)
        else:
            direction = _or_note(missing, "Direction", lambda: _fit(table, target, wanted))
        if wanted.map_method is not None:
            say(f"drawing the map ({wanted.map_method})")
            drawn = _or_note(missing, "Map", lambda: _map_of(table, wanted, direction))
    if not has_decoder(model):
        missing.append("The model has no decoder, so it draws nothing.")
    elif direction is not None and table is not None:
        fitted = table.rows(table.split == "train")
        neighbourhood = Neighbourhood.of(fitted.z if len(fitted) > 1 else table.z)
        for number, case in enumerate(cases, start=1):
            say(f"moving case {number} of {len(cases)}")
            moved.append(_move(checkpoint, case, direction, neighbourhood, wanted))
    if not moved:
        missing.append("No case was moved along the direction.")
    return Report(
        card=checkpoint.card,
        sha256=checkpoint.sha256,
        verdict=judge_metrics(checkpoint.card.metrics if quality is None else quality.metrics()),
        quality=quality,
        direction=direction,
        cases=tuple(moved),
        sizes=(model.input_channels, *model.input_size, model.encoding_dims),
        map=drawn,
        n_cases={} if table is None else _counts(table),
        data_fingerprint="" if table is None else table.data_fingerprint,
        missing=tuple(missing),
        settings=wanted,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def write_report(report: Report, path: str | Path) -> Path:
    """Write a report as one HTML file, whole or not at all; returns the path."""
    from analysis.report_sections import report_page

    return write_text_atomically(path, report_page(report))


def _or_note(missing: list[str], what: str, make: Callable[[], Any]) -> Any:
    """What `make` gives, or None and its reason among the missing."""
    try:
        return make()
    except (LatentTableError, DirectionError, ProjectionError) as error:
        missing.append(f"{what}: {error}.")
        return None


def _fit(table: LatentTable, target: str | None, settings: ReportSettings) -> Direction:
    return fit_direction(table, target, seed=settings.seed, n_permutations=permutations_for(len(table)))


def _map_of(table: LatentTable, settings: ReportSettings, direction: Direction | None) -> MapFigure:
    assert settings.map_method is not None  # asked for
    target = direction.target if settings.map_method == "pls" and direction is not None else None
    projection = project(table, settings.map_method, seed=settings.seed, target=target)
    if direction is None:
        return MapFigure(projection, table)
    if projection.plane is not None:
        arrows = direction_arrows(projection, table, [direction])
        return MapFigure(projection, table, arrows=arrows, direction=direction)
    flow = score_flow(projection.points, direction.score(table.z))
    return MapFigure(projection, table, flow=flow, direction=direction)


def _move(
    checkpoint: Checkpoint,
    case: CasePicture,
    direction: Direction,
    neighbourhood: Neighbourhood,
    wanted: ReportSettings,
) -> ReportedCase:
    model, classes = checkpoint.model, checkpoint.card.classes
    encoding = encode_image(model, case.pixels)
    path = traverse(
        model,
        encoding,
        direction,
        steps=path_steps(wanted.span, wanted.n_steps),
        skip_dropout=wanted.skip_dropout,
        seed=wanted.seed,
    )
    trust = judge_traversal(model, path, direction, neighbourhood)
    index = classes.index(direction.target) if direction.target in classes else len(classes) - 1
    title = f"{case.id}: towards {direction.target}"
    said = predict(model, encoding.z)
    answer = ""
    if said.values is not None:
        answer = f"{checkpoint.card.target or 'number'} {said.values[0]:.3g}"
    elif said.probabilities is not None and classes:
        best = int(said.probabilities[0].argmax())
        answer = f"{classes[best]} (p = {said.probabilities[0, best]:.2f})"
    likeness = path_likeness(path, case.pixels)
    return ReportedCase(case, answer, PathFigure(path, case.pixels, index, title, trust.achieved), trust, likeness)


def _counts(table: LatentTable) -> dict[str, int]:
    names, counts = np.unique(table.split, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _say_nothing(words: str) -> None:
    pass
