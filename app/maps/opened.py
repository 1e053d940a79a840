"""What a session sees of one table's maps: read from disk once, with the table's names."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from analysis.map_stability import MapStability
from analysis.neighbours import NeighbourGraph
from analysis.projections import Projection
from app.maps.folder import MapFolder, digest_latents
from app.maps.requests import MapRequest, MapResult
from xaae_core.latents import LatentTable

_MOST_REMEMBERED = 12

_Value = TypeVar("_Value")


class OpenTable:
    """The maps of a table; safe for many threads. Holds the table's names, not the table.

    Args:
        table: the latents; hashed here.
        cache: the cache folder.
    """

    def __init__(self, table: LatentTable, cache: Path) -> None:
        self.folder = MapFolder(cache, digest_latents(table.z))
        self.n_cases, self.n_dimensions = table.z.shape
        self._names: dict[str, Any] = {
            "ids": table.ids,
            "checkpoint_sha256": table.checkpoint_sha256,
            "data_fingerprint": table.data_fingerprint,
        }
        self._remembered: OrderedDict[Path, tuple[tuple[int, int], Any]] = OrderedDict()
        self._lock = threading.RLock()

    def projection(self, request: MapRequest) -> Projection | None:
        """A map, with its quality once that is measured; None where there is none."""

        def read() -> Projection | None:
            found = self.folder.read_map(request)
            return replace(found, **self._names) if found is not None and len(found) == self.n_cases else None

        return self._recall(self.folder.map_file(request), read)

    def stability(self, request: MapRequest) -> MapStability | None:
        """How far a map's points move between seeds; None where that is not measured."""
        return self._recall(self.folder.stability_file(request), lambda: self.folder.read_stability(request))

    def neighbours(self) -> NeighbourGraph | None:
        """The nearest cases in z; None where they are not found yet."""
        return self._recall(self.folder.neighbours_file(), self.folder.read_neighbours)

    def load(self, request: MapRequest) -> MapResult | None:
        """What is there of a map; None without its layout."""
        projection = self.projection(request)
        if projection is None:
            return None
        stability = self.stability(request) if "stability" in request.parts else None
        return MapResult(projection, stability, self.neighbours())

    def _recall(self, path: Path, read: Callable[[], _Value | None]) -> _Value | None:
        """What a file holds; read again only where it is another file now."""
        with self._lock:
            try:
                status = path.stat()
            except OSError:
                self._remembered.pop(path, None)
                return None
            stamp = (status.st_ino, status.st_size)
            if path not in self._remembered or self._remembered[path][0] != stamp:
                value = read()
                if value is None:
                    return None
                self._remembered[path] = stamp, value
            self._remembered.move_to_end(path)
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
            return self._remembered[path][1]
