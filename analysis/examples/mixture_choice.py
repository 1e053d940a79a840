"""Which μ the maximum-entropy mixture should have, chosen on cases that it is not judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from analysis.examples.simplex import fit_max_entropy
from xaae_core.errors import ExamplesError

Criterion = Literal["labels", "reconstruction"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
SHARES = (1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Candidates for μ, in units of the corpus' mean squared distance from its mean divided by D."""
_SLACK = 1.0


@dataclass(frozen=True, eq=False)
class MuChoice:
    """A μ and what it was chosen by; arrays read-only.

    Attributes:
        mu: the chosen μ, in squared units of the representation.
        criterion: what it was chosen by.
        candidates: that were tried [K], rising.
        agreement: mean weight of the corpus cases with the validation case's label [K]; NaN without labels.
        left_over: mean ‖wH − h‖² as a share of the validation cases' mean squared distance from the corpus' mean [K].
        n_effective: geometric mean of exp(entropy of the weights), so many cases a mixture is of [K].
        error: standard error of the criterion at its best [1 number].
        n_cases: validation cases.
        is_at_end: whether the best candidate was the smallest or the largest: then try others beyond.
    """

    mu: float
    criterion: Criterion
    candidates: NDArray[np.float64]
    agreement: NDArray[np.float64]
    left_over: NDArray[np.float64]
    n_effective: NDArray[np.float64]
    error: float
    n_cases: int
    is_at_end: bool

    def __post_init__(self) -> None:
        for name in ("candidates", "agreement", "left_over", "n_effective"):
            frozen = getattr(self, name).view()
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)

    def sentence(self) -> str:
        """The choice, in words."""
        at = int(np.flatnonzero(self.candidates == self.mu)[0])
        told = f"μ = {self.mu:.3g}, chosen on {self.n_cases} cases that it is not judged on: a mixture is of about "
        told += f"{self.n_effective[at]:.0f} cases and leaves {self.left_over[at]:.0%} of the squared distance"
        if np.isfinite(self.agreement[at]):
            told += f"; {self.agreement[at]:.0%} of the weight has the case's own label"
        return told + ("; the best lay at the end of what was tried" if self.is_at_end else "")


def choose_mu(
    h_valid: Tensor,
    h_train: Tensor,
    *,
    y_valid: Tensor | None = None,
    y_train: Tensor | None = None,
    criterion: Criterion = "labels",
    candidates: Sequence[float] | None = None,
    most_left_over: float = 0.1,
) -> MuChoice:
    """Choose μ of `fit_max_entropy` on validation cases, which must be neither in the corpus nor explained later.

    "labels": the largest share of weight on corpus cases with the validation case's own label; of candidates within
    one standard error of the best (of the paired differences) the largest μ, for a mixture of more cases is steadier.
    "reconstruction": the largest μ whose mixtures leave at most `most_left_over` of the squared distance from the mean;
    the one that leaves least where none does. It needs no labels.

    Args:
        h_valid: representations of the validation cases [V, D].
        h_train: of the corpus [N, D].
        y_valid: their labels [V]; below 0: not known, and the case is not counted.
        y_train: labels of the corpus [N].
        criterion: see above.
        candidates: for μ, above 0; `SHARES` of the corpus' variance if None.
        most_left_over: of "reconstruction", in (0, 1).

    Raises:
        ExamplesError: fewer than 2 validation or corpus cases, or no labels where they are needed.
        ValueError: an unknown criterion, or candidates that are not above 0.
    """
    if criterion not in CRITERIA:
        raise ValueError(f'criterion is "{criterion}"; expected one of {", ".join(CRITERIA)}')
    if min(len(h_valid), len(h_train)) < 2:
        raise ExamplesError(f"{len(h_valid)} validation and {len(h_train)} training cases: choosing μ needs 2 of each")
    same = _same_label(y_valid, y_train) if y_valid is not None and y_train is not None else None
    if criterion == "labels" and (same is None or len(same[0]) < 2):
        raise ExamplesError(
            "choosing μ by labels needs labels of 2 validation cases and of the training cases: give them, or take "
            'criterion="reconstruction"'
        )
    tried = _candidates(h_train, candidates)
    agreement, left, effective = (np.full((len(tried), len(h_valid)), np.nan) for _ in range(3))
    centre = h_train.double().mean(dim=0)
    whole = (h_valid.double() - centre).square().sum(dim=1).mean().clamp_min(1e-300)
    for row, mu in enumerate(tried.tolist()):
        weights = fit_max_entropy(h_valid.double(), h_train.double(), mu=mu)
        left[row] = ((weights @ h_train.double() - h_valid).square().sum(dim=1) / whole).numpy(force=True)
        effective[row] = -(weights * weights.clamp_min(1e-300).log()).sum(dim=1).numpy(force=True)
        if same is not None:
            agreement[row, same[0]] = (weights[same[0]] * same[1]).sum(dim=1).numpy(force=True)
    known = agreement[:, [] if same is None else same[0]]
    at, error = _by_labels(known) if criterion == "labels" else _by_distance(left.mean(axis=1), most_left_over)
    means = known.mean(axis=1) if known.size else np.full(len(tried), np.nan)
    return MuChoice(
        mu=float(tried[at]),
        criterion=criterion,
        candidates=tried,
        agreement=means,
        left_over=left.mean(axis=1),
        n_effective=np.exp(effective.mean(axis=1)),
        error=error,
        n_cases=known.shape[1] if criterion == "labels" else len(h_valid),
        is_at_end=len(tried) > 1 and at in (0, len(tried) - 1),
    )


def _candidates(h_train: Tensor, asked: Sequence[float] | None) -> NDArray[np.float64]:
    spread = float((h_train.double() - h_train.double().mean(dim=0)).square().mean())
    tried = np.sort(np.asarray(np.multiply(SHARES, spread) if asked is None else asked, np.float64))
    if not len(tried) or not (np.isfinite(tried).all() and tried[0] > 0):
        raise ValueError(
            f"candidates for μ are {tried.tolist()[:5]}; expected numbers above 0, of training cases that differ"
        )
    return tried


def _same_label(y_valid: Tensor, y_train: Tensor) -> tuple[NDArray[np.int64], Tensor]:
    """Validation cases with a label [V'], and which corpus cases share it [V', N]."""
    rows = np.flatnonzero((y_valid >= 0).numpy(force=True))
    return rows, y_valid[rows][:, None] == y_train[None]


def _by_labels(agreement: NDArray[np.float64]) -> tuple[int, float]:
    """The largest μ within a standard error of the best [K, V], and that error."""
    best = int(agreement.mean(axis=1).argmax())
    difference = agreement[best] - agreement
    errors = difference.std(axis=1, ddof=1) / np.sqrt(agreement.shape[1])
    good = np.flatnonzero(difference.mean(axis=1) <= _SLACK * errors)
    return int(good.max()), float(agreement[best].std(ddof=1) / np.sqrt(agreement.shape[1]))


def _by_distance(left: NDArray[np.float64], most: float) -> tuple[int, float]:
    good = np.flatnonzero(left <= most)
    return int(good.max() if len(good) else left.argmin()), float("nan")
