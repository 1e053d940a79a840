"""t-SNE, UMAP and nearest neighbours of 128 dimensions, against scikit-learn and umap-learn at their own defaults."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.map_quality import measure_map
from analysis.neighbours import find_neighbours
from analysis.projections import project
from benchmarks.comparison import Comparison, take_turns, timed
from xaae_core.latents import LatentTable

Layout = Callable[[], NDArray[np.float32]]
DIMS = 128
SIZES = (5_000, 10_000, 50_000)
_NEIGHBOURS_OF = (20_000, 50_000, 200_000)
_BY_BRUTE_FORCE_UP_TO = 50_000


def table_of(n: int) -> LatentTable:
    """n cases in 20 groups, 12 dimensions of which hold nearly everything."""
    rng = np.random.default_rng(0)
    middles, plane = rng.normal(size=(20, DIMS)), rng.normal(size=(12, DIMS)) * 0.6
    group = rng.integers(20, size=n)
    z = middles[group] + rng.normal(size=(n, 12)) @ plane + 0.2 * rng.normal(size=(n, DIMS))
    text = np.array([""] * n)
    return LatentTable(
        z=z.astype(np.float32), ids=np.arange(n).astype(np.str_), paths=text, split=text,
        labels=np.full(n, -1), probabilities=np.empty((n, 0), np.float32), classes=(),
    )  # fmt: skip


def run(*, is_quick: bool = False) -> list[Comparison]:
    """The comparisons of this file."""
    sizes = (500,) if is_quick else SIZES
    comparisons = [neighbours(n) for n in ((500,) if is_quick else _NEIGHBOURS_OF)]
    comparisons += [first_map(n) for n in sizes]
    _compile(300 if is_quick else 4_200)  # `first_map` shows how long that takes
    for n in sizes:
        comparisons += [tsne(n), umap(n, random_state=None), umap(n, random_state=0)]
    return comparisons


def neighbours(n: int) -> Comparison:
    """The 15 nearest of every case."""
    from sklearn.neighbors import NearestNeighbors

    z = table_of(n).z
    asked = z[: min(n, _BY_BRUTE_FORCE_UP_TO)]
    search = NearestNeighbors(n_neighbors=16, algorithm="brute")
    found = find_neighbours(z, 15)
    ours, other = take_turns(
        timed(lambda: find_neighbours(z, 15)), timed(lambda: search.fit(z).kneighbors(asked)), repeats=3, warm_up=0
    )
    some = f"; theirs was asked for {len(asked):,} cases and scaled up" if len(asked) < n else ""
    return Comparison(
        f"15 neighbours of {n:,}", f"find_neighbours, {found.method}", "scikit-learn, brute force",
        ours, other * n / len(asked), note=f"recall {found.recall:.3f} against 1{some}",
    )  # fmt: skip


def tsne(n: int) -> Comparison:
    """t-SNE with perplexity 30, neighbours and start included."""
    from sklearn.manifold import TSNE

    table = table_of(n)
    *seconds, note = _once(
        lambda: project(table, "tsne", rate=False).points, lambda: TSNE().fit_transform(table.z), table.z
    )
    return Comparison(
        f"t-SNE of {n:,}", "project(method=tsne), same bits each time", "scikit-learn's TSNE()", *seconds,
        note=note,
    )  # fmt: skip


def umap(n: int, *, random_state: int | None) -> Comparison:
    """UMAP with 15 neighbours, these included, nothing compiled anew; theirs without a seed may use all cores."""
    from umap import UMAP

    table = table_of(n)
    settings = {} if random_state is None else {"random_state": random_state, "n_jobs": 1}
    *seconds, note = _once(
        lambda: project(table, "umap", rate=False).points, lambda: UMAP(**settings).fit_transform(table.z), table.z
    )
    theirs = "UMAP(), other bits each time" if random_state is None else f"UMAP(random_state={random_state})"
    return Comparison(
        f"UMAP of {n:,}, {'their defaults' if random_state is None else 'both with a seed'}",
        "project(method=umap), same bits each time", f"umap-learn's {theirs}", *seconds, note=note,
    )  # fmt: skip


def first_map(n: int) -> Comparison:
    """What a user waits for: import, compilation and map in a process that has made none."""
    start = f"import time; from benchmarks.maps import table_of; table = table_of({n}); began = time.perf_counter(); "
    end = "; print(time.perf_counter() - began)"
    ours = "from analysis.projections import project; project(table, 'umap', rate=False)"
    other = "import umap; umap.UMAP().fit_transform(table.z)"
    seconds = take_turns(
        lambda: _seconds_of(start + ours + end), lambda: _seconds_of(start + other + end), repeats=1, warm_up=0
    )
    return Comparison(
        f"first UMAP of a process, {n:,}", "project(method=umap)", "umap-learn's UMAP()", *seconds,
        note="with import and compilation; what is cached on disk was cached before",
    )  # fmt: skip


def _compile(n: int) -> None:
    """Have both libraries compile all that their maps of n cases need."""
    from umap import UMAP

    table = table_of(n)
    project(table, "umap", rate=False)
    UMAP().fit(table.z)
    UMAP(random_state=0, n_jobs=1).fit(table.z)


@dataclass
class _Made:
    """What one way has made, and the CPU seconds it took, which other programs lengthen less than those on the wall."""

    points: NDArray[np.float32]
    cpu_seconds: float


def _once(ours: Layout, other: Layout, z: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Seconds [1] of each way to a map of z, and what must be known of them."""
    made: dict[str, _Made] = {}

    def kept(name: str, layout: Layout) -> Callable[[], float]:
        def run_it() -> float:
            began, cpu_began = time.perf_counter(), time.process_time()
            points = layout()
            seconds = time.perf_counter() - began
            made[name] = _Made(points, time.process_time() - cpu_began)
            return seconds

        return run_it

    seconds = take_turns(kept("ours", ours), kept("other", other), repeats=1, warm_up=0)
    graph = find_neighbours(z, 15)
    trust = [measure_map(z, made[name].points, neighbours=graph).trustworthiness for name in ("ours", "other")]
    cpu = [made[name].cpu_seconds for name in ("ours", "other")]
    return *seconds, f"trustworthiness {trust[0]:.4f} against {trust[1]:.4f}; CPU {cpu[0]:.3g} s against {cpu[1]:.3g} s"


def _seconds_of(code: str) -> float:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])
