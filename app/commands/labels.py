"""`xaae labels`: the cases whose labels are worth a second look, the most doubtful first."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.case_files import CaseFiles
from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.figure_options import figure_options, style_from
from app.label_figures import CAUTION
from app.model_latents import latents_of_model
from app.terminal import counted, print_json, remark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.examples.wrong_labels import LabelSuspects
    from analysis.figures.style import FigureStyle
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.recipes import CaseRecipe
    from xaae_core.latents import LatentTable

COLUMNS = (
    "rank",
    "id",
    "label",
    "suggested",
    "prediction",
    "split",
    "suspicion",
    "disagreement",
    "self_influence",
    "picture",
    "why",
)
SHOWN = 12
"""Cases on the contact sheet."""
_FILE = click.Path(path_type=Path)


@click.command(
    "labels",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae labels model.safetensors --latents model.latents.parquet --out doubts",
)
@click.argument("checkpoint", type=_FILE)
@click.option("--latents", required=True, type=_FILE, help="Table of latents of the same checkpoint, with labels.")
@click.option("--data", type=_FILE, help="Data folder of --latents, if it was moved since; for the pictures.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--split", type=click.Choice(["train", "valid", "test", "all"]), default="train", show_default=True,
    help="The part of the table whose labels are judged.")  # fmt: skip
@click.option("--neighbours", type=click.IntRange(1, 1000), default=10, show_default=True,
    help="Nearest cases in z that are asked for their labels.")  # fmt: skip
@click.option("--self-influence", "is_measured", is_flag=True,
    help="Ask the model too: how strongly each case pulls at it for its own label. Needs the pictures.")  # fmt: skip
@click.option("--trace", type=_FILE, multiple=True,
    help="With --self-influence: a checkpoint of the training; may be repeated. The final weights alone if left out.",
)  # fmt: skip
@click.option("--parameters", type=click.Choice(["auto", "encoder", "last_block", "classifier"]), default="auto",
    show_default=True, help="With --self-influence: whose gradients.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the ranking as JSON.")
@figure_options
@allow_encoders
def command(
    checkpoint: Path,
    latents: Path,
    data: Path | None,
    out: Path,
    split: str,
    neighbours: int,
    is_measured: bool,
    trace: tuple[Path, ...],
    parameters: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Rank the labels that are worth a second look.

    A label is doubted where the nearest cases in z have another one, and, with --self-influence, where the model could
    only learn it by heart. Writes labels.csv, every labelled case with the most doubtful first, and labels.png, .svg
    and .pdf, the first 12, where their pictures are found; there cases are called by tokens, not by their files' names.
    """
    import numpy as np

    from analysis.examples.wrong_labels import rank_wrong_labels
    from app.opened_model import open_checkpoint
    from xaae_core.atomic_files import atomic_path
    from xaae_core.data.recipes import recipe_for

    if trace and not is_measured:
        raise click.UsageError("--trace is for --self-influence: give that too, or leave it out")
    style = style_from(options)
    opened = open_checkpoint(checkpoint)
    table = judged_table(latents_of_model(opened, latents), split)
    recipe = recipe_for(opened.model, opened.card)
    files = CaseFiles(table, latents=latents, data=data)
    known = None
    if is_measured:
        known = own_influence(opened, table, files, recipe, trace, parameters)
        table = table.rows(np.flatnonzero([case in known for case in table.ids.tolist()]))
        files = CaseFiles(table, latents=latents, data=data)
    found = rank_wrong_labels(table, self_influence=known, n_neighbours=neighbours)
    rows = rows_of(found, table, files)
    contents = {"labels.csv": csv_of(rows)}
    contents |= figure_files(found, table, rows, recipe, opened, style)
    for name, content in contents.items():
        with atomic_path(out / name) as temporary:
            temporary.write_bytes(content)
    written = [str(out / name) for name in contents]
    for note in (*found.notes, CAUTION):
        remark(f"  note: {note}")
    if as_json:
        print_json(
            {"split": split, "judged": len(rows), "notes": [*found.notes, CAUTION], "labels": rows, "files": written}
        )
    else:
        click.echo("\n".join([sentence_of(rows, found), *map(line_of, rows[:SHOWN]), *written]))


def judged_table(table: LatentTable, split: str) -> LatentTable:
    """The part of a table whose labels are judged.

    Raises:
        LatentTableError: no case in the split.
        ExamplesError: no case of it has a label.
    """
    from xaae_core.errors import ExamplesError, LatentTableError

    part = table if split == "all" else table.rows(table.split == split)
    if not len(part):
        there = ", ".join(sorted(set(table.split.tolist())))
        raise LatentTableError(f"no case of the table is in the split {split}; there are {there}: use --split all")
    if not (part.labels >= 0).any():
        raise ExamplesError(
            f"none of the {len(part)} cases has a label, so there is none to doubt: extract the latents of data with "
            "labels, or use --split all"
        )
    return part


