"""The maps that one map is compared with: of destroyed models, of shuffled directions, of a faintly noisy picture."""

from __future__ import annotations

from collections.abc import Sequence
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
from analysis.evaluation.sanity_checks import SanityCheck, check_destroyed, check_shuffled
from analysis.evaluation.sanity_material import SanityMaterial
from xaae_core.models.latent_model import LatentModel


class SameWay:
    """Makes maps the way one was made: the same method, settings, baseline and memory."""

    def __init__(
        self,
        method: str,
        settings: MethodSettings | None,
        baseline: Baseline | None,
        memory_bytes: int | None,
        alive: Progress,
    ) -> None:
        self._options: dict[str, Any] = {
            "method": method,
            "settings": settings,
            "baselines": baseline,
            "memory_bytes": memory_bytes,
            "progress": alive,
        }

    def explain(
        self, model: LatentModel, target: Target, pictures: Sequence[NDArray[np.float32]]
    ) -> tuple[Attribution, ...]:
        """Their attributions, in order."""
        return attribute_batch(model, pictures, target, **self._options)


class ComparedMaps:
    """Makes the maps that one map is compared with, and compares.

    Args:
        shared: of all maps of the picture.
        attribution: the map.
        method: that made it.
        n_models: models destroyed at each depth.
        way: in which it was made.
        counter: told of each map.

    Attributes:
        destroyed: the map of the first model of which nothing is left; None until `check_destroyed`.
        shuffled: the map of the first shuffled direction; None until `check_shuffled`.
    """

    def __init__(
        self,
        shared: SanityMaterial,
        attribution: Attribution,
        method: str,
        n_models: int,
        way: SameWay,
        counter: MapCounter,
    ) -> None:
        self._shared, self._attribution, self._method, self._n_models = shared, attribution, method, n_models
        self._way, self._counter = way, counter
        self._noisy: list[NDArray[np.float32]] = []
        self.destroyed: Attribution | None = None
        self.shuffled: Attribution | None = None

    def check_destroyed(self) -> SanityCheck:
        """With models of which nothing, or only the first layer, is left."""
        found = []
        for depth in self._shared.depths(self._method):
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
        model = self._shared.destroyed_model(self._method, depth, number)
        made = self._way.explain(model, self._shared.target, [self._shared.pixels])[0]
        self._counter.add(1)
        return made

    def _likeness(self, others: list[Attribution]) -> Likeness:
        if not self._noisy:
            pictures = self._shared.noisy(max(1, self._n_models // 2))
            made = self._way.explain(self._shared.model, self._shared.target, pictures)
            self._noisy = [each.map for each in made]
            self._counter.add(1)
        return judge_likeness(self._attribution.map, [each.map for each in others], self._noisy, seed=self._shared.seed)
