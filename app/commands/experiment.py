"""`xaae experiment`: Label-Free XAI's experiments on real data, with their mistakes mended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from analysis.examples.steps import Progress
    from analysis.experiments.catalogue import Experiment, Finding
    from analysis.experiments.parts import Part, PartStore
    from analysis.experiments.setup import Scale, Setup

NAMES = ("consistency_features", "consistency_examples", "roar_test", "pretext", "disvae")
_GUESSED_SECONDS = 60.0
_NO_FILE = "digits"
_MENDED = """\b
What each asks:
  consistency_features   does masking what a method calls important move the
                         representation further than masking at random?
  consistency_examples   do important training cases share the case's label?
  roar_test              does a network trained without the important pixels
                         reconstruct worse?
  pretext                do networks of different pretext tasks explain alike?
  disvae                 do a β-VAE's dimensions look at different pixels?

\b
Mended, beside what each run says (lfxai's scripts have these wrong):
  roar_test   maps of a shuffled loader were applied in the data set's order
  pretext     nearest neighbours saw 0 to 255 instead of 0 to 1; a softmax
              stood before the cross-entropy
  all         the test cases chose the epoch; GradientShap mixed up pictures
              within a batch; examples were explained in training mode

\b
Examples:
  xaae experiment roar_test --data mnist.npz --out roar
  xaae experiment disvae --data digits --out disvae --quick
"""


def _file_or_digits(ctx: click.Context, param: click.Parameter, value: str) -> Path | str:
    """A path, so that the settings that are written keep where it lies; "digits" is none."""
    return value if value == _NO_FILE else Path(value)


@click.command("experiment", cls=SettingsCommand, epilog=_MENDED)
@click.argument("name", type=click.Choice(NAMES))
@click.option("--data", required=True, metavar="FILE", callback=_file_or_digits,
    help="MNIST (x_train, y_train, x_test, y_test) or ECG5000 (x, y) as .npz; or digits: scikit-learn's.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write into; the same command goes on where it was stopped.")  # fmt: skip
@click.option("--quick", is_flag=True, help="A minute's trial: its figures mean little.")
@click.option("--full", is_flag=True, help="The published amount of work: hours on a CPU.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of everything random.")
@click.option("--runs", type=click.IntRange(1, 100), help="Repetitions with other seeds; more can be added later.")
@click.option("--epochs", type=click.IntRange(1, 10_000), help="Of every network.")
@click.option("--train", "n_train", type=click.IntRange(20), metavar="N", help="Training cases, at most.")
@click.option("--explained", "n_explained", type=click.IntRange(10), metavar="N", help="Test cases, at most.")
@click.option("--device", type=click.Choice(["cpu", "cuda", "auto"]), default="cpu", show_default=True,
    help="Where to compute; the same seed gives the same figures on the same one.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(
    name: str,
    data: Path | str,
    out: Path,
    quick: bool,
    full: bool,
    seed: int,
    runs: int | None,
    epochs: int | None,
    n_train: int | None,
    n_explained: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Repeat an experiment of Label-Free XAI (Crabbé & van der Schaar 2022) on real data.

    Writes results.csv (every number), a figure as .png, .svg and .pdf, experiment.json (settings, versions, seeds,
    findings) and finished parts: after Ctrl-C, the same command goes on with the next one.
    """
    from analysis.experiments.catalogue import EXPERIMENTS
    from analysis.experiments.datasets import read_data
    from analysis.experiments.networks import PublishedNetworks
    from analysis.experiments.parts import PartStore
    from analysis.experiments.setup import Setup

    if quick and full:
        raise click.UsageError("--quick and --full: expected one of them, or neither")
    experiment, found = EXPERIMENTS[name], read_data(data, seed=seed)
    if found.kind not in experiment.kinds:
        raise click.UsageError(f"{name} needs pictures; {found.name} are {found.kind}: give MNIST's file, or digits")
    amount = "quick" if quick else "full" if full else "usual"
    wanted = {"runs": runs, "n_epochs": epochs, "n_train": n_train, "n_explained": n_explained}
    scale = _changed(experiment.scales[found.kind, amount], wanted)  # type: ignore[index]  # of the three above
    setup = Setup(found, scale, PublishedNetworks(), seed, _device(device))
    remark(f"{name} on {found.name}: {experiment.question}")
    remark(f"  {told_of(scale)}{'; ' + found.note if found.note else ''}")
    store = PartStore(out / "parts", {"experiment": name, "version": _version(), **setup.settings})
    _run(experiment, setup, store)
    finding = experiment.collect(setup, store)
    figures = figures_of(experiment, setup, store, finding)
    files = write_finding(out, name, finding, figures)
    if as_json:
        print_json({**figures, "files": files})
    else:
        lines = [*figures["findings"], *(f"mended: {words}" for words in experiment.mended), *files]
        click.echo("\n".join(lines))


def figures_of(experiment: Experiment, setup: Setup, store: PartStore, finding: Finding) -> dict[str, Any]:
    """What must be known to repeat and to judge the experiment."""
    from dataclasses import asdict

    return {
        "experiment": experiment.name,
        "question": experiment.question,
        "findings": finding.sentences(),
        "mended": list(experiment.mended),
        "data": {"name": setup.data.name, "sha256": setup.data.sha256, "note": setup.data.note},
        "scale": asdict(setup.scale),
        "seed": setup.seed,
        "device": setup.device,
        "seconds": round(sum(store.seconds(part.key) for part in experiment.parts(setup)), 1),
        "versions": _versions(),
    }


def write_finding(folder: Path, name: str, finding: Finding, figures: dict[str, Any]) -> list[str]:
    """Write the table, the figure and what is known of them; returns the files' paths."""
    import csv
    import io
    import json

    from analysis.figures.formats import FORMATS
    from app.terminal import finite
    from xaae_core.atomic_files import atomic_path

    rows, text = finding.rows(), io.StringIO()
    table = csv.DictWriter(text, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    contents = {"results.csv": text.getvalue().encode()}
    contents |= {f"{name}.{form}": finding.draw(form) for form in FORMATS}
    contents["experiment.json"] = json.dumps(finite(figures), ensure_ascii=False, indent=2).encode()
    for file, content in contents.items():
        with atomic_path(folder / file) as temporary:
            temporary.write_bytes(content)
    return [str(folder / file) for file in contents]


def told_of(scale: Scale) -> str:
    """The amount of work in words."""
    compared = f", {scale.n_compared:,} compared" if scale.n_compared else ""
    return (
        f"at most {scale.n_train:,} training cases{compared}, {scale.n_explained:,} explained; {scale.n_epochs} "
        f"epochs, {scale.n_dims} dimensions, runs: {scale.runs}"
    )


def _run(experiment: Experiment, setup: Setup, store: PartStore) -> None:
    """All parts; Ctrl-C says what is kept."""
    from analysis.experiments.parts import run_parts

    parts, seconds = experiment.parts(setup), [_GUESSED_SECONDS]

    @contextmanager
    def watch(part: Part, number: int, n_all: int) -> Iterator[Progress]:
        from app.remaining_time import watched

        began = time.monotonic()
        with watched(f"{number} of {n_all}: {part.words}", seconds[0]) as progress:
            yield progress
        seconds[0] = time.monotonic() - began

    try:
        before = run_parts(parts, store, watch)
    except KeyboardInterrupt:
        done = sum(store.has(part.key) for part in parts)
        remark(f"stopped: {done} of {len(parts)} parts are kept; the same command goes on with the next")
        raise click.Abort from None
    if before:
        remark(f"  {before} of {len(parts)} parts were finished before")


def _changed(scale: Scale, wanted: dict[str, int | None]) -> Scale:
    from dataclasses import replace

    return replace(scale, **{name: value for name, value in wanted.items() if value is not None})


def _device(name: str) -> str:
    import torch

    from xaae_core.devices import default_device

    if name == "auto":
        return str(default_device())
    if name == "cuda" and not torch.cuda.is_available():
        raise click.BadParameter("there is no CUDA device here: use --device cpu or auto")
    return name


def _version() -> str:
    from xaae_core import __version__

    return __version__


def _versions() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    packages = ("torch", "captum", "numpy", "scikit-learn")
    return {"xaae": _version(), "python": platform.python_version(), **{name: version(name) for name in packages}}
