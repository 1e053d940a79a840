"""Gaps on a map with known answers: clouds that are apart in z, crowds that the map tore, and both on one map."""

import numpy as np
import pytest

from analysis.map_gaps import MapGaps, judge_gaps
from analysis.map_groups import MapGroups, find_groups
from analysis.neighbours import find_neighbours
from analysis.projections import project
from tests.analysis.latent_tables import table_of

DIMENSIONS = [2, 5, 10, 30]


def judged(z: np.ndarray, side: np.ndarray, **options: object) -> MapGaps:
    """The gaps of a map that shows the sides as round groups far from each other, whatever they are in z."""
    rng = np.random.default_rng(9)
    corners = np.array([[0, 0], [12, 0], [0, 12], [12, 12]], dtype=float)
    points = corners[side.astype(int)] + rng.normal(size=(len(z), 2))
    return judge_gaps(points, find_neighbours(z, 15), z, **options)


def cloud(n: int, dims: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dims))


@pytest.mark.parametrize("dims", DIMENSIONS)
@pytest.mark.parametrize("sizes", [(600, 600), (500, 100)])
def test_the_gap_between_two_far_clouds_is_real(dims, sizes):
    side = np.repeat([0, 1], sizes)
    z = cloud(sum(sizes), dims)
    z[:, 0] += 7 * side
    found = judged(z, side)
    assert len(found.gaps) == 1
    assert found.gaps[0].verdict == "real"
    assert found.gaps[0].is_real
    assert (found.gaps[0].first_size, found.gaps[0].second_size) == pytest.approx(sizes, rel=0.02)  # less the outliers
    assert found.sentence().endswith("is real in z.")


@pytest.mark.parametrize("dims", DIMENSIONS)
@pytest.mark.parametrize("where", [0.0, 0.7])
def test_the_gap_that_tears_one_cloud_is_not_real(dims, where):
    z = cloud(1200, dims)
    found = judged(z, z[:, 0] > where)
    assert [gap.verdict for gap in found.gaps] == ["not real"]
    assert found.gaps[0].ratio > 0.7


def test_the_gaps_that_tear_a_uniform_strip_are_not_real():
    """A cut across crosses few links, by chance sometimes very few: it is never called real, and seldom unclear."""
    verdicts = []
    for seed in range(10):
        z = np.random.default_rng(seed).uniform(size=(1500, 2)) * [15, 1]
        for side in (z[:, 0] > 7, z[:, 0] > 13.5, z[:, 1] > 0.5):
            verdicts += [gap.verdict for gap in judged(z, side).gaps]
    assert len(verdicts) == 30
    assert "real" not in verdicts
    assert verdicts.count("not real") >= 27


def test_of_the_gaps_that_umap_shows_in_a_uniform_strip_those_that_it_made_are_not_real():
    z = np.random.default_rng(0).uniform(size=(1000, 2)) * [30, 1]
    made = project(table_of(z), "umap", rate=False)
    found = judge_gaps(made.points, find_neighbours(z, 15), z)
    touching, far = [], []
    for gap in found.gaps:
        one, other = (z[found.cluster == group, 0] for group in (gap.first, gap.second))
        apart = max(one.min(), other.min()) - min(one.max(), other.max())
        (far if apart > 0.7 else touching).append(gap.verdict)
    assert len(touching) > 3
    assert set(far) == {"real"}
    assert touching.count("not real") > 0.6 * len(touching)
    assert touching.count("real") < 0.1 * len(touching)


def test_a_strip_with_a_real_gap_in_it_is_told_from_one_without():
    z = np.random.default_rng(2).uniform(size=(1500, 2)) * [15, 1]
    side = z[:, 0] > 7
    z[side, 0] += 1
    assert [gap.verdict for gap in judged(z, side).gaps] == ["real"]


def roll(n: int = 2400) -> tuple[np.ndarray, np.ndarray]:
    """A sheet [N, 2], evenly filled, and the same sheet rolled up in z [N, 3]."""
    rng = np.random.default_rng(3)
    length, width = rng.uniform(0, 90, n), rng.uniform(0, 21, n)
    turn = np.sqrt(2 * length + (1.5 * np.pi) ** 2)  # evenly along the spiral, nearly
    return np.stack([length, width], 1), np.stack([turn * np.cos(turn), width, turn * np.sin(turn)], 1)


def test_a_swiss_roll_unrolled_and_torn():
    sheet, z = roll()
    points = sheet + np.where(sheet[:, :1] > 50, [30, 5], [0, 0])
    found = judge_gaps(points, find_neighbours(z, 15), z)
    assert [gap.verdict for gap in found.gaps] == ["not real"]
    assert judge_gaps(sheet, find_neighbours(z, 15), z).sentence() == (
        "The map shows one crowd: there is no gap to judge."
    )


def test_two_turns_of_a_roll_that_the_map_puts_side_by_side_are_really_apart():
    sheet, z = roll()
    ends = (sheet[:, 0] < 25) | (sheet[:, 0] > 65)
    found = judged(z[ends], sheet[ends, 0] > 65)
    assert [gap.verdict for gap in found.gaps] == ["real"]


