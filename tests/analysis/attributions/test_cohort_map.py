"""Cohort maps: the moments of all maps at once, in the memory of a few, and of maps that belong together."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from analysis.attributions import Attribution, LatentDimension, attribute_batch
from analysis.attributions.cohort_map import CohortMap, CohortMapBuilder
from tests.analysis.attributions.known_models import CurvedModel
from xaae_core.errors import AttributionError


def attribution_of(heat: np.ndarray, score: float = 1.0) -> Attribution:
    return Attribution(
        map=np.asarray(heat, np.float32), method="occlusion", target="logit of yes", score=score, baseline="black",
        baseline_score=0.0, convergence_delta=None, meaning="fall", settings={},
    )  # fmt: skip


def cohort_of(heats: np.ndarray, scores=None) -> CohortMap:
    builder = CohortMapBuilder()
    for n, heat in enumerate(heats):
        builder.add(attribution_of(heat, 1.0 if scores is None else scores[n]))
    return builder.result()


def test_moments_are_those_of_all_maps_at_once():
    rng = np.random.default_rng(0)
    heats = (1000 + rng.normal(size=(50, 4, 5)) * 0.01).astype(np.float32)  # where sums of squares would lose it
    scores = rng.normal(size=50)
    found = cohort_of(heats, scores)
    exact = heats.astype(np.float64)
    assert found.n == 50
    assert found.mean == pytest.approx(exact.mean(axis=0), rel=1e-12)
    assert found.spread == pytest.approx(exact.std(axis=0, ddof=1), rel=1e-6)
    assert (found.score_mean, found.score_spread) == pytest.approx((scores.mean(), scores.std(ddof=1)))


def test_signs_are_counted():
    heats = np.array([[[3, -1, 0, 1, 0]], [[1, -1, 0, -1, 0]], [[-1, -1, 0, 0, 1]]], float)
    found = cohort_of(heats)
    assert found.same_sign == pytest.approx(np.array([[2 / 3, 1, 1, 1 / 3, 1 / 3]]))  # + − 0 0 +
    assert found.has_sign
    assert not cohort_of(np.abs(heats)).has_sign


def test_by_chance_signs_agree_as_often_as_is_said():
    heats = np.random.default_rng(1).choice([-1.0, 1.0], size=(7, 200, 200))  # seven of seven: 2 / 2⁷
    found = cohort_of(heats)
    assert found.chance_share == pytest.approx(2 / 2**7)
    assert found.agreeing_share == pytest.approx(found.chance_share, rel=0.2)


def test_a_batch_fills_it_as_it_runs():
    model, images = CurvedModel().eval(), np.random.default_rng(2).random((5, 2, 6, 6)).astype(np.float32)
    builder = CohortMapBuilder()
    made = attribute_batch(model, images, LatentDimension(0), keep=lambda _, found: builder.add(found))
    found = builder.result()
    assert found.mean == pytest.approx(np.mean([each.map for each in made], axis=0), abs=1e-6)
    assert (found.n, found.method, found.baseline) == (5, "integrated_gradients", "black")
    builder.add(made[0])
    assert (found.n, builder.result().n) == (5, 6)


def test_memory_does_not_grow():
    builder, rng = CohortMapBuilder(), np.random.default_rng(3)

    def add(n: int) -> int:
        for _ in range(n):
            builder.add(attribution_of(rng.random((128, 128), np.float32)))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        few = add(3)
        assert add(60) - few < 128 * 128 * 4  # less than one map more
    finally:
        tracemalloc.stop()


def test_maps_that_do_not_belong_together_are_refused():
    builder = CohortMapBuilder()
    first = attribution_of(np.ones((3, 3)))
    builder.add(first)
    for other, words in (
        (replace(first, method="saliency"), 'the method of map 2 is "saliency", that of the maps before "occlusion"'),
        (replace(first, target="logit of no"), "the target of map 2"),
        (replace(first, baseline="blurred"), "the baseline of map 2"),
        (replace(first, meaning="rise"), "the meaning of map 2"),
        (attribution_of(np.ones((3, 4))), r"the shape \(3, 4\), those before \(3, 3\)"),
        (attribution_of(np.full((3, 3), np.inf)), "map 2 or its score is not finite"),
        (attribution_of(np.ones((3, 3)), np.nan), "map 2 or its score is not finite"),
    ):
        with pytest.raises(AttributionError, match=words):
            builder.add(other)
    assert builder.n == 1
    assert builder.result().mean == pytest.approx(np.ones((3, 3)))


def test_nothing_added():
    with pytest.raises(AttributionError, match="the selection is empty"):
        CohortMapBuilder().result()


def test_sentences_say_no_more_than_the_pictures_do():
    one = cohort_of(np.ones((1, 3, 3)))
    assert "not a mean" in one.sentence()
    assert np.isnan(one.spread).all()
    assert np.isnan(one.score_spread)
    signed = cohort_of(np.random.default_rng(4).normal(size=(12, 8, 8))).sentence()
    assert "mean of 12 maps (occlusion, logit of yes)" in signed
    assert "by chance alone 0.6% would" in signed  # 11 or 12 of 12: 2 · 13 / 2¹²
    assert "same place at the same pixels" in signed
    assert "by chance" not in cohort_of(np.ones((4, 3, 3))).sentence()
