"""Computations that were cancelled: what was finished is kept in a file, and only the rest is computed later."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from analysis.examples.importance import ExampleImportance
from analysis.examples.samples import Samples
from xaae_core.atomic_files import atomic_path
from xaae_core.errors import ExamplesError

Compute = Callable[[Samples, Samples], ExampleImportance]
"""Importance of some training cases for some explained ones."""
_SETTLED = ("loss", "checkpoints", "parameters", "n_parameters", "depth", "damp", "scale", "projected_to")
"""What must be the same of both parts; the rest says how a part went."""


@dataclass(frozen=True, eq=False)
class SomeSamples:
    """Cases `start` to `stop` of others; see `Samples`."""

    whole: Samples
    start: int
    stop: int

    @property
    def ids(self) -> NDArray[np.str_]:
        """See `Samples`."""
        return self.whole.ids[self.start : self.stop]

    def take(self, start: int, stop: int) -> tuple[Tensor, Tensor | None]:
        """See `Samples`."""
        return self.whole.take(self.start + start, min(self.start + stop, self.stop))


def complete(finished: ExampleImportance, train: Samples, test: Samples, compute: Compute) -> ExampleImportance:
    """What was finished, and what was not computed now.

    Args:
        finished: as `keep_finished` returned it: the first rows of all columns, or the first columns of some rows.
        train: all training cases, in the same order.
        test: all explained cases, in the same order.
        compute: asked for what is missing; may return a finished part again, which is then added.

    Raises:
        ExamplesError: the finished part is of other cases, of another method or of other settings.
    """
    n_rows, n_columns = finished.scores.shape
    _check_cases(finished, train, test)
    n_test, n_train = len(test.ids), len(train.ids)
    if n_columns < n_train:
        beside = compute(SomeSamples(train, n_columns, n_train), SomeSamples(test, 0, n_rows))
        _check_settings(finished, beside)
        if len(beside.test_ids) < n_rows:  # cancelled again, with all columns of fewer rows
            return _partly(np.hstack([finished.scores[: len(beside.test_ids)], beside.scores]), finished, train, test)
        finished = _partly(np.hstack([finished.scores, beside.scores]), beside, train, test)
        if not beside.is_complete:
            return finished
    if n_rows < n_test:
        below = compute(train, SomeSamples(test, n_rows, n_test))
        _check_settings(finished, below)
        if len(below.train_ids) < n_train:  # cancelled again, within the first rows of the rest
            return finished
        return _partly(np.vstack([finished.scores, below.scores]), below, train, test)
    return finished


def save_importance(path: Path, importance: ExampleImportance) -> Path:
    """Write an importance, finished or not, as an `.npz`, whole or not at all; raises OSError."""
    about = {
        "method": importance.method,
        "parameters": dict(importance.parameters),
        "notes": list(importance.notes),
        "is_complete": importance.is_complete,
    }
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            scores=importance.scores,
            test_ids=np.asarray(importance.test_ids, np.str_),
            train_ids=np.asarray(importance.train_ids, np.str_),
            about=np.array(json.dumps(about)),
        )
    return path


def read_importance(path: Path) -> ExampleImportance:
    """Read what `save_importance` wrote; nothing is unpickled.

    Raises:
        ExamplesError: not such a file, or damaged.
        OSError: it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as parts:
            about = json.loads(str(parts["about"]))
            return ExampleImportance(
                scores=parts["scores"].astype(np.float64),
                test_ids=parts["test_ids"],
                train_ids=parts["train_ids"],
                method=str(about["method"]),
                parameters=dict(about["parameters"]),
                notes=tuple(about["notes"]),
                is_complete=bool(about["is_complete"]),
            )
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ExamplesError(
            f"{path.name} is not a kept computation of this tool, or it is damaged ({error}): delete it and start anew"
        ) from error


def _check_cases(finished: ExampleImportance, train: Samples, test: Samples) -> None:
    for what, kept, now in (("explained", finished.test_ids, test.ids), ("training", finished.train_ids, train.ids)):
        if len(kept) > len(now) or not np.array_equal(kept, now[: len(kept)]):
            raise ExamplesError(
                f"the finished part is of other {what} cases ({', '.join(kept[:3].tolist())}…; expected "
                f"{', '.join(now[:3].tolist())}…): go on with the same ones, or start anew"
            )


def _check_settings(finished: ExampleImportance, rest: ExampleImportance) -> None:
    changed = [
        f"{name} {finished.parameters.get(name)} → {rest.parameters.get(name)}"
        for name in _SETTLED
        if finished.parameters.get(name) != rest.parameters.get(name)
    ]
    if finished.method != rest.method:
        changed.insert(0, f"method {finished.method} → {rest.method}")
    if changed:
        raise ExamplesError(f"the finished part ran otherwise ({'; '.join(changed)}): start anew, or ask as before")


def _partly(scores: NDArray[np.float64], like: ExampleImportance, train: Samples, test: Samples) -> ExampleImportance:
    """The joined part, which says itself whether it is all."""
    n_test, n_train = scores.shape
    is_complete = scores.shape == (len(test.ids), len(train.ids))
    notes = tuple(note for note in like.notes if not note.startswith("cancelled:"))
    if not is_complete:
        told = f"cancelled: {n_test} of {len(test.ids)} cases against {n_train} of {len(train.ids)} training cases"
        notes = (told, *notes)
    return replace(
        like,
        scores=scores,
        test_ids=test.ids[:n_test],
        train_ids=train.ids[:n_train],
        notes=notes,
        is_complete=is_complete,
    )
