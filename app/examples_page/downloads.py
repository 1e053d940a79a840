"""The examples as files: all scores as a table, and a contact sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import streamlit as st

from analysis.examples import ExampleImportance
from analysis.figures.example_sheet import SheetFigure, Tile, draw_sheet
from analysis.figures.formats import Format
from analysis.figures.latent_map import prediction_of, truth_of
from app.examples_page.controls import ExamplesChoice
from app.examples_page.helpful import score_text, signed_places
from app.examples_page.rows import nearest_columns
from app.examples_page.scene import ExampleScene
from xaae_core.errors import XaaeError

_MOST_BESIDE = 6


def show_downloads(scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None) -> None:
    """A row of files, each made when it is asked for."""
    name = f"examples-{scene.subject.name.rpartition('/')[2]}"
    told = "The case and the cases shown on this page, with their scores; the title says by which methods."
    offers: list[tuple[str, str, str, Callable[[], bytes], str]] = [
        ("PNG", f"{name}.png", "image/png", _sheet(scene, choice, importance, "png"), told),
        ("SVG", f"{name}.svg", "image/svg+xml", _sheet(scene, choice, importance, "svg"), told),
        ("PDF", f"{name}.pdf", "application/pdf", _sheet(scene, choice, importance, "pdf"), told),
        (
            "All scores (CSV)", f"{name}.csv", "text/csv", lambda: scores_csv(scene, choice, importance),
            "Every searched case with its id and all scores; the columns' names say by which methods.",
        ),
    ]  # fmt: skip
    line = st.container(horizontal=True)  # not columns: they cut the words in a narrow window
    for label, file, mime, make, words in offers:
        line.download_button(label, make, file, mime, on_click="ignore", help=words)


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


def sheet_figure(scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None) -> SheetFigure:
    """The contact sheet of what the page shows: the case, and a row (or more) of each kind beside it."""
    mixture, table = scene.mixture(choice.mixture), scene.searched.table
    similar = [
        _tile(scene, column, f"similar: {scene.spacings[column]:.2f} ×")
        for column in nearest_columns(scene, choice.count)
    ]
    parts = [
        _tile(scene, int(scene.others[place]), f"mixture: {mixture.scores[0, place]:.1%}")
        for place in mixture.most_important(0, choice.count).tolist()
    ]
    kinds = [similar, parts]
    notes = [
        scene.searched.words,
        "similar: distance in z, in units of the usual spacing of training cases",
        "mixture: weights",
        _named(mixture),
    ]
    if importance is not None:
        for role, places in zip(("helpful", "harmful"), signed_places(scene, importance, choice.count), strict=True):
            columns = [int(table.row_of(str(importance.train_ids[place]))) for place in places]
            told = [f"{role}: {score_text(float(importance.scores[0, place]))}" for place in places]
            kinds.append([_tile(scene, column, text) for column, text in zip(columns, told, strict=True)])
        notes += [_named(importance), *importance.notes]
    subject = scene.subject
    label, answer = subject.label and f"label {subject.label}", subject.answer and f"called {subject.answer}"
    case = Tile(subject.pixels, tuple(filter(None, (subject.name, "the case", label, answer))))
    rows = _in_rows(kinds, sheet_columns(choice) - 1)
    title = f"{subject.name}: examples from the training"
    return SheetFigure(case, rows, title, notes=tuple(notes), form=scene.workspace.signal_form)


def sheet_columns(choice: ExamplesChoice) -> int:
    """Pictures side by side on the sheet, the case among them."""
    return min(choice.count, _MOST_BESIDE) + 1


def _in_rows(kinds: Sequence[Sequence[Tile]], n: int) -> list[Tile | None]:
    """Each kind in rows of its own of n pictures, below the case's column."""
    cells: list[Tile | None] = []
    for kind in kinds:
        for start in range(0, len(kind), n):
            row = kind[start : start + n]
            cells += [None, *row, *([None] * (n - len(row)))]
    return cells[1:]  # the first place is the case's


def _sheet(
    scene: ExampleScene, choice: ExamplesChoice, importance: ExampleImportance | None, form: Format
) -> Callable[[], bytes]:
    return lambda: draw_sheet(sheet_figure(scene, choice, importance), form, columns=sheet_columns(choice))


def _tile(scene: ExampleScene, column: int, told: str) -> Tile:
    row, cases = int(scene.searched.rows[column]), scene.searched.cases
    try:
        pixels = scene.pictures.read(row)
    except XaaeError:
        pixels = None
    return Tile(pixels, (cases.name(row), truth_of(cases.table, row) or "no label", told))


def _named(importance: ExampleImportance) -> str:
    """Method and parameters in a line."""
    settings = ", ".join(f"{name}={_short(value)}" for name, value in importance.parameters.items())
    return f"{importance.method} ({settings})" if settings else importance.method


def _short(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.8g}"
