"""`xaae direction`: where the target lies in a table of latents, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.terminal import interval, print_json, remark

if TYPE_CHECKING:
    from analysis.directions import Direction
    from xaae_core.latents import LatentTable


@click.command("direction", epilog="\b\nExample:\n  xaae direction model.latents.parquet --target malignant")
@click.argument("latents", type=click.Path(path_type=Path))
@click.option("--target", help="Class, or column of numbers, that + means; if left out the second of two classes, "
    "each one of more classes against the rest, or the number that the model has learned.")  # fmt: skip
@click.option("--permutations", type=click.IntRange(0), default=None,
    help="Shuffles of the target that the direction is tested with; 0: no test.  [default: 999; of more than 4,000 "
    "cases 199]")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
    help="Of the folds, the resamples and the shuffles.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(latents: Path, target: str | None, permutations: int | None, seed: int, as_json: bool) -> None:
    """Fit the direction of a target.

    Prints how well it tells the target, how sure that figure is, how much the direction itself moves when the cases
    are resampled, and whether shuffled targets give as strong a direction: then it could be noise.
    """
    from analysis.direction_significance import LEAST_PERMUTATIONS, SIGNIFICANT
    from xaae_core.latents import read_latents

    if permutations is not None and 0 < permutations < LEAST_PERMUTATIONS:
        raise click.UsageError(
            f"{permutations} permutations cannot show p < {SIGNIFICANT:g}; expected 0 (no test) or at least "
            f"{LEAST_PERMUTATIONS}"
        )
    found = _fitted(read_latents(latents), target, permutations, seed)
    if as_json:
        several = [figures_of(direction) for direction in found] if len(found) > 1 else []
        print_json({**figures_of(_main(found, target)), "one_vs_rest": several})
    else:
        click.echo(sentences_of(found[0]) if len(found) == 1 else table_of(found))


def figures_of(direction: Direction) -> dict[str, object]:
    """The direction's figures by name; the vector itself is left to the API."""
    is_tested = direction.n_permutations > 0
    return {
        "target": direction.target,
        "counterpart": direction.counterpart,
        "kind": direction.kind,
        "method": direction.method,
        "cases": direction.n_cases,
        "measure": direction.quality_name,
        "quality": direction.quality,
        "quality_interval": direction.quality_interval,
        "held_out": direction.held_out,
        "cone_degrees": direction.cone_degrees,
        "p_value": direction.p_value,
        "permutations": direction.n_permutations,
        "significant": direction.is_significant if is_tested else None,
    }


def sentences_of(direction: Direction) -> str:
    """The figures in words."""
    name = direction.quality_name
    held_out = _number(direction.held_out, "no such cases")
    lines = [
        f"towards {direction.target} (− means {direction.counterpart}); {direction.method}, {direction.n_cases} cases",
        f"  {name} {interval(direction.quality, *direction.quality_interval)}, each case scored by a fit without it",
        f"  {name} {held_out} on the cases of the other splits",
        f"  95 % of the directions refitted to resampled cases lie within {direction.cone_degrees:.0f}° of it",
        f"  {_significance(direction)}",
    ]
    return "\n".join(lines)


def table_of(directions: Sequence[Direction]) -> str:
    """One line a class: what tells it from the rest, and how sure that is."""
    first = directions[0]
    rows = [("towards", f"{first.quality_name}, cross-validated", "held out", "cone", "p")]
    for found in directions:
        quality = interval(found.quality, *found.quality_interval)
        p = f"{_number(found.p_value, '–', '.2g')}{'  could be noise' if found.could_be_noise else ''}"
        rows.append((found.target, quality, _number(found.held_out, "–"), f"{found.cone_degrees:.0f}°", p))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [f"each class against the rest; {first.method}, {first.n_cases} cases"]
    for row in rows:
        padded = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        lines.append(f"  {'  '.join([*padded, row[-1]])}".rstrip())
    return "\n".join(lines)


def _fitted(table: LatentTable, target: str | None, permutations: int | None, seed: int) -> tuple[Direction, ...]:
    from analysis.direction_goal import MOST_CLASSES
    from analysis.directions import fit_directions, permutations_for

    targets = None if target is None else [target]
    if target is None and len(table.classes) > MOST_CLASSES:
        targets = [table.classes[1]]
        remark(f"{len(table.classes)} classes: only the second is looked at; name another with --target")
    tested = permutations_for(len(table)) if permutations is None else permutations
    return fit_directions(table, targets, n_permutations=tested, seed=seed)


def _main(found: Sequence[Direction], target: str | None) -> Direction:
    """The direction that stands for all: the one asked for, else the second class's."""
    return found[min(1, len(found) - 1)] if target is None else found[0]


def _significance(direction: Direction) -> str:
    from analysis.direction_significance import p_words

    if direction.n_permutations == 0:
        return "not tested against shuffled targets"
    verdict = "it could be noise" if direction.could_be_noise else "it is more than noise"
    return f"{verdict}: {p_words(direction.p_value)} among {direction.n_permutations} shuffles of the target"


def _number(value: float, otherwise: str, form: str = ".3f") -> str:
    return f"{value:{form}}" if value == value else otherwise
