"""What notebooks show of results: the same facts as the pages, in HTML that stands for itself.

Each result's `_repr_html_` is one of these; without a notebook its `repr` stays as it is. A notebook names cases by
their ids, as the screen does: clear its outputs, or export figures, before it leaves the house.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.display_html import Html, coloured, facts, grid, picture, pixels_png, stack, traces

if TYPE_CHECKING:
    from analysis.attributions.attribution import Attribution
    from analysis.directions import Direction
    from analysis.examples.importance import ExampleImportance
    from analysis.figures.figure import Figure
    from analysis.projections.projection import Projection
    from analysis.traversals import Traversal

_STEPS, _CASES, _EXAMPLES = 7, 10, 5
_SIDE = 96  # pixels of the screen that a frame takes
_MAP_SIDE = 360


def show_figure(figure: Figure) -> str:
    """The drawing with its caption; 150 dots per inch, without the provenance that an exported file holds."""
    from dataclasses import replace

    from analysis.figures.export import draw_file
    from analysis.figures.style import PAPER
    from analysis.provenance.wording import caption_of

    caption = caption_of(figure)
    drawn = draw_file(figure.drawing, "png", replace(PAPER, dpi=150))
    return stack(Html(f"<strong>{_words(figure.title)}</strong>"), picture(drawn, caption), caption, figure.note)


def show_direction(direction: Direction) -> str:
    """Target, quality with its interval, cone, p-value."""
    rows = [
        ("+ means more of", direction.target),
        ("− means", direction.counterpart),
        ("fitted by", f"{direction.method}, {direction.n_cases:,} cases, {len(direction.vector)} dimensions"),
        (f"{direction.quality_name} (cross-validated)", _with_interval(direction.quality, direction.quality_interval)),
        (f"{direction.quality_name} of other splits", _number(direction.held_out)),
        ("95 % of resampled directions within", _number(direction.cone_degrees, "°")),
        ("p", _p_value(direction)),
    ]
    return stack(facts(f"Direction {direction.way}", rows))


def show_traversal(traversal: Traversal) -> str:
    """Evenly spaced steps, what changed, and what the model says of each."""
    from analysis.figures.filmstrip import pick_steps

    shown = pick_steps(traversal, _STEPS)
    rows: list[list[Html | str]] = [["decoded", *(_frame(traversal, step) for step in shown)]]
    if traversal.signal_form is None:
        change = traversal.change().mean(axis=1)  # [K, H, W]
        limit = max(float(np.abs(change[shown]).max()), 1 / 255)
        rows.append([f"change, ±{limit:.2g}", *(_pixels(coloured(change[step], limit), "change") for step in shown)])
    rows += _answers(traversal, shown)
    note = f"{len(traversal.steps)} steps; {traversal.skip_dropout:.0%} of the skips' channels dropped"
    header = ["SD", *(f"{traversal.steps[step]:+.2g}" for step in shown)]
    return stack(Html(f"<strong>Path towards {_words(traversal.target)}</strong>"), grid(header, rows), note)


def show_projection(projection: Projection) -> str:
    """The points as a picture, how the map was made, and how far it can be read."""
    settings = ", ".join(f"{name}={value}" for name, value in projection.parameters.items())
    quality = "not measured: call rate()" if projection.quality is None else projection.quality.sentence()
    rows = [
        ("axes", " · ".join(projection.axes)),
        ("settings", f"{settings}, seed={projection.seed}".lstrip(", ")),
        ("neighbours", quality),
        *(("note", note) for note in projection.notes),
    ]
    drawn = picture(pixels_png(_dots(projection.points)), f"{len(projection):,} points of a {projection.method} map")
    return stack(drawn, facts(f"{projection.title} of {len(projection):,} cases", rows))


def show_attribution(attribution: Attribution) -> str:
    """The map in two colours, and what is known of it."""
    limit = float(np.nanmax(np.abs(attribution.map), initial=0.0))
    side = max(192, attribution.map.shape[1])
    baseline = (
        "none" if attribution.baseline_score is None
        else f"{attribution.baseline}, score {_number(attribution.baseline_score)}"
    )  # fmt: skip
    rows = [
        ("target", f"{attribution.target}, score {_number(attribution.score)}"),
        ("baseline", baseline),
        ("a number of the map is", attribution.meaning),
        ("colours", f"violet −{limit:.3g}, white 0, orange +{limit:.3g}"),
        ("convergence delta", "—" if attribution.convergence_delta is None else _number(attribution.convergence_delta)),
        *((measure.name, _with_interval(measure.value, measure.interval)) for measure in attribution.measures),
    ]
    alt = f"map of {attribution.method} for {attribution.target}"
    drawn = picture(pixels_png(coloured(attribution.map, limit)), alt, width=side, is_sharp=True)
    return stack(drawn, facts(f"Attribution by {attribution.method}", rows))


def show_importance(importance: ExampleImportance) -> str:
    """For the first cases, the training cases that matter most."""
    n_test, n_train = importance.scores.shape
    rows = [
        [
            str(importance.test_ids[row]),
            *(
                f"{importance.train_ids[column]} ({importance.scores[row, column]:.3g})"
                for column in importance.most_important(row, _EXAMPLES)
            ),
        ]
        for row in range(min(n_test, _CASES))
    ]
    header = ["case", *(f"{place}." for place in range(1, min(_EXAMPLES, n_train) + 1))]
    title = f"Importance of {n_train:,} training cases to {n_test:,} cases by {importance.method}"
    unfinished = "" if importance.is_complete else "Cancelled: this is the part that was finished."
    more = f"… and {n_test - _CASES:,} further cases" if n_test > _CASES else ""
    return stack(Html(f"<strong>{_words(title)}</strong>"), grid(header, rows), more, unfinished, *importance.notes)


def _answers(traversal: Traversal, shown: list[int]) -> list[list[Html | str]]:
    """What the model says of each shown step: a row for a number, or for every class."""
    if traversal.values is not None:
        return [["predicted", *(f"{traversal.values[step]:.4g}" for step in shown)]]
    if traversal.probabilities is None:
        return []
    return [
        [f"p of class {index}", *(f"{traversal.probabilities[step, index]:.2f}" for step in shown)]
        for index in range(traversal.probabilities.shape[1])
    ]


def _frame(traversal: Traversal, step: int) -> Html:
    if traversal.signal_form is not None:
        return traces(traversal.frames[step, 0])
    return _pixels(traversal.frames[step], f"decoded at {traversal.steps[step]:+.2g} SD")


def _pixels(levels: NDArray[Any], alt: str) -> Html:
    return picture(pixels_png(levels), alt, width=_SIDE, is_sharp=True)


def _dots(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Points [N, 2] as dark dots on white [side, side]; the more, the darker, whatever their number."""
    page = np.zeros((_MAP_SIDE, _MAP_SIDE))
    if len(points):
        low, high = points.min(axis=0), points.max(axis=0)
        span = float((high - low).max()) or 1.0  # one scale for both axes: distances are to be compared
        places = np.rint(8 + (points - (low + high) / 2 + span / 2) / span * (_MAP_SIDE - 17)).astype(int)
        for right in (-1, 0, 1):
            for up in (-1, 0, 1):
                np.add.at(page, (_MAP_SIDE - 1 - places[:, 1] + up, places[:, 0] + right), 1.0)
    return np.asarray(0.45 ** np.minimum(page, 4))


def _number(value: float, unit: str = "") -> str:
    return "not known" if not math.isfinite(value) else f"{value:.3g}{unit}"


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    low, high = interval
    known = math.isfinite(low) and math.isfinite(high)
    return f"{_number(value)} ({low:.3g} to {high:.3g})" if known else _number(value)


def _p_value(direction: Direction) -> str:
    if not math.isfinite(direction.p_value):
        return "not tested"
    return f"{direction.p_value:.2g} ({direction.n_permutations:,} shuffles)"


def _words(text: str) -> str:
    from html import escape

    return escape(text)
