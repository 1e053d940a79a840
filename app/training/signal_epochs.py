"""How often a model sees few signals: the epochs of presets are meant for a thousand cases and more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.training.one_phase_way import EPOCHS
from app.training.xaaenet_way import EPOCH_SETTINGS
from xaae_core.training.presets import find_preset

if TYPE_CHECKING:
    from app.training.request import TrainingRequest
    from xaae_core.data.dataset import ImageDataset

ENOUGH_CASES = 1200
"""Training signals from which on the usual epochs are enough."""
MOST_TIMES = 4
"""How many times as many epochs fewer signals get at most."""


def with_enough_epochs(request: TrainingRequest, dataset: ImageDataset) -> TrainingRequest:
    """The request with more epochs where few signals would be seen too seldom; what it says of epochs itself stays.

    Args:
        request: what was asked.
        dataset: what it is asked for.
    """
    more = epochs_of_few(dataset, request.preset if request.is_xaaenet else None)
    return replace(request, training={**more, **request.training}) if more else request


def epochs_of_few(dataset: ImageDataset, preset: str | None) -> dict[str, int]:
    """Epochs in the place of the usual ones, by setting; {} of pictures, and where there are signals enough.

    Of 320 beats ten epochs are 200 steps, after which z draws little more than the mean beat of each class. Signals are
    small: the steps of a thousand cases take them a minute. The documented epochs of "reference" stay.

    Args:
        dataset: what is trained on.
        preset: of xAAEnet; None: another model.
    """
    if dataset.form is None:
        return {}
    times = min(MOST_TIMES, ENOUGH_CASES / max(1, len(dataset.rows("train"))))
    usual = {"epochs": EPOCHS}
    if preset is not None:
        training = find_preset(preset).training
        names = (EPOCH_SETTINGS["autoencoder"], EPOCH_SETTINGS["classifier"])
        usual = {name: int(training[name]) for name in names if name in training}
    return {name: round(times * epochs) for name, epochs in usual.items()} if times > 1 else {}
