"""Guided backpropagation: the gradient without what any ReLU would send back with a minus."""

from __future__ import annotations

import copy
import warnings
from typing import Any, cast

from torch import Tensor, nn

from analysis.attributions.problem import Explained, Problem
from analysis.attributions.targets import Score
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel

_WAY_OUT = "choose saliency, integrated_gradients or occlusion"


class _ScoreModule(nn.Module):
    """The model with the score as its output, as captum wants it."""

    def __init__(self, model: nn.Module, score: Score) -> None:
        super().__init__()
        self.model = model
        self.score = score

    def forward(self, x: Tensor) -> Tensor:
        """The score [B] of pictures [B, C, H, W]."""
        return self.score(x)


def explain(problem: Problem) -> Explained:
    """The guided gradient, summed over channels.

    captum hangs hooks on every ReLU: on a copy of the model's modules here (the weights are shared), because another
    session may be running the model.

    Source: Springenberg et al. 2015; captum `GuidedBackprop`.

    Raises:
        AttributionError: no ReLU module took part.
    """
    from captum.attr import GuidedBackprop

    if not isinstance(problem.model, nn.Module):
        raise AttributionError(
            f"guided backpropagation needs a torch module, not a {type(problem.model).__name__}: {_WAY_OUT}"
        )
    twin = _twin_of(problem.model)
    seen: list[nn.Module] = []

    def note(relu: nn.Module, inputs: object, output: object) -> None:
        seen.append(relu)

    for module in twin.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(note)
    scored = _ScoreModule(twin, problem.target.scorer(cast(LatentModel, twin), problem.image))
    image = problem.image.clone().requires_grad_()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU")
        gradients = GuidedBackprop(scored).attribute(image)  # [1, C, H, W]
    if not seen:
        raise AttributionError(
            f"no ReLU module runs in this encoder, so guided backpropagation would be the plain gradient: {_WAY_OUT}"
        )
    return Explained(gradients[0].sum(dim=0), {}, "guided gradient: a picture of edges, not a measure")


def _twin_of(model: nn.Module) -> nn.Module:
    """A copy of the modules that shares parameters and buffers with the model."""
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)
