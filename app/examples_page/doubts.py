"""Cases whose labels are worth a second look: which cases are judged, by what, and how long the slow part takes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from analysis.examples.loss_gradients import LossGradients
from analysis.examples.sample_losses import LabelLoss
from analysis.examples.steps import CancelledError
from analysis.examples.time_estimate import TimeEstimate
from analysis.examples.wrong_labels import LabelSuspects, measure_self_influence
from app import cached_examples, examples_state, state
from app.background import Report, WorkCancelledError
from app.examples_page.gradients import REMEDY, probe_samples
from app.examples_page.pictures import ExamplePictures
from app.examples_page.searched import cohort_fits, training_cases
from app.maps_page.cases import Choice, MapCases, offered_cases
from app.served import Served, serve_cases
from app.training_pictures import drawn_for_gradients, read_training_pictures
from app.words import count
from app.workspace import Workspace
from xaae_core.errors import ExamplesError
from xaae_core.latents import LatentTable


@dataclass(frozen=True, eq=False)
class DoubtedCases:
    """The cases whose labels are judged.

    Attributes:
        cases: all cases of their table.
        rows: those of the cohort, in order.
        note: why the cohort is not applied; "" where it is.
    """

    cases: MapCases
    rows: NDArray[np.int64]
    note: str = ""

    @cached_property
    def table(self) -> LatentTable:
        """Their latents; row i is row `rows[i]` of the cases."""
        return self.cases.table.rows(self.rows)

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """Names them in caches."""
        digest = hashlib.blake2b(self.rows.tobytes(), digest_size=12).hexdigest()
        return (*self.cases.key, digest)

    @cached_property
    def pictures(self) -> ExamplePictures:
        """The pictures of all cases of the table."""
        try:
            spacing: float | None = cached_examples.spacing_of(self.cases.table, self.cases.key)
        except ExamplesError:
            spacing = None
        return ExamplePictures(self.cases, spacing)

    def served(self) -> Served:
        """The address of the pictures; the session keeps it alive."""
        name = (*self.key, str(state.data_folder()), str(state.pictures_folder()))
        return examples_state.served_cases("labels", name, lambda: serve_cases(self.pictures))

    def suspects(self, self_influence: Mapping[str, float] | None) -> LabelSuspects:
        """The ranking; of the cases with a self-influence alone, where that is known. Raises ExamplesError."""
        by = "neighbours" if self_influence is None else "self-influence"
        return cached_examples.suspects_of(self.table, self.key, self_influence, by=by)


def doubted_choices(workspace: Workspace) -> list[Choice]:
    """Which cases can be judged, the better choice first."""
    return [choice for choice in offered_cases(workspace) if choice != "placed"]


def doubted_cases(workspace: Workspace, choice: Choice) -> DoubtedCases:
    """The cases of a choice within the session's cohort.

    Raises:
        ExamplesError: the cohort has none, or more than can be judged at once.
        DatasetError: no cases are open.
    """
    is_folder = choice == "folder" and workspace.data is not None
    cases = MapCases.of(workspace, "folder") if is_folder else training_cases(workspace)
    problem = cohort_fits(cases)
    rows = np.arange(len(cases.table)) if problem else np.flatnonzero(cases.data.mask_of(state.cohort()))
    if len(rows) == 0:
        raise ExamplesError(f"no case belongs to the cohort ({state.cohort().words}): widen it at the top of the page")
    if len(rows) > cached_examples.MOST_SEARCHED:
        raise ExamplesError(
            f"{len(rows):,} cases; at most {cached_examples.MOST_SEARCHED:,} can be compared with one another here: "
            "narrow the cohort at the top of the page"
        )
    note = f"The cohort does not fit these cases, so all of them are judged: {problem}." if problem else ""
    return DoubtedCases(cases, rows, note)


class SelfInfluenceWork:
    """Measures what each case does to its own loss; works in a thread.

    Attributes:
        stage: what it is at, for the progress.
    """

    def __init__(self, doubted: DoubtedCases) -> None:
        self._doubted, self._pictures = doubted, doubted.pictures
        self.stage = "reading the cases"
        self._places = (str(state.data_folder()), str(state.pictures_folder()))

    @property
    def key(self) -> tuple[object, ...]:
        """Names the model, the cases and where their pictures lie."""
        return (*self._doubted.key, self._places)

    @property
    def estimate_key(self) -> tuple[object, ...]:
        """The same: the time depends on nothing else."""
        return self.key

    def __call__(self, report: Report) -> dict[str, float]:
        """Self-influence by id, of the labelled cases whose pictures can be read.

        Raises:
            ExamplesError: too few pictures.
            WorkCancelledError: nobody waits any more.
        """
        found = read_training_pictures(
            *(self._doubted.table, self._read), with_labels=True, limit=None, remedy=REMEDY, progress=report
        )
        self.stage = "comparing gradients"
        try:
            return measure_self_influence(self._model, found.samples, loss=LabelLoss(), progress=report)
        except CancelledError as stopped:
            raise WorkCancelledError("cancelled") from stopped

    def estimate(self, report: Report) -> TimeEstimate:
        """How long it will take, measured on a few cases."""
        table = self._doubted.table
        labelled = drawn_for_gradients(table, with_labels=True, limit=None)
        started = time.perf_counter()
        samples = probe_samples(table, labelled, self._read, with_labels=True)
        reading = time.perf_counter() - started
        report(1, 2)
        measure_self_influence(self._model, samples, loss=LabelLoss())  # the first time is slow
        started = time.perf_counter()
        measure_self_influence(self._model, samples, loss=LabelLoss())
        seconds = (reading + time.perf_counter() - started) * len(labelled) / len(samples.ids)
        gradients = LossGradients(self._model, LabelLoss())
        return TimeEstimate(seconds, gradients.n_parameters, gradients.choice)

    @property
    def _model(self) -> nn.Module:
        return cast(nn.Module, self._doubted.cases.workspace.checkpoint.model)

    def _read(self, place: int) -> NDArray[np.float32]:
        return self._pictures.read(int(self._doubted.rows[place]))


def judged_words(doubted: DoubtedCases, suspects: LabelSuspects) -> str:
    """Which cases were judged, and by what."""
    n_left_out = len(doubted.rows) - len(suspects)
    which = "of the open folder" if doubted.cases.choice == "folder" else "of the training"
    cohort = " in the cohort" if state.cohort() and not doubted.note else ""
    left_out = f" ({n_left_out:,} without a label, or not found, are left out)" if n_left_out else ""
    by = ", ".join(suspects.notes)
    return f"Judged: {count(len(suspects), 'labelled case')} {which}{cohort}{left_out}, by {by}."
