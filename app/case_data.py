"""The open cases: where the model puts them, what is known of them, and where their pictures lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path, PurePath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn, case_columns
from analysis.cohorts import Cohort
from app.case_names import CaseNames
from xaae_core.case_tokens import case_token, is_case_token
from xaae_core.latents import LatentTable

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

_KEPT = 16


class PictureFiles(Protocol):
    """Finds the picture of a row; `app.case_files.CaseFiles` is one."""

    def find(self, row: int) -> Path | None:
        """The file, perhaps with `#n` for a frame; None where it is not there."""
        ...


@dataclass(frozen=True)
class FolderFiles:
    """The pictures of a data folder: where its table says."""

    table: LatentTable

    def find(self, row: int) -> Path | None:
        """The file as it was listed; reading it tells whether it is still there."""
        return Path(str(self.table.paths[row]))


@dataclass(frozen=True)
class JoinedFiles:
    """The pictures of two sets of cases, one after the other.

    Attributes:
        first: finds those of the first rows.
        second: finds those of the others.
        n_first: how many rows the first set has.
        rows: which rows of the second set follow.
    """

    first: PictureFiles
    second: PictureFiles
    n_first: int
    rows: tuple[int, ...]

    def find(self, row: int) -> Path | None:
        """The file; None where it is not there."""
        return self.first.find(row) if row < self.n_first else self.second.find(self.rows[row - self.n_first])


@dataclass(frozen=True, eq=False)
class CaseData:
    """A data folder, or a table of latents, as it is open; one object for all sessions, so what is found is found once.

    Attributes:
        name: of the folder or the file.
        words: one line of counts.
        latents: where the model puts each case; a row number always means the same case.
        files: where the pictures lie.
        classes: what the data call their cases.
        model_classes: what the model calls its outputs; () of a model of numbers.
        left_out: (name, reason) of pictures that could not be read, and of rows that could not be taken.
        notes: what else a reader should know, one sentence each.
        is_table: whether this is a table of latents, which stands without its pictures.
        made_of: what must live as long as this does.
    """

    name: str
    words: str
    latents: LatentTable
    files: PictureFiles
    classes: tuple[str, ...]
    model_classes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    is_table: bool = False
    made_of: object = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.latents)

    @cached_property
    def names(self) -> CaseNames:
        """Case id → what is shown."""
        return CaseNames.shared_by(self.latents.ids)

    @cached_property
    def columns(self) -> dict[str, CaseColumn]:
        """What the cases can be chosen by."""
        return case_columns(self.latents, model_classes=self.model_classes)

    def label_of(self, row: int) -> str:
        """What is known of the case in a row: its class, or its number; "" where nothing is."""
        label = int(self.latents.labels[row])
        if label >= 0:
            return self.latents.classes[label]
        values = self.latents.columns.get(self.latents.target_name)
        if values is None or not np.issubdtype(values.dtype, np.number) or not np.isfinite(values[row]):
            return ""
        return f"{float(values[row]):g}"

    @cached_property
    def row_of(self) -> Callable[[str], int | None]:
        """Row of a case by its id, or by its token; None where there is no such case."""
        return lru_cache(maxsize=4096)(self._find_row)

    @cached_property
    def rows_of(self) -> Callable[[tuple[str, ...]], Rows]:
        """Rows of some ids, or of some tokens, in the order of the table; ids that are not in it are passed over."""
        return lru_cache(maxsize=_KEPT)(lambda ids: _read_only(self._find_rows(ids)))

    @cached_property
    def mask_of(self) -> Callable[[Cohort], Mask]:
        """Which cases belong to a cohort [N]; CohortError where it does not fit the columns."""
        return lru_cache(maxsize=_KEPT)(lambda cohort: _read_only(cohort.mask(self.columns, len(self))))

    @cached_property
    def tokens(self) -> NDArray[np.str_]:
        """What links and figures call each case [N], see `case_token`; a second for a million cases."""
        return np.array([case_token(each) for each in self.latents.ids.tolist()], dtype="U12")

    @cached_property
    def stem_tokens(self) -> NDArray[np.str_]:
        """What each case [N] is called where a table names it by its file alone, without folder and ending."""
        return np.array([case_token(PurePath(each).stem) for each in self.latents.ids.tolist()], dtype="U12")

    def _find_row(self, case_id: str) -> int | None:
        found = np.flatnonzero(self.latents.ids == case_id)
        if len(found) == 0 and is_case_token(case_id):
            found = np.flatnonzero(self.tokens == case_id)
            if len(found) == 0:
                found = np.flatnonzero(self.stem_tokens == case_id)
                found = found if len(found) == 1 else found[:0]  # two files of one name: which one is not known
        return int(found[0]) if len(found) else None

    def _find_rows(self, wanted: tuple[str, ...]) -> Rows:
        rows = rows_of_ids(self.latents.ids, wanted)
        if len(rows) == 0 and wanted and is_case_token(wanted[0]):
            rows = rows_of_ids(self.tokens, wanted)
        return rows


def rows_of_ids(all_ids: NDArray[np.str_], wanted: tuple[str, ...]) -> Rows:
    """Rows whose id is among some, in order; by hashing, since sorting a million ids takes seconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not wanted:
        return np.empty(0, np.int64)
    is_wanted = pc.is_in(pa.array(all_ids, pa.string()), value_set=pa.array(wanted, pa.string()))
    return np.flatnonzero(is_wanted.to_numpy(zero_copy_only=False)).astype(np.int64)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
