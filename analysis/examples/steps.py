"""Progress of a computation in steps, and its end by whoever watches it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (done, all); an exception that it raises cancels."""


class CancelledError(Exception):
    """Whoever watches has had enough; `__cause__` is what their function raised."""


class Steps:
    """Counts steps and tells of them.

    Args:
        progress: told of each advance; may raise to cancel.
        n: all steps.
    """

    def __init__(self, progress: Progress | None, n: int) -> None:
        self._progress, self._n, self._done = progress, max(1, n), 0

    def advance(self, n: int = 0) -> None:
        """Some steps more are done; 0 asks only whether to go on.

        Raises:
            CancelledError: the function that is told raised.
        """
        self._done = min(self._done + n, self._n)
        if self._progress is None:
            return
        try:
            self._progress(self._done, self._n)
        except Exception as error:
            raise CancelledError from error
