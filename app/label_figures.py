"""Doubtful labels as parts of a figure: one way for the page and the command; cases are called by tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.example_provenance import tile_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.examples.wrong_labels import LabelSuspects
    from analysis.figures.label_sheet import DoubtedLabel

CAUTION = "a doubtful label is a question to whoever set it, not an answer: rare and borderline cases look the same"


def doubted_label(suspects: LabelSuspects, place: int, picture: NDArray[Any] | None) -> DoubtedLabel:
    """The case in a place of the ranking, 0 the most doubtful.

    Args:
        suspects: the ranking.
        place: of the case.
        picture: of the case; None where it is not there.
    """
    from analysis.figures.label_sheet import DoubtedLabel

    return DoubtedLabel(
        picture,
        tile_name(str(suspects.ids[place])),
        place + 1,
        suspects.classes[suspects.labels[place]],
        suspects.classes[suspects.suggested[place]],
        float(suspects.disagreement[place]),
        float(suspects.suspicion[place]),
        suspects.sentence(place).partition("; ")[2],
        float(suspects.self_influence[place]),
    )


def label_title(cases: Sequence[DoubtedLabel], n_judged: int) -> str:
    """The title of a sheet: which places of how many."""
    first = cases[0].rank
    which = f"{len(cases)}" if first == 1 else f"places {first} to {cases[-1].rank}"
    return f"Labels worth a second look, the most doubtful first: {which} of {n_judged:,}"
