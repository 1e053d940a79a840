"""Copies of a model without what a number needs of it: layer after layer, or all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.attributions.inputs import Picture, as_pixels, require_eval
from analysis.attributions.targets import Target, device_of
from analysis.evaluation.layer_search import Layer, find_layers
from analysis.evaluation.random_layers import How, destroy_layers, settling_pictures
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.signal_form import signal_form_of


@dataclass(frozen=True, eq=False)
class RandomisedModel:
    """A copy of a model in which some layers know nothing any more.

    Attributes:
        model: the copy, in eval mode; it shares what is not random with the given model.
        layers: that are random, the one nearest to the output first.
        share: of the weights that the number depends on, in (0, 1].
        how: what was done with each of the layers: "reset" by itself, "permuted" weights, or drawn from a "normal".
    """

    model: LatentModel
    layers: tuple[str, ...]
    share: float
    how: Mapping[str, How]

    def __post_init__(self) -> None:
        object.__setattr__(self, "how", MappingProxyType(dict(self.how)))


class Randomiser:
    """Makes copies of a model without what a number needs of it; the model is left alone.

    Args:
        model: in eval mode; a torch module, or an object that holds some.
        target: the number; None: all that the model does with z (classes and drawing).
        image: the picture [C, H, W] in [0, 1] that batch statistics are measured on, see `settling_pictures`; without
            one, noise.
        with_decoder: whether the decoder is destroyed, too, though the target does not need it: latent shift does.

    Attributes:
        layers: that the number depends on, the one nearest to the output first.

    Raises:
        AttributionError: a model in training mode, an unknown target, or no weights that make the number.
        ImageError: a picture that is not the model's.
    """

    def __init__(
        self,
        model: LatentModel | SignalModel,
        *,
        target: Target | None = None,
        image: Picture | None = None,
        with_decoder: bool = False,
    ) -> None:
        model = as_picture_model(model)
        require_eval(model)
        self._model = model
        if image is None:
            shape = (model.input_channels, *model.input_size)
            pixels = np.random.default_rng(0).random(shape, np.float32)
        else:
            pixels = as_pixels(image, model)
        self._number_of = _number_of(target, with_decoder=with_decoder or target is None)
        with torch.inference_mode(False):
            along_time = signal_form_of(model) is not None
            self._pictures = settling_pictures(torch.tensor(pixels), along_time=along_time).to(device_of(model))
            self.layers = find_layers(model, self._number_of, self._pictures[:1])

    def destroy(self, n_layers: int | None = None, *, seed: int = 0) -> RandomisedModel:
        """Destroy the first `n_layers` from the output; all if None."""
        chosen = self.layers[:n_layers]
        return self._named(*self._destroyed(self._model, chosen, chosen, seed), chosen)

    def cascade(self, n_stages: int | None = None, *, seed: int = 0) -> Iterator[RandomisedModel]:
        """Destroy from the output to the picture, in stages of about equally many layers; layer after layer if None.

        Each copy is the caller's to keep; the last one is that of `destroy` with the same seed.
        """
        n_parts = len(self.layers) if n_stages is None else min(n_stages, len(self.layers))
        ends = np.linspace(0, len(self.layers), n_parts + 1).round().astype(int)
        current, how = self._model, dict[str, How]()
        for start, end in pairwise(ends):
            current, new = self._destroyed(current, self.layers[start:end], self.layers[:end], seed)
            how |= new
            yield self._named(current, how, self.layers[:end])

    @property
    def n_above_the_first(self) -> int:
        """Layers above the one that sees the picture and its norm; 0 for a model of one layer."""
        weights = [place for place, layer in enumerate(self.layers) if layer.is_matrix]
        last = weights[-1] if weights else len(self.layers) - 1
        while last > 0 and not self.layers[last - 1].is_matrix:
            last -= 1  # norms go with their layer
        return last

    def _destroyed(
        self, model: LatentModel, layers: tuple[Layer, ...], settled: tuple[Layer, ...], seed: int
    ) -> tuple[LatentModel, dict[str, How]]:
        return destroy_layers(
            model, layers, settled=settled, number_of=self._number_of, pictures=self._pictures, seed=seed
        )

    def _named(self, model: LatentModel, how: Mapping[str, How], layers: tuple[Layer, ...]) -> RandomisedModel:
        n_all = sum(layer.n_parameters for layer in self.layers)
        share = sum(layer.n_parameters for layer in layers) / n_all if n_all else 1.0
        return RandomisedModel(model, tuple(layer.name for layer in layers), share, how)


def needs_decoder(method: str) -> bool:
    """Whether a method needs the decoder whatever the target."""
    return method == "latent_shift"


def _number_of(target: Target | None, *, with_decoder: bool) -> Callable[[Any], Callable[[Tensor], Tensor]]:
    """All that is to be destroyed, as one number of a model."""

    def of(model: Any) -> Callable[[Tensor], Tensor]:
        score = None if target is None else target.scorer(model)

        def number(x: Tensor) -> Tensor:
            parts = []
            if target is not None and score is not None:
                parts.append(score(x, *target.context(model, x)))
            if with_decoder:
                z = model.encode(x).z
                logits = model.classify(z) if target is None else None
                parts += [model.decode(z, skip_dropout=1.0), *(() if logits is None else (logits,))]
            return torch.cat([part.flatten() for part in parts])

        return number

    return of
