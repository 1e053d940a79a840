"""The parts of `pretext`: of each run one network for each task."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.examples.steps import Progress
from analysis.experiments.consistency_examples import explain_by_examples
from analysis.experiments.feature_maps import explain_features
from analysis.experiments.parts import Arrays, Part, PartStore
from analysis.experiments.setup import Setup, staged
from analysis.experiments.task_comparison import TASKS, TaskComparison, compare_tasks

_CLASSIFIER = TASKS[-1]


def parts_of(setup: Setup) -> list[Part]:
    """Of each run one part for each task: train, then explain by features and by examples."""
    return [
        Part(f"{task}-{run}", f"run {run + 1}, {task}", partial(_run, setup, run, task))
        for run in range(setup.scale.runs)
        for task in TASKS
    ]


def collect(setup: Setup, store: PartStore) -> TaskComparison:
    """Correlate all explanations."""
    explained = setup.data.x_test[setup.explained_rows()]
    is_lit = (explained != setup.data.baseline).numpy()

    def read(kind: str) -> list[list[NDArray[Any]]]:
        return [[store.read(f"{task}-{run}", kind) for task in TASKS] for run in range(setup.scale.runs)]

    features = read("features")
    lit = [[each[is_lit] for each in run] for run in features]
    explanations = {"features": features, "lit_features": lit, "examples": read("examples")}
    return compare_tasks(TASKS, explanations, data=setup.data.name)


def _run(setup: Setup, run: int, task: str, store: PartStore, progress: Progress) -> Arrays:
    data, scale, train = setup.data, setup.scale, setup.train_rows()
    explained = data.x_test[setup.explained_rows()]
    learning, explaining = staged(progress, 3, 1)
    is_classifier = task == _CLASSIFIER
    recipe = (
        setup.networks.classifier(data, scale.n_dims)
        if is_classifier
        else setup.networks.autoencoder(data, scale.n_dims, task)
    )
    trained = setup.train(
        *(recipe, data.x_train[train], data.y_train[train] if is_classifier else None),
        words=("pretext", run, task),
        progress=learning,
    )
    features = explain_features(
        *(trained.encoder, explained, "gradient_shap"),
        baseline=data.baseline,
        seed=setup.seed_of("pretext", run, task, "shap"),
        device=setup.device,
        progress=explaining,
    )
    examples = explain_by_examples(
        *(trained.model, data.x_train[setup.compared_rows()], explained, "dknn"),
        loss=recipe.case_loss,
        device=setup.device,
    )
    return {"features": np.abs(features), "examples": examples, "train_loss": np.array(trained.losses)}
