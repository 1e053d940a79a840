"""Placing new cases on a finished map, whose own points stay where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.neighbours import Report, nearest_among
from analysis.projections.layout import check_finite
from analysis.projections.map_estimates import place_seconds, search_seconds
from analysis.projections.progress import share_out
from analysis.projections.projection import Projection
from analysis.projections.tsne_map import place_by_tsne
from analysis.projections.umap_map import place_by_umap
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable


def place(
    projection: Projection,
    table: LatentTable,
    new_table: LatentTable,
    *,
    report: Report | None = None,
) -> Projection:
    """Put new cases on a map; its own points do not move.

    Args:
        projection: the map.
        table: the cases it was made of, row by row.
        new_table: the cases to place, of the same model.
        report: told of progress; an exception that it raises ends the work.

    Returns:
        The map's own cases, then the new ones, these with `placed`; its quality is not measured.

    Raises:
        ProjectionError: latents of other dimensions or another model, ids that are on the map already, latents that
            are not finite (which cases), or a table that is not the map's.

    Source: the plane itself for PCA and PLS; the transform of UMAP (McInnes et al. 2018) and of openTSNE (Poličar et
    al. 2024), both between the exact nearest cases of the map.
    """
    _check(projection, table, new_table)
    points = points_of(projection, table.z, new_table.z, report)
    return replace(
        projection,
        points=np.concatenate([projection.points, points]),
        ids=np.concatenate([projection.ids, new_table.ids]),
        placed=np.concatenate([projection.placed, np.ones(len(points), dtype=np.bool_)]),
        quality=None,
    )


def points_of(
    projection: Projection, z: NDArray[Any], new: NDArray[Any], report: Report | None = None
) -> NDArray[np.float32]:
    """Where new latent vectors [M, D] lie on the map of others [N, D]: [M, 2]."""
    if projection.plane is not None:
        return projection.plane.points(new)
    is_own = ~projection.placed  # what was placed is no ground to place others on
    z, points = z[is_own], projection.points[is_own]
    wanted = "n_neighbors" if projection.method == "umap" else "perplexity"
    k = min(max(int(projection.parameters[wanted]), 2), len(z))
    seconds = search_seconds(len(new), len(z), z.shape[1]), place_seconds(len(new), projection.method)
    searching, placing = share_out(report, seconds)
    found = nearest_among(new, z, k, report=searching)
    if projection.method == "umap":
        min_dist = float(projection.parameters["min_dist"])
        return place_by_umap(points, *found, min_dist=min_dist, seed=projection.seed, report=placing)
    return place_by_tsne(points, *found, report=placing)


def _check(projection: Projection, table: LatentTable, new: LatentTable) -> None:
    if len(table) != len(projection) or not np.array_equal(table.ids, projection.ids):
        raise ProjectionError(
            f"the map has {len(projection)} cases, the table {len(table)}, or other ids: give the table that the map "
            "was made of"
        )
    if new.z.shape[1] != table.z.shape[1]:
        raise ProjectionError(
            f"the new cases have z of {new.z.shape[1]} numbers, the map's have {table.z.shape[1]}: extract them with "
            "the model of the map"
        )
    if new.checkpoint_sha256 and table.checkpoint_sha256 and new.checkpoint_sha256 != table.checkpoint_sha256:
        raise ProjectionError(
            f"the new cases were encoded by another model ({new.checkpoint_sha256[:12]}…, not "
            f"{table.checkpoint_sha256[:12]}…): extract them with the model of the map"
        )
    check_finite(new)
    names, counts = np.unique(new.ids, return_counts=True)
    if len(names) < len(new):
        raise ProjectionError(
            f"{int((counts > 1).sum())} ids stand for several of the new cases, the first: "
            f"{', '.join(names[counts > 1][:5])}: give each case an id of its own"
        )
    known = np.isin(new.ids, table.ids)
    if known.any():
        raise ProjectionError(
            f"{int(known.sum())} of the new cases are on the map already, the first: "
            f"{', '.join(new.ids[known][:5])}: leave them out, or give them ids of their own"
        )
