"""The open folder's cases placed on the map of the training cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.neighbours import find_neighbours
from analysis.projections import Projection, place, rate
from app.background import Background
from app.maps import MapJob, MapResult
from xaae_core.errors import XaaeError
from xaae_core.latents import LatentTable

_NEIGHBOURS = 15


class PlacingJob:
    """A map on which further cases are placed as soon as it is laid out; to be used as the `MapJob` it waits for.

    Args:
        job: computes the map.
        base: the cases of the map.
        joined: these, then the cases to place.
    """

    def __init__(self, job: MapJob, base: LatentTable, joined: LatentTable) -> None:
        self._job, self._base, self._joined = job, base, joined
        self._placing: Background[MapResult] | None = None
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether it was given up."""
        return self._is_cancelled or self._job.is_cancelled

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        if self.is_cancelled or self._job.error:
            return True
        placing = self._begun()
        return self._job.is_done and placing is not None and placing.is_done

    @property
    def progress(self) -> float:
        """Share that is done, in [0, 1]."""
        return 0.9 * self._job.progress

    @property
    def words(self) -> str:
        """What is being done; "" once it has ended."""
        return "" if self.is_done else self._job.words or f"placing {len(self._joined) - len(self._base):,} cases"

    @property
    def seconds_left(self) -> float:
        """Until the map is laid out, about."""
        return self._job.seconds_left

    @property
    def error(self) -> str:
        """Why it failed, with the remedy; "" where it did not."""
        if self._job.error or self._placing is None or not self._placing.has_failed:
            return self._job.error
        try:
            self._placing.result()
        except XaaeError as error:
            return str(error)
        return ""

    def cancel(self) -> None:
        """Give it up."""
        self._is_cancelled = True
        self._job.cancel()

    def partial(self) -> MapResult | None:
        """The map with the placed cases and its quality; None as long as they are not placed."""
        placing = self._begun()
        return placing.result() if placing is not None and placing.is_done and not placing.has_failed else None

    def _begun(self) -> Background[MapResult] | None:
        """The placing, begun as soon as the map is laid out; None before."""
        if self._placing is None:
            laid_out = self._job.partial()
            if laid_out is not None:
                made = laid_out.projection
                self._placing = Background(lambda _: self._place(made))
        return self._placing

    def _place(self, made: Projection) -> MapResult:
        both = placed_on(made, self._base, self._joined)
        graph = find_neighbours(self._joined.z, _NEIGHBOURS)
        return MapResult(rate(both, self._joined.z, neighbours=graph), None, graph)


def placed_on(made: Projection, base: LatentTable, joined: LatentTable) -> Projection:
    """A map of `base` with the further cases of `joined` on it, not rated."""
    return place(replace(made, quality=None), base, joined.rows(np.arange(len(base), len(joined))))
