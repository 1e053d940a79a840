"""A map tells how far it is, stops when it is told to, and says beforehand how long it will take."""

from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np
import pytest

from analysis.projections import METHODS, Method, estimate_seconds, place, project
from analysis.projections.progress import share_out
from tests.analysis.latent_tables import two_clouds

SIZES = np.unique(np.logspace(0.7, 6.3, 200).astype(int))
Steps = list[tuple[int, int]]


class StopError(Exception):
    """Nobody wants the map any more."""


def told_by(work: Callable[[Callable[[int, int], None]], object]) -> Steps:
    steps: Steps = []
    work(lambda done, everything: steps.append((done, everything)))
    return steps


def assert_it_rises_to_the_end(steps: Steps) -> None:
    shares = [done / everything for done, everything in steps]
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("fitted", [None, 60])
@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_progress_rises_to_the_end_also_around_a_sample(method: Method, fitted: int | None) -> None:
    table = two_clouds(120)
    assert_it_rises_to_the_end(told_by(lambda report: project(table, method, fitted=fitted, rate=False, report=report)))


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_placing_tells_its_progress(method: Method) -> None:
    table = two_clouds(120)
    made, new = project(table, method, rate=False), replace(table, ids=np.array([f"new {row}" for row in range(120)]))
    assert_it_rises_to_the_end(told_by(lambda report: place(made, table, new, report=report)))


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_what_is_raised_in_a_report_ends_the_map_and_the_next_one_is_as_if_nothing_was(method: Method) -> None:
    def stop(done: int, everything: int) -> None:
        if done > everything // 2:
            raise StopError

    table, threads = two_clouds(80), numba.get_num_threads()
    before = project(table, method, rate=False).points
    with pytest.raises(StopError):
        project(table, method, rate=False, report=stop)
    assert numba.get_num_threads() == threads
    np.testing.assert_array_equal(project(table, method, rate=False).points, before)


def test_parts_share_the_progress_by_the_time_they_take() -> None:
    steps: Steps = []
    first, second = share_out(lambda done, everything: steps.append((done, everything)), (1.0, 3.0))
    first(1, 2)
    first(2, 2)
    second(0, 7)
    second(7, 7)
    assert steps == [(125, 1000), (250, 1000), (250, 1000), (1000, 1000)]
    for part in share_out(None, (1.0, 3.0)):
        part(1, 2)


@pytest.mark.parametrize("dims", [2, 16, 128, 2048])
@pytest.mark.parametrize("method", METHODS)
def test_more_cases_are_never_expected_to_take_less_time(method: Method, dims: int) -> None:
    seconds = [estimate_seconds(int(n), dims, method) for n in SIZES]
    assert min(np.diff(seconds)) > 0


def test_more_dimensions_and_fewer_cores_are_expected_to_take_longer() -> None:
    assert estimate_seconds(50_000, 512, "umap") > estimate_seconds(50_000, 64, "umap")
    assert estimate_seconds(50_000, 128, "umap", cores=1) > estimate_seconds(50_000, 128, "umap", cores=4)


def test_the_methods_are_expected_to_stand_in_the_order_they_do() -> None:
    for n in (5_000, 50_000, 500_000):
        pca, umap, tsne = (estimate_seconds(n, 128, method) for method in ("pca", "umap", "tsne"))
        assert pca < umap < tsne
    with pytest.raises(ValueError, match="mds"):
        estimate_seconds(10, 2, "mds")  # type: ignore[arg-type]
