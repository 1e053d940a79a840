"""captum's methods, pointed at another function than the one they were made of."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


def rewired(method: Any, function: nn.Module) -> Any:
    """A copy of a captum method that explains another function; the method stays as it is.

    Methods that hang hooks on modules (DeepLift, GuidedBackprop) hold the model a second time, and those that are
    made of others (NoiseTunnel, GuidedGradCam) hold them: all of these are pointed at the function, too.
    """
    from captum.attr import Attribution

    copied = copy.copy(method)
    copied.forward_func = function
    if isinstance(getattr(method, "model", None), nn.Module):
        copied.model = function
    for name, held in vars(method).items():
        if isinstance(held, Attribution):
            setattr(copied, name, rewired(held, function))
    return copied


def attribute_with(method: Any, inputs: Tensor, baseline: Tensor | None, options: Mapping[str, Any]) -> Tensor:
    """Attributions by a captum method; it gets the baseline if it takes any, and a window if it needs one."""
    taken = _parameters(method)
    given = dict(options)
    if baseline is not None and "baselines" in taken:
        given.setdefault("baselines", baseline)
    elif "baselines" in taken and taken["baselines"].default is inspect.Parameter.empty:
        given.setdefault("baselines", inputs[:1] * 0)  # GradientShap and DeepLiftShap insist on one
    if "sliding_window_shapes" in taken and "sliding_window_shapes" not in given:
        window, strides = _usual_window(inputs)
        given = {"sliding_window_shapes": window, "strides": strides, **given}
    found: Tensor = method.attribute(inputs, **given)
    return found


def _parameters(method: Any) -> Mapping[str, inspect.Parameter]:
    """What `attribute` takes; NoiseTunnel hands on what its own method takes."""
    own = dict(inspect.signature(method.attribute).parameters)
    inner = getattr(method, "attribution_method", None)
    return own if inner is None else {**_parameters(inner), **own}


def _usual_window(inputs: Tensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A square of a twelfth of the shorter side through all channels of an image; a twelfth of a signal's time."""
    shape = tuple(inputs.shape[1:])
    if len(shape) == 3:
        side = max(1, round(min(shape[1:]) / 12))
        return (shape[0], side, side), (shape[0], max(1, side // 2), max(1, side // 2))
    length = max(1, round(shape[0] / 12))
    return (length, *shape[1:]), (max(1, length // 2), *shape[1:])
