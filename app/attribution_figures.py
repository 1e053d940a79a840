"""Figures of attributions with their provenance: one way for the page and the command; cases are called by tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xaae_core.case_tokens import short_token
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from analysis.attributions.cohort_map import CohortMap
    from analysis.figures.figure import Figure
    from app.attribution_provenance import AttributionMaking
    from app.found_maps import FoundMap


def attribution_figure(
    pixels: NDArray[Any],
    judged: Sequence[FoundMap],
    making: AttributionMaking,
    *,
    case_id: str,
    label: str = "",
    mask: NDArray[np.bool_] | None = None,
) -> Figure:
    """The maps of a case, with their verdicts where all were checked.

    Args:
        pixels: the case as the model takes it.
        judged: what is known of its maps; those that could not be made are left out.
        making: how they were made.
        case_id: the case's id; the figure holds its token alone.
        label: of the case; "" where it is not known.
        mask: what matters in it.
    """
    from analysis.figures.attribution_map import AttributionFigure
    from analysis.figures.figure import Figure

    made = [one for one in judged if one.attribution is not None]
    maps = tuple(one.attribution for one in made if one.attribution is not None)
    is_checked = any(one.strip is not None for one in made)
    verdicts = tuple(one.verdict_words for one in made) if is_checked else ()
    form = signal_form_of(making.checkpoint.model)
    title = f"{case_words(case_id, label)}: what moves {making.target.name}"
    drawing = AttributionFigure(pixels, maps, title, mask, verdicts, form)
    return Figure(drawing, making.of_case(drawing.kind, case_id, maps, is_evaluated=is_checked), title)


def sanity_figure(judged: Sequence[FoundMap], making: AttributionMaking, *, case_id: str, label: str = "") -> Figure:
    """The checks and measures of a case's maps; what is not checked or measured yet has empty cells.

    Args:
        judged: what is known of its maps.
        making: how they were made.
        case_id: the case's id; the figure holds its token alone.
        label: of the case.
    """
    from analysis.figures.figure import Figure
    from analysis.figures.sanity_table import SanityRow, SanityTable

    made = [(one.attribution, one.strip) for one in judged if one.attribution is not None]
    rows = tuple(SanityRow.of(one, strip) for one, strip in made)
    title = f"{case_words(case_id, label)}: may these maps of {making.target.name} be believed?"
    drawing = SanityTable(rows, title, signal_form_of(making.checkpoint.model))
    told = making.of_case(drawing.kind, case_id, [one for one, _ in made], is_evaluated=True)
    return Figure(drawing, told, title)


def cohort_figure(
    picture: NDArray[Any],
    maps: Mapping[str, CohortMap],
    making: AttributionMaking,
    *,
    case_ids: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
) -> Figure:
    """The mean maps of many cases.

    Args:
        picture: mean of the cases.
        maps: by the group's name.
        making: how they were made.
        case_ids: ids of the cases; the figure holds their tokens alone.
        settings: that each method ran with, by its name.
    """
    from analysis.figures.cohort_figure import CohortFigure
    from analysis.figures.figure import Figure

    form = signal_form_of(making.checkpoint.model)
    n = max(found.n for found in maps.values())
    title = f"Mean of {n:,} {'picture' if form is None else 'signal'}s: what moves {making.target.name}"
    drawing = CohortFigure(picture, dict(maps), title, form)
    return Figure(drawing, making.of_many(case_ids, maps, settings), title)


def case_words(case_id: str, label: str = "") -> str:
    """A case as titles call it: "Case 3fa9c1 · labelled effusion"."""
    return f"Case {short_token(case_id)}{f' · labelled {label}' if label else ''}"
