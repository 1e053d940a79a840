"""Which parameters' gradients are compared, and how they lie in one long vector."""

from __future__ import annotations

from typing import Literal, get_args

from torch import nn

from xaae_core.errors import ExamplesError

ParameterChoice = Literal["auto", "encoder", "last_block", "classifier", "all", "projected"]
CHOICES: tuple[ParameterChoice, ...] = get_args(ParameterChoice)
MOST_OF_AUTO = 2_000_000
"""Of more parameters in the encoder, "auto" takes its last block."""
_TO_LATENT = "to_latent."


def choose_parameters(model: nn.Module, choice: ParameterChoice = "auto") -> tuple[ParameterChoice, list[str]]:
    """Names of the parameters whose gradients are taken, and the choice that "auto" made.

    Args:
        model: with an `encoder`; a `to_latent` layer, as this tool's models have it, counts as part of it.
        choice: "encoder"; "last_block", the encoder's last block that has parameters and `to_latent`;
            "classifier"; "all"; "projected", those of "encoder" (all of a model without one), whose gradients are then
            projected at random to a few thousand numbers (`analysis.examples.projected_gradients`); "auto": the
            encoder up to 2 million parameters, above its last block, and everything of a model without an encoder.

    Raises:
        ExamplesError: the model has no such part, or it has no parameters.
        ValueError: an unknown choice.
    """
    if choice not in CHOICES:
        raise ValueError(f'parameters is "{choice}"; expected one of {", ".join(CHOICES)}')
    names = [name for name, value in model.named_parameters() if value.is_floating_point()]
    if choice == "auto":
        return choose_parameters(model, _auto(model))
    prefixes = _prefixes(model, choice)
    chosen = [name for name in names if name.startswith(prefixes)]
    if not chosen:
        raise ExamplesError(
            f'{type(model).__name__} has no parameters in its part "{choice}": choose another of {", ".join(CHOICES)}'
        )
    return choice, chosen


def _auto(model: nn.Module) -> ParameterChoice:
    if not _has_encoder(model):
        return "all"
    n = sum(value.numel() for name, value in model.named_parameters() if name.startswith(("encoder.", _TO_LATENT)))
    return "encoder" if n <= MOST_OF_AUTO else "last_block"


def _has_encoder(model: nn.Module) -> bool:
    encoder = getattr(model, "encoder", None)
    return isinstance(encoder, nn.Module) and bool(list(encoder.parameters()))


def _prefixes(model: nn.Module, choice: ParameterChoice) -> tuple[str, ...]:
    if choice == "all":
        return ("",)
    if choice == "classifier":
        return ("classifier.",)
    if choice == "projected" and not _has_encoder(model):
        return ("",)
    if choice in ("encoder", "projected"):
        return ("encoder.", _TO_LATENT)
    return (f"{_last_block(model)}.", _TO_LATENT)


def _last_block(model: nn.Module) -> str:
    """Name of the encoder's last block: as deep as stages are `Sequential`, and no deeper than a layer with weights."""
    encoder = getattr(model, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise ExamplesError(f'{type(model).__name__} has no encoder, so no last block: take parameters="all"')
    name, block, is_first = "encoder", encoder, True
    while is_first or isinstance(block, nn.Sequential):
        inner = [(part, child) for part, child in block.named_children() if any(True for _ in child.parameters())]
        if not inner or (len(inner) > 1 and not is_first and isinstance(inner[-1][1], nn.modules.batchnorm._BatchNorm)):
            break
        name, block, is_first = f"{name}.{inner[-1][0]}", inner[-1][1], False
    return name
