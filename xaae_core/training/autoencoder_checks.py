"""What a training in one phase refuses before it starts; and what the model says of one batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaae_core.errors import AutoencoderError, SignalError, TrainingError, XaaeError
from xaae_core.model_card import KINDS
from xaae_core.models.adagvae import AdaGVAE
from xaae_core.models.autoencoder_latents import AutoencoderLatents
from xaae_core.models.autoencoder_loss import LikelihoodType
from xaae_core.models.epoch_training import EpochTraining
from xaae_core.models.simclr import SimCLR
from xaae_core.signal_form import signal_form_of
from xaae_core.training.case_feeds import CaseFeed, PairsOfOneClass, TwoViewsOfEach
from xaae_core.training.data_checks import TrainingData, check_cases
from xaae_core.training.seeds import seed_for, seeded
from xaae_core.training.whole_data import check_whole_data, first_batch, is_read_by_this_tool


@dataclass(frozen=True)
class CheckedAutoencoder:
    """A model and data that can be trained together.

    Attributes:
        data: what is known of the data.
        parts: names of what the model's `batch_losses` tells of a batch.
        feed: what it trains on instead of single cases; None: those.
    """

    data: TrainingData
    parts: tuple[str, ...]
    feed: CaseFeed | None


def phase_name_of(model: EpochTraining) -> str:
    """The name of a model's one phase: "autoencoder", "classifier" or "contrastive"."""
    if isinstance(model, SimCLR):
        return "contrastive"
    return "classifier" if getattr(model, "classes", 0) else "autoencoder"


def feed_of(model: EpochTraining) -> CaseFeed | None:
    """What a model trains on instead of single cases; None: those."""
    if isinstance(model, AutoencoderLatents) and isinstance(model.model, AdaGVAE):
        return PairsOfOneClass(1 + len(model.input_size))
    return TwoViewsOfEach(model.input_size) if isinstance(model, SimCLR) else None


def check_autoencoder(model: Any, dls: Any, *, seed: int) -> CheckedAutoencoder:
    """Look at all data, and at what the model makes of one batch, on the device where it is; draws random numbers.

    Args:
        model: an `EpochTraining` that is a `LatentModel`.
        dls: fastai `DataLoaders`.
        seed: of the draws.

    Raises:
        TrainingError: something that training would fail on, named with its remedy.
    """
    if type(model).__name__ not in KINDS:
        raise TrainingError(
            f"a {type(model).__name__} cannot be described by a card, so that its checkpoint would not open again; "
            f"expected one of {', '.join(KINDS)}"
        )
    feed = feed_of(model)
    learns = "classes" if getattr(model, "classes", 0) else "nothing"
    data = check_cases(model, dls, learns=learns, takes_pairs=isinstance(feed, PairsOfOneClass))  # type: ignore[arg-type]
    with seeded(seed_for(seed, "check", 0)):
        _check_all(model, dls)
        return CheckedAutoencoder(data, _parts(model, dls, feed), feed)


def _check_all(model: EpochTraining, dls: Any) -> None:
    """Raise TrainingError for cases anywhere in the data that the model's loss does not know.

    Cases that this tool reads are finite, and pictures in [0, 1]; signals may go beyond the range of the training's.
    """
    is_share = getattr(model, "likelihood", None) is LikelihoodType.BERNOULLI
    if is_read_by_this_tool(dls) and not (is_share and signal_form_of(model) is not None):
        return
    try:
        check_whole_data(dls, model.require_inputs)
    except (AutoencoderError, SignalError) as error:
        raise TrainingError(str(error)) from error


def _parts(model: Any, dls: Any, feed: CaseFeed | None) -> tuple[str, ...]:
    """What the model tells of a batch; raises TrainingError where it cannot."""
    batch = first_batch(dls)
    device = next(model.parameters()).device
    inputs, labels = (part.as_subclass(Tensor).to(device) for part in (batch[0], batch[-1]))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            inputs = feed(inputs, labels, dls.train) if feed else inputs
            losses = model.batch_losses(inputs, labels, len(dls.train.dataset))
    except XaaeError as error:
        raise TrainingError(f"the first batch cannot be trained on: {error}") from error
    except RuntimeError as error:  # torch's, of layers that do not fit each other
        raise TrainingError(
            f"the first batch {tuple(inputs.shape)} does not go through the model ({error}): its encoder and decoder "
            "do not fit each other, or the cases"
        ) from error
    finally:
        for module, mode in modes:
            module.training = mode
    if not math.isfinite(float(losses["loss"])):
        raise TrainingError(
            f"the loss of the first batch is {float(losses['loss'])} before any training: look for NaN in the inputs "
            "and in the weights"
        )
    return tuple(losses)
