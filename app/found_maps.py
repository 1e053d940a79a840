"""What is known of some methods on some pictures: maps and their checks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.attributions import Attribution
    from analysis.evaluation.sanity import SanityStrip

MOST_KEPT = 400
"""Of 256×256 pixels they take 400 MB at most; of the demo's, 100."""


@dataclass(frozen=True, eq=False)
class FoundMap:
    """What is known of one method on one picture.

    Attributes:
        attribution: the map; None where the method failed.
        strip: its checks; None where they have not been made.
        problem: why there is no map, or why it could not be checked; "" where nothing went wrong.
    """

    attribution: Attribution | None = None
    strip: SanityStrip | None = None
    problem: str = ""

    @property
    def verdict_words(self) -> str:
        """The verdict of the checks with its reason; that there were none, where there were none."""
        return f"{self.strip.verdict}: {self.strip.sentence}" if self.strip is not None else "not checked"


class FoundMaps:
    """The maps by name; those that were not asked for longest are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, FoundMap] = OrderedDict()

    def get(self, name: Hashable) -> FoundMap:
        """What is known under a name; nothing, where nothing is."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name, FoundMap())

    def add(
        self,
        name: Hashable,
        *,
        attribution: Attribution | None = None,
        strip: SanityStrip | None = None,
        problem: str = "",
    ) -> None:
        """Keep what has been found; what is not given stays as it is, save a problem that is over."""
        with self._lock:
            before = self._kept.get(name, FoundMap())
            self._kept[name] = replace(
                before,
                attribution=attribution or before.attribution,
                strip=strip or before.strip,
                problem=problem,
            )
            self._kept.move_to_end(name)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
