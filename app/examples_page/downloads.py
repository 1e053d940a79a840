"""The examples as a figure and files: all scores as a table, and a contact sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from numpy.typing import NDArray

from analysis.examples import ExampleImportance
from analysis.figures.example_sheet import SheetFigure, SheetRow, Tile
from analysis.figures.figure import Figure
from analysis.figures.latent_map import prediction_of, truth_of
from analysis.provenance import Provenance
from app.attribution_figures import case_words
from app.example_provenance import example_provenance, method_names, tile_name
from app.examples_page.controls import ExamplesChoice
from app.examples_page.helpful import score_text, signed_places
from app.examples_page.rows import nearest_columns
from app.examples_page.scene import ExampleScene
from app.figure_menu import Offer, figure_menu
from app.views import View, view_now
from xaae_core.case_tokens import case_token, short_token
from xaae_core.errors import XaaeError

Reader = Callable[[int], NDArray[Any] | None]
"""Gives the picture of a searched case."""


@dataclass(frozen=True)
class ShownRow:
    """Cases that the page shows in a row.

    Attributes:
        role: what they are to the case.
        title: above them.
        words: what their scores are.
        columns: places among the searched cases.
        scores: of each.
        told: each score in words.
        largest: score of a bar of full length.
    """

    role: str
    title: str
    words: str
    columns: tuple[int, ...]
    scores: tuple[float, ...]
    told: tuple[str, ...]
    largest: float


def show_menu(scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None) -> None:
    """The menu of the contact sheet, with all scores; what needs the session is asked for now."""
    rows = shown_rows(scene, choice, importance)
    token = short_token(scene.subject.id)
    provenance = provenance_of_sheet(scene, choice, importance, rows)
    notes = notes_of(scene, choice, importance)
    pictures = scene.pictures

    def read(column: int) -> NDArray[Any] | None:
        try:
            return pictures.read(int(scene.searched.rows[column]))
        except XaaeError:
            return None

    def make() -> Figure:
        drawing = sheet_figure(scene, rows, notes, read)
        return Figure(drawing, provenance, drawing.title)

    told = "Every searched case with its id and all scores; the columns' names say by which methods."
    scores = Offer(
        "All scores (CSV)", f"scores-{token}.csv", "text/csv", partial(scores_csv, scene, choice, importance), told
    )
    figure_menu(
        make, key="take_examples", name=f"examples-{token}", label="Take these examples",
        offers=(scores,),
    )  # fmt: skip


def scores_csv(scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None) -> bytes:
    """All searched cases, one row each, the nearest first."""
    table, mixture = scene.searched.table, scene.mixture(choice.mixture)
    weights = dict(zip(mixture.train_ids.tolist(), mixture.scores[0].tolist(), strict=True))
    scores: dict[str, float] = {}
    weight_name, score_name = _named(mixture), ""
    if importance is not None:
        scores = dict(zip(importance.train_ids.tolist(), importance.scores[0].tolist(), strict=True))
        score_name = _named(importance)
    columns = ["rank", "id", "label", "prediction", "split", "is this case", "distance in z", "usual spacings"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, weight_name, *([score_name] if score_name else [])])
    copies = set(scene.copies.tolist())
    for rank, column in enumerate(scene.nearest.most_important(0, len(table)).tolist(), start=1):
        case = str(table.ids[column])
        row = [rank, case, truth_of(table, column), prediction_of(table, column), str(table.split[column])]
        row += ["yes" if column in copies else "no", f"{scene.nearest.distances[0, column]:.8g}"]
        row += [f"{scene.spacings[column]:.8g}", _number(weights.get(case))]
        writer.writerow([*row, *([_number(scores.get(case))] if score_name else [])])
    return text.getvalue().encode()


def shown_rows(
    scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None
) -> tuple[ShownRow, ...]:
    """What the page shows beside the case, row by row."""
    mixture, table = scene.mixture(choice.mixture), scene.searched.table
    similar = nearest_columns(scene, choice.count)
    far = [float(scene.spacings[column]) for column in similar]
    places = mixture.most_important(0, choice.count).tolist()
    weights = [float(mixture.scores[0, place]) for place in places]
    rows = [
        ShownRow(
            "similar", "Most similar", "distance in z, in units of the usual spacing of training cases",
            tuple(similar), tuple(far), tuple(f"{each:.2f} ×" for each in far), max([2.0, *far]),
        ),
        ShownRow(
            "part of the mixture", "What it is a mixture of", "weights of the mixture that comes nearest to its z",
            tuple(int(scene.others[place]) for place in places), tuple(weights),
            tuple(f"{each:.1%}" for each in weights), max([1e-12, *weights]),
        ),
    ]  # fmt: skip
    if importance is None:
        return tuple(rows)
    signed = signed_places(scene, importance, choice.count)
    values = [float(importance.scores[0, place]) for part in signed for place in part]
    largest = max(map(abs, values), default=1.0) or 1.0
    for role, part in zip(("helpful", "harmful"), signed, strict=True):
        own = tuple(float(importance.scores[0, place]) for place in part)
        columns = tuple(int(table.row_of(str(importance.train_ids[place]))) for place in part)
        words = f"{importance.method}, {importance.parameters.get('loss', '')}".rstrip(", ")
        rows.append(
            ShownRow(role, f"Most {role}", words, columns, own, tuple(score_text(each) for each in own), largest)
        )
    return tuple(rows)


def sheet_figure(scene: ExampleScene, rows: Sequence[ShownRow], notes: tuple[str, ...], read: Reader) -> SheetFigure:
    """The contact sheet of what the page shows; cases are called by their tokens.

    Args:
        scene: the case and what was searched.
        rows: beside it.
        notes: below.
        read: the picture of a searched case; None where it is not there.
    """
    subject = scene.subject
    lines = (subject.label and f"labelled {subject.label}", subject.answer and f"called {subject.answer}")
    case = Tile(subject.pixels, tile_name(subject.id), tuple(filter(None, lines)))
    drawn = tuple(SheetRow(row.role, row.title, row.words, tuple(_tiles(scene, row, read))) for row in rows)
    title = f"{case_words(subject.id, subject.label)}: examples from the training"
    return SheetFigure(case, drawn, title, notes=notes, form=scene.workspace.signal_form)


def notes_of(scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None) -> tuple[str, ...]:
    """Which cases were searched, and the methods with their parameters."""
    notes = [scene.searched.words, _named(scene.mixture(choice.mixture))]
    return (*notes, *(() if importance is None else (_named(importance), *importance.notes)))


def provenance_of_sheet(
    scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None, rows: Sequence[ShownRow]
) -> Provenance:
    """How the sheet was made; the view is that of now."""
    table, checkpoint = scene.searched.table, scene.workspace.checkpoint
    view = view_now("examples", checkpoint.sha256)
    query = {**view.query, "case": (case_token(scene.subject.id),)}
    shown = [str(table.ids[column]) for row in rows for column in row.columns]
    mixture = scene.mixture(choice.mixture)
    used = [mixture] if importance is None else [mixture, importance]
    return example_provenance(
        checkpoint,
        view=View(view.page, query),
        data_fingerprint=table.data_fingerprint,
        case_ids=(scene.subject.id, *shown),
        methods=("nearest", choice.mixture, *method_names(importance)),
        used=used,
        settings={"searched": choice.scope, "n_cases": len(table), "count": choice.count},
    )


def _tiles(scene: ExampleScene, row: ShownRow, read: Reader) -> Iterator[Tile]:
    table = scene.searched.table
    for column, score, told in zip(row.columns, row.scores, row.told, strict=True):
        lines = (truth_of(table, column) or "no label",)
        share = abs(score) / row.largest
        yield Tile(read(column), tile_name(str(table.ids[column])), lines, score, told, share)


def _named(importance: ExampleImportance) -> str:
    """Method and parameters in a line."""
    settings = ", ".join(f"{name}={_short(value)}" for name, value in importance.parameters.items())
    return f"{importance.method} ({settings})" if settings else importance.method


def _short(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.8g}"
