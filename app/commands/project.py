"""`xaae project`: the cases of a table of latents as maps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.figure_options import figure_file, figure_options, style_from
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.map_agreement import MapAgreement
    from analysis.projections import Projection
    from app.map_run import MadeMap, MadeMaps
    from xaae_core.latents import LatentTable

_FILE = click.Path(path_type=Path, dir_okay=False)
_METHODS = ("umap", "tsne", "pca", "pls")
_LEAST_FITTED = 4


def _figure_file(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    from app.map_files import FIGURE_ENDINGS

    if value is not None and value.suffix.lower() not in FIGURE_ENDINGS:
        raise click.BadParameter(
            f'"{value.name}" ends with "{value.suffix}"; a figure is .png, .svg or .pdf, a page of linked maps .html'
        )
    return value


def _table_file(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    from analysis.map_table import table_format

    try:
        table_format(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


def _different(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({method for method in value if value.count(method) > 1})
    if twice:
        raise click.BadParameter(f"{', '.join(twice)} is given twice; expected each method once")
    return value


def _listed(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A file's options; older ones name one method instead of a list."""
    method = values.get("method")
    return {**values, "method": [method]} if isinstance(method, str) else values


@click.command(
    "project",
    cls=SettingsCommand,
    flatten=_listed,
    epilog="\b\nExample:\n  xaae project model.latents.parquet --method tsne --method umap --agreement --gaps "
    "\\\n    --out maps.csv --figure maps.pdf",
)
@click.argument("latents", type=click.Path(path_type=Path))
@click.option("--method", "method", type=click.Choice(_METHODS), multiple=True, default=("umap",), show_default=True,
    callback=_different, help="umap, tsne: keep neighbourhoods; pca: largest variance; pls: x is the target's "
    "direction. May be given several times.")  # fmt: skip
@click.option("--out", required=True, type=_FILE, callback=_table_file,
    help="Table to write, .csv or .parquet: the cases' ids, places and all that is known of them.")  # fmt: skip
@click.option("--figure", type=_FILE, callback=_figure_file,
    help="Draw the maps as .png, .svg or .pdf, or as .html: a page of linked maps that needs no network.")  # fmt: skip
@click.option("--biplot", type=_FILE, callback=figure_file(),
    help="Draw the PLS biplot as .png, .svg or .pdf: the cases and the direction of --target as an arrow.")  # fmt: skip
@click.option("--stability", is_flag=True, help="Lay out three seeds and say which cases move.")
@click.option("--agreement", is_flag=True, help="Say how far the maps agree; with two methods or more.")
@click.option("--gaps", is_flag=True, help="Say which gaps between groups on the map are real in z.")
@click.option("--place", type=click.Path(path_type=Path), metavar="NEW",
    help="Table of latents of new cases, placed on the finished map.")  # fmt: skip
@click.option("--fitted", type=click.IntRange(_LEAST_FITTED), metavar="N",
    help="Lay out N drawn cases and place the others: for large tables.")  # fmt: skip
@click.option(
    "--target", help="With pls and --biplot: class, or column of numbers, of the x axis; the second class if left out."
)
@click.option("--colour", help="Column to colour the figure by and to name the groups; the labels if left out.")
@click.option("--neighbours", type=click.IntRange(2), default=15, show_default=True, help="With umap: kept near.")
@click.option("--min-dist", type=click.FloatRange(0, 1), default=0.1, show_default=True,
    help="With umap: how near points may lie.")  # fmt: skip
@click.option("--perplexity", type=click.FloatRange(1), default=30.0, show_default=True,
    help="With tsne: effective number of neighbours.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of everything random.")
