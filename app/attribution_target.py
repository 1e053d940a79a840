"""What `--target` of `xaae attribute` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from analysis.attributions import Target
    from xaae_core.latents import LatentTable
    from xaae_core.model_card import ModelCard

KINDS = ("class", "direction", "dimension", "representation", "error")
HELP = (
    "What is explained: class (the logit of the model's own target; class:NAME of another), direction (the score "
    "towards it, needs --latents; direction:NAME), dimension:K (one entry of z), representation (all of z, no label), "
    "error (how badly z redraws the picture). If left out class; of a model without classes direction with --latents, "
    "else representation."
)


def check_target(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse what cannot be a target before the model is opened."""
    if value is None:
        return None
    kind, _, rest = value.partition(":")
    if kind not in KINDS:
        return f"class:{value}"  # as the other commands' --target: a class by its name
    if kind == "dimension" and not rest.isdecimal():
        raise click.BadParameter(f"{value}; expected dimension:K with K from 0, as in dimension:3")
    if kind == "representation" and rest:
        raise click.BadParameter(f"{value}; the representation has no part: expected representation, or dimension:K")
    if kind == "error" and rest:
        raise click.BadParameter(f"{value}; the reconstruction error has no part: expected error")
    return value


def usual_target(card: ModelCard, *, has_latents: bool) -> str:
    """What is explained where nobody says: the answer; of a model that gives none a direction, or all of z."""
    if card.classes or card.task != "classes":
        return "class"
    return "direction" if has_latents else "representation"


def needs_latents(value: str) -> bool:
    """Whether a target can only be explained with a table of latents."""
    return value.partition(":")[0] == "direction"


def target_of(value: str, card: ModelCard, table: LatentTable | None) -> Target:
    """The target that a checked `--target` means.

    Raises:
        AttributionError: a class that the model does not know.
        DirectionError: a direction that cannot be fitted.
    """
    from analysis.attributions import (
        DirectionScore,
        LatentDimension,
        PredictedNumber,
        ReconstructionError,
        Representation,
    )
    from analysis.directions import fit_direction

    kind, _, name = value.partition(":")
    if kind == "dimension":
        return LatentDimension(int(name))
    if kind == "representation":
        return Representation()
    if kind == "error":
        return ReconstructionError()
    if kind == "direction":
        assert table is not None  # the command has asked for one
        return DirectionScore(fit_direction(table, name or card.target or None, n_bootstrap=0))
    if card.task != "classes" and name in ("", card.target):
        return PredictedNumber(card.target)
    return _class_of(name or card.target, card)


def _class_of(name: str, card: ModelCard) -> Target:
    from analysis.attributions import ClassLogit
    from xaae_core.errors import AttributionError

    if card.task != "classes":
        raise AttributionError(f'the model predicts a number and knows no class "{name}"; expected {card.target}')
    if name in card.classes:
        return ClassLogit(card.classes.index(name), name)
    if not name and not card.classes:
        return ClassLogit(1)
    raise AttributionError(
        f'the model knows no class "{name}"; expected one of {", ".join(card.classes) or "none"}, '
        "or direction, dimension:K, representation, error"
    )
