"""What a call is given, looked at before anything is computed: the model's mode, the pictures and the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.attributions.baselines import Baseline, black_baseline, level_baseline
from xaae_core.errors import AttributionError, ImageError
from xaae_core.models.latent_model import LatentModel
from xaae_core.signal_form import SignalForm, signal_form_of

Picture = NDArray[Any] | Tensor


def require_eval(model: LatentModel) -> None:
    """Refuse a model in training mode.

    Raises:
        AttributionError: it, or one of its modules, is.
    """
    modules = model.modules() if isinstance(model, nn.Module) else ()
    if getattr(model, "training", False) or any(module.training for module in modules):
        raise AttributionError("the model is in training mode, where explaining would change it: call model.eval()")


def as_pixels(image: Picture, model: LatentModel, number: int = 1, n_all: int = 1) -> NDArray[np.float32]:
    """A copy [C, H, W], whatever mode or device the original was made in or is on.

    Args:
        image: the picture; a signal may be [C, T], too: it is a grey picture [1, C, T].
        model: whose size it must have; of signals as `as_picture_model` gives it.
        number: of the picture, for the error.
        n_all: pictures of the call.

    Raises:
        ImageError: a picture that is not the model's.
    """
    pixels = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    expected = (model.input_channels, *model.input_size)
    form = signal_form_of(model)
    if form is not None and pixels.shape == expected[1:]:
        pixels = pixels[None]
    if pixels.shape != expected and form is not None:
        which = "the signal" if n_all == 1 else f"signal {number}"
        raise ImageError(
            f"{which} has the shape {pixels.shape}; this model takes [{expected[1]}, {expected[2]}], channels and "
            "samples, scaled by its form: read it with the model's recipe (xaae_core.data.recipes)"
        )
    if pixels.shape != expected:
        which = "the picture" if n_all == 1 else f"picture {number}"
        raise ImageError(
            f"{which} has the shape {pixels.shape}; this model takes [{expected[0]}, {expected[1]}, {expected[2]}] "
            "with values in [0, 1]: read it with the model's recipe (xaae_core.data.recipes)"
        )
    return np.array(pixels, np.float32)


def baselines_for(
    pictures: list[NDArray[np.float32]],
    baselines: Baseline | Sequence[Baseline] | None,
    *,
    form: SignalForm | None = None,
) -> list[Baseline]:
    """One baseline for each picture; black if None, of signals each channel's own mean.

    Args:
        pictures: [C, H, W] each.
        baselines: one for all, or one for each; of signals also [C, T].
        form: of the signals, where the pictures are some.

    Raises:
        AttributionError: other numbers or shapes than the pictures'.
    """
    if baselines is None:
        baselines = black_baseline(pictures[0].shape) if form is None else [level_baseline(one) for one in pictures]
    each = [baselines] * len(pictures) if isinstance(baselines, Baseline) else list(baselines)
    if form is not None:
        each = [replace(one, pixels=one.pixels[None]) if one.pixels.ndim == 2 else one for one in each]
    if len(each) != len(pictures):
        raise AttributionError(f"{len(each)} baselines for {len(pictures)} pictures: expected one, or one for each")
    for baseline in each:
        if baseline.pixels.shape != pictures[0].shape:
            raise AttributionError(
                f"the baseline has the shape {baseline.pixels.shape}, the picture {pictures[0].shape}: "
                "expected the same"
            )
    return each
