"""How far a check is that makes several maps, and a chance to cancel within each."""

from __future__ import annotations

from analysis.attributions.call import Progress


class MapCounter:
    """Tells how many maps are done.

    Args:
        n_all: maps to be made.
        progress: told; what it raises cancels.
    """

    def __init__(self, n_all: int, progress: Progress | None) -> None:
        self._done, self._all, self._progress = 0, n_all, progress

    def alive(self, done: int, n_all: int) -> None:
        """Give a cancel its chance within a map."""
        self.add(0)

    def add(self, n: int) -> None:
        """So many more are done."""
        self._done += n
        if self._progress is not None:
            self._progress(self._done, self._all)

    def finish(self) -> None:
        """All are done, however many there were."""
        self._done = self._all
        self.add(0)
