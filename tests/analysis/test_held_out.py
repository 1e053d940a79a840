"""Figures of the cases a model has not seen: known answers and laws."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.held_out import measure_held_out
from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable


def table_of(labels: list[int], chances: list[float], split: str = "test") -> LatentTable:
    """A table of two classes with these labels and probabilities of the second."""
    n = len(labels)
    second = np.array(chances, dtype=np.float32)
    return LatentTable(
        z=np.zeros((n, 2), dtype=np.float32),
        ids=np.array([str(row) for row in range(n)]),
        paths=np.array([""] * n),
        split=np.array([split] * n),
        labels=np.array(labels),
        probabilities=np.stack([1 - second, second], axis=1),
        classes=("no", "yes"),
    )


def test_figures_worked_out_by_hand() -> None:
    found = measure_held_out(table_of([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9]), "yes")
    assert found.auroc == 0.75  # three of the four pairs are in order
    assert found.accuracy == 0.5
    assert (found.n_cases, found.n_target) == (4, 2)


def test_auroc_is_scikit_learns_and_lies_in_its_interval() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=200)
    chances = np.clip(0.5 * labels + rng.normal(0.25, 0.3, size=200), 0, 1)
    found = measure_held_out(table_of(labels.tolist(), chances.tolist()), "yes")
    assert found.auroc == pytest.approx(roc_auc_score(labels, chances.astype(np.float32)))
    low, high = found.auroc_interval
    assert low < found.auroc < high
    assert 0.05 < high - low < 0.2  # Hanley and McNeil: 1.96 standard errors each side are about 0.06


def test_the_other_class_as_target_gives_the_same_auroc() -> None:
    table = table_of([0, 1, 0, 1, 1], [0.3, 0.2, 0.5, 0.6, 0.9])
    assert measure_held_out(table, "yes").auroc == pytest.approx(measure_held_out(table, "no").auroc)


def test_only_the_split_and_the_labelled_cases_count() -> None:
    table = table_of([0, 1, -1], [0.1, 0.9, 0.0])
    assert measure_held_out(table, "yes").n_cases == 2
    with pytest.raises(LatentTableError, match="no labelled case is in the split valid; there are test"):
        measure_held_out(table, "yes", split="valid")


def test_one_class_only_has_no_auroc_and_no_interval() -> None:
    found = measure_held_out(table_of([1, 1, 1], [0.1, 0.9, 0.6]), "yes")
    assert math.isnan(found.auroc)
    assert all(math.isnan(bound) for bound in found.auroc_interval)
    assert found.accuracy == pytest.approx(2 / 3)


def test_an_unknown_target_is_refused_with_the_classes() -> None:
    with pytest.raises(LatentTableError, match=r"maybe.*no, yes"):
        measure_held_out(table_of([0, 1], [0.1, 0.9]), "maybe")


def test_the_same_seed_gives_the_same_interval() -> None:
    table = table_of([0, 1, 0, 1, 1, 0], [0.3, 0.2, 0.5, 0.6, 0.9, 0.1])
    first, second = (measure_held_out(table, "yes", seed=3).auroc_interval for _ in range(2))
    assert first == second


def test_a_perfect_order_of_few_cases_is_not_called_certain() -> None:
    few, many = (measure_held_out(table_of([0, 1] * n, [0.1, 0.9] * n), "yes").auroc_interval for n in (5, 100))
    assert few[1] == many[1] == 1
    assert few[0] < 0.9 < many[0] < 1
