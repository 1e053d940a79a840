"""A linear probe on z: finds what is there, nothing where nothing is, and never learns from held-out cases."""

import numpy as np
import pytest

from analysis.evaluation.linear_probe import probe_latents, probe_metrics
from analysis.evaluation.verdict import judge_metrics
from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable


def table(z, labels=None, *, values=None, train=60):
    n = len(z)
    return LatentTable(
        z=z.astype(np.float32),
        ids=np.array([str(row) for row in range(n)]),
        paths=np.array([""] * n),
        split=np.array(["train"] * train + ["test"] * (n - train)),
        labels=np.full(n, -1) if labels is None else labels,
        classes=() if labels is None else ("a", "b", "c"),
        columns={} if values is None else {"size": values},
        target_name="" if values is None else "size",
        probabilities=np.zeros((n, 0), np.float32),
    )


def test_classes_that_a_line_parts_are_told_and_noise_is_not():
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 3
    z = rng.normal(size=(120, 4))
    told = probe_latents(table(z + 4 * np.eye(4)[labels], labels))
    assert (told.probabilities.argmax(axis=1) == labels).mean() > 0.95
    assert np.allclose(told.probabilities.sum(axis=1), 1, atol=1e-6)
    guessed = probe_latents(table(z, labels))
    assert (guessed.probabilities[60:].argmax(axis=1) == labels[60:]).mean() < 0.55


def test_held_out_cases_teach_the_probe_nothing():
    rng = np.random.default_rng(1)
    labels, z = np.arange(120) % 3, rng.normal(size=(120, 4))
    other = labels.copy()
    other[60:] = (other[60:] + 1) % 3
    assert np.array_equal(probe_latents(table(z, labels)).probabilities, probe_latents(table(z, other)).probabilities)


def test_a_class_without_training_cases_is_never_told():
    labels = np.array([0, 1] * 30 + [2] * 60)
    told = probe_latents(table(np.random.default_rng(2).normal(size=(120, 3)), labels))
    assert (told.probabilities[:, 2] == 0).all()


def test_numbers_are_told_too():
    z = np.random.default_rng(3).normal(size=(120, 3))
    told = probe_latents(table(z, values=2 * z[:, 0] - z[:, 1] + 5))
    assert np.corrcoef(told.predicted[60:], (2 * z[:, 0] - z[:, 1])[60:])[0, 1] > 0.999


def test_one_class_alone_is_refused():
    labels = np.array([1] * 60 + [0] * 60)
    with pytest.raises(LatentTableError, match="training cases of two classes"):
        probe_latents(table(np.zeros((120, 2)), labels))


def test_the_verdict_goes_by_the_probes_own_figures_and_says_so():
    metrics = probe_metrics({"test_auroc": 0.97, "test_auroc_low": 0.95, "test_auroc_high": 0.99})
    assert metrics["test_probe_auroc"] == 0.97
    verdict = judge_metrics(metrics)
    assert verdict.level == "good"
    assert "linear probe" in verdict.reasons[-1]
    assert judge_metrics({"test_auroc": 0.4, **metrics}).level == "poor", "the model's own figures come first"
