"""t-SNE, UMAP and nearest neighbours of 128 dimensions, against scikit-learn and umap-learn at their own defaults."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.map_quality import measure_map
from analysis.neighbours import find_neighbours
from analysis.projections import project
from benchmarks.comparison import Comparison, take_turns, timed
from xaae_core.latents import LatentTable

Layout = Callable[[], NDArray[np.float32]]
DIMS = 128
_SKLEARN_UP_TO = 10_000
"""scikit-learn's t-SNE of 50,000 cases takes longer than all the rest: there it is run on fewer and scaled up."""


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
    sizes = (500,) if is_quick else (5_000, 10_000, 50_000)
    project(table_of(300), "umap", rate=False)  # UMAP compiles itself once in each process; `first_map` shows that
    comparisons = [neighbours(n) for n in sizes]
    for n in sizes:
        comparisons += [tsne(n), umap(n)]
    return [*comparisons, first_map(300 if is_quick else 1_000)]


def neighbours(n: int) -> Comparison:
    """The 15 nearest of every case."""
    from sklearn.neighbors import NearestNeighbors

    z = table_of(n).z
    search = NearestNeighbors(n_neighbors=16, algorithm="brute")
    recall = find_neighbours(z, 15).recall
    seconds = take_turns(
        timed(lambda: find_neighbours(z, 15)), timed(lambda: search.fit(z).kneighbors(z)), repeats=3, warm_up=0
    )
    return Comparison(
        f"15 neighbours of {n:,}", "find_neighbours", "scikit-learn, brute force", *seconds,
        note=f"recall {recall:.3f} against 1",
    )  # fmt: skip


def tsne(n: int) -> Comparison:
    """t-SNE with perplexity 30, neighbours and start included."""
    from sklearn.manifold import TSNE

    table = table_of(n)
    n_other = min(n, _SKLEARN_UP_TO)
    z = table.z[:n_other]
    found: dict[str, NDArray[np.float32]] = {}
    ours, other = _once(
        found,
        lambda: project(table, "tsne", rate=False).points,
        lambda: TSNE(random_state=0).fit_transform(z),
    )
    scaled = ""
    if n_other < n:  # Barnes-Hut: n log n
        other *= n * np.log(n) / (n_other * np.log(n_other))
        scaled = f"; theirs was run on {n_other:,} cases and scaled by n log n"
    return Comparison(
        f"t-SNE of {n:,}", "project(method=tsne)", "scikit-learn's TSNE, its defaults", ours, other,
        note=_quality(found, table.z, z) + scaled,
    )  # fmt: skip


def umap(n: int) -> Comparison:
    """UMAP with 15 neighbours and a seed, neighbours included, nothing compiled anew."""
    from umap import UMAP

    table = table_of(n)
    UMAP(random_state=0, n_jobs=1).fit(table.z[:4_200])  # both its ways of searching are compiled
    found: dict[str, NDArray[np.float32]] = {}
    ours, other = _once(
        found,
        lambda: project(table, "umap", rate=False).points,
        lambda: UMAP(random_state=0, n_jobs=1).fit_transform(table.z),
    )
    return Comparison(
        f"UMAP of {n:,}, same bits each time", "project(method=umap)", "umap-learn's UMAP(random_state=0)", ours, other,
        note=_quality(found, table.z, table.z),
    )  # fmt: skip


def first_map(n: int) -> Comparison:
    """What a user waits for: import, compilation and map in a process that has made none."""
    start = (
        "import json, time; began = time.perf_counter(); from benchmarks.maps import table_of; table = table_of({n}); "
    )
    end = "; print(json.dumps(time.perf_counter() - began))"
    ours = "from analysis.projections import project; project(table, 'umap', rate=False)"
    other = "import umap; umap.UMAP(random_state=0, n_jobs=1).fit_transform(table.z)"
    runs = [[_seconds_of(start.format(n=max(n, 4_200)) + code + end) for code in (ours, other)] for _ in range(2)]
    seconds = np.array(runs)
    return Comparison(
        "first UMAP of a process", "project(method=umap)", "umap-learn's UMAP(random_state=0)", *seconds.T,
        note=f"{max(n, 4_200):,} cases, with import and compilation",
    )  # fmt: skip


def _once(found: dict[str, NDArray[np.float32]], ours: Layout, other: Layout) -> tuple[NDArray[np.float64], ...]:
    """Seconds [1] of each; the layouts go to `found`."""

    def kept(name: str, layout: Layout) -> Callable[[], float]:
        def run_it() -> float:
            began = time.perf_counter()
            found[name] = layout()
            return time.perf_counter() - began

        return run_it

    return take_turns(kept("ours", ours), kept("other", other), repeats=1, warm_up=0)


def _quality(found: dict[str, NDArray[np.float32]], z: NDArray[np.float32], other_z: NDArray[np.float32]) -> str:
    ours, other = (
        measure_map(latents, found[name]).trustworthiness for name, latents in (("ours", z), ("other", other_z))
    )
    return f"trustworthiness {ours:.3f} against {other:.3f}"


def _seconds_of(code: str) -> float:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1]))
