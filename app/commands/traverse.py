"""`xaae traverse`: one picture moved along a direction, as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.figure_options import figure_options, style_from
from app.model_latents import latents_of_model
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.figures.figure import Figure
    from analysis.figures.filmstrip import PathFigure
    from analysis.figures.style import FigureStyle
    from analysis.trust import Trust

COLUMNS = ("step_sd", "probability", "predicted", "achieved_sd", "trust", "reason")
_FILE = click.Path(path_type=Path)
_FORMATS = ("png", "svg", "pdf", "gif", "mp4")


def _odd(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value % 2 == 0:
        raise click.BadParameter(f"{value} is even; expected an odd number, so that the case itself is in the middle")
    return value


@click.command(
    "traverse",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae traverse model.safetensors case.png --latents model.latents.parquet --out path",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("image", metavar="CASE", type=_FILE)
@click.option("--latents", required=True, type=_FILE, help="Table of latents of the same checkpoint.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--target", help="Class, or column of numbers, that + means; the model's own target if left out.")
@click.option("--dimension", type=click.IntRange(0),
    help="Move along this dimension of z instead, counted from 0; needs no labels.")  # fmt: skip
@click.option(
    "--span", type=click.FloatRange(0, 20, min_open=True), default=3.0, show_default=True, help="Farthest step, in SD."
)
@click.option("--steps", type=click.IntRange(3, 201), callback=_odd, default=21, show_default=True, help="Odd number.")
@click.option(
    "--skip-dropout", type=click.FloatRange(0, 1), default=1.0, show_default=True,
    help="Share of the skip connections dropped; 1: the case comes from z alone.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of the dropped channels.")
@click.option("--change-at", type=float, help="Step that change.png shows, in SD; the last if left out.")
@click.option("--format", "formats", type=click.Choice(_FORMATS), multiple=True,
    default=("png", "svg", "gif"), show_default=True,
    help="Of the figures; may be given several times.")  # fmt: skip
@figure_options
@allow_encoders
@click.option("--json", "as_json", is_flag=True, help="Print the path's figures as JSON.")
def command(
    checkpoint: Path,
    image: Path,
    latents: Path,
    out: Path,
    target: str | None,
    dimension: int | None,
    span: float,
    steps: int,
    skip_dropout: float,
    seed: int,
    change_at: float | None,
    formats: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Move one picture or signal along the target, or along one dimension of z.

    CASE is a file; file.npz#12 is case 12 of a file of many, counted from 0.

    Writes path.png, .svg, .pdf (a filmstrip), path.gif, .mp4 (a film), and change.png, .svg, .pdf (what changes at one
    step), in the formats asked for; path.csv (step, probability, move achieved, trust); of a signal also samples.csv
    (every sample of every step, in its unit). The figures know how they were made: xaae reopen path.png opens the same
    path in the app. The direction is fitted to the training cases of the table of latents.
    """
    from analysis.directions import fit_direction
    from analysis.figures.filmstrip import PathFigure
    from analysis.latent_axes import axis_direction
    from analysis.traversals import encode_image, path_steps, traverse
    from analysis.trust import Neighbourhood, judge_traversal
    from app.opened_model import open_checkpoint
    from app.path_figures import PathMaking
    from app.table_cases import case_of_file
    from xaae_core.data.images import to_tensor
    from xaae_core.data.recipes import recipe_for

    if dimension is not None and target is not None:
        raise click.UsageError("--target and --dimension name two ways: give one of them")
    opened = open_checkpoint(checkpoint)
    model, card = opened.model, opened.card
    table = latents_of_model(opened, latents)
    picture = recipe_for(model, card).read(image)
    for note in picture.notes:
        remark(f"  note: {note}")
    if dimension is None:
        direction = fit_direction(table, target or card.target or None)
    else:
        direction = axis_direction(table, dimension)
    path = traverse(
        model,
        encode_image(model, to_tensor(picture)),
        direction,
        steps=path_steps(span, steps),
        skip_dropout=skip_dropout,
        seed=seed,
    )
    trained = table.rows(table.split == "train")
    trust = judge_traversal(model, path, direction, Neighbourhood.of(trained.z if len(trained) > 1 else table.z))
    index = card.classes.index(direction.target) if direction.target in card.classes else len(card.classes) - 1
    answer = card.target if path.values is not None else card.classes[index] if card.classes else ""
    case, label = case_of_file(table, image, latents=latents)
    making = PathMaking(
        opened, direction, case, label, table.data_fingerprint, span, steps, skip_dropout, seed
    )  # fmt: skip
    figure = PathFigure(
        path, picture.pixels, index, making.title, trust.achieved, trust.levels, trust.reasons, answer
    )  # fmt: skip
    rows = path_rows(figure, trust)
    shown = len(path.steps) - 1 if change_at is None else int(abs(path.steps - change_at).argmin())
    figures = {"path": making.path(figure), "change": making.change(figure, shown)}
    files = [
        *write_figures(out, figures, formats, style_from(options)),
        *write_tables(out, figure, rows),
    ]
    if as_json:
        print_json({"image": str(image), "target": direction.target, "files": files, "steps": rows})
    else:
        click.echo(sentence_of(figure, trust, direction.way))
        click.echo("\n".join(files))