@figure_options
@click.option("--json", "as_json", is_flag=True, help="Print the maps' figures as JSON.")
def command(
    latents: Path,
    method: tuple[str, ...],
    out: Path,
    figure: Path | None,
    biplot: Path | None,
    stability: bool,
    agreement: bool,
    gaps: bool,
    place: Path | None,
    fitted: int | None,
    target: str | None,
    colour: str | None,
    neighbours: int,
    min_dist: float,
    perplexity: float,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Lay the cases out as a map, or as several.

    Writes where each case lies, and which share of its neighbours on the map are its neighbours in z. The same seed
    gives the same map on the same machine. Stopped with Ctrl-C, it leaves no file.
    """
    from app.map_files import biplot_content, figure_content, table_content, write_files
    from app.map_run import MapPlan, make_maps
    from app.remaining_time import watched
    from xaae_core.latents import read_latents

    _check_combination(method, target, agreement=agreement, files=(out, figure, biplot))
    style = style_from(options)
    table = read_latents(latents)
    new = None if place is None else read_latents(place)
    _check_table(table, len(table) + (0 if new is None else len(new)), method, colour, figure)
    plan = MapPlan(
        methods=method,  # type: ignore[arg-type]  # of the choices
        seed=seed,
        target=target,
        n_neighbors=neighbours,
        min_dist=min_dist,
        perplexity=perplexity,
        fitted=fitted,
        has_stability=stability,
        has_agreement=agreement,
        has_gaps=gaps,
        names=colour or "",
    )
    made = make_maps(table, plan, watched, new=new)
    for note in made.notes:
        remark(f"  note: {note}")
    figures = figures_of(made)
    contents = {out: table_content(made, out, figures)}
    if figure is not None:
        contents[figure] = figure_content(made, figure, colour or "", style)
    if biplot is not None:
        contents[biplot] = biplot_content(made, table, biplot, target, style)
    files = write_files(contents)
    if as_json:
        print_json({**figures, "files": files})
    else:
        click.echo("\n".join([*_told(made), *files]))


def figures_of(made: MadeMaps) -> dict[str, object]:
    """What is known of the maps, by name: of one map its figures, of several a list and their agreements."""
    maps = [_figures_of_map(each) for each in made.maps]
    agreements = [_figures_of_agreement(each) for each in made.agreements]
    if len(maps) == 1:
        return maps[0]
    return {"maps": maps, **({"agreement": agreements} if agreements else {})}


def _figures_of_map(each: MadeMap) -> dict[str, object]:
    made: Projection = each.projection
    found: dict[str, object] = {
        "method": made.method,
        "cases": len(made),
        "placed": made.n_placed,
        "parameters": dict(made.parameters),
        "seed": made.seed,
        "axes": list(made.axes),
        "k": made.measured.k,
        "trustworthiness": made.measured.trustworthiness,
        "continuity": made.measured.continuity,
        "neighbours_kept": float(made.measured.kept.mean()),
        "notes": list(made.notes),
    }
    if each.stability is not None:
        found["stability"] = {
            "seeds": each.stability.n_layouts,
            "limit": each.stability.limit,
            "unstable": int(each.stability.is_unstable.sum()),
            "moved": float(each.stability.moved.mean()),
            "sentence": each.stability.sentence(),
        }
    if each.gaps is not None:
        found["groups"] = list(each.gaps.names)
        found["gaps"] = [
            {"first": gap.first, "second": gap.second, "verdict": gap.verdict, "crossing": gap.crossing,
             "expected": gap.expected} for gap in each.gaps.gaps
        ]  # fmt: skip
        found["gaps_sentence"] = each.gaps.sentence()
    return found


def _figures_of_agreement(each: MapAgreement) -> dict[str, object]:
    return {
        "maps": list(each.titles),
        "shared": each.mean_shared,
        "by_chance": each.by_chance,
        "real_if_shared": each.real_if_shared,
        "sentence": each.sentence(),
    }


def _told(made: MadeMaps) -> list[str]:
    lines = []
    for each in made.maps:
        title = f"{each.projection.title}: " if len(made.maps) > 1 else ""
        lines += [each.projection.caption(), *(title + words for words in each.sentences())]
    return lines + [agreement.sentence() for agreement in made.agreements]


def _check_combination(
    methods: tuple[str, ...], target: str | None, *, agreement: bool, files: tuple[Path, Path | None, Path | None]
) -> None:
    out, figure, biplot = files
    if target is not None and "pls" not in methods and biplot is None:
        raise click.UsageError(f'only the method pls knows a target; expected --method pls, not "{", ".join(methods)}"')
    if agreement and len(methods) < 2:
        raise click.UsageError(
            f"--agreement compares maps, and there is one ({methods[0]}): give --method a second time"
        )
    named = {"--out": out, "--figure": figure, "--biplot": biplot}
    taken: dict[Path, str] = {}
    for option, path in named.items():
        if path is None:
            continue
        if path.absolute() in taken:
            raise click.UsageError(f"{taken[path.absolute()]} and {option} are the same file, {path}: give two names")
        taken[path.absolute()] = option


def _check_table(
    table: LatentTable, n_cases: int, methods: tuple[str, ...], colour: str | None, figure: Path | None
) -> None:
    """Refuse at once what could not be drawn after minutes of computing."""
    from analysis.figures.linked_maps import MOST_POINTS
    from analysis.figures.point_colours import column_named
    from app.map_files import MOST_ON_A_PAGE, PAGE

    try:
        column_named(table, colour or "")
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if figure is None or figure.suffix.lower() != PAGE:
        return
    if n_cases > MOST_POINTS or len(methods) > MOST_ON_A_PAGE:
        raise click.UsageError(
            f"{len(methods)} maps of {n_cases:,} cases; a page of linked maps shows at most {MOST_ON_A_PAGE} of "
            f"{MOST_POINTS:,}: draw them as .png, .svg or .pdf"
        )
