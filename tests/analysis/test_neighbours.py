"""Nearest neighbours: exact where they say so, measured where they do not, and never the case itself."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from threadpoolctl import threadpool_limits

from analysis import neighbours
from analysis.neighbours import find_neighbours, nearest_among


def cloud(n: int = 300, d: int = 12, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("dims", [1, 2, 3, 12])
def test_the_exact_neighbours_are_those_of_all_distances(dims: int) -> None:
    rows = cloud(d=dims)
    graph = find_neighbours(rows, 7)
    far = cdist(rows, rows)
    np.fill_diagonal(far, np.inf)
    np.testing.assert_allclose(graph.distances, np.sort(far, axis=1)[:, :7], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        np.take_along_axis(far, graph.indices.astype(np.int64), axis=1), graph.distances, rtol=1e-4, atol=1e-6
    )
    assert (graph.method, graph.recall, graph.n_rated) == ("exact", 1.0, 300)


@pytest.mark.parametrize("dims", [2, 12])
def test_a_case_is_never_its_own_neighbour_even_among_identical_ones(dims: int) -> None:
    rows = np.repeat(cloud(10, dims), 12, axis=0)
    graph = find_neighbours(rows, 5)
    assert not (graph.indices == np.arange(120)[:, None]).any()
    assert (graph.distances == 0).all(), "eleven others are at the very same place"
    assert all(len(set(row)) == 5 for row in graph.indices.tolist())


def test_an_approximate_answer_says_how_much_it_found_and_is_the_same_twice() -> None:
    rows = cloud(2000, 12)
    first, second = (find_neighbours(rows, 10, exact_up_to=100, seed=3) for _ in range(2))
    exact = find_neighbours(rows, 10)
    assert first.method == "inverted file"
    assert first.n_rated == 500
    np.testing.assert_array_equal(first.indices, second.indices)
    assert (first.indices >= 0).all()
    assert not (first.indices == np.arange(2000)[:, None]).any()
    shared = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(first.indices, exact.indices, strict=True)])
    assert first.recall == pytest.approx(shared, abs=0.03)
    assert first.recall > 0.97  # 99 % are asked for, as far as 500 tried cases tell
    assert (first.distances >= exact.distances * (1 - 1e-5)).all()


@pytest.mark.parametrize("exact_up_to", [100, 10_000])
def test_the_number_of_threads_changes_no_bit(exact_up_to: int) -> None:
    rows, found = cloud(3000, 16), []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(find_neighbours(rows, 8, exact_up_to=exact_up_to))
    np.testing.assert_array_equal(found[0].indices, found[1].indices)
    np.testing.assert_array_equal(found[0].distances, found[1].distances)


@pytest.mark.parametrize("k", [3, 40])
def test_many_identical_cases_are_found_in_cells_too(k: int) -> None:
    rows = np.concatenate([np.ones((1500, 6), np.float32), cloud(500, 6)])
    graph = find_neighbours(rows, k, exact_up_to=100)
    assert not (graph.indices == np.arange(2000)[:, None]).any()
    assert (graph.distances[:1500] == 0).all()
    assert all(len(set(row)) == k for row in graph.indices.tolist())
    assert graph.recall > 0.97


@pytest.mark.slow
def test_nn_descent_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_CELLS_UP_TO", 100)
    rows = np.concatenate([np.ones((600, 8), np.float32), cloud(1400, 8)])
    first, second = (find_neighbours(rows, 10, exact_up_to=100) for _ in range(2))
    assert first.method == "NN-descent"
    np.testing.assert_array_equal(first.indices, second.indices)
    assert first.indices.min() >= 0
    assert not (first.indices == np.arange(2000)[:, None]).any()
    assert first.recall > 0.9


def test_more_neighbours_than_cases_are_all_cases() -> None:
    assert find_neighbours(cloud(6), 50).k == 5


def test_the_nearest_of_a_graph_is_the_graph_of_fewer() -> None:
    rows = cloud()
    np.testing.assert_array_equal(find_neighbours(rows, 9).nearest(4).indices, find_neighbours(rows, 4).indices)
    with pytest.raises(ValueError, match="expected 1 to 9"):
        find_neighbours(rows, 9).nearest(10)


def test_queries_find_their_nearest_rows_and_an_equal_one_counts() -> None:
    rows = cloud()
    near, far = nearest_among(rows[:5], rows, 3)
    assert near[:, 0].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(far[:, 0], 0, atol=1e-3)


def test_many_queries_find_nearly_all_of_their_nearest_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, queries = cloud(2000), cloud(500, seed=1)
    _, far = nearest_among(queries, rows, 10)
    monkeypatch.setattr(neighbours, "_EXACT_PAIRS", 1000)
    found, away = nearest_among(queries, rows, 10)
    assert (away <= far[:, -1:] * (1 + 1e-5)).mean() > 0.95
    np.testing.assert_allclose(away, np.linalg.norm(queries[:, None] - rows[found], axis=2), rtol=1e-4)
    assert (np.diff(away, axis=1) >= 0).all()


@pytest.mark.parametrize("rows", [np.zeros((1, 3)), np.full((5, 3), np.nan), np.zeros(5)])
def test_what_has_no_neighbours_is_refused(rows: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected finite numbers"):
        find_neighbours(rows)


@pytest.mark.parametrize("exact_up_to", [100, 1000])
def test_progress_reaches_its_end_and_can_cancel(exact_up_to: int) -> None:
    told: list[tuple[int, int]] = []
    report = lambda done, everything: told.append((done, everything))  # noqa: E731
    find_neighbours(cloud(), 5, exact_up_to=exact_up_to, report=report)
    assert told[0] == (0, 300)
    assert told[-1] == (300, 300)
    assert told == sorted(told)

    def cancel(done: int, everything: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_neighbours(cloud(), 5, exact_up_to=exact_up_to, report=cancel)
