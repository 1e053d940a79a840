"""What the checks of all maps of a picture share, made once: destroyed models, shuffled directions, noisy pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.inputs import Picture, as_pixels, require_eval
from analysis.attributions.methods import METHODS
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import DirectionScore, Target
from analysis.directions import Direction
from analysis.evaluation.label_randomisation import shuffled_direction
from analysis.evaluation.likeness import noisy_pictures
from analysis.evaluation.randomiser import Randomiser, needs_decoder
from xaae_core.errors import AttributionError, DirectionError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.signal_form import signal_form_of

_CHEAP = 8
_MANY, _FEW = 4, 2
_BYTES, _SMALL = 4, 2**26


class SanityMaterial:
    """Makes what the checks need when it is first asked for, and keeps it.

    Args:
        model: in eval mode; left alone.
        image: the picture [C, H, W] in [0, 1].
        target: what the maps explain.
        table: with labels, for shuffled directions.
        n_models: models destroyed at each depth; None: 4 for methods of at most 8 forward passes, 2 for longer ones
            and for models of more than 64 MiB of weights, so that the copies stay within half a GiB or four of them.
        n_shuffled: shuffled directions.
        seed: of weights and shuffles.
    """

    def __init__(
        self,
        model: LatentModel | SignalModel,
        image: Picture,
        target: Target,
        table: LatentTable | None,
        *,
        n_models: int | None,
        n_shuffled: int,
        seed: int,
    ) -> None:
        if (n_models is not None and n_models < 1) or n_shuffled < 1:
            raise ValueError(f"n_models={n_models}, n_shuffled={n_shuffled}; expected at least 1 of both")
        model = as_picture_model(model)
        require_eval(model)
        self.is_along_time = signal_form_of(model) is not None
        target.scorer(model)  # a missing class is told before anything runs
        self.model, self.target, self.table, self.seed = model, target, table, seed
        self.pixels = as_pixels(image, model)
        self.n_shuffled = n_shuffled
        self._n_models = n_models
        self._randomisers: dict[bool, Randomiser] = {}
        self._destroyed: dict[tuple[bool, int, int], LatentModel] = {}
        self._directions: tuple[Direction, ...] = ()

    def n_models(self, method: str, settings: MethodSettings) -> int:
        """Models destroyed at each depth for a method."""
        if self._n_models is not None:
            return self._n_models
        size = (int(self.pixels.shape[1]), int(self.pixels.shape[2]))
        is_short = METHODS[method].n_passes(settings.for_model(self.model), size) <= _CHEAP
        return _MANY if is_short and self._bytes_of_a_copy(method) <= _SMALL else _FEW

    def depths(self, method: str) -> tuple[int, ...]:
        """Layers destroyed: all, and all but the one that sees the picture where there are others.

        Raises:
            AttributionError: the model has none.
        """
        randomiser = self._randomiser(method)
        upper = randomiser.n_above_the_first
        return (len(randomiser.layers), upper) if upper else (len(randomiser.layers),)

    def destroyed_model(self, method: str, depth: int, number: int) -> LatentModel:
        """The model without its first `depth` layers from the output; `number` counts the random weights."""
        key = (needs_decoder(method), depth, number)
        if key not in self._destroyed:
            self._destroyed[key] = self._randomiser(method).destroy(depth, seed=self.seed + number).model
        return self._destroyed[key]

    def shuffled_targets(self) -> tuple[DirectionScore, ...]:
        """Scores along directions fitted to shuffled labels.

        Raises:
            DirectionError: no table, or labels that cannot be shuffled.
            AttributionError: no labels make this target.
        """
        if self.table is None:
            raise DirectionError("there is no table of latents with labels")
        if not self._directions:
            seeds = range(self.seed, self.seed + self.n_shuffled)
            self._directions = tuple(shuffled_direction(self.table, self.target, seed=seed) for seed in seeds)
        return tuple(DirectionScore(direction) for direction in self._directions)

    def noisy(self, n: int) -> list[NDArray[np.float32]]:
        """The picture with noise that no eye sees."""
        return noisy_pictures(self.pixels, n, seed=self.seed, along_time=self.is_along_time)

    def moved(self, heat: NDArray[np.float32]) -> NDArray[np.float32]:
        """A map that knows nothing: the map itself, mirrored or not, shifted around the edges to a random place.

        It moves at least a quarter of each side: what lies almost where it was does not look as if it knew nothing.
        That of a signal moves along time.
        """
        rng = np.random.default_rng([self.seed, 0x30BED])
        down, right = (int(rng.integers(side // 4, side - side // 4)) for side in heat.shape)
        down = 0 if self.is_along_time else down
        mirrored = bool(rng.integers(2))
        moved: NDArray[np.float32] = np.roll(heat[:, ::-1] if mirrored else heat, (down, right), axis=(0, 1))
        return moved

    def _bytes_of_a_copy(self, method: str) -> int:
        try:
            return _BYTES * sum(layer.n_parameters for layer in self._randomiser(method).layers)
        except AttributionError:  # nothing to destroy: the check says so
            return 0

    def _randomiser(self, method: str) -> Randomiser:
        key = needs_decoder(method)
        if key not in self._randomisers:
            self._randomisers[key] = Randomiser(self.model, target=self.target, image=self.pixels, with_decoder=key)
        return self._randomisers[key]