def own_influence(
    opened: Checkpoint,
    table: LatentTable,
    files: CaseFiles,
    recipe: CaseRecipe,
    trace: tuple[Path, ...],
    parameters: str,
) -> dict[str, float]:
    """Self-influence by id of the labelled cases whose pictures can be read; says how many were left out.

    Raises:
        ExamplesError: too few pictures, or labels that are not the model's classes.
    """
    from analysis.examples.wrong_labels import measure_self_influence
    from app.training_pictures import loss_called, read_training_pictures
    from xaae_core.errors import ExamplesError, ImageError

    remedy = "leave --self-influence out"
    n_classes = opened.model.classes
    loss = loss_called("label", opened.model, remedy=remedy)
    named = opened.card.classes
    if not n_classes or int(table.labels.max()) >= n_classes or (named and table.classes[:n_classes] != tuple(named)):
        raise ExamplesError(
            f"the labels are {', '.join(table.classes) or 'without names'}, the model's classes "
            f"{', '.join(named or ()) or 'none'}: it has no loss of these labels; {remedy}"
        )

    def read(row: int) -> NDArray[np.float32]:
        path = files.find(row)
        if path is None:
            where = table.paths[row] or "no path"
            raise ImageError(f"{table.ids[row]} is no longer where the table says ({where})")
        return recipe.read(path).pixels

    read_ones = read_training_pictures(
        table, read, with_labels=True, limit=None, remedy=f"give --data with the folder as it lies now, or {remedy}"
    )
    for note in read_ones.notes():
        remark(f"  note: {note}")
    with counted("self-influence:") as progress:
        return measure_self_influence(
            opened.model, read_ones.samples, loss=loss, checkpoints=trace, parameters=parameters, progress=progress
        )


def rows_of(found: LabelSuspects, table: LatentTable, files: CaseFiles) -> list[dict[str, Any]]:
    """The ranking, one row a case."""
    from analysis.figures.latent_map import prediction_of

    rows = []
    for place, at in enumerate(found.rows.tolist()):
        own = float(found.self_influence[place])
        row = {
            "rank": place + 1,
            "id": str(found.ids[place]),
            "label": found.classes[found.labels[place]],
            "suggested": found.classes[found.suggested[place]],
            "prediction": prediction_of(table, at),
            "split": str(table.split[at]),
            "suspicion": round(float(found.suspicion[place]), 6),
            "disagreement": round(float(found.disagreement[place]), 6),
            "self_influence": None if math.isnan(own) else float(f"{own:.8g}"),
            "picture": str(files.find(at) or ""),
            "why": found.sentence(place),
        }
        rows.append(row)
    return rows


def csv_of(rows: list[dict[str, Any]]) -> bytes:
    """The ranking as CSV; what is not known is left empty."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def figure_files(
    found: LabelSuspects,
    table: LatentTable,
    rows: list[dict[str, Any]],
    recipe: CaseRecipe,
    opened: Checkpoint,
    style: FigureStyle,
) -> dict[str, bytes]:
    """The first cases as a sheet in every format of papers; {} where not one of their pictures can be read."""
    from analysis.figures.export import export_figure
    from analysis.figures.figure import Figure
    from analysis.figures.formats import FORMATS
    from analysis.figures.label_sheet import LabelSheet
    from app.example_files import picture_of
    from app.example_provenance import example_provenance
    from app.label_figures import doubted_label, label_title
    from app.views import view_of
    from xaae_core.signal_form import signal_form_of

    pictures = [picture_of(row, recipe) for row in rows[:SHOWN]]
    if all(pixels is None for pixels in pictures):
        remark("  note: no picture of these cases was found, so there is no contact sheet: give --data FOLDER")
        return {}
    cases = tuple(doubted_label(found, place, pixels) for place, pixels in enumerate(pictures))
    title, notes = label_title(cases, len(rows)), (*found.notes, CAUTION)
    is_asked = not math.isnan(float(found.self_influence[0]))
    provenance = example_provenance(
        opened,
        view=view_of("examples", opened.sha256, examples_tab="Labels worth a second look"),
        data_fingerprint=table.data_fingerprint,
        case_ids=[row["id"] for row in rows[:SHOWN]],
        methods=("nearest", "tracin") if is_asked else ("nearest",),
        settings={"n_cases": len(rows), "notes": list(found.notes)},
        kind=LabelSheet.kind,
    )
    figure = Figure(LabelSheet(cases, len(rows), title, notes, signal_form_of(opened.model)), provenance, title)
    return {f"labels.{form}": export_figure(figure, form, style) for form in FORMATS}


def line_of(row: dict[str, Any]) -> str:
    """One case on a line."""
    return f"  {row['rank']:>2}. {row['id']}  {row['why']}"


def sentence_of(rows: list[dict[str, Any]], found: LabelSuspects) -> str:
    """What the ranking says, in one line."""
    n = int((found.suggested != found.labels).sum())
    return (
        f"{len(rows):,} labels, the most doubtful first; of {n:,} ({n / len(rows):.0%}) most of the nearest cases have "
        f"another label. {CAUTION[0].upper()}{CAUTION[1:]}."
    )
