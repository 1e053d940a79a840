"""Progress of work that has several parts, told as one."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.neighbours import Report

_ALL = 1000


def share_out(report: Report | None, seconds: Sequence[float]) -> tuple[Report, ...]:
    """One report a part, which tell thousandths of the whole on.

    Args:
        report: told of the whole; None: nobody is.
        seconds: that the parts are expected to take, each above 0.

    Returns:
        What each part is to call with its own (done, all). A single part's numbers go on as they are.
    """
    if report is None:
        return (_ignore,) * len(seconds)
    if len(seconds) == 1:
        return (report,)
    whole, begin, parts = sum(seconds), 0.0, []
    for part in seconds:
        parts.append(_part(report, begin / whole, part / whole))
        begin += part
    return tuple(parts)


def _part(report: Report, begin: float, length: float) -> Report:
    def tell(done: int, everything: int) -> None:
        report(round(_ALL * (begin + length * min(done / max(everything, 1), 1.0))), _ALL)

    return tell


def _ignore(done: int, everything: int) -> None:
    """Nobody wants to know."""
