"""Which case of a table of latents a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xaae_core.latents import LatentTable


def row_of_file(table: LatentTable, file: Path, *, latents: Path) -> int | None:
    """The row of a file; None where the table does not know it.

    A file is found where the table says it lies, or by an id that its path ends with, or by an id that is its name
    without ending. Where two rows would do, none is taken.

    Args:
        table: the latents.
        file: the case, perhaps with `#n` for a frame.
        latents: the table's file; paths may be relative to its folder.
    """
    whole, beside = file.absolute(), latents.absolute().parent
    name = whole.as_posix()
    recorded = [row for row, path in enumerate(table.paths.tolist()) if path.endswith(file.name)]
    same = [row for row in recorded if (beside / str(table.paths[row])).resolve() == whole.resolve()]
    ids = table.ids.tolist()
    tails = [row for row, case in enumerate(ids) if name.endswith(f"/{case}")]
    longest = max((len(ids[row]) for row in tails), default=0)
    ends = [row for row in tails if len(ids[row]) == longest]
    stems = [row for row, case in enumerate(ids) if case == whole.stem]
    return next((rows[0] for rows in (same, ends, stems) if len(rows) == 1), None)


def case_of_file(table: LatentTable, file: Path, *, latents: Path) -> tuple[str, str]:
    """Id and label of a file; its name and "" where the table does not know it."""
    row = row_of_file(table, file, latents=latents)
    if row is None:
        return file.name, ""
    label = int(table.labels[row])
    return str(table.ids[row]), table.classes[label] if 0 <= label < len(table.classes) else ""
