"""Which features carry the representation, by name of the method; and two maps that know nothing of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.attributions.importance_masks import generate_masks, generate_tseries_masks
from analysis.attributions.label_free import attribute_auxiliary
from analysis.examples.steps import Progress, Steps
from analysis.experiments.seeding import seeded

Floats = NDArray[np.float32]
Method = Literal["gradient_shap", "integrated_gradients", "saliency"]
Reference = Literal["random", "contrast"]
METHODS: tuple[Method, ...] = get_args(Method)
REFERENCES: tuple[Reference, ...] = get_args(Reference)
N_STEPS = 50
N_SAMPLES = 20
_BATCH = 100


def explain_features(
    encoder: nn.Module,
    inputs: Tensor,
    method: str,
    *,
    baseline: Tensor,
    seed: int = 0,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
) -> Floats:
    """How important each feature is for the whole representation.

    Args:
        encoder: from inputs [N, …] to representations [N, D]; on `device`.
        inputs: [N, C, H, W] or [N, T, C]; the n-th map is of the n-th input, whatever the batches.
        method: by captum, label-free; or one that never sees the model: "random" order, or "contrast", the distance
            from the baseline.
        baseline: what stands for nothing, [1, …].
        seed: of what is drawn by chance.
        device: where to compute.
        progress: called with (inputs done, all).

    Returns:
        [N, …] like the inputs, with a sign where the method has one.

    Source: Crabbé & van der Schaar 2022, definition 2.1.
    """
    if method == "random":
        return np.random.default_rng(seed).standard_normal(tuple(inputs.shape), dtype=np.float32)
    if method == "contrast":
        return (inputs - baseline).abs().numpy().astype(np.float32)
    explainer, options = _explainer(encoder, method)
    nothing = None if method == "saliency" else baseline.to(device)
    with seeded(seed):
        found = attribute_auxiliary(
            encoder, batches_of(inputs, progress), torch.device(device), explainer, nothing, options=options
        )
    return found.astype(np.float32)


def hide_most_important(inputs: Tensor, importance: NDArray[Any], share: float, *, baseline: Tensor) -> Tensor:
    """Inputs with `share` of their features, the most important ones, replaced by the baseline's.

    Args:
        inputs: images [N, C, H, W] or signals [N, T, C].
        importance: of the same shape; its size counts, not its sign. The n-th belongs to the n-th input.
        share: of the pixels or time steps, in [0, 1]; rounded to whole ones.
        baseline: [1, …].

    Raises:
        ValueError: importance of another shape, or a share outside.
    """
    if tuple(importance.shape) != tuple(inputs.shape) or not 0 <= share <= 1:
        raise ValueError(
            f"importance {tuple(importance.shape)} of inputs {tuple(inputs.shape)}, share {share}: expected the same "
            "shape, and a share from 0 to 1"
        )
    is_image = inputs.ndim == 4
    size = round(share * (inputs.shape[2] * inputs.shape[3] if is_image else inputs.shape[1]))
    masks = (generate_masks if is_image else generate_tseries_masks)(importance, size)
    return torch.where(masks > 0, inputs, baseline)


def batches_of(inputs: Tensor, progress: Progress | None = None, size: int = _BATCH) -> Iterator[Tensor]:
    """Inputs in order, some at a time, none left out; tells after each how many are done."""
    steps = Steps(progress, len(inputs))
    for batch in torch.split(inputs, size):
        yield batch
        steps.advance(len(batch))


def encode_all(encoder: nn.Module, inputs: Tensor, *, device: torch.device | str = "cpu") -> Tensor:
    """Representations [N, D] on the CPU, in evaluation mode; the encoder is left in the mode it was in."""
    modes = [(module, module.training) for module in encoder.modules()]
    encoder.eval()
    try:
        with torch.inference_mode():
            return torch.cat([encoder(batch.to(device)).flatten(1).cpu() for batch in torch.split(inputs, 500)])
    finally:
        for module, mode in modes:
            module.training = mode


def _explainer(encoder: nn.Module, method: str) -> tuple[Any, dict[str, Any]]:
    from captum.attr import GradientShap, IntegratedGradients, Saliency

    if method == "gradient_shap":
        return GradientShap(encoder), {"n_samples": N_SAMPLES}
    if method == "integrated_gradients":
        return IntegratedGradients(encoder), {"n_steps": N_STEPS}
    if method == "saliency":
        return Saliency(encoder), {}
    raise ValueError(f'method is "{method}"; expected one of {", ".join((*METHODS, *REFERENCES))}')
