"""`xaae report`: a model, how good it is and what its direction shows, as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.case_files import CaseFiles
from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.model_latents import latents_of_model
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.report import CasePicture, Report
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.latents import LatentTable

_FILE = click.Path(path_type=Path)
_MAPS = ("tsne", "umap", "pca", "pls", "none")
_MOST_TRIED = 5000


def _odd(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value % 2 == 0:
        raise click.BadParameter(f"{value} is even; expected an odd number, so that the case itself is in the middle")
    return value


@click.command(
    "report",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae report model.safetensors --latents model.latents.parquet --data my_pictures "
    "--out report.html",
)
@click.argument("checkpoint", type=_FILE)
@click.option("--latents", type=_FILE, help="Table of latents of the same checkpoint; without it, the card alone.")
@click.option("--data", type=_FILE, help="Data folder of --latents, if it was moved since; for the cases' pictures.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="HTML file to write.")
@click.option("--case", "cases", multiple=True, metavar="ID",
    help="Case of --latents to move along the direction, may be given several times; a doubtful and a clear held-out "
    "one if left out. The ids are written into the report.")  # fmt: skip
@click.option("--target", help="Class, or column of numbers, that + means; the model's own target if left out.")
@click.option("--map", "map_method", type=click.Choice(_MAPS), default="tsne", show_default=True,
    help="How the map of the cases is made.")  # fmt: skip
@click.option("--span", type=click.FloatRange(0, 20, min_open=True), default=3.0, show_default=True,
    help="Farthest step, in SD.")  # fmt: skip
@click.option("--steps", type=click.IntRange(3, 101), callback=_odd, default=13, show_default=True, help="Odd number.")
@click.option("--skip-dropout", type=click.FloatRange(0, 1), default=1.0, show_default=True,
    help="Share of the skip connections dropped; 1: the picture comes from z alone.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of everything random.")
@click.option("--json", "as_json", is_flag=True, help="Print the report's figures as JSON.")
@allow_encoders
def command(
    checkpoint: Path,
    latents: Path | None,
    data: Path | None,
    out: Path,
    cases: tuple[str, ...],
    target: str | None,
    map_method: str,
    span: float,
    steps: int,
    skip_dropout: float,
    seed: int,
    as_json: bool,
) -> None:
    """Write all that is known of a model into one file.

    The HTML file holds its pictures and needs no network: what the model is, its held-out figures, its direction,
    cases moved along it with how far to believe each step, a map, and what must not be concluded.
    """
    from analysis.report import ReportSettings, make_report, write_report
    from app.opened_model import open_checkpoint

    if latents is None and (cases or target or data):
        raise click.UsageError("--case, --target and --data need --latents: write the table with xaae extract")
    opened = open_checkpoint(checkpoint)
    table = None if latents is None else latents_of_model(opened, latents)
    pictures: list[CasePicture] = []
    if table is not None and latents is not None:
        files = CaseFiles(table, latents=latents, data=data)
        pictures = _named(opened, table, files, cases) if cases else _picked(opened, table, files, target)
    report = make_report(
        opened,
        table,
        pictures,
        settings=ReportSettings(
            target=target or "",
            span=span,
            n_steps=steps,
            skip_dropout=skip_dropout,
            map_method=None if map_method == "none" else map_method,  # type: ignore[arg-type]  # one of the choices
            seed=seed,
        ),
        progress=lambda words: remark(f"{words} …"),
    )
    written = write_report(report, out)
    for reason in report.missing:
        remark(f"  note: {reason}")
    if as_json:
        print_json({"report": str(written), **figures_of(report)})
    else:
        click.echo(f"{report.verdict.sentence} {'; '.join(report.verdict.reasons)}".strip())
        click.echo(f"{written}: {len(report.cases)} cases moved, {written.stat().st_size / 1e6:.1f} MB")


def figures_of(report: Report) -> dict[str, Any]:
    """The report's figures by name; the pictures are in the file."""
    from app.commands.direction import figures_of as direction_figures

    return {
        "checkpoint_sha256": report.sha256,
        "verdict": report.verdict.sentence,
        "reasons": list(report.verdict.reasons),
        "quality": None if report.quality is None else report.quality.to_json(),
        "direction": None if report.direction is None else direction_figures(report.direction),
        "cases": [
            {"id": moved.case.id, "answer": moved.answer, "trust": list(moved.trust.levels)} for moved in report.cases
        ],
        "map": None if report.map is None else report.map.projection.caption(),
        "missing": list(report.missing),
    }


def _named(opened: Checkpoint, table: LatentTable, files: CaseFiles, cases: tuple[str, ...]) -> list[CasePicture]:
    """The cases that were asked for; one whose picture is not there is an error."""
    from xaae_core.errors import ImageError

    found = []
    for name in dict.fromkeys(cases):
        row = table.row_of(name)
        path = files.find(row)
        if path is None:
            raise ImageError(f"the picture of {name} was not found: give the folder it lies in as --data")
        found.append(_picture(opened, table, row, path))
    return found


def _picked(opened: Checkpoint, table: LatentTable, files: CaseFiles, target: str | None) -> list[CasePicture]:
    """A doubtful and a clear case, held out where there are such, of those whose pictures are there."""
    from xaae_core.errors import CaseError

    found: dict[int, CasePicture] = {}
    for order in _orders(table, target or opened.card.target):
        for row in order[:_MOST_TRIED]:
            path = files.find(row)
            if row in found or path is None:
                continue
            try:
                found[row] = _picture(opened, table, row, path)
                break
            except CaseError as error:
                remark(f"  note: {error}")
    if not found:
        remark("  note: no picture of the table's cases was found: give the folder they lie in as --data")
    return list(found.values())


def _orders(table: LatentTable, target: str) -> Iterator[list[int]]:
    """Rows from the most to the least doubtful, then from the clearest of the target on; held-out ones first."""
    import numpy as np

    if table.predicted is not None:
        values = table.predicted
        doubt = np.abs(values - np.median(values))
    elif target in table.classes and table.probabilities.shape[1]:
        values = table.probabilities[:, table.classes.index(target)].astype(np.float64)
        doubt = np.abs(values - 0.5)
    else:
        values, doubt = np.zeros(len(table)), np.arange(len(table), dtype=np.float64)
    is_seen = table.split == "train"
    yield np.lexsort((doubt, is_seen)).tolist()
    yield np.lexsort((-values, is_seen)).tolist()


def _picture(opened: Checkpoint, table: LatentTable, row: int, path: Path) -> CasePicture:
    from analysis.figures.latent_map import truth_of
    from analysis.report import CasePicture
    from xaae_core.data.recipes import recipe_for

    read = recipe_for(opened.model, opened.card).read(path)
    for note in read.notes:
        remark(f"  note: {read.name}: {note}")
    return CasePicture(str(table.ids[row]), read.pixels, truth_of(table, row), str(table.split[row]))