def path_rows(figure: PathFigure, trust: Trust) -> list[dict[str, Any]]:
    """One row a step: step, probability of the target's class, move achieved, trust and its reason."""
    path = figure.traversal
    chances = [None] * len(path.steps) if path.probabilities is None else path.probabilities[:, figure.class_index]
    values = [None] * len(path.steps) if path.values is None else path.values
    return [
        {
            "step_sd": round(float(step), 6),
            "probability": None if chance is None else round(float(chance), 6),
            "predicted": None if value is None else round(float(value), 6),
            "achieved_sd": round(float(achieved), 6),
            "trust": level,
            "reason": reason,
        }
        for step, chance, value, achieved, level, reason in zip(
            path.steps, chances, values, trust.achieved, trust.levels, trust.reasons, strict=True
        )
    ]


def write_figures(folder: Path, figures: Mapping[str, Figure], formats: Sequence[str], style: FigureStyle) -> list[str]:
    """Write figures by the names of their files, in those of the formats that each has; returns their paths."""
    from app.figure_options import write_figure

    paths = {folder / f"{name}.{form}": figure for name, figure in figures.items() for form in figure.forms
             if form in formats}  # fmt: skip
    for path, figure in paths.items():
        write_figure(figure, path, style)
    return [str(path) for path in paths]


def write_tables(folder: Path, figure: PathFigure, rows: list[dict[str, Any]]) -> list[str]:
    """Write the rows of a path, and of a signal its samples; returns their paths."""
    from xaae_core.atomic_files import atomic_path, write_text_atomically

    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    written = [write_text_atomically(folder / "path.csv", text.getvalue())]
    if figure.traversal.signal_form is not None:
        from analysis.figures.trace_table import trace_table

        written.append(folder / "samples.csv")
        with atomic_path(written[-1]) as temporary:
            temporary.write_bytes(trace_table(figure))
    return [str(path) for path in written]


def sentence_of(figure: PathFigure, trust: Trust, way: str) -> str:
    """What the path does, in one line."""
    from xaae_core.signal_form import case_noun  # it imports numpy, which --help must not wait for

    path = figure.traversal
    moved = f"moved {path.steps[0]:+g} to {path.steps[-1]:+g} SD {way}"
    noun = case_noun(path.signal_form)
    arrived = f"{trust.achieved[0]:+.1f} to {trust.achieved[-1]:+.1f} SD are found again in the decoded {noun}s"
    counts = ", ".join(f"{trust.levels.count(level)} {level}" for level in ("good", "caution", "poor"))
    chance = ""
    if path.values is not None:
        first, middle, last = (path.values[at] for at in (0, path.origin, -1))
        chance = f"predicted {first:.3g} → {middle:.3g} → {last:.3g}; "
    if path.probabilities is not None:
        chances = path.probabilities[:, figure.class_index]
        chance = f"p {chances[0]:.2f} → {chances[path.origin]:.2f} → {chances[-1]:.2f}; "
    return f"{moved}: {chance}{arrived}; trust of the {len(path.steps)} steps: {counts}"
