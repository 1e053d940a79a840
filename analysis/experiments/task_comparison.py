"""Do networks that learned by other tasks explain alike?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.matrices import Matrix, draw_matrices
from analysis.experiments.words import told
from analysis.figures.formats import Format

Floats = NDArray[np.float64]
TASKS = ("reconstruction", "denoising", "inpainting", "classification")
KINDS = {
    "features": "pixel maps",
    "lit_features": "pixel maps where the picture is not black",
    "examples": "nearest neighbours' scores",
}
_TITLES = {"features": "maps, all pixels", "lit_features": "maps, not black", "examples": "examples"}
MEASURES = ("pearson", "spearman")
MENDED = (
    "nearest neighbours see pictures in [0, 1], as the networks were trained on (lfxai gives them 0 to 255)",
    "the classifier learns from logits (lfxai puts a softmax before the cross-entropy, which takes one itself)",
    "GradientShap explains each copy of a picture with that picture's own representation",
    "beside all pixels stand those that are not black: black ones have importance 0 in every map, so that their ties "
    "alone make the ranks of any two maps agree",
    "no test picture is used to choose the epoch: the number of epochs is fixed",
    "beside two tasks stands the same task from another seed, which is the most that could be expected",
)


@dataclass(frozen=True, eq=False)
class TaskComparison:
    """Correlations of explanations between pretext tasks.

    Attributes:
        tasks: T names.
        between: by (kind, measure), as in ("features", "pearson"): [R, T, T], ones on the diagonal.
        again: by (kind, measure): the same task in two runs [P, T], for all P pairs of runs; P = 0 with one run.
        data: name of the data.
    """

    tasks: tuple[str, ...]
    between: Mapping[tuple[str, str], Floats]
    again: Mapping[tuple[str, str], Floats]
    data: str = ""

    @property
    def n_runs(self) -> int:
        """Runs with other seeds."""
        return len(self.between["features", "pearson"])

    def rows(self) -> list[dict[str, Any]]:
        """One row for each kind, measure, pair of tasks and run; the same task twice is two runs of it."""
        found = []
        for (kind, measure), values in self.between.items():
            for first, second in combinations(range(len(self.tasks)), 2):
                found += [
                    self._row(kind, measure, first, second, str(run), float(each[first, second]))
                    for run, each in enumerate(values)
                ]
            pairs = combinations(range(self.n_runs), 2)
            found += [
                self._row(kind, measure, task, task, f"{a}-{b}", float(each[task]))
                for (a, b), each in zip(pairs, self.again[kind, measure], strict=True)
                for task in range(len(self.tasks))
            ]
        return found

    def across(self, kind: str, measure: str) -> Floats:
        """Mean correlation between different tasks in each run [R]."""
        upper = np.triu_indices(len(self.tasks), 1)
        return self.between[kind, measure][:, upper[0], upper[1]].mean(axis=1)

    def sentences(self) -> list[str]:
        """What was found, in words."""
        lines = []
        for kind in dict.fromkeys(kind for kind, _ in self.between):
            parts = []
            for measure in MEASURES:
                own, same = self.across(kind, measure), self.again[kind, measure]
                again = f" (the same task from another seed: {same.mean():.2f})" if len(same) else ""
                parts.append(f"{measure.title()} {told(float(own.mean()))}{again}")
            lines.append(
                f"{KINDS[kind]} of different tasks correlate by {', '.join(parts)}; least alike: {self._least(kind)}"
            )
        return lines

    def draw(self, form: Format = "png") -> bytes:
        """A matrix for each kind and measure with its numbers; on the diagonal the same task from another seed."""
        matrices = []
        for kind, measure in self.between:
            values, spread = self._drawn(kind, measure)
            matrices.append(Matrix(f"{_TITLES[kind]}: {measure.title()}", values, spread))
        note = "on the diagonal: the same task from another seed" if self.n_runs > 1 else "one run: no spread is known"
        return draw_matrices(matrices, self.tasks, form, title=f"{self.data}: explanations between tasks; {note}")

    def _least(self, kind: str) -> str:
        """The two tasks whose ranks agree least."""
        means = self.between[kind, "spearman"].mean(axis=0)
        first, second = min(combinations(range(len(self.tasks)), 2), key=lambda pair: float(means[pair]))
        return f"{self.tasks[first]} and {self.tasks[second]} (Spearman {told(float(means[first, second]))})"

    def _drawn(self, kind: str, measure: str) -> tuple[Floats, Floats]:
        """Means and standard deviations [T, T], the same task's on the diagonal; NaN where unknown."""
        values = self.between[kind, measure]
        means, spread = (
            values.mean(axis=0),
            values.std(axis=0, ddof=1) if len(values) > 1 else np.full_like(values[0], np.nan),
        )
        same, place = self.again[kind, measure], np.arange(len(self.tasks))
        means[place, place] = same.mean(axis=0) if len(same) else np.nan
        spread[place, place] = same.std(axis=0, ddof=1) if len(same) > 1 else np.nan
        return means, spread  # fmt: skip

    def _row(self, kind: str, measure: str, first: int, second: int, run: str, value: float) -> dict[str, Any]:
        return {"explanation": kind, "measure": measure, "task": self.tasks[first], "other_task": self.tasks[second],
                "run": run, "correlation": value}  # fmt: skip


def compare_tasks(
    tasks: Sequence[str], explanations: Mapping[str, Sequence[Sequence[NDArray[Any]]]], *, data: str = ""
) -> TaskComparison:
    """Correlate explanations of the same cases.

    Args:
        tasks: T names.
        explanations: by kind, [R][T] arrays of equal shape, any; all numbers of an array count alike.
        data: name of the data.

    Raises:
        ValueError: fewer than two tasks, or no run.

    Source: Crabbé & van der Schaar 2022, section 4.2.
    """
    if len(tasks) < 2 or any(len(run) != len(tasks) for runs in explanations.values() for run in runs):
        raise ValueError(f"{len(tasks)} tasks; expected at least two, with one explanation each in every run")
    between, again = {}, {}
    for kind, runs in explanations.items():
        flat = np.array([[np.asarray(each, np.float64).ravel() for each in run] for run in runs])  # [R, T, n]
        for measure in MEASURES:
            values = flat if measure == "pearson" else _ranked(flat)
            between[kind, measure] = np.array([np.corrcoef(run) for run in values])
            pairs = [
                [np.corrcoef(values[a, task], values[b, task])[0, 1] for task in range(len(tasks))]
                for a, b in combinations(range(len(values)), 2)
            ]
            again[kind, measure] = np.array(pairs).reshape(-1, len(tasks))
    return TaskComparison(tuple(tasks), between, again, data)


def _ranked(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, axis=-1))
