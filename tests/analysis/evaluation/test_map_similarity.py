"""How alike two maps are: the same numbers as scipy, skimage and Quantus give, and by chance as a plain loop gives."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from analysis.evaluation.map_similarity import chance_similarities, compare_maps_with
from xaae_core.errors import AttributionError


def maps(n: int = 3, shape: tuple[int, int] = (17, 12)) -> np.ndarray:
    first = np.random.default_rng(0).normal(size=shape)
    noise = np.random.default_rng(1).normal(size=(n, *shape))
    return np.concatenate([first[None], first + noise * np.arange(n)[:, None, None]]).astype(np.float32)


def test_rank_correlations_are_scipys():
    heat, *others = maps()
    found = compare_maps_with(heat, others)
    for n, other in enumerate(others):
        assert found.signed[n] == pytest.approx(spearmanr(heat.ravel(), other.ravel())[0], abs=1e-12)
        assert found.absolute[n] == pytest.approx(spearmanr(abs(heat).ravel(), abs(other).ravel())[0], abs=1e-12)
    assert found.signed[0] == pytest.approx(1)


def test_ranks_share_ties_as_scipys_do():
    heat, other = (np.round(each).astype(np.float32) for each in maps(1))
    assert compare_maps_with(heat, [other]).signed[0] == pytest.approx(spearmanr(heat.ravel(), other.ravel())[0])


def test_structural_similarity_is_skimages():
    heat, *others = maps()
    found = compare_maps_with(heat, others).structural
    for n, other in enumerate(others):
        x, y = (each.astype(np.float64) / np.abs(each).max() for each in (heat, other))
        span = max(x.max(), y.max()) - min(x.min(), y.min())
        assert found[n] == pytest.approx(structural_similarity(x, y, data_range=span), abs=1e-10)


def test_quantus_finds_the_same_similarities():
    quantus = pytest.importorskip("quantus")
    from quantus.functions.normalise_func import normalise_by_max
    from quantus.functions.similarity_func import correlation_spearman, ssim

    assert quantus is not None
    heat, *others = maps()
    found = compare_maps_with(heat, others)
    first = np.repeat(heat[None], len(others), axis=0).astype(np.float64)
    flat = [np.reshape(each, (len(others), -1)) for each in (first, np.asarray(others, np.float64))]
    np.testing.assert_allclose(found.signed, correlation_spearman(*flat, batched=True), atol=1e-9)
    np.testing.assert_allclose(found.absolute, correlation_spearman(*map(np.abs, flat), batched=True), atol=1e-9)
    pairs = [normalise_by_max(each.astype(np.float64), (1, 2)) for each in (first, np.asarray(others))]
    np.testing.assert_allclose(found.structural, ssim(*pairs, batched=True), atol=1e-9)


def test_a_constant_map_is_like_another_only():
    heat, other = maps(1)
    flat = np.zeros_like(heat)
    assert compare_maps_with(heat, [flat]).absolute[0] == 0
    assert compare_maps_with(flat, [heat, flat]).absolute.tolist() == [0, 1]
    assert np.isfinite(compare_maps_with(flat, [other, flat]).structural).all()


@pytest.mark.parametrize("signed", [False, True])
def test_chance_is_every_shift_and_mirror(signed: bool):
    heat, other = maps(1, (4, 5))
    found = chance_similarities(heat, [other], signed=signed)
    one, two = (heat, other) if signed else (abs(heat), abs(other))
    each = [
        spearmanr(one.ravel(), np.roll(two[::down, ::right], (row, column), (0, 1)).ravel())[0]
        for down in (1, -1)
        for right in (1, -1)
        for row in range(4)
        for column in range(5)
    ]
    np.testing.assert_allclose(np.sort(found), np.sort(each), atol=1e-12)


def test_smooth_maps_are_more_alike_by_chance():
    from scipy.ndimage import gaussian_filter

    one, two = np.random.default_rng(0).normal(size=(2, 64, 64))
    limits = []
    for width in (0.1, 2, 6):
        smooth = [gaussian_filter(each, width) for each in (one, two)]
        limits.append(np.quantile(chance_similarities(smooth[0], smooth[1:], signed=True), 0.975))
    assert limits[0] < 0.05 < limits[1] < limits[2]


def test_maps_that_do_not_fit_are_refused():
    heat, other = maps(1)
    with pytest.raises(AttributionError, match="expected the same"):
        compare_maps_with(heat, [other[1:]])
    with pytest.raises(AttributionError, match="not finite"):
        compare_maps_with(heat, [np.where(other > 1, np.nan, other)])
    with pytest.raises(AttributionError, match="no map"):
        compare_maps_with(heat, [])
