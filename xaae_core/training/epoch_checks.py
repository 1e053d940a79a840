"""What `fit` refuses before it starts: data that the model cannot take, or that its loss does not know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Subset

from xaae_core.errors import TrainingError, XaaeError
from xaae_core.models.epoch_training import EpochTraining, Loader, moved_batch
from xaae_core.training.seeds import seed_for, seeded
from xaae_core.training.whole_data import uncollated


def check_fit(
    model: EpochTraining,
    device: torch.device | str,
    loaders: Mapping[str, Loader],
    generators: Sequence[torch.Generator],
    *,
    seed: int,
) -> None:
    """Look at all cases that lie in memory, and at what the model makes of the first batch of each loader.

    Nothing is left behind: neither the model nor any random generator has moved. Cases that a data set of the user's
    own reads one by one are looked at in the first batch alone, as reading all of them could take long.

    Args:
        model: it is on the device.
        device: where to train.
        loaders: by the name that messages call them.
        generators: those that the user gave to parts of the model or to the loaders.
        seed: of the draws.

    Raises:
        TrainingError: something that training would fail on, named with its remedy.
    """
    states = [generator.get_state() for generator in generators]
    modes = [(module, module.training) for module in model.modules()]
    try:
        with seeded(seed_for(seed, "check", 0)), torch.no_grad():
            for name, loader in loaders.items():
                _check(model.eval(), device, name, loader)
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        for module, mode in modes:
            module.training = mode


def _check(model: EpochTraining, device: torch.device | str, name: str, loader: Loader) -> None:
    if len(loader) == 0:
        raise TrainingError(f"{name} has no batches: its data set is empty, or smaller than one whole batch")
    try:
        inputs, labels = moved_batch(_first(loader), device)
        lying = cases_in_memory(loader.dataset)
        model.require_inputs(*((inputs, "its first batch") if lying is None else (lying, "its data set")))
        loss = _loss(model, inputs, labels, len(loader.dataset))
    except TrainingError as error:
        raise TrainingError(f"{name}: {error}") from error
    except XaaeError as error:
        raise TrainingError(f"{name} cannot be trained with: {error}") from error
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss of the first batch of {name} is {loss} before any training: look for NaN in the weights, or "
            "values far outside the range that the model expects"
        )


def _loss(model: EpochTraining, inputs: Tensor, labels: Any, n_data: int) -> float:
    try:
        return float(model.batch_losses(inputs, labels, n_data)["loss"])
    except RuntimeError as error:  # torch's, of layers that do not fit each other
        raise TrainingError(
            f"its first batch {tuple(inputs.shape)} does not go through the model ({str(error).splitlines()[0]}): the "
            "encoder and the decoder do not fit each other, or the cases"
        ) from error


def cases_in_memory(dataset: Any) -> Tensor | None:
    """The inputs of a `TensorDataset`, or of a part of one, all at once; None of any other data set."""
    if isinstance(dataset, Subset):
        whole = cases_in_memory(dataset.dataset)
        return None if whole is None else whole[list(dataset.indices)]
    tensors = getattr(dataset, "tensors", None)
    return tensors[0] if isinstance(tensors, tuple) and tensors and tensors[0].is_floating_point() else None


def _first(loader: Loader) -> Any:
    try:
        return next(iter(loader))
    except RuntimeError as error:
        raise uncollated(error) from error
