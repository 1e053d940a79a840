"""All attribution methods by name, and which of them can work on a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

import torch
from torch import nn

from analysis.attributions import (
    deep_lift,
    feature_ablation,
    grad_cam,
    gradient_shap,
    guided_backprop,
    input_x_gradient,
    integrated_gradients,
    latent_shift,
    occlusion,
    saliency,
    smooth_grad,
)
from analysis.attributions.model_trace import ModelTrace, trace_model
from analysis.attributions.problem import Method
from analysis.attributions.targets import Target, device_of
from analysis.attributions.twins import twin_of
from analysis.nouns import said_of
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model

MethodName = Literal[
    "integrated_gradients",
    "saliency",
    "occlusion",
    "guided_backprop",
    "input_x_gradient",
    "gradient_shap",
    "deep_lift",
    "smooth_grad",
    "grad_cam",
    "feature_ablation",
    "latent_shift",
]
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        module.METHOD.name: module.METHOD
        for module in (
            *(integrated_gradients, saliency, occlusion, guided_backprop, input_x_gradient, gradient_shap, deep_lift),
            *(smooth_grad, grad_cam, feature_ablation, latent_shift),
        )
    }
)
"""Method by name; each is a file of this package."""


@dataclass(frozen=True, eq=False)
class AvailableMethods:
    """Which methods can explain a target of a model.

    Attributes:
        usable: their names, in the order of `METHODS`.
        refused: why the others cannot, by name.
        trace: what was seen running.
    """

    usable: tuple[str, ...]
    refused: Mapping[str, str]
    trace: ModelTrace

    def __post_init__(self) -> None:
        object.__setattr__(self, "refused", MappingProxyType(dict(self.refused)))

    def require(self, method: str) -> None:
        """Raise AttributionError if a method cannot work here; names those that can."""
        if method in self.refused:
            raise AttributionError(f"{self.refused[method]}: choose {', '.join(self.usable)}")


def available_methods(model: LatentModel | SignalModel, target: Target) -> AvailableMethods:
    """Which methods can explain a target of a model, and why the others cannot.

    Looks at one forward pass of a copy of the modules; the model stays as it is.

    Raises:
        AttributionError: the model has no such number.
    """
    model = as_picture_model(model)
    target.scorer(model)  # a missing class is told before anything runs
    twin = twin_of(model) if isinstance(model, nn.Module) else model
    score = target.scorer(twin)
    with torch.inference_mode(False), torch.no_grad():
        x = torch.zeros(1, model.input_channels, *model.input_size, device=device_of(model))
        context = target.context(twin, x)
        trace = trace_model(twin, lambda: score(x, *context), lambda: twin.encode(x))
    refused: dict[str, str] = {}
    for name, method in METHODS.items():
        why = method.obstacle(trace, target, cast(Any, model))
        if why is not None:
            refused[name] = said_of(model, why)
    return AvailableMethods(tuple(name for name in METHODS if name not in refused), refused, trace)
