"""One question, one answer: the line in the bar says what the verdict with its reasons says."""

import pytest

from analysis.evaluation.verdict import judge_metrics
from app.words import target_words, verdict
from xaae_core.model_card import ModelCard


def card(**metrics: float) -> ModelCard:
    return ModelCard(kind="xaae", arguments={}, name="m", classes=("a", "b"), target="b", metrics=metrics)


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        ({"test_auroc": 0.95, "test_auroc_low": 0.9, "test_auroc_high": 0.99}, "good enough to explain (AUROC 0.95)"),
        (
            {"test_auroc": 0.95, "test_auroc_low": 0.45, "test_auroc_high": 1.0},
            "not good enough to explain (AUROC 0.95)",
        ),
        ({"test_auroc": 0.95, "test_target_cases": 5}, "explain it with care (AUROC 0.95)"),
        ({"test_auroc": 0.997}, "good enough to explain (AUROC 0.997)"),
        ({"test_auroc": 0.9996}, "good enough to explain (AUROC > 0.999)"),
        ({"test_spearman": 0.6, "test_spearman_low": 0.3}, "explain it with care (Spearman 0.60)"),
        ({"valid_auroc": 0.51}, "not good enough to explain (AUROC 0.51)"),
        ({"auroc": float("nan")}, "no held-out figures: explain it with care"),
        ({}, "no held-out figures: explain it with care"),
    ],
)
def test_the_bar_says_what_the_verdict_says(metrics: dict[str, float], line: str) -> None:
    assert verdict(card(**metrics)) == line
    answer = judge_metrics(metrics)
    said = line.partition(" (")[0]
    if answer.level != "unknown":
        assert answer.sentence.lower().startswith(said)


def test_a_class_that_is_called_by_a_number_is_not_taken_for_one() -> None:
    assert [target_words(name) for name in ("3", "three", "T2", "10")] == ["class 3", "three", "T2", "class 10"]
