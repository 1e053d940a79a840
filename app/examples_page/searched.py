"""Which training cases are searched for examples, and how the page says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app import cached, cached_maps, state
from app.cached_examples import MOST_SEARCHED
from app.example_words import Scope
from app.maps_page.cases import MapCases
from app.words import count
from app.workspace import Workspace
from xaae_core.errors import CohortError, DatasetError, ExamplesError
from xaae_core.latents import LatentTable


@dataclass(frozen=True, eq=False)
class Searched:
    """The cases that examples are drawn from.

    Attributes:
        cases: all cases of their table, with names and pictures.
        rows: those that are searched, in order.
        words: which these are, and how many, as a sentence.
    """

    cases: MapCases
    rows: NDArray[np.int64]
    words: str

    @cached_property
    def table(self) -> LatentTable:
        """Their latents; row i is row `rows[i]` of the cases."""
        return self.cases.table.rows(self.rows)

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """Names them in caches."""
        digest = hashlib.blake2b(self.rows.tobytes(), digest_size=12).hexdigest()
        return (*self.cases.key, digest)


def training_cases(workspace: Workspace) -> MapCases:
    """The cases that the model was trained with, or those of the open folder where they are not known.

    Raises:
        DatasetError: neither is there.
    """
    if workspace.training is None:
        raise DatasetError("no cases are open: choose a data folder")
    if workspace.data is not None and workspace.training is workspace.latents:
        return MapCases(workspace, "folder", workspace.data)
    place = cached_maps.Place(state.checkpoint_path(), state.pictures_folder() or state.data_folder())
    return MapCases(workspace, "training", cached_maps.training_data(workspace.training, workspace.classes, place))


def is_learned_from(cases: MapCases) -> bool:
    """Whether the model is known to have been trained with this table's cases."""
    card = cases.workspace.checkpoint.card
    return cases.choice == "training" or (
        bool(card.data_fingerprint) and card.data_fingerprint == cases.table.data_fingerprint
    )


def searched_cases(workspace: Workspace, scope: Scope) -> Searched:
    """The cases of a scope.

    Raises:
        ExamplesError: there are none; the message says how to get some.
        CohortError: the cohort does not fit these cases.
        DatasetError: no cases are open.
    """
    cases = training_cases(workspace)
    rows, origin = _learned(cases)
    n_all = len(rows)
    rows = rows[_mask(cases, scope)[rows]]
    if len(rows) == 0:
        raise ExamplesError(_nothing(scope, n_all))
    drawn = rows[cached.drawn_rows(len(rows), MOST_SEARCHED)]
    return Searched(cases, drawn, _words(scope, origin, len(drawn), len(rows), n_all))


def cohort_fits(cases: MapCases) -> str:
    """Why the session's cohort cannot be applied to these cases; "" where it can."""
    try:
        cases.data.mask_of(state.cohort())
    except CohortError as error:
        return str(error)
    return ""


def _learned(cases: MapCases) -> tuple[NDArray[np.int64], str]:
    """The rows that were trained on, and what they are called."""
    table = cases.table
    if not is_learned_from(cases):
        return np.arange(len(table)), "of the open folder (the training's own are not known here)"
    trained = np.flatnonzero(table.split == "train")
    return (trained, "that the model learned from") if len(trained) else (np.arange(len(table)), "of the training")


def _mask(cases: MapCases, scope: Scope) -> NDArray[np.bool_]:
    if scope == "cohort":
        return cases.data.mask_of(state.cohort())
    mask = np.ones(len(cases.table), dtype=bool)
    if scope == "selection":
        mask[:] = False
        mask[cases.data.rows_of(state.selection())] = True
    return mask


def _nothing(scope: Scope, n_all: int) -> str:
    if scope == "cohort":
        return (
            f"none of the {count(n_all, 'training case')} belongs to the cohort ({state.cohort().words}): search all "
            "training cases (Settings), or widen the cohort at the top of the page"
        )
    if scope == "selection":
        return (
            f"none of the {count(n_all, 'training case')} is chosen: choose some on the Maps page, or search all "
            "training cases (Settings)"
        )
    return "the table of the training has no case: write it anew with xaae extract"


def _words(scope: Scope, origin: str, n: int, n_fitting: int, n_all: int) -> str:
    words = f"Searched: the {count(n_fitting, 'case')} {origin}"
    if scope == "cohort":
        words = f"Searched: the {count(n_fitting, 'case')} of the cohort among {n_all:,} {origin}"
    if scope == "selection":
        words = f"Searched: the {count(n_fitting, 'case')} chosen on the maps among {n_all:,} {origin}"
    if n < n_fitting:
        words += f"; {n:,} of them, drawn at random"
    if scope == "training" and state.cohort():
        words += "; the cohort does not limit them"
    return f"{words}."
