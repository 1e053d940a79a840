"""`xaae project`: the cases of a table of latents as a map."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.command_settings import SettingsCommand
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.figures.latent_map import MapFigure
    from analysis.projections import Projection

_FILE = click.Path(path_type=Path, dir_okay=False)
_SETTLE = "UMAP's first map of a session takes some ten seconds more: it compiles itself"


def _figure_file(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    from analysis.figures.formats import format_of

    if value is not None:
        try:
            format_of(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return value


@click.command(
    "project",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae project model.latents.parquet --method umap --out map.csv --figure map.pdf",
)
@click.argument("latents", type=click.Path(path_type=Path))
@click.option("--method", type=click.Choice(["umap", "tsne", "pca", "pls"]), default="umap", show_default=True,
    help="umap, tsne: keep neighbourhoods; pca: largest variance; pls: x is the target's direction.")  # fmt: skip
@click.option("--out", required=True, type=_FILE, help="CSV file to write: id, x, y, label, split, prediction.")
@click.option("--figure", type=_FILE, callback=_figure_file, help="Draw the map as .png, .svg or .pdf.")
@click.option("--target", help="With pls: class, or column of numbers, of the x axis; the second class if left out.")
@click.option("--colour", help="Column of numbers to colour the figure by; the labels if left out.")
@click.option("--neighbours", type=click.IntRange(2), default=15, show_default=True, help="With umap: kept near.")
@click.option("--min-dist", type=click.FloatRange(0, 1), default=0.1, show_default=True,
    help="With umap: how near points may lie.")  # fmt: skip
@click.option("--perplexity", type=click.FloatRange(1), default=30.0, show_default=True,
    help="With tsne: effective number of neighbours.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of everything random.")
@click.option("--json", "as_json", is_flag=True, help="Print the map's figures as JSON.")
def command(
    latents: Path,
    method: str,
    out: Path,
    figure: Path | None,
    target: str | None,
    colour: str | None,
    neighbours: int,
    min_dist: float,
    perplexity: float,
    seed: int,
    as_json: bool,
) -> None:
    """Lay the cases out as a map.

    Writes where each case lies, and how many of its neighbours in z are still its neighbours on the map. The same
    seed gives the same map on the same machine.
    """
    from analysis.figures.latent_map import MapFigure
    from analysis.projections import project
    from xaae_core.latents import read_latents

    table = read_latents(latents)
    _check_options(method, target, colour, sorted(table.columns))
    remark(f"laying out {len(table):,} cases …" + (f" ({_SETTLE})" if method == "umap" else ""))
    made = project(
        table,
        method,  # type: ignore[arg-type]  # one of the choices
        seed=seed,
        target=target,
        n_neighbors=neighbours,
        min_dist=min_dist,
        perplexity=perplexity,
    )
    for note in made.notes:
        remark(f"  note: {note}")
    named = str(made.parameters.get("target", ""))
    files = write_map(MapFigure(made, table, colour or (named if named in table.columns else "")), out, figure)
    if as_json:
        print_json({**figures_of(made), "files": files})
    else:
        click.echo("\n".join([made.caption(), made.measured.sentence(), *files]))


def figures_of(made: Projection) -> dict[str, object]:
    """The map's figures by name; the points are in the CSV file."""
    return {
        "method": made.method,
        "cases": len(made),
        "parameters": dict(made.parameters),
        "seed": made.seed,
        "axes": list(made.axes),
        "k": made.measured.k,
        "trustworthiness": made.measured.trustworthiness,
        "continuity": made.measured.continuity,
        "neighbours_kept": float(made.measured.kept.mean()),
        "notes": list(made.notes),
    }


def write_map(figure: MapFigure, out: Path, picture: Path | None) -> list[str]:
    """Write the CSV file and, where asked for, the figure; returns their paths."""
    from analysis.figures.formats import format_of
    from analysis.figures.latent_map import draw_map, map_rows
    from xaae_core.atomic_files import atomic_path

    text = io.StringIO()
    rows = list(map_rows(figure))
    table = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    contents = {out: text.getvalue().encode()}
    if picture is not None:
        contents[picture] = draw_map(figure, format_of(picture))
    for path, content in contents.items():
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    return [str(path) for path in contents]


def _check_options(method: str, target: str | None, colour: str | None, columns: list[str]) -> None:
    if target is not None and method != "pls":
        raise click.UsageError(f'only the method pls knows a target; expected --method pls, not "{method}"')
    if colour is not None and colour not in columns:
        raise click.UsageError(f'there is no column "{colour}"; expected one of {", ".join(columns) or "none"}')
