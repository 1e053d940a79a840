"""The mean map of many pictures, computed beside the page; what is finished can be seen and outlasts a cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.attributions import Attribution, MethodSettings, Target, attribute_batch
from analysis.attributions.cohort_map import CohortMap, CohortMapBuilder
from analysis.nouns import said_of
from app.attribution_baselines import BaselineName, make_baseline
from app.background import Background, Report
from xaae_core.data.recipes import CaseInput
from xaae_core.errors import XaaeError
from xaae_core.models.latent_model import LatentModel
from xaae_core.signal_form import signal_form_of

ALL = "all"
_AT_ONCE = 16
_FINE = 1000


@dataclass(frozen=True, eq=False)
class CohortQuestion:
    """What is asked about many pictures.

    Attributes:
        model: the model.
        target: what is explained.
        method: by which method.
        baseline: what each picture is compared with.
        settings: of the method.
        read: makes the picture of a row; raises XaaeError where it cannot be read.
        rows: of the cases.
        labels: of each case; "" where it is not known.
        key: names all of it.
    """

    model: LatentModel
    target: Target
    method: str
    baseline: BaselineName
    settings: MethodSettings
    read: Callable[[int], CaseInput]
    rows: tuple[int, ...]
    labels: tuple[str, ...]
    key: Hashable


@dataclass
class _Group:
    """The cases of one label, or all."""

    maps: CohortMapBuilder = field(default_factory=CohortMapBuilder)
    n: int = 0


class CohortExplanation(Background[None]):
    """Explains one picture after the other in a thread, and keeps no map of any.

    Args:
        question: what is asked.
    """

    def __init__(self, question: CohortQuestion) -> None:
        self.question = question
        self.left_out: list[str] = []
        self._lock = threading.Lock()
        self._groups: dict[str, _Group] = {}
        self._picture: NDArray[np.float64] | None = None
        super().__init__(self._explain_all, question.key)

    @property
    def n_explained(self) -> int:
        """Pictures that are in the maps."""
        with self._lock:
            return self._groups[ALL].n if ALL in self._groups else 0

    def maps(self) -> dict[str, CohortMap]:
        """The mean maps so far: of all cases, and of each label where there are several; {} before the first."""
        with self._lock:
            found = {name: group.maps.result() for name, group in self._groups.items() if group.n}
        return found if len(found) != 2 else {ALL: found[ALL]}

    def mean_picture(self) -> NDArray[np.float32] | None:
        """The mean of the explained pictures [C, H, W]; None before the first."""
        with self._lock:
            if self._picture is None:
                return None
            mean = self._picture / self._groups[ALL].n
            is_signal = signal_form_of(self.question.model) is not None
            return (mean if is_signal else np.clip(mean, 0, 1)).astype(np.float32)

    def _explain_all(self, report: Report) -> None:
        asked, n_done = self.question, 0
        n_all = _FINE * len(asked.rows)
        for start in range(0, len(asked.rows), _AT_ONCE):
            batch = list(self._readable(range(start, min(start + _AT_ONCE, len(asked.rows)))))
            size = min(start + _AT_ONCE, len(asked.rows)) - start

            def tell(done: int, n: int, *, before: int = n_done, size: int = size) -> None:
                report(round(_FINE * (before + size * done / max(n, 1))), n_all)

            if batch:
                self._explain(batch, tell)
            n_done += size
            report(_FINE * n_done, n_all)
        if self.n_explained == 0 and self.left_out:
            none = said_of(asked.model, "no picture could be read")
            raise XaaeError(f"{none}; the first: {self.left_out[0]}")

    def _readable(self, places: range) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(place, picture) of the cases whose picture can be read."""
        for place in places:
            try:
                yield place, self.question.read(self.question.rows[place]).pixels
            except XaaeError as error:
                self.left_out.append(str(error))

    def _explain(self, batch: list[tuple[int, NDArray[np.float32]]], tell: Report) -> None:
        asked = self.question
        pictures = [pixels for _, pixels in batch]
        form = signal_form_of(asked.model)
        nothing = [make_baseline(asked.baseline, pixels, form) for pixels in pictures]
        attribute_batch(
            *(asked.model, pictures, asked.target),
            method=asked.method,
            baselines=nothing,
            settings=asked.settings,
            progress=tell,
            keep=lambda number, made: self._add(batch[number], made),
        )

    def _add(self, case: tuple[int, NDArray[np.float32]], made: Attribution) -> None:
        place, pixels = case
        label = self.question.labels[place]
        with self._lock:
            for name in (ALL, label) if label else (ALL,):
                group = self._groups.setdefault(name, _Group())
                group.maps.add(made)
                group.n += 1
            self._picture = pixels.astype(np.float64) + (0 if self._picture is None else self._picture)
