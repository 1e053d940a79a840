"""The flow of a score over a map: known slopes are found, noise has none, a turned map has a turned flow."""

import math
import time

import numpy as np
import pytest

from analysis.score_flow import score_flow


def cloud(n=2000, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


def units(flow):
    """The arrows' directions [A, 2], of those that mean something."""
    found = np.array([(arrow.dx, arrow.dy) for arrow in flow.arrows if arrow.strength > 0.2])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("n", [40, 300, 5000])
@pytest.mark.parametrize("angle", [0.0, 1.0, 4.0])
def test_a_linear_score_flows_one_way_everywhere(n, angle):
    towards = np.array([math.cos(angle), math.sin(angle)])
    points = cloud(n)
    flow = score_flow(points, 40 + 3 * points @ towards)
    np.testing.assert_allclose(units(flow), np.tile(towards, (len(flow.arrows), 1)), atol=1e-6)
    lengths = [math.hypot(arrow.dx, arrow.dy) for arrow in flow.arrows]
    np.testing.assert_allclose(lengths, np.ptp(points, axis=0).max() / min(12, int(math.sqrt(n / 6))))
    assert min(arrow.strength for arrow in flow.arrows) > 0.999
    assert flow.followed == pytest.approx(1)
    assert flow.one_way == pytest.approx(1)
    assert "rises smoothly across this map" in flow.sentence("effusion")
    assert "The score of effusion" in flow.sentence("effusion")


@pytest.mark.parametrize("n", [40, 300, 5000])
def test_a_score_without_meaning_does_not_flow(n):
    for seed in range(5):
        flow = score_flow(cloud(n, seed), np.random.default_rng(100 + seed).normal(size=n))
        assert flow.followed < 0.1
        assert np.mean([arrow.strength for arrow in flow.arrows]) < 0.05
        assert "does not follow this map" in flow.sentence()


def test_noise_on_top_weakens_the_flow_but_does_not_turn_it():
    points = cloud()
    clear, noisy = (score_flow(points, points[:, 0] + s * np.random.default_rng(1).normal(size=2000)) for s in (0.1, 1))
    assert clear.followed == pytest.approx(1 / 1.01, abs=0.03)  # the share of the score that is no noise
    assert noisy.followed == pytest.approx(1 / 2, abs=0.06)
    assert np.mean([a.strength for a in noisy.arrows]) < np.mean([a.strength for a in clear.arrows])
    assert units(clear)[:, 0].min() > 0.9


def test_a_hill_flows_to_its_top():
    points = cloud(20_000)
    flow = score_flow(points, -np.square(points).sum(axis=1))
    inwards = [-(a.x * a.dx + a.y * a.dy) / math.hypot(a.x, a.y) / math.hypot(a.dx, a.dy)
               for a in flow.arrows if math.hypot(a.x, a.y) > 1]  # fmt: skip
    assert min(inwards) > 0.9
    assert flow.followed > 0.9
    assert flow.one_way < 0.2
    assert "each region in its own direction" in flow.sentence()


def test_a_turned_map_has_a_turned_flow():
    points = np.random.default_rng(3).uniform(-1, 1, size=(3000, 2)) * (2, 1) + 7
    scores = points[:, 0] ** 2 + 3 * points[:, 1]
    turned = np.stack([-points[:, 1], points[:, 0]], axis=1)  # by 90°, so that the cells turn with it
    first, second = score_flow(points, scores), score_flow(turned, scores)
    theirs = {(round(-arrow.y, 6), round(arrow.x, 6)): arrow for arrow in first.arrows}
    assert len(second.arrows) == len(theirs) > 50
    for arrow in second.arrows:
        origin = theirs[round(arrow.x, 6), round(arrow.y, 6)]
        assert (arrow.dx, arrow.dy) == pytest.approx((-origin.dy, origin.dx), abs=1e-9)
        assert arrow.strength == pytest.approx(origin.strength)
    assert second.followed == pytest.approx(first.followed)


@pytest.mark.parametrize("scale", [1e-4, 1e5])
def test_units_and_place_of_map_and_score_do_not_matter(scale):
    points = cloud()
    scores = np.sin(points[:, 0]) + points[:, 1]
    first, second = score_flow(points, scores), score_flow(points * scale + 3 * scale, 5 - 2 * scale * scores)
    assert second.followed == pytest.approx(first.followed, abs=1e-6)
    for one, other in zip(first.arrows, second.arrows, strict=True):
        assert (other.dx / scale, other.dy / scale) == pytest.approx((-one.dx, -one.dy), abs=1e-6)
        assert other.strength == pytest.approx(one.strength, abs=1e-6)


def test_no_arrow_stands_where_nothing_is():
    left, right = cloud(500) * 0.3, cloud(500, 1) * 0.3 + (10, 0)
    points = np.vstack([left, right, [[5.0, 4.0]]])  # a single point is no support either
    flow = score_flow(points, points[:, 1])
    assert flow.arrows
    for arrow in flow.arrows:
        assert np.linalg.norm(points - (arrow.x, arrow.y), axis=1).min() < 1.0
        assert math.hypot(arrow.x - 5, arrow.y - 4) > 1.5


def test_points_on_a_line_flow_along_it():
    along = np.linspace(0, 10, 200)
    flow = score_flow(np.stack([along, 2 * along], axis=1), along)
    np.testing.assert_allclose(units(flow), np.tile(np.array([1, 2]) / math.sqrt(5), (len(flow.arrows), 1)), atol=1e-4)


def test_scores_that_are_not_known_are_left_out():
    points = cloud(600)
    scores = points[:, 0] + 0.3 * np.random.default_rng(0).normal(size=600)
    with_gaps, gone = scores.copy(), points.copy()
    with_gaps[400:500] = np.nan
    gone[500:] = np.nan
    assert score_flow(gone, with_gaps) == score_flow(points[:400], scores[:400])


@pytest.mark.parametrize(
    ("points", "scores"),
    [
        (cloud(5), np.arange(5.0)),
        (np.ones((50, 2)), np.arange(50.0)),
        (cloud(50), np.ones(50)),
        (cloud(50), np.full(50, np.nan)),
        (np.empty((0, 2)), np.empty(0)),
    ],
)
def test_what_cannot_flow_says_so(points, scores):
    flow = score_flow(points, scores)
    assert flow.arrows == ()
    assert math.isnan(flow.followed)
    assert "too few points with different scores" in flow.sentence()


@pytest.mark.parametrize(("points", "scores", "cells"), [
    (np.ones((5, 3)), np.ones(5), 12), (np.ones((5, 2)), np.ones(4), 12), (np.ones((5, 2)), np.ones(5), 1),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_named(points, scores, cells):
    with pytest.raises(ValueError, match=r"expected \[N, 2\], \[N\] and at least 2"):
        score_flow(points, scores, cells=cells)


def test_a_million_points_take_about_a_second():
    points = cloud(1_000_000).astype(np.float32)
    scores = points[:, 0] + np.sin(points[:, 1])
    start = time.perf_counter()
    flow = score_flow(points, scores)
    assert time.perf_counter() - start < 3  # 0.3 s on an idle core
    assert flow.followed > 0.95
