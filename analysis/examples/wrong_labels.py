"""Is this label wrong? Cases whose labels the model or their neighbours do not believe, the most doubtful first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.examples.steps import Progress, Steps
from xaae_core.errors import ExamplesError
from xaae_core.latents import LatentTable

_NEIGHBOURS = 10
_SMALLEST_CLASS = 2


@dataclass(frozen=True, eq=False)
class LabelSuspects:
    """Cases by how doubtful their labels are; arrays read-only.

    Attributes:
        ids: the cases [N], the most doubtful first.
        rows: their rows in the table [N].
        suspicion: [N] in [0, 1], falling: mean place in the rankings that were asked, 1 the most doubtful of all.
        labels: the label each has [N].
        suggested: the label that most of its neighbours have (weighted by the size of the classes) [N].
        disagreement: share of its nearest others with another label [N], in [0, 1].
        self_influence: squared length of the case's own gradient [N]; NaN where it was not asked.
        classes: names of the labels.
        notes: what the ranking was made of.
    """

    ids: NDArray[np.str_]
    rows: NDArray[np.int64]
    suspicion: NDArray[np.float64]
    labels: NDArray[np.int64]
    suggested: NDArray[np.int64]
    disagreement: NDArray[np.float64]
    self_influence: NDArray[np.float64]
    classes: tuple[str, ...]
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("ids", "rows", "suspicion", "labels", "suggested", "disagreement", "self_influence"):
            frozen = getattr(self, name).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def __len__(self) -> int:
        return len(self.ids)

    def sentence(self, place: int) -> str:
        """Why the case in this place is doubted, in words."""
        own, other = self.classes[self.labels[place]], self.classes[self.suggested[place]]
        said = f"labelled {own}; {self.disagreement[place]:.0%} of its nearest cases have another label"
        return f"{said}, most of them {other}" if self.suggested[place] != self.labels[place] else said


def rank_wrong_labels(
    table: LatentTable,
    *,
    self_influence: Mapping[str, float] | None = None,
    n_neighbours: int = _NEIGHBOURS,
) -> LabelSuspects:
    """Rank the labelled cases of a table by how doubtful their labels are.

    Two rankings are averaged where both are there: how many of the nearest others in z have another label (each class
    weighted by one over its size, so that a rare class is not doubted for being rare), and the self-influence of
    `measure_self_influence`, which is large for cases that the model could only learn by heart.
    A doubtful label is a question to whoever set it, not an answer: rare and borderline cases look the same.

    Args:
        table: cases with labels; hand over `table.rows(split == "train")`, for what the model was trained on.
        self_influence: by id; None: neighbours alone.
        n_neighbours: others that are asked.

    Raises:
        ExamplesError: fewer than two classes with two labelled cases each, latents that are not finite, or a case
            without self-influence where others have one.

    Source: neighbours as Wilson 1972; self-influence as Pruthi et al. 2020, section 4.
    """
    rows = np.flatnonzero(table.labels >= 0)
    labels = table.labels[rows]
    sizes = np.bincount(labels, minlength=max(len(table.classes), 1)) if len(rows) else np.zeros(1, np.int64)
    if (sizes >= _SMALLEST_CLASS).sum() < 2:
        n, n_classes = len(rows), int((sizes > 0).sum())
        cases, classes = "case" if n == 1 else "cases", "class" if n_classes == 1 else "classes"
        raise ExamplesError(
            f"{n} labelled {cases} in {n_classes} {classes}: doubting a label needs two classes of at least 2 cases "
            "each"
        )
    z = table.z[rows].astype(np.float64)
    if not np.isfinite(z).all():
        raise ExamplesError("z of a labelled case is not finite: write the table anew with xaae extract")
    votes = _votes(z, labels, sizes, min(n_neighbours, len(rows) - 1))
    disagreement = 1 - votes[np.arange(len(rows)), labels]
    own = _ordered(self_influence, table.ids[rows])
    doubts = [_places(disagreement)] + ([] if self_influence is None else [_places(own)])
    suspicion = np.mean(doubts, axis=0)
    order = np.lexsort((np.arange(len(rows)), -disagreement, -suspicion))
    notes = [f"{min(n_neighbours, len(rows) - 1)} nearest others in z, classes weighted by one over their size"]
    notes.append("self-influence counts as much" if self_influence is not None else "without self-influence")
    return LabelSuspects(
        ids=table.ids[rows][order],
        rows=rows[order],
        suspicion=suspicion[order],
        labels=labels[order],
        suggested=votes.argmax(axis=1)[order],
        disagreement=disagreement[order],
        self_influence=own[order],
        classes=table.classes or tuple(str(number) for number in range(len(sizes))),
        notes=tuple(notes),
    )


def measure_self_influence(
    model: Any,
    samples: Any,
    *,
    loss: Any,
    checkpoints: Sequence[Any] = (),
    parameters: Any = "auto",
    memory: int | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """‖∇L(case)‖² added up over checkpoints, by id: what a case does to its own loss.

    Args:
        model: left as it is.
        samples: labelled cases (`analysis.examples.samples`).
        loss: of each case (`analysis.examples.sample_losses`); that of the label, to doubt labels.
        checkpoints: as in `trace_training`.
        parameters: as in `trace_training`.
        memory: as in `trace_training`.
        progress: called with (done, all) cases; an exception it raises cancels.

    Source: Pruthi et al. 2020, section 4.
    """
    from analysis.examples.loss_gradients import MEMORY, LossGradients
    from analysis.examples.samples import batches_of
    from analysis.examples.tracin import weights_of

    gradients = LossGradients(model, loss, parameters=parameters, memory=memory or MEMORY)
    states = weights_of(gradients, checkpoints)
    steps = Steps(progress, len(samples.ids))
    total = np.zeros(len(samples.ids))
    first, _ = samples.take(0, 1)
    for rows, x, y in batches_of(samples, gradients.rows_at_once(first)):
        for state in states:
            total[rows] += gradients.rows(state, x, y).double().square().sum(dim=1).cpu().numpy()
        steps.advance(len(x))
    return dict(zip(samples.ids.tolist(), total.tolist(), strict=True))


def _votes(z: NDArray[np.float64], labels: NDArray[np.int64], sizes: NDArray[Any], k: int) -> NDArray[np.float64]:
    """Weighted share of each class among the nearest others [N, classes]."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=k).fit(z).kneighbors(return_distance=False)  # [N, k], never the case itself
    weights = 1 / np.maximum(sizes, 1)
    votes = np.zeros((len(z), len(sizes)))
    np.add.at(votes, (np.arange(len(z))[:, None], labels[nearest]), weights[labels[nearest]])
    return votes / votes.sum(axis=1, keepdims=True)


def _places(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place of each value among all, in [0, 1]; ties share theirs."""
    from scipy.stats import rankdata

    return (rankdata(values) - 1) / max(1, len(values) - 1)


def _ordered(by_id: Mapping[str, float] | None, ids: NDArray[np.str_]) -> NDArray[np.float64]:
    if by_id is None:
        return np.full(len(ids), np.nan)
    missing = [case for case in ids.tolist() if case not in by_id]
    if missing:
        raise ExamplesError(
            f"{len(missing)} labelled cases have no self-influence, the first: {', '.join(missing[:5])}: measure it "
            "for all of them, or for none"
        )
    return np.array([by_id[case] for case in ids.tolist()], np.float64)
