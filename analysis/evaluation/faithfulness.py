"""Whether the pixels that a map points at are those that the model listens to: deletion and insertion curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress
from analysis.attributions.inputs import Picture, baselines_for
from analysis.attributions.targets import Target
from analysis.evaluation.changed_pictures import ChangedPictures, Kind
from analysis.evaluation.faithfulness_curve import CurveFrame, FaithfulnessCurve, Floats
from analysis.evaluation.heats import Heat, as_heat, name_of_map
from analysis.evaluation.pixel_orders import (
    Order,
    RandomMaps,
    Steps,
    order_for,
    orders_pixels,
    pixel_steps,
    random_steps,
)
from analysis.evaluation.scoring import PassCounter, PictureScorer
from xaae_core.models.latent_model import LatentModel, SignalModel

__all__ = ["FaithfulnessCurve", "measure_deletion", "measure_faithfulness", "measure_insertion", "order_for"]

_LEAST_RANDOM = 2
_FLAT = "the map is the same everywhere (or as strong, in the order of size), so it puts no pixel before another"


def measure_deletion(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    heat: NDArray[Any],
    *,
    baseline: Baseline | None = None,
    order: Order = "signed",
    n_steps: int = 24,
    n_random: int = 16,
    random_maps: RandomMaps = "moved",
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> FaithfulnessCurve:
    """How fast the score falls when the pixels that a map calls important are replaced first.

    See `measure_faithfulness` for the options; `order_for` says which order is fair.
    """
    options = _Options(("deletion",), baseline, n_steps, n_random, random_maps, seed, memory_bytes, progress)
    return _measure(model, image, target, [heat], [order], options)[0][0]


def measure_insertion(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    heat: NDArray[Any],
    *,
    baseline: Baseline | None = None,
    order: Order = "signed",
    n_steps: int = 24,
    n_random: int = 16,
    random_maps: RandomMaps = "moved",
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> FaithfulnessCurve:
    """How fast the score comes when the pixels that a map calls important are put into the baseline first.

    See `measure_faithfulness` for the options; `order_for` says which order is fair.
    """
    options = _Options(("insertion",), baseline, n_steps, n_random, random_maps, seed, memory_bytes, progress)
    return _measure(model, image, target, [heat], [order], options)[0][0]


def measure_faithfulness(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    heats: Sequence[NDArray[Any]],
    *,
    baseline: Baseline | None = None,
    order: Order | Sequence[Order] = "signed",
    n_steps: int = 24,
    n_random: int = 16,
    random_maps: RandomMaps = "moved",
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[FaithfulnessCurve, FaithfulnessCurve], ...]:
    """Deletion and insertion curves of several maps of the same picture: (deletion, insertion) of each, in order.

    All different pictures are scored once, in one batched evaluation: maps share the ends of their curves, their
    random maps where these are noise, and every step that shows the same.

    Args:
        model: the model in eval mode; left as it was.
        image: the picture [C, H, W] in [0, 1].
        target: what is scored.
        heats: maps [H, W] of the picture; none is fine.
        baseline: whose pixels replace the picture's, in all channels; black if None, of signals each channel's mean.
        order: which pixels come first, one for all maps or one for each; see `pixel_orders.Order`.
        n_steps: equal shares of the pixels in which they are replaced.
        n_random: random maps beside each map; at least 2.
        random_maps: what they are; see `pixel_orders.random_steps`.
        seed: of the random maps: the same seed moves every map in the same ways.
        memory_bytes: what a pass may take, as for `attribute`. The curves do not depend on it.
        progress: called with (done, all) pictures; an exception it raises cancels.

    Raises:
        AttributionError: a map of another shape or with numbers that are not finite, a baseline of another shape, a
            model in training mode, an unknown target, or scores that are not finite.
        ImageError: a picture that is not the model's.
        ValueError: options out of range.

    Source: Petsiuk et al. 2018 (RISE), deletion and insertion; Samek et al. 2017, comparison with random orders.
    """
    named = [order] * len(heats) if isinstance(order, str) else list(order)
    if len(named) != len(heats):
        raise ValueError(f"{len(named)} orders for {len(heats)} maps; expected one, or one for each")
    kinds: tuple[Kind, ...] = ("deletion", "insertion")
    options = _Options(kinds, baseline, n_steps, n_random, random_maps, seed, memory_bytes, progress)
    return tuple((found[0], found[1]) for found in _measure(model, image, target, heats, named, options))


@dataclass(frozen=True)
class _Options:
    """What all maps of a call have in common."""

    kinds: tuple[Kind, ...]
    baseline: Baseline | None
    n_steps: int
    n_random: int
    random_maps: RandomMaps
    seed: int
    memory_bytes: int | None
    progress: Progress | None

    def __post_init__(self) -> None:
        if self.n_random < _LEAST_RANDOM:
            raise ValueError(
                f"n_random is {self.n_random}; expected at least {_LEAST_RANDOM} random maps to compare with: "
                "16 are usual"
            )

    def orders_of(self, heat: Heat, order: Order, *, along_time: bool) -> Steps:
        """Of a map, first, and of its random rivals [1 + R, H, W]."""
        own = pixel_steps(heat, order, self.n_steps)
        rivals = random_steps(own, self.random_maps, self.n_random, self.seed, along_time=along_time)
        return np.concatenate([own[None], rivals])


def _measure(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    heats: Sequence[NDArray[Any]],
    orders: Sequence[Order],
    options: _Options,
) -> list[tuple[FaithfulnessCurve, ...]]:
    """Curves of each map, of each kind."""
    scorer = PictureScorer(model, target, image, memory_bytes=options.memory_bytes)
    nothing = baselines_for([scorer.pixels], options.baseline, form=scorer.form)[0]
    along_time = scorer.form is not None
    maps = [as_heat(heat, scorer.size, name=name_of_map(n, len(heats))) for n, heat in enumerate(heats, 1)]
    steps = [options.orders_of(heat, order, along_time=along_time) for heat, order in zip(maps, orders, strict=True)]
    ends = torch.stack([scorer.image, scorer.place(nothing.pixels)])
    score, baseline_score = (float(each) for each in scorer.score(ends))
    frame = CurveFrame(options.n_steps, score, baseline_score, target.name, nothing.name, options.random_maps)
    is_judged = [not frame.obstacle and orders_pixels(heat, order) for heat, order in zip(maps, orders, strict=True)]
    judged = [each for each, is_one in zip(steps, is_judged, strict=True) if is_one]
    scores = iter(_scores_of(scorer, ends, judged, options, (score, baseline_score)))
    return [
        _curves(frame, order, options, next(scores) if is_one else None)
        for order, is_one in zip(orders, is_judged, strict=True)
    ]


def _curves(frame: CurveFrame, order: Order, options: _Options, scores: Floats | None) -> tuple[FaithfulnessCurve, ...]:
    """Of one map, from the scores of its curves and of its rivals' [kinds, 1 + R, K]; None: there is nothing to see."""
    if scores is None:
        return tuple(frame.unmeasured(kind, order, options.n_random, frame.obstacle or _FLAT) for kind in options.kinds)
    return tuple(frame.curve(kind, order, of_kind) for kind, of_kind in zip(options.kinds, scores, strict=True))


def _scores_of(
    scorer: PictureScorer, ends: Tensor, steps: list[Steps], options: _Options, known: tuple[float, float]
) -> list[Floats]:
    """Scores of each map's curves [kinds, 1 + R, K], every different picture scored once."""
    if not steps:
        PassCounter(options.progress, 2, done=2)
        return []
    pictures = ChangedPictures(ends[0], ends[1], np.concatenate(steps), options.n_steps, options.kinds)
    counter = PassCounter(options.progress, pictures.n, done=2)
    rest = scorer.score_made(pictures.n - 2, lambda start, stop: pictures.make(start + 2, stop + 2), count=counter.add)
    scores = np.concatenate([known, rest])[pictures.rows]  # [kinds, J, K]
    return np.split(scores, len(steps), axis=1)
