"""The interval of an AUROC: known answers, symmetry, width at 1, coverage."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from analysis.directions import auroc
from analysis.evaluation.auroc_interval import newcombe_interval


@pytest.mark.parametrize("area", [0.5, 0.7, 0.93, 0.999])
def test_its_ends_are_1_96_of_their_own_standard_errors_away(area):
    m, n = 40, 25
    for end in newcombe_interval(area, m, n):
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)  # Hanley & McNeil's own form, with both sizes averaged
        variance = (end * (1 - end) + ((m + n) / 2 - 1) * (q1 + q2 - 2 * end**2)) / (m * n)
        assert abs(area - end) == pytest.approx(1.959964 * math.sqrt(variance), rel=1e-5)


def test_turned_round_it_is_the_mirror_image():
    low, high = newcombe_interval(0.83, 12, 50)
    assert newcombe_interval(0.17, 12, 50) == pytest.approx((1 - high, 1 - low))


def test_a_perfect_order_of_few_cases_proves_less_than_one_of_many():
    few, some, many = (newcombe_interval(1.0, n, n) for n in (5, 50, 500))
    assert few[1] == some[1] == many[1] == 1
    assert few[0] < some[0] < many[0] < 1
    assert newcombe_interval(0.0, 50, 50) == pytest.approx((0, 1 - some[0]))


@pytest.mark.parametrize("true", [0.8, 0.98])
def test_it_covers_the_true_area_of_two_bells_19_times_in_20(true):
    rng, m, n = np.random.default_rng(0), 60, 90
    labels = np.repeat([1.0, 0.0], (m, n))
    hits = 0
    for _ in range(600):
        scores = rng.normal(size=m + n) + labels * norm.ppf(true) * math.sqrt(2)
        low, high = newcombe_interval(auroc(labels, scores), m, n)
        hits += low <= true <= high
    assert 0.925 < hits / 600 < 0.985


def test_nothing_measured_has_none():
    assert all(math.isnan(end) for end in (*newcombe_interval(math.nan, 3, 4), *newcombe_interval(1.0, 0, 4)))
