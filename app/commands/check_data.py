"""`xaae check-data`: what is wrong with a data set, before anything is trained on it."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from app.data_options import columns_from, data_options, signal_options, signals_from
from app.terminal import counted, print_json, remark

if TYPE_CHECKING:
    from xaae_core.data.checks import CheckReport, Finding, Level

EPILOG = """\b
Exit codes:
  0    nothing that stands in the way of training (with --strict: no warning either)
  2    the data cannot be read at all; the message says why
  3    at least one finding of the level stop (with --strict: or warn)

\b
Example:
  xaae check-data my_pictures
  xaae check-data my_pictures --strict --json > check.json
"""
EXIT_FOUND = 3
_HEADINGS: dict[Level, str] = {
    "stop": "Stop: results would be worthless or wrong",
    "warn": "Warnings: results may mislead",
    "note": "Worth knowing",
    "good": "Fine",
}
_COLOURS: dict[Level, str] = {"stop": "red", "warn": "yellow", "note": "cyan", "good": "green"}
_SPLITS = ("train", "valid", "test")
_NAMED = 5


@click.command("check-data", epilog=EPILOG)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--checkpoint", type=click.Path(path_type=Path, dir_okay=False),
    help="Check against this model too: its size, channels and normalisation.")  # fmt: skip
@click.option(
    "--size", type=click.IntRange(16), help="Side of the model's pictures in pixels, where there is none yet."
)
@click.option("--strict", is_flag=True, help="Warnings, too, give exit code 3.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Of folds, permutations and samples.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@data_options
@signal_options
def command(
    data: Path, checkpoint: Path | None, size: int | None, strict: bool, seed: int, as_json: bool, **options: Any
) -> None:
    """Look for what spoils results, before training: nothing is changed.

    Counts, unreadable files, copies, patients in two splits, sites that give the label away, burned-in letters and
    rulers, brightness, sizes, masks and the split itself. Every case of DATA is read once.
    """
    from xaae_core.data.checks import check_dataset
    from xaae_core.data.dataset import read_dataset
    from xaae_core.data.medium import require_medium

    model: dict[str, Any] = {"size": (size, size)} if size else {}
    if checkpoint is not None:
        model = _model_of(checkpoint)
    if options["window"] is not None:
        model["window"] = options["window"]
    signals, card = model.pop("signals", None) or signals_from(options), model.pop("card", None)
    dataset = read_dataset(data, columns=columns_from(options), task=options["task"], min_classes=1, signals=signals)
    if card is not None:
        require_medium(dataset, card)
    with counted("checked") as progress:
        report = check_dataset(dataset, **model, progress=progress, seed=seed)
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
    if report.worst == "stop" or (strict and report.worst == "warn"):
        sys.exit(EXIT_FOUND)


def _model_of(checkpoint: Path) -> dict[str, Any]:
    """What the check asks of a trained model."""
    from app.opened_model import open_checkpoint
    from xaae_core.data.recipes import recipe_for
    from xaae_core.data.signals.signal_options import SignalOptions

    opened = open_checkpoint(checkpoint)
    signals = SignalOptions.of_card(opened.card)
    if signals is not None:
        return {"signals": signals, "card": opened.card}
    recipe = recipe_for(opened.model, opened.card)
    mean, std = (getattr(opened.model, name).flatten().tolist() for name in ("pixel_mean", "pixel_std"))
    is_identity = set(mean) == {0.0} and set(std) == {1.0}
    return {
        "card": opened.card,
        "size": recipe.size,
        "channels": recipe.channels,
        "normalisation": None if is_identity else (mean, std),
        "window": recipe.window,
    }


def _print_report(report: CheckReport) -> None:
    dataset = report.dataset
    click.echo(f"{dataset.name}: {dataset.describe()}")
    for note in dataset.notes:
        remark(f"  note: {note}")
    click.echo("\n" + "\n".join(_table(report.counts)))
    for level, heading in _HEADINGS.items():
        findings = report.of_level(level)
        if findings:
            click.echo("\n" + click.style(heading, fg=_COLOURS[level], bold=True))
        for finding in findings:
            click.echo("\n".join(_lines(finding)))
    totals = ", ".join(f"{len(report.of_level(level))} {level}" for level in _HEADINGS)
    click.echo(f"\n{totals}")


def _table(counts: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    width = max((len(name) for name in counts), default=0)
    yield " " * width + "".join(f"{split:>10}" for split in _SPLITS)
    for name, row in counts.items():
        yield f"{name:<{width}}" + "".join(f"{_number(row.get(split, 0)):>10}" for split in _SPLITS)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def _lines(finding: Finding) -> Iterator[str]:
    yield from _wrapped(f"  {finding.check}: ", finding.title)
    if finding.level == "good":
        return
    if finding.detail:
        yield from _wrapped("      ", finding.detail)
    if finding.remedy:
        yield from _wrapped("      do: ", finding.remedy)
    if finding.cases:
        more = finding.n_cases - _NAMED
        rest = f" and {more:,} more" if more > 0 else ""
        yield from _wrapped("      see: ", ", ".join(finding.cases[:_NAMED]) + rest)


def _wrapped(head: str, text: str) -> list[str]:
    """Lines as wide as the terminal; one line in a log."""
    if not sys.stdout.isatty():
        return [head + text]
    width = max(60, min(get_terminal_size().columns, 120))
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * 6, break_long_words=False)
