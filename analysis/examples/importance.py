"""How much each training case matters to each explained case: the one result of every method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ExampleImportance:
    """How much training cases matter; arrays read-only.

    Attributes:
        scores: importance of each training case to each explained one [N_test, N_train]; higher matters more.
        test_ids: the explained cases [N_test].
        train_ids: the training cases [N_train].
        method: how it was found.
        parameters: what the method ran with.
        notes: sentences that must be read with the scores: what was left out, approximated or chosen.
        is_complete: False where the computation was cancelled and this is the part that was finished.
    """

    scores: NDArray[np.float64]
    test_ids: NDArray[np.str_]
    train_ids: NDArray[np.str_]
    method: str
    parameters: Mapping[str, float | int | str]
    notes: tuple[str, ...] = field(default=(), kw_only=True)
    is_complete: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        expected = (len(self.test_ids), len(self.train_ids))
        if self.scores.shape != expected:
            raise ValueError(f"scores have the shape {self.scores.shape}; expected {expected}, one for each pair")
        for name in ("scores", "test_ids", "train_ids"):
            frozen = getattr(self, name).view()  # the caller's own array stays as it is
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def _repr_html_(self) -> str:
        from analysis.displays import show_importance

        return show_importance(self)

    def most_important(self, row: int, k: int) -> NDArray[np.int64]:
        """Columns of the k most important training cases of one explained case, the most important first.

        Of equal scores the earlier column comes first; fewer than k where there are fewer.
        """
        return np.argsort(-self.scores[row], kind="stable")[:k]

    def least_important(self, row: int, k: int) -> NDArray[np.int64]:
        """Columns of the k training cases with the lowest scores, the lowest first.

        They are the most harmful ones where scores have a sign (TracIn, influence).
        """
        return np.argsort(self.scores[row], kind="stable")[:k]
