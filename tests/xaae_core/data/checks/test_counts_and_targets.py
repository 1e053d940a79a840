"""Counts and target values: known answers of the intervals, and every way of having too few."""

import numpy as np
import pytest
from scipy.stats import norm

from xaae_core.data.checks.association import auroc
from xaae_core.data.checks.class_counts import auroc_half_width, check_class_counts, count_classes
from xaae_core.data.checks.target_values import check_target_values, correlation_half_width, describe_values


def test_the_width_of_an_auroc_is_what_repeated_studies_spread_by():
    rng = np.random.default_rng(0)
    shift = np.sqrt(2) * norm.ppf(0.85)
    values = []
    for _ in range(400):
        scores = np.concatenate([rng.normal(shift, 1, 40), rng.normal(0, 1, 80)])
        values.append(auroc(np.arange(120) < 40, scores))
    assert 1.0 <= auroc_half_width(0.85, 40, 80) / (1.96 * np.std(values)) <= 1.25  # known to be a little wide


def test_the_width_of_a_correlation_is_what_repeated_studies_spread_by():
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=(2000, 60))
    values = [np.corrcoef(draw.T)[0, 1] for draw in draws]
    assert correlation_half_width(0.8, 60) == pytest.approx(1.96 * np.std(values), rel=0.1)


def test_fewer_cases_widen_the_interval_and_none_give_none():
    widths = [auroc_half_width(0.85, n, 100) for n in (5, 20, 100)]
    assert widths == sorted(widths, reverse=True)
    assert np.isnan(auroc_half_width(0.85, 0, 100))


def test_counts_add_up(portraits, write_set, given_of):
    given = given_of(write_set(portraits(20), label=["ill"] * 6 + ["well"] * 14))
    counts = count_classes(given.dataset)
    assert set(counts) == {"ill", "well"}
    assert sum(counts["ill"].values()) == 6
    assert sum(sum(row.values()) for row in counts.values()) == 20


def test_one_class_stops(portraits, write_set, given_of, found):
    (finding,) = found(check_class_counts, given_of(write_set(portraits(8), label=["ill"] * 8)), "stop")
    assert "one class (ill)" in finding.title


def test_a_class_with_one_case_is_named_with_its_case(portraits, write_set, given_of, found):
    given = given_of(write_set(portraits(40), label=["rare"] + ["a", "b", "b"] * 13))
    rare = next(f for f in found(check_class_counts, given, "warn") if "fewer than" in f.title)
    assert "rare 1" in rare.title
    assert rare.cases == ("000.png",)


@pytest.mark.parametrize(("split", "level"), [("train", "stop"), ("test", "warn"), ("valid", "warn")])
def test_a_class_that_a_split_lacks(split, level, portraits, write_set, given_of, found):
    splits = ["train", "valid", "test"] * 10
    other = "valid" if split == "train" else "train"
    labels = ["a", "b"] * 15
    splits = [other if label == "b" and name == split else name for label, name in zip(labels, splits, strict=True)]
    findings = found(check_class_counts, given_of(write_set(portraits(30), label=labels, split=splits)), level)
    assert f"No picture of b in {split}" in {finding.title for finding in findings}


def test_imbalance_asks_for_weights_and_balance_does_not(portraits, write_set, given_of, found):
    uneven = given_of(write_set(portraits(60), label=["a"] * 50 + ["b"] * 10, split=["train", "valid", "test"] * 20))
    assert any("--balanced" in finding.remedy for finding in found(check_class_counts, uneven))
    even = given_of(write_set(portraits(60), label=["a", "b"] * 30, split=["train", "valid", "test"] * 20))
    assert not any("--balanced" in finding.remedy for finding in found(check_class_counts, even))


def test_numbers_are_described_per_split(portraits, write_set, given_of):
    given = given_of(write_set(portraits(10), label=[number / 10 for number in range(10)]))
    table = describe_values(given.dataset)
    assert sum(table["count"].values()) == 10
    assert min(table["min"].values()) == 0
    assert max(table["max"].values()) == 0.9


def test_a_constant_target_stops(portraits, write_set, given_of, found):
    given = given_of(write_set(portraits(6), label=[1.5] * 6), task="continuous")
    assert [finding.level for finding in found(check_target_values, given)] == ["stop"]


def test_an_outlier_is_found_and_named_and_a_normal_spread_is_not(portraits, write_set, given_of, found):
    rng = np.random.default_rng(0)
    values = rng.normal(50, 5, 60).round(2)
    assert not any(
        "far from" in f.title for f in found(check_target_values, given_of(write_set(portraits(60), label=values)))
    )
    values[7] = 999
    (finding,) = [
        f for f in found(check_target_values, given_of(write_set(portraits(60), label=values))) if "far" in f.title
    ]
    assert finding.cases == ("007.png",)
    assert "999" in finding.title


def test_few_values_may_be_grades_but_not_where_grades_were_asked_for(portraits, write_set, given_of, found):
    folder = write_set(portraits(40), label=[number % 4 for number in range(40)])
    assert any("ordinal" in f.remedy for f in found(check_target_values, given_of(folder, task="continuous")))
    assert not any("ordinal" in f.remedy for f in found(check_target_values, given_of(folder, task="ordinal")))


def test_a_split_with_other_values_is_told(portraits, write_set, given_of, found):
    rng = np.random.default_rng(0)
    splits = ["train"] * 30 + ["valid"] * 15 + ["test"] * 15
    values = np.concatenate([rng.normal(0, 1, 45), rng.normal(2, 1, 15)]).round(3)
    given = given_of(write_set(portraits(60), label=values, split=splits))
    titles = [finding.title for finding in found(check_target_values, given, "warn")]
    assert any("higher in test" in title for title in titles)
    assert not any("in valid than" in title for title in titles)
