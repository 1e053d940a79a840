"""Computes one part of a map and keeps it on disk; runs in the worker's process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.map_stability import measure_stability
from analysis.neighbours import NeighbourGraph, Report, find_neighbours
from analysis.projections import Projection, project, rate
from app.maps.estimates import layout_neighbours, neighbour_seconds, part_seconds
from app.maps.folder import MapFolder
from app.maps.requests import N_NEIGHBOURS, MapRequest, Part
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable

Tell = Callable[[float, str], None]
"""Called with the share of the part that is done, in [0, 1], and what is being done."""


@dataclass(frozen=True)
class Computation:
    """A part of a map to compute; what is on disk already is not computed again.

    Attributes:
        folder: where the latents are and the results go.
        request: the map.
        tell: told of progress.
    """

    folder: MapFolder
    request: MapRequest
    tell: Tell

    def run(self, part: Part) -> None:
        """Compute a part and keep it.

        Raises:
            ProjectionError: the latents allow no map, or what the part needs is no longer there.
            OSError: the disk is full.
        """
        {"layout": self._lay_out, "neighbours": self._find, "quality": self._rate, "stability": self._compare}[part]()

    def _lay_out(self) -> None:
        if self.folder.read_map(self.request) is not None:
            return
        z, request = self.folder.read_latents(), self.request
        n, d = z.shape
        k = layout_neighbours(request, n)
        first = neighbour_seconds(n, d) if k else 0.0
        begin = first / (first + part_seconds(request, "layout", n, d))
        graph = self._neighbours(z, k, end=begin) if k else None
        self.folder.write_map(
            project(
                nameless_table(z),
                request.method,
                seed=request.seed,
                **request.settings,
                neighbours=graph,
                rate=False,
                report=self._steps("laying out", begin, 1.0),
            ),
            request,
        )

    def _find(self) -> None:
        self._neighbours(self.folder.read_latents(), N_NEIGHBOURS, end=1.0)

    def _rate(self) -> None:
        projection = self._needed(self.request)
        if projection.quality is not None:
            return
        z = self.folder.read_latents()
        graph = self._neighbours(z, N_NEIGHBOURS, end=0.1)
        self.tell(0.1, "comparing neighbours on the map with those in z")
        self.folder.write_map(rate(projection, z, neighbours=graph), self.request)

    def _compare(self) -> None:
        if self.folder.read_stability(self.request) is not None:
            return
        layouts = [self._needed(request).points for request in self.request.seeds()]
        self.tell(0.1, "comparing the layouts of other seeds")
        self.folder.write_stability(measure_stability(layouts), self.request)

    def _needed(self, request: MapRequest) -> Projection:
        found = self.folder.read_map(request)
        if found is None:
            raise ProjectionError(f"{self.folder.map_file(request)} was removed or damaged: ask for the map once more")
        return found

    def _neighbours(self, z: NDArray[Any], k: int, *, end: float) -> NeighbourGraph:
        """The k nearest, from disk where they are there."""
        graph = self.folder.read_neighbours(k)
        if graph is None:
            graph = find_neighbours(z, k, report=self._steps("finding neighbours", 0.0, end, of="case"))
            self.folder.write_neighbours(graph, k)
        return graph

    def _steps(self, doing: str, begin: float, end: float, *, of: str = "step") -> Report:
        """A report that fills the part's progress from `begin` to `end`."""
        self.tell(begin, f"{doing}: getting ready")

        def report(done: int, everything: int) -> None:
            share = done / max(everything, 1)
            words = f"{doing}: {of} {done:,} of {everything:,}" if everything > 1 else doing
            self.tell(begin + share * (end - begin), words)

        return report


def nameless_table(z: NDArray[Any]) -> LatentTable:
    """A table of latents without anything else; the names take no memory."""
    n = len(z)
    nothing = np.broadcast_to(np.array(""), n)
    return LatentTable(
        z=z,
        ids=nothing,
        paths=nothing,
        split=nothing,
        labels=np.broadcast_to(np.array(-1), n),
        probabilities=np.empty((n, 0), np.float32),
        classes=(),
    )
