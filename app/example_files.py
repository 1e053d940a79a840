"""The files that `xaae examples` writes: a table, and a contact sheet in every format of papers."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.example_methods import SIGNED
from app.terminal import remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from analysis.examples import ExampleImportance
    from analysis.figures.example_sheet import SheetFigure
    from analysis.figures.figure import Figure
    from analysis.figures.style import FigureStyle
    from app.views import View
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.recipes import CaseInput, CaseRecipe

COLUMNS = ("rank", "id", "label", "prediction", "split", "distance", "spacings", "score", "picture", "role")
_ROWS = {
    "similar": ("Most similar", "distance in z, in units of the usual spacing of training cases"),
    "part of the mixture": ("What it is a mixture of", "weights of the mixture that comes nearest to its z"),
    "helpful": ("Most helpful", "the case's loss falls with them"),
    "harmful": ("Most harmful", "the case's loss rises with them"),
}
"""Title and words of a row of the contact sheet, by the cases' role."""
_TITLES = {
    "nearest": "its nearest training cases in z",
    "simplex": "the training cases that it is a mixture of",
    "simplex_entropy": "the training cases that it is a mixture of",
}


def sheet_of(
    opened: Checkpoint,
    picture: CaseInput,
    z: Any,
    rows: list[dict[str, Any]],
    importance: ExampleImportance,
    *,
    method: str,
    case_id: str,
) -> SheetFigure | None:
    """The contact sheet; None where not one picture of the examples can be read. Cases are called by their tokens."""
    from analysis.figures.example_sheet import SheetFigure, SheetRow, Tile
    from app.attribution_figures import case_words
    from app.example_provenance import tile_name
    from xaae_core.data.recipes import recipe_for
    from xaae_core.signal_form import signal_form_of

    recipe = recipe_for(opened.model, opened.card)
    pictures = [picture_of(row, recipe) for row in rows]
    if all(pixels is None for pixels in pictures):
        return None
    largest = max((abs(_shown_score(row)) for row in rows), default=1.0) or 1.0
    tiles: dict[str, list[Tile]] = {}
    for row, pixels in zip(rows, pictures, strict=True):
        score = _shown_score(row)
        lines = (row["label"] or "not labelled", row["split"])
        tile = Tile(pixels, tile_name(row["id"]), lines, score, told_of(row), abs(score) / largest)
        tiles.setdefault(row["role"], []).append(tile)
    case = Tile(picture.pixels, tile_name(case_id), tuple(filter(None, (answer_of(opened, z),))))
    drawn = tuple(SheetRow(role, *_ROWS[role], tuple(part)) for role, part in tiles.items())
    parameters = ", ".join(f"{name}={value}" for name, value in importance.parameters.items())
    notes = (f"{importance.method} ({parameters})" if parameters else importance.method, *importance.notes)
    title = f"{case_words(case_id)}: {_TITLES.get(method, 'training cases that helped and harmed it most')}"
    return SheetFigure(case, drawn, title, notes, signal_form_of(opened.model))


def answer_of(opened: Checkpoint, z: Any) -> str:
    """What the model says of the case, in a few words; "" where it says nothing."""
    import torch

    from xaae_core.predictions import predict

    said = predict(opened.model, torch.from_numpy(z))
    if said.values is not None:
        return f"predicted {said.values[0]:.3g}"
    if said.probabilities is not None and opened.card.classes:
        best = int(said.probabilities[0].argmax())
        return f"called {opened.card.classes[best]}, p = {said.probabilities[0, best]:.2f}"
    return ""


def picture_of(row: dict[str, Any], recipe: CaseRecipe) -> NDArray[np.float32] | None:
    """The picture of a case of a ranking; None, with a remark, where it cannot be read."""
    from xaae_core.errors import CaseError

    if not row["picture"]:
        return None
    try:
        return recipe.read(row["picture"]).pixels
    except CaseError as error:
        remark(f"  note: {error}")
    return None


def view_of_examples(
    opened: Checkpoint, case_id: str, method: str, count: int, loss: str | None, parameters: str
) -> View:
    """The examples page as its address asks for it, with the words that its controls have."""
    from app.example_words import COUNTS, LOSSES, METHODS, MIXTURES, PARAMETERS
    from app.views import view_of
    from xaae_core.case_tokens import case_token

    words: dict[str, dict[Any, str]] = {
        "mixture": {**MIXTURES}, "influence": {**METHODS}, "influence_loss": {**LOSSES},
        "influence_parameters": {**PARAMETERS},
    }  # fmt: skip
    is_signed = method in SIGNED
    asked = {
        "mixture": "" if is_signed else method,
        "influence": method if is_signed else "",
        "influence_loss": (loss or "") if is_signed else "",
        "influence_parameters": parameters if is_signed and parameters != "auto" else "",
    }
    told = {key: words[key].get(value, "") for key, value in asked.items()}
    shown = str(count) if count in COUNTS[1:] else ""
    return view_of("examples", opened.sha256, case=case_token(case_id), examples=shown, **told)


def write_examples(
    folder: Path, rows: list[dict[str, Any]], figure: Figure | None, style: FigureStyle, formats: Sequence[str]
) -> list[str]:
    """Write the table and, where there is one, the contact sheet in these formats; returns the files' paths."""
    from analysis.figures.export import export_figure
    from analysis.figures.formats import FORMATS
    from xaae_core.atomic_files import atomic_path

    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    contents = {"examples.csv": text.getvalue().encode()}
    if figure is None:
        remark("  note: no picture of these cases was found, so there is no contact sheet: give --data FOLDER")
    else:
        contents |= {f"examples.{form}": export_figure(figure, form, style) for form in FORMATS if form in formats}
    for name, content in contents.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    return [str(folder / name) for name in contents]


def told_of(row: dict[str, Any]) -> str:
    """Why the case is shown, in a few words."""
    if row["role"] == "similar":
        return f"{row['spacings']:.2f} × the usual spacing"
    if row["role"] == "part of the mixture":
        return f"weight {row['score']:.1%}"
    return f"{row['role']} ({row['score']:+.2g})"


def _shown_score(row: dict[str, Any]) -> float:
    """What the sheet tells of a case: how far away it lies, or its importance."""
    return float(row["spacings"] if row["role"] == "similar" else row["score"])
