"""`xaae gallery`: every small model of the catalogue trained on one data set, with its numbers side by side."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.terminal import finite, print_json, remark

if TYPE_CHECKING:
    from analysis.gallery.cases import GalleryCases
    from analysis.gallery.making import GalleryRun, Progress
    from analysis.gallery.settings import GallerySettings
    from xaae_core.models.model_entry import ModelEntry

_NO_FILE = ("digits", "factors")
_ALL = "all"
_GUESSED_SECONDS = 60.0
_QUICK_TRAIN, _QUICK_TEST = 600, 200
_EPILOG = """\b
Writes into --out:
  index.html            one page: all numbers, explained, and what each model
                        draws; it needs nothing else
  NAME/model.safetensors  opens in the app and in every command
  NAME/card.json, card.md its numbers; NAME/pictures/; NAME/history.csv

\b
Examples:
  xaae gallery --data mnist.npz --out galleries/mnist
  xaae gallery --data factors --out galleries/factors --model vae --model adagvae
  xaae gallery --data digits --out galleries/digits --quick
"""


def _file_or_word(ctx: click.Context, param: click.Parameter, value: str) -> Path | str:
    """A path, so that the settings that are written keep where it lies; "digits" and "factors" are none."""
    return value if value in _NO_FILE else Path(value)


def _model_names(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the catalogue; an unknown one is refused with the nearest."""
    from xaae_core.errors import ModelChoiceError
    from xaae_core.models.catalogue import find_model

    try:
        return tuple(dict.fromkeys(name if name == _ALL else find_model(name).name for name in value))
    except ModelChoiceError as error:
        raise click.BadParameter(f"{error}, or {_ALL}") from error


@click.command("gallery", cls=SettingsCommand, epilog=_EPILOG)
@click.option("--data", required=True, metavar="FILE", callback=_file_or_word,
    help="MNIST (x_train, y_train, x_test, y_test) or ECG5000 (x, y) as .npz; digits: scikit-learn's; "
    "factors: sprites whose factors are known.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write into; the same command goes on where it was stopped.")  # fmt: skip
@click.option("--model", "models", multiple=True, default=(_ALL,), show_default=True, metavar="NAME",
    callback=_model_names, help="A model of the catalogue; may be given several times.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Some 60 steps each, to see that all works: its figures mean little.")
@click.option("--dims", type=click.IntRange(1, 512), default=10, show_default=True, help="Size of every model's z.")
@click.option("--train", "n_train", type=click.IntRange(20), default=10_000, show_default=True, metavar="N",
    help="Cases to train on and to choose weights by, at most.")  # fmt: skip
@click.option("--test", "n_test", type=click.IntRange(10), default=2000, show_default=True, metavar="N",
    help="Held-out cases to measure, at most.")  # fmt: skip
@click.option(
    "--epochs", type=click.IntRange(1, 10_000), help="Of each model; as many as make 1,000 steps if left out."
)
@click.option("--beta", type=click.FloatRange(0, min_open=True),
    help="Weight of the KL divergence in every model that has one; its own if left out, of signals 0.002.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of everything random.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def command(
    data: Path | str,
    out: Path,
    models: tuple[str, ...],
    quick: bool,
    dims: int,
    n_train: int,
    n_test: int,
    epochs: int | None,
    beta: float | None,
    seed: int,
    as_json: bool,
) -> None:
    """Train every model that fits the data, on two cores in minutes each, and put their numbers side by side.

    Reconstruction, ELBO, KL, active dimensions and what a linear probe reads from z; where factors are known DCI, MIG,
    SAP and FactorVAE too. A finished model is not trained again, and one that fails does not stop the others.
    """
    from analysis.gallery.cases import read_cases
    from analysis.gallery.making import finished_gallery, make_gallery
    from analysis.gallery.settings import GallerySettings
    from xaae_core.models.catalogue import MODELS, find_model

    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")  # fastai's use of torch, not the user's
    if quick:
        n_train, n_test = min(n_train, _QUICK_TRAIN), min(n_test, _QUICK_TEST)
    settings = GallerySettings(
        dims=dims, n_train=n_train, n_test=n_test, epochs=epochs, beta=beta, seed=seed, is_quick=quick
    )
    entries = list(MODELS.values()) if _ALL in models else [find_model(name) for name in models]
    cases = read_cases(data, n_train=n_train, n_test=n_test, seed=seed)
    remark(f"{cases.name}: {cases.describe()}")
    for note in cases.notes:
        remark(f"  note: {note}")
    try:
        run = make_gallery(entries, cases, settings, out, watch=_watch)
    except KeyboardInterrupt:
        run = finished_gallery(entries, cases, settings, out)
        _write(run, out, cases, settings)
        kept = "1 model is" if run.n_before == 1 else f"{run.n_before} models are"
        remark(f"stopped: {kept} finished and kept; the same command goes on")
        raise click.Abort from None
    page = _write(run, out, cases, settings)
    _tell(run, entries, page, as_json=as_json)
    if run.failed:
        raise SystemExit(1)


_seconds = [_GUESSED_SECONDS]
"""How long the model before took: the first guess for the next."""


@contextmanager
def _watch(title: str, number: int, n_all: int) -> Iterator[Progress]:
    from app.remaining_time import watched

    began = time.monotonic()
    with watched(f"{number} of {n_all}: {title}", _seconds[0]) as progress:
        yield progress
    _seconds[0] = time.monotonic() - began


def _write(run: GalleryRun, out: Path, cases: GalleryCases, settings: GallerySettings) -> Path | None:
    """The page; None where nothing is finished."""
    from analysis.gallery.page import write_page

    if not run.cards:
        return None
    notes = list(cases.notes)
    if settings.is_quick:
        notes.append("this was a quick trial of some 60 steps a model: the numbers mean little")
    notes.append(f"seed {settings.seed}; one training each: another seed gives somewhat other numbers")
    return write_page(run, out, title=f"Model gallery: {cases.name}", data=f"{cases.describe()}.", notes=notes)


def _tell(run: GalleryRun, entries: list[ModelEntry], page: Path | None, *, as_json: bool) -> None:
    from analysis.gallery.findings import findings_of

    for name, why in run.left_out.items():
        remark(f"  left out: {name} {why}")
    for name, why in run.failed.items():
        remark(f"  failed: {name}: {why}")
    if run.n_before:
        remark(f"  {run.n_before} of {len(run.cards) - 1} models were finished before")
    if as_json:
        print_json({"models": {card.name: _summary(card) for card in run.cards}, "failed": dict(run.failed),
                    "left_out": dict(run.left_out), "page": str(page)})  # fmt: skip
        return
    click.echo(_table(run))
    click.echo("\n".join([*findings_of(run.cards), str(page)]))


def _summary(card: Any) -> dict[str, Any]:
    facts = {"title": card.title, "seconds": card.seconds, "epochs": card.n_epochs, "parameters": card.n_parameters}
    summary: dict[str, Any] = finite({**facts, **card.figures()})
    return summary


def _table(run: GalleryRun) -> str:
    """The numbers in aligned columns."""
    from analysis.gallery.columns import columns_of

    columns = columns_of(run.cards, is_general=True) + columns_of(run.cards, is_general=False)
    rows = [["model", *(column.title for column in columns)]]
    rows += [[card.name, *(column.text(card) for column in columns)] for card in run.cards]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in enumerate(
            zip(row, widths, strict=True))) for row in rows
    )  # fmt: skip
