"""`xaae curves`: a training and the quality of its model as figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.figure_options import figure_file, figure_options, style_from, write_figure
from app.terminal import print_json

if TYPE_CHECKING:
    from analysis.figures.training_curves import TrainingCurves

_FIGURE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "curves",
    epilog="\b\nExample:\n  xaae curves runs/first --out curves.pdf --quality quality.pdf --columns single",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=_FIGURE, callback=figure_file(),
    help="Figure of the training to write: .png, .svg or .pdf.")  # fmt: skip
@click.option("--quality", type=_FIGURE, callback=figure_file(),
    help="Also draw how good the finished model is on held-out cases: ROC curve, calibration and confusion matrix, or "
    "predicted beside true numbers.")  # fmt: skip
@figure_options
@click.option("--json", "as_json", is_flag=True, help="Print the phases and the epochs kept as JSON.")
def command(run: Path, out: Path, quality: Path | None, as_json: bool, **options: Any) -> None:
    """Draw the course of a training.

    RUN is the folder that xaae train, or the train page, wrote; its history.csv alone is enough, also while the
    training runs. Losses by phase on training and validation cases, parts of the loss, the game with the
    discriminator where there is one, and held-out measures; the epochs whose weights were kept are marked.
    """
    from app.training.figures import quality_of_run, training_figure

    style = style_from(options)
    figure = training_figure(run)
    second = None if quality is None else quality_of_run(run)
    write_figure(figure, out, style)
    if second is not None and quality is not None:
        write_figure(second, quality, style)
    drawing: TrainingCurves = figure.drawing  # type: ignore[assignment]  # of its kind
    files = [str(out), *([] if quality is None else [str(quality)])]
    if as_json:
        print_json({"files": files, "epochs": drawing.n_epochs, "phases": phases_of(drawing)})
    else:
        click.echo(drawing.caption())
        if second is not None:
            click.echo(second.drawing.caption())
        click.echo("\n".join(files))


def phases_of(drawing: TrainingCurves) -> list[dict[str, object]]:
    """Name, epochs and kept epoch of each phase; epochs count from 1 within the phase."""
    return [
        {
            "phase": phase.name,
            "epochs": phase.last - phase.first + 1,
            "kept": phase.kept - phase.first + 1 if phase.kept else None,
        }
        for phase in drawing.phases
    ]
