"""`xaae examples`: the training cases that a model sees as most like a picture."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.case_files import CaseFiles
from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.model_latents import latents_of_model
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.examples import NearestExamples
    from analysis.figures.example_sheet import SheetFigure
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.images import ImageData
    from xaae_core.latents import LatentTable

COLUMNS = ("rank", "id", "label", "prediction", "split", "distance", "spacings", "score", "picture")
_FILE = click.Path(path_type=Path)


@click.command(
    "examples",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae examples model.safetensors case.png --latents model.latents.parquet --out like -k 6",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("image", type=_FILE)
@click.option("--latents", required=True, type=_FILE, help="Table of latents of the same checkpoint.")
@click.option("--data", type=_FILE, help="Data folder of --latents, if it was moved since; for the contact sheet.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("-k", "--count", type=click.IntRange(1, 60), default=6, show_default=True, help="Cases to show.")
@click.option("--metric", type=click.Choice(["euclidean", "cosine"]), default="euclidean", show_default=True,
    help="Distance in z; cosine looks at the direction of z alone.")  # fmt: skip
@click.option("--split", type=click.Choice(["train", "valid", "test", "all"]), default="train", show_default=True,
    help="The part of the table that is searched.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the cases as JSON.")
@allow_encoders
def command(
    checkpoint: Path,
    image: Path,
    latents: Path,
    data: Path | None,
    out: Path,
    count: int,
    metric: str,
    split: str,
    as_json: bool,
) -> None:
    """Find the most similar training cases.

    Writes examples.csv and, where pictures are found, examples.png, a contact sheet. Distances are given in units of
    the usual spacing of training cases: far beyond 1, the model has seen nothing like it.
    """
    from analysis.examples import find_nearest
    from analysis.traversals import encode_image
    from xaae_core.checkpoints import load_checkpoint
    from xaae_core.data.images import to_tensor
    from xaae_core.data.recipes import recipe_for

    opened = load_checkpoint(checkpoint)
    table = latents_of_model(opened, latents)
    picture = recipe_for(opened.model, opened.card).read(image)
    for note in picture.notes:
        remark(f"  note: {note}")
    z = encode_image(opened.model, to_tensor(picture)).z.float().cpu().numpy()
    searched = _searched(table, split)
    found = find_nearest(
        z,
        searched,
        metric=metric,  # type: ignore[arg-type]  # one of the choices
        ids=(picture.name,),
    )
    files = CaseFiles(searched, latents=latents, data=data)
    rows = rows_of(found, searched, files, count)
    written = write_examples(out, rows, sheet_of(opened, picture, z, rows))
    if as_json:
        print_json(
            {
                "image": picture.name,
                "metric": metric,
                "searched": len(searched),
                "spacing": found.spacing,
                "examples": rows,
                "files": written,
            }
        )
    else:
        click.echo("\n".join([sentence_of(rows, found), *map(line_of, rows), *written]))


def rows_of(found: NearestExamples, searched: LatentTable, files: CaseFiles, count: int) -> list[dict[str, Any]]:
    """The nearest cases, one row each; the picture itself and copies of it are left out with a remark."""
    from analysis.figures.latent_map import prediction_of, truth_of

    copies = found.same(0).tolist()
    for column in copies:
        remark(f"  note: {searched.ids[column]} ({searched.split[column]}) is this very picture: left out")
    nearest = [column for column in found.most_important(0, count + len(copies)).tolist() if column not in copies]
    relative = found.relative(0)
    return [
        {
            "rank": rank,
            "id": str(searched.ids[column]),
            "label": truth_of(searched, column),
            "prediction": prediction_of(searched, column),
            "split": str(searched.split[column]),
            "distance": round(float(found.distances[0, column]), 6),
            "spacings": round(float(relative[column]), 4),
            "score": round(float(found.scores[0, column]), 8),
            "picture": str(files.find(column) or ""),
        }
        for rank, column in enumerate(nearest[:count], start=1)
    ]


def sheet_of(opened: Checkpoint, picture: ImageData, z: Any, rows: list[dict[str, Any]]) -> SheetFigure | None:
    """The contact sheet; None where not one picture of the examples can be read."""
    import torch

    from analysis.figures.example_sheet import SheetFigure, Tile
    from xaae_core.data.recipes import recipe_for
    from xaae_core.errors import ImageError
    from xaae_core.predictions import predict

    recipe, tiles = recipe_for(opened.model, opened.card), []
    for row in rows:
        pixels = None
        if row["picture"]:
            try:
                pixels = recipe.read(row["picture"]).pixels
            except ImageError as error:
                remark(f"  note: {error}")
        named = f"{row['label'] or 'not labelled'}, {row['split']}"
        tiles.append(Tile(pixels, (row["id"], named, f"{row['spacings']:.2f} × the usual spacing")))
    if all(tile.picture is None for tile in tiles):
        return None
    said = predict(opened.model, torch.from_numpy(z))
    answer = ""
    if said.values is not None:
        answer = f"predicted {said.values[0]:.3g}"
    elif said.probabilities is not None and opened.card.classes:
        best = int(said.probabilities[0].argmax())
        answer = f"{opened.card.classes[best]}, p = {said.probabilities[0, best]:.2f}"
    case = Tile(picture.pixels, tuple(filter(None, (picture.name, "the case", answer))))
    return SheetFigure(case, tiles, f"{picture.name} and its nearest cases in z")


def write_examples(folder: Path, rows: list[dict[str, Any]], sheet: SheetFigure | None) -> list[str]:
    """Write the table and, where there is one, the contact sheet; returns the files' paths."""
    from analysis.figures.example_sheet import draw_sheet
    from xaae_core.atomic_files import atomic_path

    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    contents = {"examples.csv": text.getvalue().encode()}
    if sheet is None:
        remark("  note: no picture of these cases was found, so there is no contact sheet: give --data FOLDER")
    else:
        contents["examples.png"] = draw_sheet(sheet)
    for name, content in contents.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    return [str(folder / name) for name in contents]


def line_of(row: dict[str, Any]) -> str:
    """One example on a line."""
    label = row["label"] or "not labelled"
    return f"  {row['rank']:>2}. {row['id']}  {label}  {row['spacings']:.2f} × the usual spacing"


def sentence_of(rows: list[dict[str, Any]], found: NearestExamples) -> str:
    """What the nearest cases say, in one line."""
    from collections import Counter

    counts = Counter(row["label"] or "not labelled" for row in rows)
    names = ", ".join(f"{count} {name}" for name, count in counts.most_common(4))
    share = float((found.relative(0) <= 1).mean())
    return f"the {len(rows)} nearest of {len(found.train_ids):,}: {names}; {share:.1%} lie within the usual spacing"


def _searched(table: LatentTable, split: str) -> LatentTable:
    from xaae_core.errors import LatentTableError

    if split == "all":
        return table
    part = table.rows(table.split == split)
    if not len(part):
        there = ", ".join(sorted(set(table.split.tolist())))
        raise LatentTableError(f"no case of the table is in the split {split}; there are {there}: use --split all")
    return part
