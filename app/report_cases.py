"""The cases that `xaae report` moves along the direction: those asked for, or a doubtful and a clear one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.terminal import remark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.report import CasePicture
    from app.case_files import CaseFiles
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.latents import LatentTable

_MOST_TRIED = 5000


def named_cases(opened: Checkpoint, table: LatentTable, files: CaseFiles, cases: Sequence[str]) -> list[CasePicture]:
    """The cases of these ids, each once; one whose picture is not there is an error.

    Raises:
        LatentTableError: a case that the table does not have.
        ImageError: one whose picture was not found.
    """
    from xaae_core.errors import ImageError

    found = []
    for name in dict.fromkeys(cases):
        row = table.row_of(name)
        path = files.find(row)
        if path is None:
            raise ImageError(f"the picture of {name} was not found: give the folder it lies in as --data")
        found.append(_picture(opened, table, row, path))
    return found


def picked_cases(opened: Checkpoint, table: LatentTable, files: CaseFiles, target: str | None) -> list[CasePicture]:
    """A doubtful and a clear case, held out where there are such, of those whose pictures are there."""
    from xaae_core.errors import CaseError

    found: dict[int, CasePicture] = {}
    for order in doubtful_and_clear(table, target or opened.card.target, opened.card.classes or table.classes):
        for row in order[:_MOST_TRIED]:
            path = files.find(row)
            if row in found or path is None:
                continue
            try:
                found[row] = _picture(opened, table, row, path)
                break
            except CaseError as error:
                remark(f"  note: {error}")
    if not found:
        remark("  note: no picture of the table's cases was found: give the folder they lie in as --data")
    return list(found.values())


def doubtful_and_clear(
    table: LatentTable, target: str, classes: Sequence[str], rows: NDArray[np.int64] | None = None
) -> tuple[list[int], list[int]]:
    """Rows from the most doubtful on, and from the clearest of the target on; held-out ones first.

    Args:
        table: of the cases.
        target: class whose probability says which are clear.
        classes: of the model, as the probabilities have them.
        rows: among these; None: among all.
    """
    import numpy as np

    rows = np.arange(len(table)) if rows is None else rows
    if table.predicted is not None:
        values = table.predicted[rows].astype(np.float64)
        doubt = np.abs(values - np.median(values))
    elif target in classes and table.probabilities.shape[1] > classes.index(target):
        values = table.probabilities[rows, classes.index(target)].astype(np.float64)
        doubt = np.abs(values - 0.5)
    else:
        values, doubt = np.zeros(len(rows)), np.arange(len(rows), dtype=np.float64)
    is_seen = table.split[rows] == "train"
    return rows[np.lexsort((doubt, is_seen))].tolist(), rows[np.lexsort((-values, is_seen))].tolist()


def _picture(opened: Checkpoint, table: LatentTable, row: int, path: Path) -> CasePicture:
    from analysis.figures.latent_map import truth_of
    from analysis.report import CasePicture
    from xaae_core.data.recipes import recipe_for

    read = recipe_for(opened.model, opened.card).read(path)
    for note in read.notes:
        remark(f"  note: {read.name}: {note}")
    return CasePicture(str(table.ids[row]), read.pixels, truth_of(table, row), str(table.split[row]))
