"""Grad-CAM: where the encoder's last map is, weighted by how its channels move the number."""

from __future__ import annotations

from typing import cast

from torch import nn

from analysis.attributions.model_trace import ModelTrace
from analysis.attributions.problem import Explained, Method, Problem, ScoreModule
from analysis.attributions.targets import Target
from analysis.attributions.twins import twin_of
from xaae_core.models.latent_model import LatentModel


def explain(problem: Problem) -> Explained:
    """relu(Σ_c mean(∂ score / ∂ map_c) · map_c) of the encoder's last map, bilinear to the picture's size.

    It shows what raises the number; what lowers it is cut off. Of a signal's map along time, linear to its length and
    the same for all channels: such a map has mixed them.

    Source: Selvaraju et al. 2017, equations 1 and 2; captum `LayerGradCam`.
    """
    from captum.attr import LayerAttribution, LayerGradCam

    twin = twin_of(cast(nn.Module, problem.model))
    layer = problem.trace.maps[-1]
    scored = ScoreModule(twin, problem.counted(problem.target.scorer(cast(LatentModel, twin))))
    coarse = LayerGradCam(scored, twin.get_submodule(layer.module)).attribute(
        problem.images.clone().requires_grad_(),
        additional_forward_args=problem.context or None,
        relu_attributions=True,
    )  # [B, 1, h, w]
    height, width = layer.shape[1:]
    planes = coarse.detach().view(len(coarse), 1, height, width)
    maps = LayerAttribution.interpolate(planes, problem.size, "bilinear")
    settings: dict[str, float | int | str] = {"layer": layer.module, "map_height": height, "map_width": width}
    size = f"{height}×{width} map"
    if problem.is_along_time and height == 1:
        size = f"map along time ({width} steps, all channels mixed)"
    return Explained(maps[:, 0], settings, f"how far the {size} of {layer.module} raises the target")


def find_obstacle(trace: ModelTrace, target: Target, model: object) -> str | None:
    """Why there is no map to look at."""
    if not trace.is_module:
        return f"Grad-CAM needs a torch module, not a {type(model).__name__}"
    if not trace.maps:
        return "no module of this encoder runs once and gives a map of more than one pixel, so Grad-CAM has no layer"
    return None


METHOD = Method("grad_cam", explain, obstacle=find_obstacle)
