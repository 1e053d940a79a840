"""Maps of one picture, computed beside the page: first all maps, then their measures, then their checks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.attributions import Baseline, MethodSettings, Target, attribute
from analysis.evaluation.map_measures import measure_maps
from analysis.evaluation.sanity import SanityBench
from app.attributions_page.choice import METHOD_WORDS, MethodChoice
from app.background import Background, Report
from app.found_maps import FoundMap, FoundMaps
from xaae_core.errors import XaaeError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel

_FINE = 1000
"""Parts that the progress of one stage is told in."""


@dataclass(frozen=True, eq=False)
class CaseQuestion:
    """What is asked about one picture.

    Attributes:
        model: the model.
        pixels: the picture [C, H, W].
        target: what is explained.
        methods: by name, in the order in which they are wanted.
        baseline: what the picture is compared with.
        told: the methods' settings.
        is_checked: whether the maps are put to the checks.
        table: labelled latents, to shuffle their labels; None without any.
        mask: what matters in the picture [H, W]; None where that is not known.
        key: names model, target, baseline and picture.
    """

    model: LatentModel
    pixels: NDArray[np.float32]
    target: Target
    methods: tuple[str, ...]
    baseline: Baseline
    told: MethodChoice
    is_checked: bool
    table: LatentTable | None
    mask: NDArray[np.bool_] | None
    key: tuple[Hashable, ...]

    def name(self, method: str) -> Hashable:
        """Names the map of a method."""
        return (*self.key, method, *self.told.used_by(method))

    @property
    def settings(self) -> MethodSettings:
        """As the analysis takes them."""
        return self.told.settings

    @property
    def job_name(self) -> Hashable:
        """Names all that is asked."""
        return (tuple(self.name(method) for method in self.methods), self.is_checked)


class CaseExplanation(Background[None]):
    """Computes what is not known yet, in a thread; what is finished outlasts a cancel.

    Args:
        question: what is asked.
        kept: where results are kept.
    """

    def __init__(self, question: CaseQuestion, kept: FoundMaps) -> None:
        self.question, self._kept = question, kept
        self.words = ""
        self._stage = 0
        self._n_stages = 1
        super().__init__(self._explain_all, question.job_name)

    def found(self, method: str) -> FoundMap:
        """What is known of a method."""
        return self._kept.get(self.question.name(method))

    def _explain_all(self, report: Report) -> None:
        asked = self.question
        missing = [method for method in asked.methods if self.found(method).attribution is None]
        unchecked = [m for m in asked.methods if asked.is_checked and self.found(m).strip is None]
        self._n_stages = len(missing) + bool(missing) + 3 * len(unchecked)
        for method in missing:
            part = self._part(report, 1, METHOD_WORDS[method])
            self._guarded(method, partial(self._explain, method, part))
        if missing:
            self._measure(missing, self._part(report, 1, "measuring what the maps find"))
        ready = [method for method in unchecked if self.found(method).attribution is not None]
        bench = self._bench() if ready else None
        for method in ready:
            assert bench is not None  # there is something to check
            part = self._part(report, 3, f"checking {METHOD_WORDS[method]}")
            self._guarded(method, partial(self._check, bench, method, part))
        report(1, 1)

    def _part(self, report: Report, n_stages: int, words: str) -> Report:
        """A report of some of the stages, that tells how far the whole is."""
        begun, self.words = self._stage, words
        self._stage += n_stages

        def tell(done: int, n_all: int) -> None:
            share = n_stages * done / max(n_all, 1)
            report(round(_FINE * (begun + share)), _FINE * self._n_stages)

        tell(0, 1)
        return tell

    def _guarded(self, method: str, work: Callable[[], None]) -> None:
        """Keep what goes wrong with one method with that method."""
        try:
            work()
        except (XaaeError, ValueError) as error:  # ValueError: a setting that does not fit the picture
            self._kept.add(self.question.name(method), problem=str(error))

    def _explain(self, method: str, report: Report) -> None:
        asked = self.question
        made = attribute(
            *(asked.model, asked.pixels, asked.target),
            method=method,
            baseline=asked.baseline,
            settings=asked.settings,
            progress=report,
        )
        self._kept.add(asked.name(method), attribution=made)

    def _measure(self, methods: list[str], report: Report) -> None:
        asked = self.question
        made = {method: one for method in methods if (one := self.found(method).attribution) is not None}
        if not made:
            return
        measured = measure_maps(
            *(asked.model, asked.pixels, asked.target, list(made.values())),
            baseline=asked.baseline,
            mask=asked.mask,
            seed=asked.settings.seed,
            progress=report,
        )
        for method, one in zip(made, measured, strict=True):
            self._kept.add(asked.name(method), attribution=one)

    def _bench(self) -> SanityBench:
        """The destroyed models, made once for all methods."""
        asked = self.question
        return SanityBench(
            *(asked.model, asked.pixels, asked.target),
            table=asked.table,
            baseline=asked.baseline,
            mask=asked.mask,
            seed=asked.settings.seed,
        )

    def _check(self, bench: SanityBench, method: str, report: Report) -> None:
        made = self.found(method).attribution
        assert made is not None  # only those are checked
        strip = bench.check(made, method=method, settings=self.question.settings, progress=report)
        self._kept.add(self.question.name(method), strip=strip)
