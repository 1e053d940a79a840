"""The parts of `consistency_examples`: one a run."""

from __future__ import annotations

from functools import partial

import numpy as np

from analysis.examples.steps import Progress
from analysis.experiments.consistency_examples import (
    EXAMPLE_METHODS,
    FRACTIONS,
    ExampleConsistency,
    explain_by_examples,
    measure_agreement,
)
from analysis.experiments.parts import Arrays, Part, PartStore
from analysis.experiments.setup import Setup, staged

N_CHECKPOINTS = 3


def parts_of(setup: Setup) -> list[Part]:
    """Of each run one: train, find the important examples by every method, compare labels."""
    return [Part(f"agreement-{run}", f"run {run + 1}", partial(_run, setup, run)) for run in range(setup.scale.runs)]


def collect(setup: Setup, store: PartStore) -> ExampleConsistency:
    """All runs' label agreements."""
    most, least = (
        np.stack([store.read(f"agreement-{run}", name) for run in range(setup.scale.runs)], axis=1)
        for name in ("most", "least")
    )
    own, others = setup.data.y_test[setup.explained_rows()], setup.data.y_train[setup.compared_rows()]
    expected = float((own[:, None] == others[None]).mean())
    return ExampleConsistency(EXAMPLE_METHODS, FRACTIONS, most, least, expected, setup.data.name)


def _run(setup: Setup, run: int, store: PartStore, progress: Progress) -> Arrays:
    data, compared, explained = setup.data, setup.compared_rows(), setup.explained_rows()
    learning, *explaining = staged(progress, 10, *[3] * len(EXAMPLE_METHODS))
    recipe = setup.networks.autoencoder(data, setup.scale.n_dims, "denoising")
    trained = setup.train(
        *(recipe, data.x_train[setup.train_rows()]),
        words=("examples", run),
        n_checkpoints=N_CHECKPOINTS,
        progress=learning,
    )
    scores = {}
    for method, tell in zip(EXAMPLE_METHODS, explaining, strict=True):
        scores[method] = explain_by_examples(
            *(trained.model, data.x_train[compared], data.x_test[explained], method),
            loss=recipe.case_loss,
            checkpoints=trained.checkpoints,
            device=setup.device,
            progress=tell if method == "tracin" else None,
        )
        tell(1, 1)
    most, least = measure_agreement(scores, data.y_test[explained], data.y_train[compared], fractions=FRACTIONS)
    return {"most": most, "least": least, "train_loss": np.array(trained.losses)}
