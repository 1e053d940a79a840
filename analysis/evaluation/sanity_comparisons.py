"""The maps that one map is compared with: of destroyed models, of shuffled directions, of a faintly noisy picture."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution
from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress, attribute_batch
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import DirectionScore, Target
from analysis.evaluation.likeness import Likeness, judge_likeness
from analysis.evaluation.map_counter import MapCounter
from analysis.evaluation.map_similarity import compare_maps_with
from analysis.evaluation.sanity_checks import SanityCheck, check_destroyed, check_shuffled
from analysis.evaluation.sanity_material import SanityMaterial
from xaae_core.models.latent_model import LatentModel

_ENOUGH_STEPS = 16
_ALIKE = 0.95


class SameWay:
    """Makes maps the way one was made: the same method, settings, baseline and memory.

    Args:
        method: one of `METHODS`.
        settings: of the method.
        baseline: that the picture is compared with.
        memory_bytes: as for `attribute`.
        alive: called within a map; an exception it raises cancels.
    """

    def __init__(
        self,
        method: str,
        settings: MethodSettings,
        baseline: Baseline | None,
        memory_bytes: int | None,
        alive: Progress,
    ) -> None:
        self.method, self.settings = method, settings
        self._options: dict[str, Any] = {"baselines": baseline, "memory_bytes": memory_bytes, "progress": alive}

    def explain(
        self, model: LatentModel, target: Target, pictures: Sequence[NDArray[np.float32]]
    ) -> tuple[Attribution, ...]:
        """Their attributions, in order."""
        return attribute_batch(model, pictures, target, method=self.method, settings=self.settings, **self._options)

    def shortened(self) -> SameWay | None:
        """The same with fewer steps, for integrated gradients of many; None for whatever is short or cannot be."""
        if self.method != "integrated_gradients" or self.settings.n_steps <= _ENOUGH_STEPS:
            return None
        short = copy(self)
        short.settings = replace(self.settings, n_steps=_ENOUGH_STEPS)
        return short


class ComparedMaps:
    """Makes the maps that one map is compared with, and compares like with like.

    Integrated gradients of many steps are made with 16 for all sides, the map itself included, where that map and the
    given one have the same order of pixels (both correlations at least 0.95; 0.99 is usual): a quarter of the time.

    Args:
        shared: of all maps of the picture.
        attribution: the map.
        n_models: models destroyed at each depth.
        way: in which it was made.
        counter: told of each map.

    Attributes:
        destroyed: the map of the first model of which nothing is left; None until `check_destroyed`.
        shuffled: the map of the first shuffled direction; None until `check_shuffled`.
    """

    def __init__(
        self, shared: SanityMaterial, attribution: Attribution, n_models: int, way: SameWay, counter: MapCounter
    ) -> None:
        self._shared, self._n_models, self._way, self._counter = shared, n_models, way, counter
        self._heat = attribution.map
        self._noisy: list[NDArray[np.float32]] = []
        self.destroyed: Attribution | None = None
        self.shuffled: Attribution | None = None
        short = way.shortened()
        if short is not None:
            made = short.explain(shared.model, shared.target, [shared.pixels])[0].map
            alike = compare_maps_with(self._heat, [made])
            if min(alike.absolute[0], alike.signed[0]) >= _ALIKE:
                self._heat, self._way = made, short

    def check_destroyed(self) -> SanityCheck:
        """With models of which nothing, or only the first layer, is left."""
        found = []
        for depth in self._shared.depths(self._way.method):
            made = [self._of_destroyed(depth, number) for number in range(self._n_models)]
            self.destroyed = self.destroyed or made[0]
            found.append(self._likeness(made))
        return check_destroyed(found[0], found[1] if len(found) > 1 else None)

    def check_shuffled(self) -> SanityCheck:
        """With directions fitted to shuffled labels."""
        made: list[Attribution] = []
        for target in self._shared.shuffled_targets():
            made += self._way.explain(self._shared.model, target, [self._shared.pixels])
            self._counter.add(1)
        self.shuffled = made[0]
        is_stand_in = not isinstance(self._shared.target, DirectionScore)
        return check_shuffled(self._likeness(made), is_stand_in=is_stand_in)

    def _of_destroyed(self, depth: int, number: int) -> Attribution:
        model = self._shared.destroyed_model(self._way.method, depth, number)
        made = self._way.explain(model, self._shared.target, [self._shared.pixels])[0]
        self._counter.add(1)
        return made

    def _likeness(self, others: list[Attribution]) -> Likeness:
        if not self._noisy:
            pictures = self._shared.noisy(max(1, self._n_models // 2))
            made = self._way.explain(self._shared.model, self._shared.target, pictures)
            self._noisy = [each.map for each in made]
            self._counter.add(1)
        return judge_likeness(self._heat, [each.map for each in others], self._noisy, seed=self._shared.seed)
