"""The learning-rate finder: how large a peak the autoencoder phase bears with this model and these images."""

from __future__ import annotations

import copy
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from fastai.callback.schedule import LRFinder, ParamScheduler, valley
from fastai.optimizer import Adam
from numpy.typing import NDArray

from xaae_core.errors import TrainingError
from xaae_core.models.aae import XaaeBlocks
from xaae_core.training.data_checks import check_data
from xaae_core.training.gradient_steps import AccumulateGradients
from xaae_core.training.phase_fit import make_learner
from xaae_core.training.phases import autoencoder_phase
from xaae_core.training.randomness import SeedEpochs, randomness_kept
from xaae_core.training.run import Run
from xaae_core.training.settings import TrainingSettings

LOWEST, HIGHEST = 1e-6, 1.0
_FEWEST = 20


@dataclass(frozen=True, eq=False)
class LearningRates:
    """Losses of a training whose learning rate grew from batch to batch.

    Attributes:
        rates: learning rate of each batch [N], growing exponentially.
        losses: smoothed training loss of each batch [N].
        suggested: a peak for the one-cycle schedule: in the longest valley of the curve.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    suggested: float


def find_learning_rate(
    model: XaaeBlocks, dls: Any, *, n_batches: int = 60, seed: int = 0, training: Mapping[str, Any] | None = None
) -> LearningRates:
    """Train a copy of the model with a growing learning rate until its loss explodes, and read a peak off the curve.

    The autoencoder phase is tried, in which most is learned. The model, the loaders' order and every source of
    randomness are left as they were.

    Args:
        model: as it would be trained.
        dls: fastai `DataLoaders`.
        n_batches: batches to try, at least 20; each costs a training step.
        seed: of order, corruption and noise.
        training: arguments of `train_xaaenet` that the training will have.

    Raises:
        TrainingError: too few batches, or a loss that exploded before a valley could be seen.

    Source: Smith 2017 (range test); the suggestion is fastai's `valley`.
    """
    if n_batches < _FEWEST:
        raise TrainingError(f"n_batches is {n_batches}; expected at least {_FEWEST} to see a curve")
    settings = _settings(model, {**(training or {}), "seed": seed})
    with randomness_kept(dls), tempfile.TemporaryDirectory() as folder:
        tried = copy.deepcopy(model)
        run = _run(tried, dls, settings, Path(folder))
        phase = autoencoder_phase(tried, settings)
        learn = make_learner(run, phase)
        finder = _RangeTest(start_lr=LOWEST, end_lr=HIGHEST, num_it=n_batches)
        n_epochs = n_batches // max(len(dls.train), 1) + 1
        callbacks = [SeedEpochs(seed, "learning rate"), AccumulateGradients(1), *phase.callbacks, finder]
        learn.fit(n_epochs, cbs=callbacks)
        rates, losses = (np.array(values, np.float64) for values in (learn.recorder.lrs, learn.recorder.losses))
    usable = np.isfinite(losses)
    rates, losses = rates[usable], losses[usable]
    if len(rates) < _FEWEST // 2:
        raise TrainingError(
            f"the loss exploded after {len(rates)} batches, before a learning rate could be read off it: "
            "give lr_max yourself"
        )
    found = valley(list(rates), list(losses), len(rates))
    return LearningRates(rates, losses, float(found[0] if isinstance(found, tuple) else found))


class _RangeTest(LRFinder):
    """fastai's, without going back to the first weights, which it keeps in a file: the model is a copy anyway.

    In several processes only the main one would have the file, and wait at it for the others.
    """

    def before_fit(self) -> None:
        ParamScheduler.before_fit(self)
        self.best_loss = math.inf

    def after_fit(self) -> None:
        ParamScheduler.after_fit(self)


def _settings(model: XaaeBlocks, given: Mapping[str, Any]) -> TrainingSettings:
    """The settings of `train_xaaenet` for these arguments."""
    from xaae_core.training.train import train_xaaenet

    defaults = {name: parameter.default for name, parameter in signature(train_xaaenet).parameters.items()}
    known = TrainingSettings.__dataclass_fields__
    values = {name: value for name, value in {**defaults, **given}.items() if name in known}
    return TrainingSettings(**{**values, "recons_metric": values["recons_metric"] or model.recons_metric})


def _run(model: XaaeBlocks, dls: Any, settings: TrainingSettings, folder: Path) -> Run:
    return Run(
        model=model.to(dls.device),
        dls=dls,
        settings=settings,
        data=check_data(model, dls, settings),
        folder=folder,
        target="",
        has_bar=False,
        opt_func=Adam,
        on_progress=None,
    )
