"""Two tables of latents of one model as one: the cases of a map, and new ones that are placed on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable

_N_NAMED = 3


def new_cases(table: LatentTable, new: LatentTable) -> LatentTable:
    """The rows of `new` whose ids are not in `table` yet, if the same model made both.

    Raises:
        LatentTableError: another model, z of another length, or no case that is new.
    """
    made_with = table.checkpoint_sha256, new.checkpoint_sha256
    if all(made_with) and made_with[0] != made_with[1]:
        raise LatentTableError(
            f"the new cases were encoded with another checkpoint ({made_with[1][:12]}…, not {made_with[0][:12]}…): "
            "their z means something else; write them anew with xaae extract and the map's checkpoint"
        )
    if new.z.shape[1] != table.z.shape[1] or new.probabilities.shape[1] != table.probabilities.shape[1]:
        raise LatentTableError(
            f"the new cases have z of {new.z.shape[1]} and {new.probabilities.shape[1]} probabilities, the map's have "
            f"{table.z.shape[1]} and {table.probabilities.shape[1]}: write them anew with the map's checkpoint"
        )
    is_new = ~np.isin(new.ids, table.ids)
    if not is_new.any():
        raise LatentTableError(
            f"all {len(new)} cases to place are on the map already (such as {', '.join(new.ids[:_N_NAMED])}): give a "
            "table of other cases"
        )
    return new.rows(is_new)


def join_tables(table: LatentTable, new: LatentTable) -> LatentTable:
    """The rows of two tables of one model, those of `table` first.

    Labels go by their names: a class that only `new` has comes after those of `table`. A column that only one of them
    has is NaN or "" for the other's cases.

    Args:
        table: its target, checkpoint and fingerprint are those of the result.
        new: further cases, see `new_cases`.
    """
    classes = (*table.classes, *(name for name in new.classes if name not in table.classes))
    place = np.array([classes.index(name) for name in new.classes] + [-1])  # the last: label −1
    names = [*table.columns, *(name for name in new.columns if name not in table.columns)]
    arrays = ("z", "ids", "paths", "split", "probabilities")
    joined = {name: np.concatenate([getattr(table, name), getattr(new, name)]) for name in arrays}
    return LatentTable(
        **joined,
        labels=np.concatenate([table.labels, place[new.labels]]),
        classes=classes,
        columns={name: _joined_column(table, new, name) for name in names},
        target_name=table.target_name,
        predicted=_joined_numbers(table, new),
        checkpoint_sha256=table.checkpoint_sha256,
        data_fingerprint=table.data_fingerprint,
        skipped=table.skipped + new.skipped,
    )


def _joined_column(table: LatentTable, new: LatentTable, name: str) -> NDArray[Any]:
    """A column of both tables: numbers where both have numbers (or nothing), else text."""
    parts = [table.columns.get(name), new.columns.get(name)]
    is_number = all(part is None or part.dtype.kind in "iufb" for part in parts)
    if is_number and all(part is not None for part in parts):
        return np.concatenate([part for part in parts if part is not None])
    kind = np.float64 if is_number else np.str_
    filled = [
        np.full(len(owner), np.nan if is_number else "", dtype=kind) if part is None else part.astype(kind)
        for owner, part in zip((table, new), parts, strict=True)
    ]
    return np.concatenate(filled)


def _joined_numbers(table: LatentTable, new: LatentTable) -> NDArray[np.float64] | None:
    """What a model of numbers predicts, NaN where it was not asked."""
    if table.predicted is None and new.predicted is None:
        return None
    asked = (np.full(len(each), np.nan) if each.predicted is None else each.predicted for each in (table, new))
    return np.concatenate(list(asked))
