"""What is written under a map: how it was made, how far it can be read, and what is drawn on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from analysis.direction_significance import p_words
from analysis.directions import Direction
from analysis.figures.density_map import MOST_POINTS
from analysis.figures.point_colours import PointColours

if TYPE_CHECKING:
    from analysis.figures.latent_map import MapFigure
    from analysis.map_arrows import MapArrow

NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
"""What maps beside each other are called; letters are for the panels of a figure that they may be one of."""
_FEW_ARROWS = 3


def figure_caption(figures: Sequence[MapFigure], colours: PointColours) -> str:
    """The caption of maps that are drawn beside each other."""
    names = [f"({numeral}) " if len(figures) > 1 else "" for numeral in NUMERALS]
    maps = [name + figure.projection.caption() for name, figure in zip(names, figures, strict=False)]
    return " ".join([*maps, *_of_points(figures, colours), *_of_directions(figures), *_notes(figures)])


def direction_sentence(direction: Direction) -> str:
    """How good a direction is and how sure that is: quality, p-value and cone."""
    words = f"Direction towards {direction.target} ({direction.method}, {direction.n_cases:,} cases)"
    facts = []
    if math.isfinite(direction.quality):
        low, high = direction.quality_interval
        between = f" [{low:.3f}, {high:.3f}]" if math.isfinite(low) else ""
        facts.append(f"cross-validated {direction.quality_name} {direction.quality:.3f}{between}")
    if direction.n_permutations:
        facts.append(f"{p_words(direction.p_value)} ({direction.n_permutations} shuffles)")
    if math.isfinite(direction.cone_degrees):
        facts.append(f"95 % of resampled directions within {direction.cone_degrees:.0f}° in z")
    noise = "; it could be noise" if direction.could_be_noise else ""
    return f"{words}: {', '.join(facts)}{noise}." if facts else f"{words}."


def _of_points(figures: Sequence[MapFigure], colours: PointColours) -> Iterator[str]:
    n_cases = len(figures[0].table)
    if n_cases > MOST_POINTS:
        yield "Colour of a place: the mean of its cases; strength: their number, on a logarithmic scale."
    if colours.name:
        yield f"Coloured by {colours.name}."
    if figures[0].is_selected is not None:
        yield f"{int(figures[0].is_selected.sum()):,} of {n_cases:,} cases are selected; the others are grey."
    if any(figure.is_doubtful is not None and figure.is_doubtful.any() for figure in figures):
        sign = "Hatched where most cases have" if n_cases > MOST_POINTS else "Crosses: cases with"
        yield f"{sign} a place that says little."


def _of_directions(figures: Sequence[MapFigure]) -> Iterator[str]:
    told: set[str] = set()
    for figure in figures:
        if figure.direction is not None and figure.direction.target not in told:
            told.add(figure.direction.target)
            yield direction_sentence(figure.direction)
    arrows = [arrow for figure in figures for arrow in figure.arrows]
    if arrows:
        yield _of_arrows(arrows, told)
    for numeral, figure in zip(NUMERALS, figures, strict=False):
        if figure.flow is not None:
            name = figure.direction.target if figure.direction is not None else "the target"
            yield f"{f'({numeral}) ' if len(figures) > 1 else ''}{figure.flow.sentence(name)}"
    if any(figure.flow is not None and figure.flow.arrows for figure in figures):
        yield "Small arrows: where the score rises; the paler, the less of the differences nearby they explain."


def _of_arrows(arrows: Sequence[MapArrow], told: set[str]) -> str:
    """What the long arrows are; of few those that no other sentence tells of, of many how sure they are together."""
    others = {arrow.name: arrow for arrow in arrows if arrow.name not in told}
    tested = [arrow.p_value for arrow in others.values() if math.isfinite(arrow.p_value)]
    listed = ""
    if 0 < len(others) <= _FEW_ARROWS:
        listed = f" ({'; '.join(arrow.words for arrow in others.values())})"
    elif tested:
        low, high = min(tested), max(tested)
        listed = f" (p from {low:.2g} to {high:.2g})" if low < high else f" ({p_words(low)} for each)"
    cones = ", the shaded cone holds 95 % of the resampled ones" if any(a.cone is not None for a in arrows) else ""
    dashed = "; dashed: could be noise" if any(arrow.could_be_noise for arrow in arrows) else ""
    return f"Long arrows: 2 SD along a direction{listed}{cones}; angles are those in z{dashed}."


def _notes(figures: Sequence[MapFigure]) -> list[str]:
    return list(dict.fromkeys(note for figure in figures for note in figure.notes))
