"""`xaae direction`: where the target lies in a table of latents, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.terminal import interval, print_json

if TYPE_CHECKING:
    from analysis.directions import Direction


@click.command("direction", epilog="\b\nExample:\n  xaae direction model.latents.parquet --target malignant")
@click.argument("latents", type=click.Path(path_type=Path))
@click.option("--target", help="Class, or column of numbers, that + means; the second class if left out.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the folds and the resamples.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(latents: Path, target: str | None, seed: int, as_json: bool) -> None:
    """Fit the direction of a target.

    Prints how well it tells the target, how sure that figure is, and how much the direction itself moves when the
    cases are resampled.
    """
    from analysis.directions import fit_direction
    from xaae_core.latents import read_latents

    direction = fit_direction(read_latents(latents), target, seed=seed)
    if as_json:
        print_json(figures_of(direction))
    else:
        click.echo(sentences_of(direction))


def figures_of(direction: Direction) -> dict[str, object]:
    """The direction's figures by name; the vector itself is left to the API."""
    return {
        "target": direction.target,
        "counterpart": direction.counterpart,
        "method": direction.method,
        "cases": direction.n_cases,
        "measure": direction.quality_name,
        "quality": direction.quality,
        "quality_interval": direction.quality_interval,
        "held_out": direction.held_out,
        "cone_degrees": direction.cone_degrees,
    }


def sentences_of(direction: Direction) -> str:
    """The figures in words."""
    name = direction.quality_name
    held_out = f"{direction.held_out:.3f}" if direction.held_out == direction.held_out else "no such cases"
    lines = (
        f"towards {direction.target} (− means {direction.counterpart}); {direction.method}, {direction.n_cases} cases",
        f"  {name} {interval(direction.quality, *direction.quality_interval)}, each case scored by a fit without it",
        f"  {name} {held_out} on the cases of the other splits",
        f"  95 % of the directions refitted to resampled cases lie within {direction.cone_degrees:.0f}° of it",
    )
    return "\n".join(lines)
