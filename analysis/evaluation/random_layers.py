"""Copies of a model in which some layers know nothing any more: how they are drawn anew, and how they settle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from analysis.attributions.twins import modules_in
from analysis.evaluation.layer_search import Layer, NumberOf, copy_sharing, has_statistics
from analysis.evaluation.seeded_draws import SeededDraws

How = Literal["reset", "permuted", "normal"]

_FEWEST_TO_PERMUTE = 16
_M = TypeVar("_M")


def destroy_layers(
    model: _M,
    layers: Sequence[Layer],
    *,
    settled: Sequence[Layer],
    number_of: NumberOf,
    pictures: Tensor,
    seed: int,
) -> tuple[_M, dict[str, How]]:
    """A copy of a model in which layers are drawn anew; whatever is not changed is shared with the model.

    A layer that can `reset_parameters` does so, with numbers from a generator of its own: torch's own is not touched.
    The weights of others are permuted, and where they are fewer than 16 or all the same, drawn from a normal
    distribution with the same root mean square. The statistics of batch norms (and of instance norms that have any) are
    measured anew on `pictures` in one pass, each on what the layers before it now give, so that activations
    neither vanish nor explode however deep the model is.

    Args:
        model: in eval mode.
        layers: to be drawn anew.
        settled: layers whose statistics are measured: these, and those that were drawn earlier.
        number_of: makes the number, and with it runs all of these.
        pictures: [B, C, H, W] that the statistics are measured on.
        seed: a layer's numbers depend on it and on the layer's position alone.

    Returns:
        The copy, and what was done with each layer by name.
    """
    held = list(modules_in([model]))
    own = {id(p) for layer in layers for p in held[layer.position].parameters(recurse=False)}
    own |= {id(b) for layer in (*layers, *settled) for b in held[layer.position].buffers(recurse=False)}
    with torch.inference_mode(False), torch.no_grad():
        kept = {id(t): t for module in held for t in (*module.parameters(), *module.buffers()) if id(t) not in own}
        for layer in layers:  # what a weight norm keeps beside its weights
            beside = [value for value in vars(held[layer.position]).values() if isinstance(value, Tensor)]
            kept |= {id(value): value.detach().clone() for value in beside}
        destroyed = copy_sharing(model, kept)
        modules = list(modules_in([destroyed]))
        how = {layer.name: _draw_anew(modules[layer.position], layer, seed) for layer in layers}
        number = number_of(destroyed)
        _settle([modules[layer.position] for layer in settled], lambda: number(pictures))
    return destroyed, how


def settling_pictures(image: Tensor, *, along_time: bool = False) -> Tensor:
    """Relatives of a picture [C, H, W] for batch statistics: [B, C, H, W], B from 4 (large pictures) to 16.

    The picture, then shifted around the torus, mirrored, of other contrast and with faint noise: like the picture, so
    that its own activations are usual among them, and unlike enough that each unit has a spread. `along_time`, of a
    signal [1, C, T], shifts and mirrors go along time, contrast is around each channel's mean, and nothing is cut off.
    """
    n = int(np.clip(16 * 256**2 // (image.shape[-2] * image.shape[-1]), 4, 16))
    generator = torch.Generator().manual_seed(0)
    relatives = [image]
    for number in range(1, n):
        rows, columns = (int(torch.randint(side, (1,), generator=generator)) for side in image.shape[-2:])
        rows = 0 if along_time else rows
        relative = image.roll((rows, columns), (-2, -1)).flip([-1] if number % 2 else [])
        contrast = 0.5 + torch.rand(1, generator=generator).to(image)
        noise = 0.03 * torch.randn(image.shape, generator=generator).to(image)
        if along_time:
            level = image.mean(dim=-1, keepdim=True)
            spread = image.std(dim=-1, keepdim=True, correction=0)
            relatives.append(level + (relative - level) * contrast + noise * spread)
        else:
            relatives.append((relative * contrast + noise).clamp(0, 1))
    return torch.stack(relatives)


def _draw_anew(module: nn.Module, layer: Layer, seed: int) -> How:
    generator = torch.Generator().manual_seed(int(np.random.SeedSequence([seed, layer.position]).generate_state(1)[0]))
    before = {name: p.detach().clone() for name, p in module.named_parameters(recurse=False)}
    reset = getattr(module, "reset_parameters", None)
    how: How = "permuted"
    if callable(reset) and not any(module.children()):  # a child's weights may be shared with the given model
        with SeededDraws(generator):
            reset()
        how = "reset"
    for name, parameter in module.named_parameters(recurse=False):
        is_heeded = how == "reset" and (_is_constant(parameter) or not torch.equal(parameter, before[name]))
        if not is_heeded:  # a weight that is made of others (weight norm) does not heed reset_parameters
            how = _shuffle(parameter, generator)
    return how


def _shuffle(parameter: Tensor, generator: torch.Generator) -> How:
    if parameter.numel() < _FEWEST_TO_PERMUTE or _is_constant(parameter):
        size = parameter.float().square().mean().sqrt() if parameter.numel() else 0.0
        parameter.copy_((torch.randn(parameter.shape, generator=generator)).to(parameter) * size)
        return "normal"
    order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
    parameter.copy_(parameter.flatten()[order].view_as(parameter))
    return "permuted"


def _is_constant(parameter: Tensor) -> bool:
    return parameter.numel() == 0 or bool((parameter == parameter.flatten()[0]).all())


def _settle(modules: Iterable[nn.Module], run: Callable[[], object]) -> None:
    """Measure batch statistics in one pass; the modules are copies, nobody else runs them."""
    norms = [module for module in modules if isinstance(module, _NormBase) and has_statistics(module)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.training, norm.momentum = True, 1.0
    if norms:
        run()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.training, norm.momentum = False, momentum
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.fill_(1)
