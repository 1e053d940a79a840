"""A map as the browser draws it: points, words, arrows, and where it must not be read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.map_arrows import MapArrow
from analysis.score_flow import ScoreFlow
from app.components.linked_maps import MapPanel, PanelArrow
from app.components.linked_maps.panels import MOVES, NOT_PRESERVED, FlowMark
from app.maps import MapResult

LEAST_KEPT = 1 / 3
"""A case with a smaller share of its nearest neighbours on the map is marked: its place says little."""


def map_panel(result: MapResult, arrows: Sequence[MapArrow], flow: ScoreFlow | None) -> MapPanel:
    """The panel of a map.

    Args:
        result: the map, with as much as is known of it.
        arrows: directions with their cones.
        flow: the local flow of the score; None: not drawn.
    """
    projection = result.projection
    return MapPanel(
        key=f"{projection.method}-{panel_key(result)}",
        title=projection.title,
        points=projection.points,
        axes=projection.axes,
        has_units=projection.plane is not None,
        words=panel_words(result, flow),
        placed=projection.placed if projection.placed.any() else None,
        doubtful=doubtful(result),
        arrows=tuple(
            PanelArrow(
                name=arrow.name,
                start=arrow.start,
                end=arrow.end,
                cone=arrow.cone,
                words=f"towards {arrow.name}, ± {arrow.cone_degrees:.0f}° in z",
            )
            for arrow in arrows
        ),
        flow=tuple(FlowMark(a.x, a.y, a.dx, a.dy, a.strength) for a in flow.arrows) if flow is not None else (),
    )


def panel_key(result: MapResult) -> str:
    """Names the layout: other points have another key."""
    return hashlib.blake2b(np.ascontiguousarray(result.projection.points).tobytes(), digest_size=8).hexdigest()


def panel_words(result: MapResult, flow: ScoreFlow | None) -> str:
    """How far this map can be read, in one or two sentences."""
    quality = result.projection.quality
    if quality is None:
        return "How far this map can be read is being measured …"
    words = f"{float(quality.kept.mean()):.0%} of the neighbours on this map are neighbours in z."
    if result.projection.method in ("umap", "tsne"):
        words += " Sizes of groups and the gaps between them mean little."
    if flow is not None:
        words += f" {flow.sentence()}"
    return words


def doubtful(result: MapResult) -> NDArray[np.uint8] | None:
    """What must not be read [N]: 1 the neighbourhood is not kept, 2 another seed puts it elsewhere, 3 both."""
    quality, stability = result.projection.quality, result.stability
    if quality is None:
        return None
    marks = np.where(quality.kept < LEAST_KEPT, NOT_PRESERVED, 0).astype(np.uint8)
    if stability is not None:
        marks |= np.where(stability.is_unstable, MOVES, 0).astype(np.uint8)
    return marks
