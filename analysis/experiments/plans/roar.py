"""The parts of `roar_test`: of each run the maps of all training pictures, then one retrained network each."""

from __future__ import annotations

from functools import partial

import numpy as np
from torch import Tensor

from analysis.examples.steps import Progress
from analysis.experiments.feature_maps import explain_features
from analysis.experiments.parts import Arrays, Part, PartStore
from analysis.experiments.roar import ROAR_METHODS, SHARES, RoarResult, retrain_without
from analysis.experiments.setup import Setup, staged
from analysis.experiments.training import TrainedNetwork, measure_loss
from analysis.experiments.words import words_of

_ANY = "any"


def parts_of(setup: Setup) -> list[Part]:
    """The maps first; where everything is masked, one network stands for all methods."""
    found = []
    for run in range(setup.scale.runs):
        found.append(Part(f"maps-{run}", f"run {run + 1}, maps", partial(_maps, setup, run)))
        for method in ROAR_METHODS:
            for share in SHARES:
                key = _key(run, method, share)
                if key not in {part.key for part in found}:
                    words = f"run {run + 1}, {words_of(method)}, {share:.0%} masked"
                    found.append(Part(key, words, partial(_retrain, setup, run, method, share)))
    return found


def collect(setup: Setup, store: PartStore) -> RoarResult:
    """The losses of all networks."""
    runs = range(setup.scale.runs)
    losses = [[[float(store.read(_key(run, method, share), "loss")) for share in SHARES] for run in runs]
              for method in ROAR_METHODS]  # fmt: skip
    whole = [float(store.read(f"maps-{run}", "loss")) for run in runs]
    return RoarResult(ROAR_METHODS, SHARES, np.array(losses), np.array(whole), setup.data.name)


def _key(run: int, method: str, share: float) -> str:
    return f"loss-{run}-{method if share < 1 else _ANY}-{share:g}"


def _maps(setup: Setup, run: int, store: PartStore, progress: Progress) -> Arrays:
    """Maps of the training pictures, in their order, by the network that saw them whole."""
    pictures = setup.data.x_train[setup.train_rows()]
    learning, *explaining = staged(progress, 1, *[1] * len(ROAR_METHODS))
    trained = _train(setup, run, pictures, learning)
    maps = {
        method: explain_features(
            *(trained.encoder, pictures, method),
            baseline=setup.data.baseline,
            seed=setup.seed_of("roar", run, method),
            device=setup.device,
            progress=tell,
        )
        for method, tell in zip(ROAR_METHODS, explaining, strict=True)
    }
    return {**maps, "loss": np.array(_test(setup, trained))}


def _retrain(setup: Setup, run: int, method: str, share: float, store: PartStore, progress: Progress) -> Arrays:
    def train(masked: Tensor) -> float:
        return _test(setup, _train(setup, run, masked, progress))

    pictures = setup.data.x_train[setup.train_rows()]
    importance = store.read(f"maps-{run}", method)
    return {"loss": np.array(retrain_without(pictures, importance, share, train, baseline=setup.data.baseline))}


def _train(setup: Setup, run: int, pictures: Tensor, progress: Progress) -> TrainedNetwork:
    recipe = setup.networks.autoencoder(setup.data, setup.scale.n_dims, "reconstruction")
    return setup.train(recipe, pictures, words=("roar", run), progress=progress)


def _test(setup: Setup, trained: TrainedNetwork) -> float:
    recipe = setup.networks.autoencoder(setup.data, setup.scale.n_dims, "reconstruction")
    return measure_loss(trained.model, recipe.loss, setup.data.x_test[setup.explained_rows()], setup.device)
