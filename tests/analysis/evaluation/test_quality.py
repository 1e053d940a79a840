"""Held-out figures against scikit-learn, known answers and laws."""

import json

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, cohen_kappa_score, confusion_matrix, roc_auc_score, roc_curve

from analysis.evaluation import calibration, decisions
from analysis.evaluation.classifier_quality import measure_classifier
from analysis.evaluation.quality import measure_quality, quality_sentence
from analysis.evaluation.regressor_quality import measure_regressor, weighted_kappa
from analysis.evaluation.verdict import held_out_figures, judge_metrics
from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable

N = 300


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def table(rng: np.random.Generator, **changes: object) -> LatentTable:
    labels = rng.integers(0, 2, N)
    score = 1 / (1 + np.exp(-(rng.normal(size=N) + 2 * labels - 1)))
    values = {
        "z": rng.normal(size=(N, 3)).astype(np.float32),
        "ids": np.array([f"c{i}" for i in range(N)]),
        "paths": np.array([""] * N),
        "split": np.array(["train", "valid", "test"])[np.arange(N) % 3],
        "labels": labels,
        "probabilities": np.stack([1 - score, score], axis=1).astype(np.float32),
        "classes": ("well", "ill"),
    }
    return LatentTable(**(values | changes))  # type: ignore[arg-type]


def numbers(rng: np.random.Generator, noise: float = 0.5, *, whole: bool = False) -> LatentTable:
    true = rng.integers(0, 5, N).astype(float) if whole else rng.normal(size=N) * 2
    return table(
        rng,
        labels=np.full(N, -1),
        probabilities=np.empty((N, 0), np.float32),
        classes=(),
        columns={"severity": true},
        target_name="severity",
        predicted=true + noise * rng.normal(size=N),
    )


def test_a_classifiers_figures_are_scikit_learns(rng: np.random.Generator):
    cases = table(rng)
    found = measure_classifier(cases, "ill")
    test = cases.rows(cases.split == "test")
    scores = test.probabilities[:, 1].astype(float)
    assert found.held_out.auroc == pytest.approx(roc_auc_score(test.labels, scores))
    assert found.calibration.brier == pytest.approx(brier_score_loss(test.labels, scores))
    np.testing.assert_array_equal(
        found.confusion, confusion_matrix(test.labels, scores >= found.operation.threshold, labels=[0, 1])
    )
    (tn, fp), (fn, tp) = found.confusion
    assert found.operation.sensitivity == pytest.approx(tp / (tp + fn))
    assert found.operation.specificity == pytest.approx(tn / (tn + fp))
    assert found.threshold_split == "valid"


def test_the_threshold_is_youdens_of_the_other_split(rng: np.random.Generator):
    cases = table(rng)
    valid = cases.rows(cases.split == "valid")
    false, true, cuts = roc_curve(valid.labels, valid.probabilities[:, 1])
    found = measure_classifier(cases, "ill").operation.threshold
    reached = decisions.operate(valid.labels, valid.probabilities[:, 1], found)
    assert reached.sensitivity + reached.specificity - 1 == pytest.approx((true - false).max())
    assert min(cuts) <= found <= 1


def test_the_target_may_be_the_first_class(rng: np.random.Generator):
    cases = table(rng)
    ill, well = measure_classifier(cases, "ill"), measure_classifier(cases, "well")
    assert well.held_out.auroc == pytest.approx(ill.held_out.auroc)
    assert well.calibration.brier == pytest.approx(ill.calibration.brier, rel=1e-5)
    assert well.operation.sensitivity == pytest.approx(ill.operation.specificity, abs=0.06)


def test_three_classes_are_confused_by_the_most_probable(rng: np.random.Generator):
    labels = rng.integers(0, 3, N)
    chances = rng.dirichlet([1, 1, 1], N).astype(np.float32)
    found = measure_classifier(table(rng, labels=labels, probabilities=chances, classes=("a", "b", "c")), "b")
    assert found.confusion.shape == (3, 3)
    assert found.confusion.sum() == N // 3
    rows = np.arange(N) % 3 == 2
    assert np.trace(found.confusion) == (chances.argmax(axis=1) == labels)[rows].sum()


def test_honest_probabilities_are_calibrated_and_others_not(rng: np.random.Generator):
    chances = rng.random(20_000)
    truth = rng.random(20_000) < chances
    honest = calibration.measure_calibration(truth, chances)
    assert honest.error < 0.02
    assert ((honest.low <= honest.predicted) & (honest.predicted <= honest.high)).sum() >= 8
    assert honest.counts.sum() == 20_000
    bold = calibration.measure_calibration(truth, np.where(chances > 0.5, 0.99, 0.01))
    assert bold.error == pytest.approx(0.24, abs=0.02)  # 0.75 is called 0.99, 0.25 is called 0.01


