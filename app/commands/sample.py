"""`xaae sample`: cases that a model makes up."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.figure_options import figure_options, formats_option, style_from
from app.model_latents import latents_of_model
from app.terminal import print_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FILE = click.Path(path_type=Path)


@click.command(
    "sample",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae sample vae.safetensors --out made_up -n 16",
)
@click.argument("checkpoint", type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("-n", "--count", type=click.IntRange(1, 4096), default=16, show_default=True, help="Cases to make up.")
@click.option("--latents", type=_FILE,
    help="Table of latents of the same checkpoint: z is drawn from a Gaussian laid over its training cases; needed "
    "for a model without a prior.")  # fmt: skip
@click.option("--spread", type=click.FloatRange(0, 10, min_open=True), default=1.0, show_default=True,
    help="Of the draws, as a factor; below 1 the cases are more ordinary, and more alike.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draws.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@formats_option
@figure_options
@allow_encoders
def command(
    checkpoint: Path,
    out: Path,
    count: int,
    latents: Path | None,
    spread: float,
    seed: int,
    as_json: bool,
    formats: tuple[str, ...],
    **options: Any,
) -> None:
    """Draw latent vectors from the prior and decode them.

    Writes samples.png, .svg and .pdf, of these what --format asks for (side by side, at most 400 of them; the figures
    know how they were made), samples.npy (the decoded cases; signals in their units) and z.npy. They show what the
    model takes for likely; none of them is a case that was seen.
    """
    import numpy as np

    from analysis.figures.figure import Figure
    from analysis.figures.sample_sheet import SampleSheet
    from analysis.prior_samples import draw_samples
    from analysis.provenance.making import provenance_of
    from app.figure_options import write_figure
    from app.opened_model import open_checkpoint
    from xaae_core.atomic_files import atomic_path
    from xaae_core.signal_form import signal_form_of

    opened = open_checkpoint(checkpoint)
    table = None if latents is None else latents_of_model(opened, latents)
    if table is not None and (table.split == "train").sum() > 1:
        table = table.rows(np.flatnonzero(table.split == "train"))
    made = draw_samples(opened.model, count, table=table, spread=spread, seed=seed)
    form = signal_form_of(opened.model)
    cases = made.pictures if form is None else form.in_units(made.pictures[:, 0])
    sheet = SampleSheet.of(made.pictures, made.source, form=form)
    told = provenance_of(
        sheet.kind,
        opened,
        data_fingerprint="" if table is None else table.data_fingerprint,
        seed=seed,
        settings={"source": made.source, "n": count, "spread": spread},
    )
    style, figure = style_from(options), Figure(sheet, told, sheet.title)
    files = [out / f"samples.{form}" for form in figure.forms if form in formats]
    for path in files:
        write_figure(figure, path, style)
    for name, values in {"samples.npy": cases, "z.npy": made.z}.items():
        files.append(out / name)
        with atomic_path(files[-1]) as temporary:
            temporary.write_bytes(_npy(values))
    if as_json:
        print_json({"n": count, "source": made.source, "seed": seed, "files": [str(path) for path in files]})
    else:
        click.echo("\n".join([f"{count} cases, z drawn from {made.source}", *map(str, files)]))


def _npy(values: NDArray[np.float32]) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
