"""The parts of `disvae`: one network for each loss, β and run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial

import numpy as np
import torch

from analysis.attributions.label_free import attribute_individual_dim
from analysis.examples.steps import Progress
from analysis.experiments.datasets import resize
from analysis.experiments.dimension_maps import DimensionComparison, compare_dimensions
from analysis.experiments.disentanglement import BETAS, LOSSES, Disentanglement, TrainedVae, count_used
from analysis.experiments.feature_maps import N_SAMPLES, batches_of
from analysis.experiments.parts import Arrays, Part, PartStore
from analysis.experiments.seeding import seeded
from analysis.experiments.setup import Setup, staged

SIDE = 32
"""Pixels on a side: what the networks take, as published."""
_MEASURES = tuple(DimensionComparison.__dataclass_fields__)


def parts_of(setup: Setup) -> list[Part]:
    """Runs on the outside, so that a stopped call has whole runs."""
    return [
        Part(f"{loss}-{beta:g}-{run}", f"run {run + 1}, {loss}, β = {beta:g}", partial(_run, setup, run, loss, beta))
        for run, loss, beta in _networks(setup)
    ]


def collect(setup: Setup, store: PartStore) -> Disentanglement:
    """The figures of all networks."""
    found = []
    for run, loss, beta in _networks(setup):
        key = f"{loss}-{beta:g}-{run}"
        maps = DimensionComparison(**{name: float(store.read(key, name)) for name in _MEASURES})
        found.append(
            TrainedVae(
                *(loss, beta, run, maps),
                n_used=float(store.read(key, "n_used")),
                train_loss=float(store.read(key, "train_loss")[-1]),
            )
        )
    return Disentanglement(tuple(found), setup.scale.n_dims, setup.data.name)


def _networks(setup: Setup) -> Iterator[tuple[int, str, float]]:
    return ((run, loss, beta) for run in range(setup.scale.runs) for loss in LOSSES for beta in BETAS)


def _run(setup: Setup, run: int, loss: str, beta: float, store: PartStore, progress: Progress) -> Arrays:
    from captum.attr import GradientShap

    data, scale, rows = setup.data, setup.scale, setup.train_rows()
    pictures, explained = resize(data.x_train[rows], SIDE), resize(data.x_test[setup.explained_rows()], SIDE)
    learning, explaining = staged(progress, 3, 1)
    recipe = setup.networks.vae(data, scale.n_dims, loss, beta, len(rows))
    trained = setup.train(recipe, pictures, words=("disvae", run, loss, beta), progress=learning)
    mu = trained.encoder.mu
    with seeded(setup.seed_of("disvae", run, loss, beta, "shap")):
        saliency = attribute_individual_dim(
            *(mu, scale.n_dims, batches_of(explained, explaining), torch.device(setup.device), GradientShap(mu)),
            torch.zeros_like(explained[:1]).to(setup.device),
            options={"n_samples": N_SAMPLES},
        )
    with torch.inference_mode():
        means = torch.cat([mu(batch.to(setup.device)).cpu() for batch in batches_of(explained)])
    figures = {name: np.array(value) for name, value in asdict(compare_dimensions(saliency)).items()}
    return {**figures, "n_used": np.array(count_used(means.numpy())), "train_loss": np.array(trained.losses)}
