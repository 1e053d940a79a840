"""`xaae report`: a model, how good it is and what its direction shows, as one HTML or PDF file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.figure_options import figure_options, style_from
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.figures.figure import Figure
    from analysis.report import Report

_FILE = click.Path(path_type=Path)
_MAPS = ("tsne", "umap", "pca", "pls", "none")


def _odd(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value % 2 == 0:
        raise click.BadParameter(f"{value} is even; expected an odd number, so that the case itself is in the middle")
    return value


def _writable(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    """Refuse a file that could not be written, before minutes of work for it."""
    if value.suffix.lower() not in (".html", ".pdf"):
        raise click.BadParameter(f'"{value.name}" is no name for a report; expected an ending of .html or .pdf')
    folder = next(parent for parent in value.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise click.BadParameter(f"nothing can be written into {folder}: name another folder, or ask for the right")
    return value


@click.command(
    "report",
    cls=SettingsCommand,
    epilog="\b\nExamples:\n  xaae report model.safetensors my_pictures --out report.pdf\n"
    "  xaae report model.safetensors model.latents.parquet --data my_pictures --out report.html",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("cases_of", metavar="[DATA]", required=False, type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), callback=_writable,
    help="File to write: .html or .pdf.")  # fmt: skip
@click.option(
    "--latents", type=_FILE, help="Table of latents of the same checkpoint, so that DATA is not encoded anew."
)
@click.option("--data", type=_FILE, help="Where the pictures of a table of latents lie, if they were moved since.")
@click.option("--case", "cases", multiple=True, metavar="ID",
    help="Case to move along the direction, may be given several times; a doubtful and a clear held-out one if left "
    "out. The report names cases by tokens.")  # fmt: skip
@click.option("--target", help="Class, or column of numbers, that + means; the model's own target if left out.")
@click.option("--map", "map_method", type=click.Choice(_MAPS), default="tsne", show_default=True,
    help="How the map of the cases is made.")  # fmt: skip
@click.option("--span", type=click.FloatRange(0, 20, min_open=True), default=3.0, show_default=True,
    help="Farthest step, in SD.")  # fmt: skip
@click.option("--steps", type=click.IntRange(3, 101), callback=_odd, default=13, show_default=True, help="Odd number.")
@click.option("--skip-dropout", type=click.FloatRange(0, 1), default=1.0, show_default=True,
    help="Share of the skip connections dropped; 1: the picture comes from z alone.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of everything random.")
@click.option("--figures", "archives", type=_FILE, multiple=True,
    help="File of figures to take in, as the report page keeps them; may be given several times.")  # fmt: skip
@click.option("--check/--no-check", "is_checked", default=True, show_default=True,
    help="Look for what spoils results in DATA; every case is read once.")  # fmt: skip
@click.option("--title", default="", help="Above the report; the model's name if left out.")
@click.option("--author", default="", help="Who made it.")
@figure_options
@click.option("--json", "as_json", is_flag=True, help="Print the report's figures as JSON.")
@allow_encoders
def command(checkpoint: Path, out: Path, as_json: bool, **options: Any) -> None:
    """Write all that is known of a model into one file.

    DATA is a folder of cases, a table of labels, or a table of latents; without it there is the model's card alone.
    The file holds its figures and needs no network: what the model is, what the data check found, held-out figures,
    the direction, cases moved along it with how far to believe each step, a map, what must not be concluded, a
    methods paragraph with references.
    """
    from analysis.report import write_report

    report = _made(checkpoint, options)
    remark(f"writing {out.name} …")
    written = write_report(report, out)
    for reason in report.missing:
        remark(f"  note: {reason}")
    if as_json:
        print_json({"report": str(written), **figures_of(report)})
    else:
        click.echo(f"{report.verdict.sentence} {'; '.join(report.verdict.reasons)}".strip())
        click.echo(f"{written}: {len(report.cases)} cases moved, {written.stat().st_size / 1e6:.1f} MB")


def _made(checkpoint: Path, options: dict[str, Any]) -> Report:
    from analysis.report import ReportSettings, make_report
    from app.model_latents import training_latents_of
    from app.opened_model import open_checkpoint
    from app.report_cases import named_cases, picked_cases
    from app.report_data import check_report_data, read_report_data
    from app.report_views import views_of_report

    latents, pictures = _inputs(options)
    figures = _taken(options["archives"])
    opened, target = open_checkpoint(checkpoint), options["target"]
    settings = ReportSettings(
        target=target or "",
        span=options["span"],
        n_steps=options["steps"],
        skip_dropout=options["skip_dropout"],
        map_method=None if options["map_method"] == "none" else options["map_method"],
        seed=options["seed"],
        style=style_from(options),
    )
    data = read_report_data(opened, data=pictures, latents=latents)
    found, checked, wanted = [], None, options["cases"]
    if data is not None:
        where = (opened, data.table, data.files)
        found = named_cases(*where, wanted) if wanted else picked_cases(*where, target)
        is_checked = options["is_checked"] and data.dataset is not None
        checked = check_report_data(opened, data.dataset) if is_checked and data.dataset is not None else None
    return make_report(
        opened,
        None if data is None else data.table,
        found,
        figures=figures,
        data_check=checked,
        trained_on=None if data is None else training_latents_of(opened),
        settings=settings,
        title=options["title"],
        author=options["author"],
        view=views_of_report(opened, settings),
        progress=lambda words: remark(f"{words} …"),
    )


def _inputs(options: dict[str, Any]) -> tuple[Path | None, Path | None]:
    """The table of latents and the data, of what was given in either way."""
    from xaae_core.latent_table import is_latent_table

    given, latents, data = options["cases_of"], options["latents"], options["data"]
    if given is not None and is_latent_table(given):
        if latents is not None:
            raise click.UsageError("DATA is a table of latents: leave --latents out")
        given, latents = None, given
    if given is not None and data is not None:
        raise click.UsageError("DATA and --data name two places of the pictures: give one of them")
    if latents is None and given is None and (options["cases"] or options["target"] or data):
        raise click.UsageError("--case, --target and --data need DATA or --latents: name the cases' folder or table")
    return latents, given or data


def _taken(archives: tuple[Path, ...]) -> list[Figure]:
    """The figures of all files, in order."""
    from analysis.figures.archive import read_archive

    return [figure for path in archives for figure in read_archive(path.read_bytes(), name=path.name)]


def figures_of(report: Report) -> dict[str, Any]:
    """The report's figures by name; the pictures are in the file."""
    from app.commands.direction import figures_of as direction_figures
    from xaae_core.case_tokens import case_token

    checked = report.data_check
    return {
        "checkpoint_sha256": report.sha256,
        "verdict": report.verdict.sentence,
        "reasons": list(report.verdict.reasons),
        "quality": None if report.quality is None else report.quality.to_json(),
        "direction": None if report.direction is None else direction_figures(report.direction),
        "cases": [
            {
                "id": moved.case.id,
                "token": case_token(moved.case.id),
                "answer": moved.answer,
                "trust": list(moved.trust.levels),
            }
            for moved in report.cases
        ],
        "map": None if report.projection is None else report.projection.caption(),
        "data_check": None if checked is None else checked.worst,
        "figures": len(report.figures),
        "missing": list(report.missing),
    }
