"""What the page is about: one case, the cases that are searched, and how near they lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.examples import ExampleImportance, NearestExamples
from analysis.figures.latent_map import prediction_of, truth_of
from app import cached_examples, examples_state, state
from app.components.example_tiles import Bar, ExampleTile
from app.examples_page.pictures import ExamplePictures
from app.examples_page.searched import Searched
from app.examples_page.subject import Subject
from app.served import Served, serve_cases
from app.workspace import Workspace
from xaae_core.errors import ExamplesError

_COPY = 0.05
"""Nearer than this share of the usual spacing, a picture of the same name is the same picture, saved again."""


@dataclass(frozen=True, eq=False)
class ExampleScene:
    """One case and the training cases around it.

    Attributes:
        workspace: the open model and data.
        subject: the case.
        searched: the training cases.
    """

    workspace: Workspace
    subject: Subject
    searched: Searched

    @cached_property
    def nearest(self) -> NearestExamples:
        """How near each searched case lies; raises ExamplesError."""
        key = (*self.searched.key, self.subject.key)
        return cached_examples.nearest_of(self.subject.z, self.searched.table, self.subject.id, key)

    @cached_property
    def spacings(self) -> NDArray[np.float64]:
        """Distances of the searched cases in units of the usual spacing [N]."""
        return self.nearest.relative(0)

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """Columns of the searched cases that are this very case: no example of itself."""
        stem = self.subject.id.rpartition("/")[2].partition(".")[0]
        near = np.flatnonzero(self.spacings < _COPY)
        names = [str(self.searched.table.ids[column]).rpartition("/")[2].partition(".")[0] for column in near]
        same = [int(column) for column, name in zip(near, names, strict=True) if name == stem]
        return np.union1d(self.nearest.same(0), np.array(same, np.int64)).astype(np.int64)

    @cached_property
    def others(self) -> NDArray[np.int64]:
        """Columns of the searched cases that are not this case."""
        return np.setdiff1d(np.arange(len(self.searched.table)), self.copies)

    def mixture(self, method: str) -> ExampleImportance:
        """What the case is a mixture of; raises ExamplesError."""
        rows, key = self.others, (*self.searched.key, self.subject.key, method)
        table = self.searched.table.rows(rows) if len(self.copies) else self.searched.table
        return cached_examples.mixture_of(self.subject.z, table, method, self.subject.id, key)

    @cached_property
    def pictures(self) -> ExamplePictures:
        """The pictures of all cases of the searched table."""
        try:
            spacing: float | None = self.nearest.spacing
        except ExamplesError:
            spacing = None
        return ExamplePictures(self.searched.cases, spacing)

    def served(self) -> Served:
        """The address of the pictures; the session keeps it alive."""
        name = (*self.searched.key, str(state.data_folder()), str(state.pictures_folder()))
        return examples_state.served_cases("main", name, lambda: serve_cases(self.pictures))

    def tile(self, column: int, bar: Bar | None, *told: str) -> ExampleTile:
        """A searched case as a tile.

        Args:
            column: its place among the searched cases.
            bar: its score.
            told: further lines.
        """
        row, cases = int(self.searched.rows[column]), self.searched.cases
        label = truth_of(cases.table, row)
        lines = [*told, f"{self.spacings[column]:.2f} × the usual spacing away", *cases.lines(row)[1:]]
        return ExampleTile(
            row=row,
            id=str(cases.table.ids[row]),
            name=cases.name(row),
            label=label,
            agrees=label == self.subject.label if label and self.subject.label else None,
            prediction=prediction_of(cases.table, row),
            bar=bar,
            lines=tuple(lines),
            missing=self.pictures.missing(row),
        )
