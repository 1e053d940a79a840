"""The maps that are kept on disk, and the way to those that are not yet."""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from analysis.projections import Projection, check_table
from app.maps.estimates import part_seconds
from app.maps.folder import digest_latents
from app.maps.jobs import MapJob
from app.maps.opened import OpenTable
from app.maps.requests import MapRequest, MapResult, Part
from app.maps.task_queue import TaskQueue, shared_queue
from app.maps.tasks import PartWanted, turn_of
from app.settings import read_settings
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable


class MapStore:
    """Maps of latents, kept on disk and shared by sessions and servers; safe for many threads.

    Args:
        cache: the cache folder; also an attribute.
        queue: computes what is missing; the server's own if None.
    """

    def __init__(self, cache: Path, *, queue: TaskQueue | None = None) -> None:
        self.cache = cache.absolute()  # the worker may have another working folder
        self._queue = queue or shared_queue()
        self._opened: weakref.WeakKeyDictionary[LatentTable, OpenTable] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Start the process that computes, and let it get ready; returns at once."""
        self._queue.warm_up()

    def request(self, table: LatentTable, request: MapRequest, *, layout: Projection | None = None) -> MapJob:
        """Ask for a map; what is on disk already is not computed again.

        Args:
            table: the latents; hashed when this very table is seen for the first time.
            request: the map.
            layout: the layout, where it was made already: what is missing of the rest is computed. The only way for
                "pls", which needs labels that the worker does not get.

        Returns:
            A job, done at once where everything is there. Latents that allow no map make one that has failed.

        Raises:
            ValueError: "pls" without a layout, or a layout of another method or of other cases.
        """
        if layout is None and request.method == "pls":
            raise ValueError('"pls" needs labels: lay it out with `project` and give the layout')
        if layout is not None and (layout.method, len(layout)) != (request.method, len(table)):
            raise ValueError(f"the layout is {layout.method} of {len(layout)} cases; the request is another's")
        try:
            opened = self._open(table)
        except ProjectionError as error:
            return MapJob(request, _nothing, self._queue, error=error)
        if layout is not None:
            request = replace(request, given=digest_latents(layout.points))
        missing = self._missing(opened, request, table, layout)
        return MapJob(request, partial(opened.load, request), self._queue, missing)

    def load(self, table: LatentTable, request: MapRequest) -> MapResult | None:
        """What is on disk of a map; None without its layout. Damaged files are removed.

        Raises:
            ProjectionError: latents that allow no map.
        """
        return self._open(table).load(request)

    def _open(self, table: LatentTable) -> OpenTable:
        with self._lock:
            opened = self._opened.get(table)
            if opened is None:
                check_table(table)
                opened = self._opened[table] = OpenTable(table, self.cache)
        return opened

    def _missing(
        self, opened: OpenTable, request: MapRequest, table: LatentTable, layout: Projection | None
    ) -> list[PartWanted]:
        """The parts that are not on disk, in the order they are needed in."""

        def hand_over() -> None:
            if layout is not None and opened.projection(request) is None:
                opened.folder.write_map(layout, request)
            opened.folder.write_latents(table.z)

        def want(part: Part, of: MapRequest, turn: Part) -> PartWanted:
            seconds = part_seconds(of, part, opened.n_cases, opened.n_dimensions)
            return PartWanted(opened.folder, of, part, turn_of(turn), hand_over, seconds)

        found = opened.projection(request)
        wanted = [want("layout", request, "layout")] if found is None else []
        if opened.neighbours() is None:
            wanted.append(want("neighbours", request, "neighbours"))
        if "quality" in request.parts and (found is None or found.quality is None):
            wanted.append(want("quality", request, "quality"))
        if "stability" in request.parts and opened.stability(request) is None:
            others = [of for of in request.seeds()[1:] if opened.projection(of) is None]
            wanted += [want("layout", of, "stability") for of in others]
            wanted.append(want("stability", request, "stability"))
        return wanted


def _nothing() -> MapResult | None:
    return None


def map_store() -> MapStore:
    """The store of this server, in its cache folder."""
    return _store_in(read_settings().cache)


@lru_cache(maxsize=8)
def _store_in(cache: Path) -> MapStore:
    return MapStore(cache)
