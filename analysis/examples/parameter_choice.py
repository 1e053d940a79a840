"""Which parameters' gradients are compared, and how they lie in one long vector."""

from __future__ import annotations

from typing import Literal, get_args

from torch import nn

from xaae_core.errors import ExamplesError

ParameterChoice = Literal["auto", "encoder", "last_block", "classifier", "all", "projected"]
CHOICES: tuple[ParameterChoice, ...] = get_args(ParameterChoice)
MOST_OF_AUTO = 2_000_000
"""Of more parameters in the encoder, "auto" takes its last block."""
_TO_LATENT = ("to_latent", "sampling_layer")
"""Layers beside an encoder that make z of its features."""
_CLASSIFIERS = ("classifier.", "lin_output.")
_VARIANCES = ("logvar", "log_var")
"""Endings of names of layers that only make a variance."""


def choose_parameters(model: nn.Module, choice: ParameterChoice = "auto") -> tuple[ParameterChoice, list[str]]:
    """Names of the parameters whose gradients are taken, and the choice that "auto" made.

    Args:
        model: with an `encoder`, its own or that of a model inside it, or parts named `encoder_…`; the layer beside
            it that makes z of its features, `to_latent` or `sampling_layer`, counts as part of it.
        choice: "encoder"; "last_block", the encoder's last block that has parameters and the layer that makes z;
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
    chosen = [name for name in names if name.startswith(prefixes) and (choice == "all" or not _is_of_variance(name))]
    if not chosen:
        raise ExamplesError(
            f'{type(model).__name__} has no parameters in its part "{choice}": choose another of {", ".join(CHOICES)}'
        )
    return choice, chosen


def _is_of_variance(name: str) -> bool:
    """Whether a parameter only makes the variance of q(z|x), on which the mean z does not depend."""
    return any(part.endswith(_VARIANCES) for part in name.split(".")[:-1])


def _auto(model: nn.Module) -> ParameterChoice:
    prefixes = _encoder_prefixes(model)
    if not prefixes:
        return "all"
    n = sum(value.numel() for name, value in model.named_parameters() if name.startswith(prefixes))
    return "encoder" if n <= MOST_OF_AUTO else "last_block"


def _prefixes(model: nn.Module, choice: ParameterChoice) -> tuple[str, ...]:
    if choice == "all" or (choice == "projected" and not _encoder_prefixes(model)):
        return ("",)
    if choice == "classifier":
        return _CLASSIFIERS
    if choice in ("encoder", "projected"):
        return _encoder_prefixes(model) or ("encoder.",)
    return (f"{_last_block(model)}.", *_encoder_prefixes(model)[len(_encoders(model)) :])


def _encoder_prefixes(model: nn.Module) -> tuple[str, ...]:
    """What the names of the encoder's parameters begin with, then those of the layers that make z; () without one."""
    encoders = _encoders(model)
    if not encoders:
        return ()
    beside = encoders[0].rpartition(".")[0]
    heads = tuple(f"{beside}.{head}." if beside else f"{head}." for head in _TO_LATENT)
    return (*(f"{name}." for name in encoders), *heads)


def _encoders(model: nn.Module) -> list[str]:
    """Names of the modules with parameters that encode, in their order; [] where none can be told by its name."""
    named = [name for name, module in model.named_modules() if name and any(True for _ in module.parameters())]
    whole = sorted((name for name in named if name.rpartition(".")[2] == "encoder"), key=lambda name: name.count("."))
    return whole[:1] or [name for name in named if name.startswith("encoder_") and "." not in name]


def _last_block(model: nn.Module) -> str:
    """Name of the encoder's last block: as deep as stages are `Sequential`, and no deeper than a layer with weights."""
    encoders = _encoders(model)
    if not encoders:
        raise ExamplesError(f'{type(model).__name__} has no encoder, so no last block: take parameters="all"')
    name, block, is_first = encoders[-1], model.get_submodule(encoders[-1]), True
    while is_first or isinstance(block, nn.Sequential):
        inner = [
            (part, child)
            for part, child in block.named_children()
            if not part.endswith(_VARIANCES) and any(True for _ in child.parameters())
        ]
        if not inner or (len(inner) > 1 and not is_first and isinstance(inner[-1][1], nn.modules.batchnorm._BatchNorm)):
            break
        name, block, is_first = f"{name}.{inner[-1][0]}", inner[-1][1], False
    return name
