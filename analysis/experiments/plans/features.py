"""The parts of `consistency_features`: one a run."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from analysis.examples.steps import Progress
from analysis.experiments.consistency_features import ALL_METHODS, SHARES, FeatureConsistency, measure_shifts
from analysis.experiments.feature_maps import explain_features
from analysis.experiments.parts import Arrays, Part, PartStore
from analysis.experiments.setup import Setup, staged

_NORMAL = 0


def parts_of(setup: Setup) -> list[Part]:
    """Of each run one: train, explain, mask, measure."""
    return [Part(f"shifts-{run}", f"run {run + 1}", partial(_run, setup, run)) for run in range(setup.scale.runs)]


def collect(setup: Setup, store: PartStore) -> FeatureConsistency:
    """All runs' shifts."""
    shifts = np.stack([store.read(f"shifts-{run}", "shifts") for run in range(setup.scale.runs)], axis=1)
    return FeatureConsistency(ALL_METHODS, SHARES, shifts, setup.data.name, setup.data.feature)


def _run(setup: Setup, run: int, store: PartStore, progress: Progress) -> Arrays:
    x_train, explained = _cases(setup)
    baseline = setup.data.baseline if setup.data.kind == "images" else x_train.mean(dim=0, keepdim=True)
    learning, *explaining, measuring = staged(progress, 10, *[2] * len(ALL_METHODS), 1)
    recipe = setup.networks.autoencoder(setup.data, setup.scale.n_dims, "denoising")
    trained = setup.train(recipe, x_train, words=("features", run), progress=learning)
    encoder = trained.encoder
    maps: dict[str, NDArray[Any]] = {
        method: explain_features(
            *(encoder, explained, method),
            baseline=baseline,
            seed=setup.seed_of("features", run, method),
            device=setup.device,
            progress=tell,
        )
        for method, tell in zip(ALL_METHODS, explaining, strict=True)
    }
    shifts = measure_shifts(
        encoder, explained, maps, baseline=baseline, shares=SHARES, device=setup.device, progress=measuring
    )
    return {"shifts": shifts, "train_loss": np.array(trained.losses)}


def _cases(setup: Setup) -> tuple[Tensor, Tensor]:
    """What is trained on, and what is explained.

    Of heartbeats, as published, normal ones are learned and abnormal ones explained; so all abnormal ones are new.
    """
    data = setup.data
    if data.kind == "images":
        return data.x_train[setup.train_rows()], data.x_test[setup.explained_rows()]
    train = setup.train_rows(np.flatnonzero(data.y_train == _NORMAL))
    explained = setup.explained_rows(np.flatnonzero(data.y_test != _NORMAL))
    return data.x_train[train], data.x_test[explained]
