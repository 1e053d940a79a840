"""Evaluation of examples: known answers."""

import numpy as np
import pytest

from analysis.evaluation.example_quality import (
    compare_leave_one_out,
    compare_subsets,
    draw_subsets,
    leave_one_out,
    measure_datamodelling,
    measure_label_agreement,
    mislabel_auc,
)
from xaae_core.errors import ExamplesError

RNG = np.random.default_rng(0)
HELP = RNG.normal(size=(4, 12))


def additive(rows: np.ndarray) -> np.ndarray:
    """A model whose loss falls by each training case's own help."""
    return -HELP[:, rows].sum(axis=1)


def test_of_an_additive_model_leaving_out_is_the_help_itself():
    changes = leave_one_out(additive, 12)
    np.testing.assert_allclose(changes, HELP)
    quality = compare_leave_one_out(HELP / 2, changes)
    assert quality.pearson == pytest.approx(1)
    assert quality.spearman == pytest.approx(1)
    assert quality.slope == pytest.approx(2)
    assert quality.n_pairs == 48
    assert compare_leave_one_out(-HELP, changes).spearman == pytest.approx(-1)
    assert np.isnan(compare_leave_one_out(np.zeros((4, 12)), changes).pearson)
    with pytest.raises(ExamplesError, match="1 training case"):
        leave_one_out(additive, 1)
    with pytest.raises(ValueError, match=r"\(4, 12\), changes \(4, 11\)"):
        compare_leave_one_out(HELP, changes[:, 1:])


def test_the_datamodelling_score_is_one_for_the_truth_and_near_zero_for_noise():
    assert measure_datamodelling(HELP, additive, n_subsets=40).score == pytest.approx(1)
    assert measure_datamodelling(-HELP, additive, n_subsets=40).score == pytest.approx(-1)
    noise = [
        measure_datamodelling(np.random.default_rng(seed).normal(size=(4, 12)), additive, n_subsets=60).score
        for seed in range(1, 9)
    ]
    assert abs(float(np.mean(noise))) < 0.2
    half = np.concatenate([HELP[:2], -HELP[2:]])
    np.testing.assert_allclose(measure_datamodelling(half, additive).by_case, [1, 1, -1, -1])


def test_subsets_have_their_size_and_their_seed():
    subsets = draw_subsets(10, 5, share=0.3, seed=1)
    assert subsets.shape == (5, 10)
    assert (subsets.sum(axis=1) == 3).all()
    np.testing.assert_array_equal(subsets, draw_subsets(10, 5, share=0.3, seed=1))
    assert (subsets != draw_subsets(10, 5, share=0.3, seed=2)).any()
    with pytest.raises(ValueError, match="neither empty nor all"):
        draw_subsets(3, 5, share=0.01)
    with pytest.raises(ValueError, match="expected losses"):
        compare_subsets(HELP, subsets, np.zeros((5, 4)))


def test_wrong_labels_are_ranked():
    flipped = np.array([True, False, False, True])
    assert mislabel_auc(np.array([9, 1, 2, 8]), flipped) == 1
    assert mislabel_auc(np.array([1, 9, 8, 2]), flipped) == 0
    assert mislabel_auc(np.ones(4), flipped) == 0.5
    with pytest.raises(ValueError, match="0 of 4 labels are wrong"):
        mislabel_auc(np.ones(4), np.zeros(4, bool))


def test_label_agreement_by_hand():
    scores = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4]])
    found = measure_label_agreement(scores, np.array([0, 1]), np.array([0, 0, 1, 1]), fractions=(0.01, 0.5, 0.75, 1))
    assert found.counts.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(found.most, [1, 1, 2 / 3, 0.5])
    np.testing.assert_allclose(found.least, [0, 0, 1 / 3, 0.5])
    assert found.expected == 0.5


def test_label_agreement_is_that_of_a_plain_loop():
    scores, own, others = RNG.normal(size=(9, 31)), RNG.integers(3, size=9), RNG.integers(3, size=31)
    found = measure_label_agreement(scores, own, others, fractions=(0.1, 0.4))
    for place, k in enumerate((3, 12)):
        most = [np.mean(others[np.argsort(-scores[row])[:k]] == own[row]) for row in range(9)]
        least = [np.mean(others[np.argsort(scores[row])[:k]] == own[row]) for row in range(9)]
        assert found.most[place] == pytest.approx(np.mean(most))
        assert found.least[place] == pytest.approx(np.mean(least))
    with pytest.raises(ValueError, match="fractions are"):
        measure_label_agreement(scores, own, others, fractions=(0.0,))
    with pytest.raises(ValueError, match="one for each pair"):
        measure_label_agreement(scores, own[:3], others)