def test_wilsons_interval_has_its_textbook_value():
    low, high = calibration.wilson_interval(0.1, 20)  # 2 of 20
    assert (float(low), float(high)) == pytest.approx((0.0279, 0.3010), abs=1e-4)
    low, high = calibration.wilson_interval(0.0, 0)
    assert (float(low), float(high)) == (0, 1)


def test_a_regressors_figures(rng: np.random.Generator):
    good = measure_regressor(numbers(rng, noise=0.5))
    assert good.spearman > 0.9
    assert good.spearman_interval[0] < good.spearman < good.spearman_interval[1]
    assert good.r2 == pytest.approx(1 - 0.25 / 4, abs=0.05)
    assert good.mae == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=0.1)
    assert good.mae < good.mae_of_median
    assert np.isnan(good.kappa), "no grades"
    assert np.isfinite(measure_regressor(numbers(rng, whole=True)).kappa)


def test_kappa_is_scikit_learns(rng: np.random.Generator):
    true = rng.integers(0, 5, 200)
    called = np.clip(true + rng.integers(-1, 2, 200), 0, 4)
    peer = cohen_kappa_score(true, called, weights="quadratic")
    assert weighted_kappa(true.astype(float), called.astype(float)) == pytest.approx(peer)


def test_the_figures_go_into_a_card_and_into_json(rng: np.random.Generator):
    for cases in (table(rng), numbers(rng)):
        quality = measure_quality(cases, "ill")
        assert json.loads(json.dumps(quality.to_json()))["split"] == "test"
        assert all(name.startswith("test_") for name in quality.metrics())
        assert "test split, 100 cases" in quality_sentence(quality)
        assert judge_metrics(quality.metrics()).level in ("good", "caution")


def test_valid_is_measured_where_there_is_no_test(rng: np.random.Generator):
    cases = table(rng, split=np.where(np.arange(N) % 3 == 0, "valid", "train"))
    found = measure_quality(cases, "ill")
    assert quality_sentence(found).startswith("valid split")
    assert measure_classifier(cases, "ill", split="valid").threshold_split == "train"


def test_tables_without_figures_say_what_is_missing(rng: np.random.Generator):
    with pytest.raises(LatentTableError, match="no predicted and true numbers"):
        measure_regressor(table(rng))
    with pytest.raises(LatentTableError, match="no case of the split other"):
        measure_regressor(numbers(rng), split="other")


@pytest.mark.parametrize(
    ("metrics", "level", "word"),
    [
        ({}, "unknown", "not known"),
        ({"test_auroc": 0.95, "test_auroc_low": 0.9, "test_auroc_high": 0.98}, "good", "Good enough"),
        ({"test_auroc": 0.95, "test_auroc_low": 0.7, "test_auroc_high": 1.0}, "caution", "with care"),
        ({"test_auroc": 1.0, "test_auroc_low": 0.58, "test_auroc_high": 1.0}, "caution", "with care"),
        ({"test_auroc": 0.9, "test_auroc_low": 0.45, "test_auroc_high": 1.0}, "poor", "Not good enough"),
        ({"test_auroc": 0.62, "test_auroc_low": 0.5, "test_auroc_high": 0.74}, "poor", "Not good enough"),
        ({"valid_auroc": 0.9, "valid_auroc_low": 0.8, "valid_target_cases": 9.0}, "caution", "with care"),
        ({"test_auroc": 0.9, "test_auroc_low": 0.85, "test_calibration_error": 0.3}, "caution", "with care"),
        ({"test_auroc": 0.9, "test_auroc_low": 0.85, "test_sensitivity": 0.3}, "caution", "with care"),
        ({"test_spearman": 0.8, "test_spearman_low": 0.7, "test_mae": 1.0, "test_mae_of_median": 3.0}, "good", "Good"),
        (
            {"test_spearman": 0.8, "test_spearman_low": 0.7, "test_mae": 3.0, "test_mae_of_median": 2.0},
            "caution",
            "care",
        ),
        ({"test_spearman": 0.3, "test_spearman_low": 0.1}, "poor", "Not good enough"),
    ],
)
def test_the_verdict_follows_the_lower_end_of_the_interval(metrics: dict[str, float], level: str, word: str):
    verdict = judge_metrics(metrics)
    assert verdict.level == level
    assert word in verdict.sentence
    assert bool(verdict.reasons) == bool(metrics)


def test_the_test_split_counts_before_valid():
    assert held_out_figures({"valid_auroc": 0.9, "test_auroc": 0.6})["auroc"] == 0.6
    assert held_out_figures({"auroc": 0.8}) == {"auroc": 0.8}
    assert held_out_figures({"test_auroc": float("nan"), "valid_auroc": 0.7})["auroc"] == 0.7
