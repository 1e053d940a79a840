"""Agreement of maps: scipy's ranks, overlaps that can be counted, and sentences."""

import numpy as np
import pytest

from analysis.evaluation.agreement import compare_maps
from xaae_core.errors import AttributionError


def test_correlations_are_scipys():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    maps = {f"m{n}": np.round(rng.normal(size=(9, 11)), 1) for n in range(4)}  # rounded: with ties
    found = compare_maps(maps)
    flat = np.stack([heat.ravel() for heat in maps.values()])
    assert found.signed_correlation == pytest.approx(spearmanr(flat.T).statistic)
    assert found.rank_correlation == pytest.approx(spearmanr(np.abs(flat).T).statistic)
    assert found.mean == pytest.approx(found.rank_correlation[np.triu_indices(4, 1)].mean())
    assert found.names == ("m0", "m1", "m2", "m3")


def test_only_ranks_count():
    heat = np.random.default_rng(1).normal(size=(8, 8))
    found = compare_maps({"a": heat, "b": heat**3, "c": -heat})
    assert found.rank_correlation == pytest.approx(np.ones((3, 3)))
    assert found.signed_correlation == pytest.approx(np.array([[1, 1, -1], [1, 1, -1], [-1, -1, 1]]))
    assert found.top_overlap == pytest.approx(np.ones((3, 3)))


def test_overlaps_can_be_counted():
    first, second = np.zeros((10, 10)), np.zeros((10, 10))
    first.flat[:10] = -np.arange(1, 11)
    second.flat[5:15] = np.arange(1, 11)
    found = compare_maps({"first": first, "second": second}, share=0.1)
    assert found.top_overlap == pytest.approx(np.array([[1, 0.5], [0.5, 1]]))
    # of the upper twentieth, pixels 5 to 9 and 10 to 14
    assert compare_maps({"a": first, "b": second}, share=0.05).top_overlap[0, 1] == 0
    # zeros are never on top, pixels as strong as the last of them always
    assert compare_maps({"a": first, "b": second}, share=0.9).top_overlap[0, 1] == pytest.approx(0.5)
    blocks = np.kron(np.array([[3.0, 1], [2, 0]]), np.ones((5, 5)))
    assert compare_maps({"a": blocks, "b": blocks}, share=0.1).top_overlap == pytest.approx(np.ones((2, 2)))


def test_chance_overlap_is_the_share():
    rng = np.random.default_rng(2)
    found = compare_maps({str(n): rng.normal(size=(60, 60)) for n in range(8)}, share=0.2)
    assert found.top_overlap[np.triu_indices(8, 1)].mean() == pytest.approx(0.2, abs=0.02)
    assert found.mean == pytest.approx(0, abs=0.02)
    assert "agree not at all" in found.sentence()


def test_a_constant_map_is_left_out():
    rng = np.random.default_rng(3)
    heat = rng.normal(size=(6, 6))
    found = compare_maps({"grad_cam": np.ones((6, 6)), "saliency": heat, "occlusion": heat})
    for matrix in (found.rank_correlation, found.signed_correlation, found.top_overlap):
        assert np.isnan(matrix[0]).all()
        assert np.isnan(matrix[:, 0]).all()
        assert matrix[1:, 1:] == pytest.approx(np.ones((2, 2)))
    assert found.sentence() == (
        "saliency and occlusion agree well: rank correlation 1.00; the same everywhere, so left out: grad cam"
    )
    assert "no two maps" in compare_maps({"a": heat, "b": np.zeros((6, 6))}).sentence()
    assert np.isnan(compare_maps({"a": heat, "b": np.zeros((6, 6))}).mean)


def test_sentences_name_the_best_pair():
    rng = np.random.default_rng(4)
    heat = rng.normal(size=(40, 40))
    maps = {"grad_cam": rng.normal(size=(40, 40)), "integrated_gradients": heat,
            "occlusion": heat + 0.5 * rng.normal(size=(40, 40))}  # fmt: skip
    found = compare_maps(maps)
    assert found.sentence().startswith("the 3 methods agree little: mean rank correlation 0.")
    assert "integrated gradients and occlusion agree most" in found.sentence()
    assert "one map (occlusion)" in compare_maps({"occlusion": heat}).sentence()


def test_many_maps_take_no_loop_over_pairs():
    rng = np.random.default_rng(5)
    found = compare_maps({str(n): rng.normal(size=(32, 32)) for n in range(60)})
    assert found.rank_correlation.shape == (60, 60)
    assert found.rank_correlation == pytest.approx(found.rank_correlation.T)


def test_bad_input():
    with pytest.raises(AttributionError, match="the selection is empty"):
        compare_maps({})
    with pytest.raises(AttributionError, match=r"the map of grad cam has the shape \(3, 3\), the picture \(2, 2\)"):
        compare_maps({"a": np.eye(2), "grad_cam": np.eye(3)})
    with pytest.raises(AttributionError, match="the map of a has 4 of 4 pixels that are not finite"):
        compare_maps({"a": np.full((2, 2), np.nan)})
    with pytest.raises(ValueError, match="share is 0; expected above 0, at most 1"):
        compare_maps({"a": np.eye(2)}, share=0)
