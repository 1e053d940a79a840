"""What cases are called on the pages: their ids without what all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CaseNames:
    """Id → what is shown. Ids that differ have names that differ.

    Attributes:
        folder: what every id begins with, "images/"; "" where they lie in several folders.
        ending: what every id ends with, ".png"; "" where the endings differ.
    """

    folder: str = ""
    ending: str = ""

    @classmethod
    def shared_by(cls, ids: NDArray[Any]) -> Self:
        """The names of ids [N]; looks at whole columns, so that a million ids take a moment."""
        if len(ids) == 0:
            return cls()
        first = str(ids[0])
        folder = first[: first.rfind("/") + 1]
        last_slash = np.strings.rfind(ids, "/")
        if not (last_slash == len(folder) - 1).all() or not np.strings.startswith(ids, folder).all():
            folder = ""
        dot = first.rfind(".")
        ending = first[dot:] if dot > first.rfind("/") + 1 else ""
        # A name must be left over: ".png" alone is a name, not an ending.
        is_ending = np.strings.endswith(ids, ending) & (np.strings.str_len(ids) - len(ending) > last_slash + 1)
        return cls(folder, ending if bool(is_ending.all()) else "")

    def __getitem__(self, case_id: str) -> str:
        """The name of a case."""
        return case_id[len(self.folder) : len(case_id) - len(self.ending)]

    def id_of(self, name: str) -> str:
        """The case of a name."""
        return f"{self.folder}{name}{self.ending}"
