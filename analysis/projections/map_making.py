"""Making a map: check the latents, find the neighbours once, lay out, rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.map_quality import measure_map
from analysis.neighbours import NeighbourGraph, Report, find_neighbours
from analysis.projections.layout import Layout, check_table
from analysis.projections.map_estimates import (
    estimate_seconds,
    layout_seconds,
    neighbour_seconds,
    place_seconds,
    search_seconds,
)
from analysis.projections.placing import points_of
from analysis.projections.planes import lay_out_pca, lay_out_pls
from analysis.projections.progress import share_out
from analysis.projections.projection import LEAST_CASES, METHODS, Method, Projection
from analysis.projections.tsne_map import lay_out_tsne, neighbours_for
from analysis.projections.umap_map import lay_out_umap
from xaae_core.latents import LatentTable


def project(
    table: LatentTable,
    method: Method = "umap",
    *,
    seed: int = 0,
    target: str | None = None,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    perplexity: float = 30.0,
    k: int = 10,
    neighbours: NeighbourGraph | None = None,
    fitted: int | None = None,
    rate: bool = True,
    report: Report | None = None,
) -> Projection:
    """Lay the cases of a table out in the plane.

    Args:
        table: the latents; every row becomes a point, whatever its split.
        method: "umap" and "tsne" keep neighbourhoods and stretch distances; "pca" is the plane of the largest
            variance; "pls" has the target's direction as its first axis.
        seed: of everything random.
        target: for "pls", a class or a column of numbers, as for `fit_direction`; None: of more than two classes the
            plane that tells them all apart best.
        n_neighbors: for "umap", neighbours that are kept near; lowered to N − 1 with a note.
        min_dist: for "umap", how near points may lie.
        perplexity: for "tsne", the effective number of neighbours; lowered to (N − 1) / 3 with a note.
        k: neighbours that the quality is measured at.
        neighbours: nearest neighbours in z where they are known already; found if None, or too few.
        fitted: lay out this many drawn cases and place the others on the finished map; None: lay out all.
        rate: whether the quality is measured; see `rate` for doing it later.
        report: told of progress; an exception that it raises ends the computation.

    Raises:
        ProjectionError: fewer than 4 cases, latents that are not finite (which cases), or all the same.
        DirectionError: for "pls", a target that no direction can be fitted to.
        ValueError: an unknown method, or settings out of range.
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    if n_neighbors < 2 or not perplexity >= 1 or not 0 <= min_dist <= 1:
        raise ValueError(
            f"n_neighbors={n_neighbors}, perplexity={perplexity}, min_dist={min_dist}: "
            "expected at least 2, at least 1, and 0 to 1"
        )
    check_table(table)
    if fitted is not None and fitted < len(table) and method in ("umap", "tsne"):
        settings = {"n_neighbors": n_neighbors, "min_dist": min_dist, "perplexity": perplexity}
        made = _around_a_sample(table, method, seed, fitted, settings, report)
        return rate_map(made, table.z, neighbours=neighbours, k=k) if rate else made
    graph = neighbours
    if method == "umap":
        graph, told = _enough(table.z, n_neighbors, graph, method, report)
        layout = lay_out_umap(table.z, graph, n_neighbors, min_dist, seed, told)
    elif method == "tsne":
        graph, told = _enough(table.z, neighbours_for(perplexity, len(table)), graph, method, report)
        layout = lay_out_tsne(table.z, graph, perplexity, seed, told)
    elif method == "pca":
        layout = lay_out_pca(table.z)
    else:
        layout = lay_out_pls(table, target, seed)
    made = _projection(table, method, seed, layout)
    return rate_map(made, table.z, neighbours=graph, k=k) if rate else made


def rate_map(
    projection: Projection, z: NDArray[Any], *, neighbours: NeighbourGraph | None = None, k: int = 10
) -> Projection:
    """The same map with its quality measured.

    Args:
        projection: the map.
        z: the latents it was made of [N, D], row by row.
        neighbours: nearest neighbours in z where they are known already.
        k: neighbours that the quality is measured at.

    Raises:
        ValueError: latents of another number of cases.
    """
    return replace(
        projection, quality=measure_map(z, projection.points, k=k, neighbours=neighbours, seed=projection.seed)
    )


def _projection(table: LatentTable, method: Method, seed: int, layout: Layout) -> Projection:
    return Projection(
        points=layout.points.astype(np.float32),
        ids=table.ids,
        method=method,
        parameters=layout.parameters,
        seed=seed,
        quality=None,
        axes=layout.axes,
        notes=layout.notes,
        checkpoint_sha256=table.checkpoint_sha256,
        data_fingerprint=table.data_fingerprint,
        plane=layout.plane,
    )


def _around_a_sample(
    table: LatentTable, method: Method, seed: int, fitted: int, settings: dict[str, Any], report: Report | None
) -> Projection:
    """Some drawn cases laid out, the others placed between them, in the order of the table."""
    if fitted < LEAST_CASES:
        raise ValueError(f"fitted is {fitted}; expected at least {LEAST_CASES} cases to lay out")
    drawn = np.sort(np.random.default_rng(seed).choice(len(table), size=fitted, replace=False))
    n_placed, d = len(table) - fitted, table.z.shape[1]
    seconds = search_seconds(n_placed, fitted, d) + place_seconds(n_placed, method)
    laying_out, placing = share_out(report, (estimate_seconds(fitted, d, method), seconds))
    sample = project(table.rows(drawn), method, seed=seed, rate=False, report=laying_out, **settings)
    is_placed = np.ones(len(table), dtype=np.bool_)
    is_placed[drawn] = False
    points = np.empty((len(table), 2), dtype=np.float32)
    points[drawn] = sample.points
    points[is_placed] = points_of(sample, table.z[drawn], table.z[is_placed], placing)
    note = f"{fitted:,} drawn cases are laid out, the other {n_placed:,} are placed between them"
    return replace(sample, points=points, ids=table.ids, placed=is_placed, notes=(*sample.notes, note))


def _enough(
    z: NDArray[Any], k: int, known: NeighbourGraph | None, method: Method, report: Report | None
) -> tuple[NeighbourGraph, Report]:
    """The known neighbours if there are k of each case, else found ones, the same for every seed; and who is told."""
    k = min(k, len(z) - 1)
    if known is not None and known.k >= k:
        return known, share_out(report, (1.0,))[0]
    finding, laying_out = share_out(report, (neighbour_seconds(*z.shape), layout_seconds(len(z), method)))
    return find_neighbours(z, k, report=finding), laying_out
