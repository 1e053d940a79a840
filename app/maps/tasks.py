"""A part of a map that is to be computed, for everybody who asked for it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.maps.failures import error_named
from app.maps.folder import MapFolder
from app.maps.requests import PARTS, MapRequest, Part

State = Literal["waiting", "running", "done", "failed", "dropped"]
_LEAST_SHARE = 0.05
_TRUSTED = 3.0
"""From a third of a task on, only what was measured of it counts."""


@dataclass(frozen=True)
class PartWanted:
    """What somebody wants computed.

    Attributes:
        folder: where the latents are and the result goes.
        request: the map.
        part: the part.
        turn: its place in `PARTS`, or a later one: what comes before what, over all requests.
        hand_over: puts what the worker needs into the folder; called before it is told to begin; may take seconds.
        seconds: it takes, as estimated.
    """

    folder: MapFolder
    request: MapRequest
    part: Part
    turn: int
    hand_over: Callable[[], None]
    seconds: float

    @property
    def identity(self) -> Hashable:
        """Equal for what needs to be computed only once."""
        name = "" if self.part == "neighbours" else self.request.key(self.folder.digest)
        return self.folder.path, self.part, name


class MapTask:
    """What is wanted, and how it is. Belongs to a queue, which alone changes it.

    Attributes:
        wanted: what is wanted.
        rank: decides the order; the smallest comes first.
        state: how it is.
        share: of it that is done, in [0, 1]; never goes back.
        words: what is being done.
        error: why it failed.
        waiting: those who asked for it and still are there.
    """

    def __init__(self, wanted: PartWanted, number: int) -> None:
        self.wanted, self.number = wanted, number
        self.rank = (wanted.turn, number)
        self.state: State = "waiting"
        self.share = 0.0
        self.words = "waiting for other maps"
        self.error: Exception | None = None
        self.waiting: weakref.WeakSet[Any] = weakref.WeakSet()
        self._begun = 0.0

    def order(self) -> dict[str, Any]:
        """What the worker is told."""
        folder = self.wanted.folder
        return {
            "number": self.number,
            "cache": str(folder.cache),
            "digest": folder.digest,
            "request": self.wanted.request.to_mapping(),
            "part": self.wanted.part,
        }

    def begin(self) -> None:
        """It is its turn."""
        self.state, self._begun, self.words = "running", time.monotonic(), "starting"

    def take(self, reply: Mapping[str, Any]) -> None:
        """Note what the worker says of it."""
        if "share" in reply:
            self.share, self.words = max(self.share, float(reply["share"])), str(reply["words"])
        elif "done" in reply:
            self.state, self.share = "done", 1.0
        elif "error" in reply:
            self.fail(error_named(str(reply["error"]), str(reply["words"])))

    def fail(self, error: Exception) -> None:
        """It has ended without a result."""
        if self.state != "dropped":
            self.state, self.error = "failed", error

    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("waiting", "running")

    def release(self) -> None:
        """Let go of what was to be handed over, such as the latents."""
        self.wanted = replace(self.wanted, hand_over=_nothing)

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self._begun if self._begun else 0.0

    def seconds_left(self, expected: float) -> float:
        """Until it is done, from its begin: what was expected of all of it, more and more what is measured."""
        if self.state == "waiting":
            return expected
        if self.state != "running":
            return 0.0
        if self.share < _LEAST_SHARE:
            return max(expected - self.seconds, 0.1 * expected)
        trust = min(1.0, _TRUSTED * self.share)
        return (1 - self.share) * (trust * self.seconds / self.share + (1 - trust) * max(expected, self.seconds))


def turn_of(part: Part) -> int:
    """The place of a part in the order of computing."""
    return PARTS.index(part)


def _nothing() -> None:
    """Nothing is to be handed over any more."""
