"""Doubtful labels as a figure and a list."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray

from analysis.examples.wrong_labels import LabelSuspects
from analysis.figures.figure import Figure
from analysis.figures.label_sheet import LabelSheet
from analysis.figures.latent_map import prediction_of
from app.example_provenance import example_provenance
from app.examples_page.doubts import DoubtedCases
from app.figure_menu import Offer, figure_menu
from app.label_figures import CAUTION, doubted_label, label_title
from app.views import view_now
from xaae_core.errors import XaaeError


def show_menu(doubted: DoubtedCases, suspects: LabelSuspects, shown: Sequence[int]) -> None:
    """The menu of the labels that are shown, with the whole list; what needs the session is asked for now."""
    workspace, pictures = doubted.cases.workspace, doubted.pictures
    table = doubted.cases.table
    rows = [int(table.row_of(str(suspects.ids[place]))) for place in shown]
    provenance = example_provenance(
        workspace.checkpoint,
        view=view_now("examples", workspace.checkpoint.sha256),
        data_fingerprint=table.data_fingerprint,
        case_ids=[str(suspects.ids[place]) for place in shown],
        methods=methods_of(suspects),
        settings={"n_cases": len(suspects), "notes": list(suspects.notes)},
        kind=LabelSheet.kind,
    )

    def read(row: int) -> NDArray[Any] | None:
        try:
            return pictures.read(row)
        except XaaeError:
            return None

    def make() -> Figure:
        cases = tuple(doubted_label(suspects, place, read(row)) for place, row in zip(shown, rows, strict=True))
        notes = (*suspects.notes, CAUTION)
        drawing = LabelSheet(cases, len(suspects), label_title(cases, len(suspects)), notes, workspace.signal_form)
        return Figure(drawing, provenance, drawing.title)

    told = "The whole ranking, with ids and reasons."
    figure_menu(
        make, key="take_labels", name="labels-worth-a-second-look", label="Take these",
        offers=(Offer("List (CSV)", "doubtful-labels.csv", "text/csv", partial(doubts_csv, doubted, suspects), told),),
    )  # fmt: skip


def methods_of(suspects: LabelSuspects) -> tuple[str, ...]:
    """What ranked the labels, by the names that citations know."""
    is_asked = any(not math.isnan(float(own)) for own in suspects.self_influence)
    return ("nearest", "tracin") if is_asked else ("nearest",)


def doubts_csv(doubted: DoubtedCases, suspects: LabelSuspects) -> bytes:
    """The whole ranking, the most doubtful first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    method = ", ".join(suspects.notes)
    writer.writerow(
        ["rank", "id", "label", "suggested label", "prediction", f"suspicion ({method})",
         "share of nearest others with another label", "self-influence", "why"]
    )  # fmt: skip
    for place in range(len(suspects)):
        case = str(suspects.ids[place])
        own = float(suspects.self_influence[place])
        writer.writerow(
            [place + 1, case, suspects.classes[suspects.labels[place]], suspects.classes[suspects.suggested[place]],
             prediction_of(doubted.cases.table, int(doubted.cases.table.row_of(case))),
             f"{suspects.suspicion[place]:.8g}", f"{suspects.disagreement[place]:.8g}",
             "" if math.isnan(own) else f"{own:.8g}", suspects.sentence(place)]
        )  # fmt: skip
    return text.getvalue().encode()
