"""`xaae examples`: the training cases that stand behind what a model makes of a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.case_files import CaseFiles
from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.example_files import sheet_of, told_of, view_of_examples, write_examples
from app.example_methods import (
    METHODS,
    OF_LATENTS,
    SIGNED,
    Question,
    chosen_mu,
    explain_by_gradients,
    explain_by_mixture,
)
from app.figure_options import figure_options, formats_option, style_from
from app.model_latents import latents_of_model
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.examples import ExampleImportance, NearestExamples
    from xaae_core.latents import LatentTable

_FILE = click.Path(path_type=Path)


@click.command(
    "examples",
    cls=SettingsCommand,
    epilog="\b\nExamples:\n  xaae examples model.safetensors case.png --latents model.latents.parquet --out like -k 6\n"
    "  xaae examples model.safetensors case.png --latents model.latents.parquet --out why --method tracin",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("image", metavar="CASE", type=_FILE)
@click.option("--latents", required=True, type=_FILE, help="Table of latents of the same checkpoint.")
@click.option("--data", type=_FILE, help="Data folder of --latents, if it was moved since; for the contact sheet.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("-k", "--count", type=click.IntRange(1, 60), default=6, show_default=True, help="Cases to show.")
@click.option("--method", type=click.Choice(METHODS), default="nearest", show_default=True,
    help="nearest in z; weights of a mixture (simplex, lfxai's, or simplex_entropy, another and faster one); helpful "
    "and harmful cases by gradients (tracin; influence by the damped inverse, or lfxai's series).")  # fmt: skip
@click.option(
    "--loss",
    type=click.Choice(["reconstruction", "label"]),
    help="With gradients: whose; label takes the model's own answer as the label; what the model can if left out.",
)
@click.option("--trace", type=_FILE, multiple=True,
    help="With tracin: a checkpoint of the training; may be repeated. The final weights if left out.")  # fmt: skip
@click.option("--parameters", type=click.Choice(["auto", "encoder", "last_block", "classifier", "projected"]),
    default="auto", show_default=True, help="With gradients: whose; auto: the encoder's, of a large one its last "
    "block's; projected: all the encoder's, as 4,096 numbers a case.")  # fmt: skip
@click.option("--limit", type=click.IntRange(2), default=500, show_default=True,
    help="With gradients: training cases at most.")  # fmt: skip
@click.option("--choose-mu", "is_chosen", is_flag=True,
    help="With simplex_entropy: choose its μ on the table's validation cases; 1 if left out.")  # fmt: skip
@click.option("--metric", type=click.Choice(["euclidean", "cosine"]), default="euclidean", show_default=True,
    help="Distance in z; cosine looks at the direction of z alone.")  # fmt: skip
@click.option("--split", type=click.Choice(["train", "valid", "test", "all"]), default="train", show_default=True,
    help="The part of the table that is searched.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the cases as JSON.")
@formats_option
@figure_options
@allow_encoders
def command(
    checkpoint: Path,
    image: Path,
    latents: Path,
    data: Path | None,
    out: Path,
    count: int,
    method: str,
    loss: str | None,
    trace: tuple[Path, ...],
    parameters: str,
    limit: int,
    is_chosen: bool,
    metric: str,
    split: str,
    as_json: bool,
    formats: tuple[str, ...],
    **options: Any,
) -> None:
    """Find the training cases behind what the model makes of a picture or signal.

    They are the most similar ones, those it is a mixture of, or the most helpful and the most harmful ones. CASE is a
    file; file.npz#12 is case 12 of a file of many, counted from 0. Writes examples.csv and, where the cases' files
    are found, a contact sheet as examples.png, .svg and .pdf (or what --format asks for), which calls cases by tokens,
    not by their files' names. Distances are given in units of the usual spacing of training cases: far beyond 1, the
    model has seen nothing like it.
    """
    import numpy as np

    from analysis.examples import find_nearest
    from analysis.figures.figure import Figure
    from analysis.traversals import encode_image
    from app.attribution_provenance import case_id_of
    from app.example_provenance import example_provenance
    from app.opened_model import open_checkpoint
    from xaae_core.data.images import to_tensor
    from xaae_core.data.recipes import recipe_for

    if trace and method != "tracin":
        raise click.UsageError(f"--trace is for --method tracin, not {method}: leave it out")
    if is_chosen and method != "simplex_entropy":
        raise click.UsageError(f"--choose-mu is for --method simplex_entropy, not {method}: leave it out")
    style = style_from(options)
    opened = open_checkpoint(checkpoint)
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
    importance: ExampleImportance = found
    if method in SIGNED:
        question = Question(opened, picture, searched, files, trace, loss, limit, parameters)  # type: ignore[arg-type]
        importance = explain_by_gradients(question, method)
    elif method in OF_LATENTS[1:]:
        is_other = np.ones(len(searched), dtype=bool)
        is_other[found.same(0)] = False  # a case is no explanation of itself
        mu = chosen_mu(table, searched) if is_chosen else None
        importance = explain_by_mixture(z, searched.rows(is_other), method, picture.name, mu=mu)
    for note in importance.notes:
        remark(f"  note: {note}")
    rows = rows_of(found, importance, searched, files, count)
    case = case_id_of(image, picture.name, table)
    sheet = sheet_of(opened, picture, z, rows, importance, method=method, case_id=case)
    figure = None
    if sheet is not None:
        told = example_provenance(
            opened, view=view_of_examples(opened, case, method, count, loss, parameters),
            data_fingerprint=table.data_fingerprint, case_ids=[case, *(row["id"] for row in rows)], methods=(method,),
            used=(importance,), settings={"metric": metric, "split": split, "n_cases": len(searched)},
        )  # fmt: skip
        figure = Figure(sheet, told, sheet.title)
    written = write_examples(out, rows, figure, style, formats)
    if as_json:
        print_json(
            {
                "image": picture.name,
                "method": importance.method,
                "parameters": dict(importance.parameters),
                "notes": list(importance.notes),
                "metric": metric,
                "searched": len(searched),
                "spacing": found.spacing,
                "examples": rows,
                "files": written,
            }
        )
    else:
        click.echo("\n".join([sentence_of(rows, found, method), *map(line_of, rows), *written]))


def rows_of(
    found: NearestExamples, importance: ExampleImportance, searched: LatentTable, files: CaseFiles, count: int
) -> list[dict[str, Any]]:
    """The most important cases, one row each, and where scores have a sign as many of the most harmful.

    The picture itself and copies of it are left out with a remark.
    """
    from analysis.figures.latent_map import prediction_of, truth_of

    copies = set(searched.ids[found.same(0)].tolist())
    for column in found.same(0).tolist():
        remark(f"  note: {searched.ids[column]} ({searched.split[column]}) is this very case: left out")
    relative = found.relative(0)
    rows: list[dict[str, Any]] = []
    for role, column in roles_of(importance, count, copies):
        case = str(importance.train_ids[column])
        at = searched.row_of(case)
        row = {
            "rank": sum(earlier["role"] == role for earlier in rows) + 1,
            "id": case,
            "label": truth_of(searched, at),
            "prediction": prediction_of(searched, at),
            "split": str(searched.split[at]),
            "distance": round(float(found.distances[0, at]), 6),
            "spacings": round(float(relative[at]), 4),
            "score": float(f"{importance.scores[0, column]:.8g}"),
            "picture": str(files.find(at) or ""),
            "role": role,
        }
        rows.append(row)
    return rows


def roles_of(importance: ExampleImportance, count: int, left_out: set[str]) -> list[tuple[str, int]]:
    """(role, column) of the cases that are shown: "similar", "part of the mixture", or "helpful" and "harmful"."""
    n, scores = len(importance.train_ids), importance.scores[0]
    kept = [
        column for column in importance.most_important(0, n).tolist() if importance.train_ids[column] not in left_out
    ]
    if importance.method.startswith(("TracIn", "influence")):
        helpful = [("helpful", column) for column in kept if scores[column] > 0]
        harmful = [("harmful", column) for column in reversed(kept) if scores[column] < 0]
        return helpful[:count] + harmful[:count]
    role = "part of the mixture" if importance.method.startswith("SimplEx") else "similar"
    return [(role, column) for column in kept[:count]]


def line_of(row: dict[str, Any]) -> str:
    """One example on a line."""
    return f"  {row['rank']:>2}. {row['id']}  {row['label'] or 'not labelled'}  {told_of(row)}"


def sentence_of(rows: list[dict[str, Any]], found: NearestExamples, method: str) -> str:
    """What the cases say, in one line."""
    from collections import Counter

    counts = Counter(row["label"] or "not labelled" for row in rows)
    names = ", ".join(f"{count} {name}" for name, count in counts.most_common(4))
    share = float((found.relative(0) <= 1).mean())
    near = f"{share:.1%} lie within the usual spacing"
    if method == "nearest":
        return f"the {len(rows)} nearest of {len(found.train_ids):,}: {names}; {near}"
    n_helpful = sum(row["role"] == "helpful" for row in rows)
    if method in SIGNED:
        return f"{n_helpful} helpful and {len(rows) - n_helpful} harmful cases by {method}: {names}; {near}"
    total = sum(row["score"] for row in rows)
    return f"the {len(rows)} largest parts of the mixture, {total:.0%} of it: {names}; {near}"


def _searched(table: LatentTable, split: str) -> LatentTable:
    from xaae_core.errors import LatentTableError

    if split == "all":
        return table
    part = table.rows(table.split == split)
    if not len(part):
        there = ", ".join(sorted(set(table.split.tolist())))
        raise LatentTableError(f"no case of the table is in the split {split}; there are {there}: use --split all")
    return part
