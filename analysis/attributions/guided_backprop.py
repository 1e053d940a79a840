"""Guided backpropagation: the gradient without what any ReLU would send back with a minus."""

from __future__ import annotations

import warnings
from typing import cast

from torch import nn

from analysis.attributions.model_trace import ModelTrace
from analysis.attributions.problem import Explained, Method, Problem, ScoreModule
from analysis.attributions.targets import Target
from analysis.attributions.twins import twin_of
from xaae_core.models.latent_model import LatentModel


def explain(problem: Problem) -> Explained:
    """The guided gradient, summed over channels.

    captum hangs hooks on every ReLU: on a copy of the model's modules here (the weights are shared), because another
    session may be running the model.

    Source: Springenberg et al. 2015; captum `GuidedBackprop`.
    """
    from captum.attr import GuidedBackprop

    twin = twin_of(cast(nn.Module, problem.model))
    scored = ScoreModule(twin, problem.counted(problem.target.scorer(cast(LatentModel, twin))))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU")
        gradients = GuidedBackprop(scored).attribute(
            problem.images.clone().requires_grad_(), additional_forward_args=problem.context or None
        )  # [B, C, H, W]
    return Explained(gradients.detach().sum(dim=1), {}, "guided gradient: it draws edges, it measures nothing")


def find_obstacle(trace: ModelTrace, target: Target, model: object) -> str | None:
    """Why ReLUs cannot be guided; one that is used several times can."""
    if not trace.is_module:
        return f"guided backpropagation needs a torch module, not a {type(model).__name__}"
    if "relu" in trace.loose:
        return "a ReLU is called as a function, where it cannot be guided: make it a torch.nn.ReLU module"
    if nn.ReLU not in trace.kinds.values():
        return "no ReLU module runs in this encoder, so guided backpropagation would be the plain gradient"
    return None


METHOD = Method("guided_backprop", explain, obstacle=find_obstacle)
