"""`xaae demo`: train the demo again, measure its claims, write its pictures, or signals, as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.terminal import epoch_line, print_json, remark

if TYPE_CHECKING:
    from analysis.demo_evaluation import DemoMeasures


@click.group("demo")
def demo() -> None:
    """The demo: chest-like phantoms, drawn by a program, whose every factor is known."""


@demo.command("train", epilog="\b\nExample:\n  xaae demo train --out runs/demo")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first weights and of the training.")
def train(out: Path, seed: int) -> None:
    """Train the demo's model: some twelve minutes of CPU time.

    Stopped at any moment, the same command goes on after the last finished epoch.
    """
    from xaae_core.training.demo import train_demo

    def measure(model: Any) -> dict[str, float]:
        measures = _measured(model)
        click.echo(measures.table())
        return measures.by_name()

    remark("drawing 1,200 phantoms …")
    checkpoint = train_demo(out, seed=seed, measure=measure, on_progress=lambda progress: remark(epoch_line(progress)))
    click.echo(f"{checkpoint}: {checkpoint.stat().st_size / 1e6:.1f} MB")


@demo.command("measure", epilog="\b\nExample:\n  xaae demo measure --checkpoint runs/demo/phantoms.safetensors")
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Model to measure; the bundled one if left out.")
@click.option("--paths", type=click.IntRange(1, 300), default=100, show_default=True, help="Paths to decode.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def measure_claims(checkpoint: Path | None, paths: int, as_json: bool) -> None:
    """Measure what is claimed of the demo on 300 held-out phantoms; exit code 1 when a claim fails."""
    from app.opened_model import open_checkpoint
    from xaae_core.demo import demo_checkpoint

    opened = open_checkpoint(checkpoint or demo_checkpoint())
    measures = _measured(opened.model, paths)
    if as_json:
        print_json({"checkpoint_sha256": opened.sha256, **measures.by_name(), "failures": list(measures.failures())})
    else:
        click.echo(measures.table())
    if measures.failures():
        raise SystemExit(1)


@demo.command("images", epilog="\b\nExample:\n  xaae demo images phantoms\n  xaae train phantoms --out runs/phantoms")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--train", "n_train", type=click.IntRange(0, 800), default=800, show_default=True, help="To train on.")
@click.option("--valid", "n_valid", type=click.IntRange(0, 100), default=100, show_default=True, help="To choose by.")
@click.option("--test", "n_test", type=click.IntRange(0, 300), default=300, show_default=True, help="Held out.")
def write_images(folder: Path, n_train: int, n_valid: int, n_test: int) -> None:
    """Write the phantoms to FOLDER as an ordinary data set: images/, masks/ and labels.csv."""
    from xaae_core.data.phantom_folder import write_phantoms

    table = write_phantoms(folder, n_train=n_train, n_valid=n_valid, n_test=n_test)
    click.echo(f"{table}: {n_train + n_valid + n_test:,} phantoms")


@demo.command("signals", epilog="\b\nExample:\n  xaae demo signals beats\n  xaae train beats --out runs/beats")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--train", "n_train", type=click.IntRange(0), default=600, show_default=True, help="To train on.")
@click.option("--valid", "n_valid", type=click.IntRange(0), default=150, show_default=True, help="To choose by.")
@click.option("--test", "n_test", type=click.IntRange(0), default=250, show_default=True, help="Held out.")
def write_signals(folder: Path, n_train: int, n_valid: int, n_test: int) -> None:
    """Write heartbeats that a program draws to FOLDER: two leads, a known raise of the ST segment, and its mask."""
    from xaae_core.data.beats_folder import write_beats

    table = write_beats(folder, n_train=n_train, n_valid=n_valid, n_test=n_test)
    click.echo(f"{table}: {n_train + n_valid + n_test:,} beats of 2 leads")


command = demo
"""What `xaae` runs."""


def _measured(model: Any, n_paths: int = 100) -> DemoMeasures:
    from analysis.demo_evaluation import measure_demo

    return measure_demo(model, n_paths=n_paths, progress=lambda words: remark(f"measuring: {words} …"))