def test_of_three_groups_two_are_one_in_z():
    z = cloud(1500, 8)
    group = np.where(np.arange(1500) < 500, 2, (z[:, 1] > 0).astype(int))
    z[group == 2, 0] += 12
    words = np.array(["effusion", "healthy", "pacemaker"])[group]
    words[::9] = "healthy"
    found = judged(z, group, labels=words)
    judgement = {frozenset((gap.first, gap.second)): gap.verdict for gap in found.gaps}
    together = {frozenset(np.unique(found.cluster[group != 2]).tolist()) - {-1}}
    assert {pair for pair, verdict in judgement.items() if verdict == "not real"} == together
    assert len(judgement) >= 2
    assert {verdict for pair, verdict in judgement.items() if pair not in together} == {"real"}
    assert any("(mostly pacemaker)" in name for name in found.names)
    assert "(mostly effusion)" in found.sentence()
    assert "not real in z; the other" in found.sentence()


def test_cases_that_the_map_puts_in_the_wrong_group_do_not_close_a_real_gap():
    side = np.repeat([0, 1], 600)
    z = cloud(1200, 3)
    z[:, 0] += 10 * side
    shown = side.copy()
    shown[np.random.default_rng(4).choice(1200, 24, replace=False)] ^= 1
    assert [gap.verdict for gap in judged(z, shown).gaps] == ["real"]


def test_a_part_of_a_cloud_that_lies_far_away_behind_other_groups_is_found():
    """The pieces do not face each other on the map, but z ties them together."""
    z = cloud(1500, 4)
    group = np.where(np.arange(1500) < 500, 1, np.where(z[:, 1] > 0, 0, 2))
    z[group == 1, 0] += 12
    points = np.stack([14.0 * group, np.zeros(1500)], 1) + cloud(1500, 2, seed=5)
    found = judge_gaps(points, find_neighbours(z, 15), z)
    false = found.of("not real")
    assert len(false) == 1
    assert not false[0].is_facing
    assert {false[0].first, false[0].second} == set(np.unique(found.cluster[group != 1]).tolist()) - {-1}


def test_identical_cases_only_cannot_be_judged():
    z = np.repeat(cloud(20, 4), 20, axis=0)  # every case's nearest are its own copies
    found = judged(z, z[:, 0] > 0)
    assert [gap.verdict for gap in found.gaps] == ["unclear"]
    assert "unclear" in found.sentence()
    assert np.isnan(found.gaps[0].ratio)


def test_small_groups_are_judged_by_fewer_links():
    side = np.repeat([0, 1, 2], [30, 20, 12])
    z = cloud(62, 6) + np.array([[0, 0], [9, 0], [0, 9]])[side] @ np.eye(2, 6)
    assert {gap.verdict for gap in judged(z, side).gaps} == {"real"}


def test_the_same_map_gives_the_same_gaps_whatever_way_it_lies():
    z = cloud(900, 5)
    side = z[:, 0] > 0.3
    points = 9 * side[:, None] * [1.0, 0.5] + cloud(900, 2, seed=6)
    graph = find_neighbours(z, 15)
    found, again = judge_gaps(points, graph, z), judge_gaps(points, graph, z)
    assert found.gaps == again.gaps
    assert np.array_equal(found.cluster, again.cluster)
    angle = 0.4
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = judge_gaps(points @ matrix * 100, graph, z)
    assert [gap.verdict for gap in turned.gaps] == [gap.verdict for gap in found.gaps] == ["not real"]
    assert np.mean(turned.cluster == found.cluster) > 0.99


def test_progress_is_told_and_lengths_are_checked():
    z = cloud(200, 3)
    told: list[tuple[int, int]] = []
    judged(z, z[:, 0] > 0, report=lambda done, everything: told.append((done, everything)))
    assert told == [(1, 1)]
    with pytest.raises(ValueError, match="7 labels"):
        judged(z, z[:, 0] > 0, labels=["a"] * 7)


def test_known_groups_are_taken_as_they_are():
    z = cloud(400, 3)
    member = (z[:, 0] > 0).astype(np.int32)
    groups = MapGroups(member, (200, 200), ((0, 1),))
    found = judge_gaps(z[:, :2], find_neighbours(z, 15), z, groups=groups)
    assert np.array_equal(found.cluster, member)
    assert found.gaps[0].verdict == "not real"


def test_a_map_of_one_crowd_has_one_group():
    rng = np.random.default_rng(7)
    for points in (cloud(2000, 2), rng.uniform(size=(3000, 2)), rng.uniform(size=(300, 2)) * [8, 1]):
        found = find_groups(points)
        assert len(found) == 1
        assert found.sizes[0] >= 0.99 * len(points)  # outliers are of no group


@pytest.mark.parametrize("n", [60, 400, 20_000])
def test_separate_crowds_are_counted_from_few_points_to_many(n):
    member = np.arange(n) % 3
    points = np.array([[0, 0], [9, 0], [30, 20]])[member] + cloud(n, 2)
    found = find_groups(points)
    assert found.sizes == pytest.approx([n / 3] * 3, rel=0.02, abs=2)  # less the outliers
    assert len(found.facing) >= 2
    shown = [np.unique(found.member[(member == group) & (found.member >= 0)]).tolist() for group in range(3)]
    assert sorted(shown) == [[0], [1], [2]]


def test_a_few_points_by_themselves_are_no_group():
    points = np.concatenate([cloud(1000, 2), cloud(3, 2) * 0.01 + 40])
    found = find_groups(points)
    assert len(found) == 1
    assert found.member[-3:].tolist() == [-1, -1, -1]
    assert find_groups(points, smallest=3).sizes[-1] == 3


@pytest.mark.parametrize(
    "points", [np.zeros((50, 2)), np.zeros((0, 2)), np.ones((1, 2)), np.arange(60.0).reshape(-1, 1) * [1, 0]]
)
def test_maps_without_an_extent_do_no_harm(points):
    assert len(find_groups(points)) <= 1


def test_points_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="finite"):
        find_groups(np.full((5, 2), np.inf))
