"""How well a map foretells what the score does when the picture is changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.attributions.attribution import Measure
from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress
from analysis.attributions.inputs import Picture, baselines_for
from analysis.attributions.targets import Target
from analysis.evaluation.bootstrap import bootstrap_interval
from analysis.evaluation.heats import as_heat, figure_in_words
from analysis.evaluation.pixel_orders import moved_copies
from analysis.evaluation.scoring import PassCounter, PictureScorer
from analysis.nouns import signal_words
from xaae_core.models.latent_model import LatentModel, SignalModel

Change = Literal["squares", "noise"]
"""How the picture is changed: "squares", a square is replaced by the baseline's, for maps that share the score out
(integrated gradients, DeepLift, occlusion…); "noise", each pixel's brightness is moved, for maps of slopes (gradients
with their sign)."""
Floats = NDArray[np.float64]

_RESAMPLES = 200


@dataclass(frozen=True, eq=False)
class ScoreChanges:
    """Changes of a picture and what they did to the score; several maps can be asked whether they foretell them.

    Attributes:
        weights: what a map is multiplied with to foretell each change [N, H, W], float32: with "squares", 1 where the
            picture is replaced and 0 elsewhere; with "noise", what is taken off the brightness in all channels.
        falls: the score of the picture minus that of each changed one [N].
        change: how the picture was changed.
        is_along_time: whether it was a signal.
    """

    weights: NDArray[np.float32]
    falls: Floats
    change: Change
    is_along_time: bool = False

    def foretold(self, heat: NDArray[Any]) -> Floats:
        """What a map [H, W] says that the falls are [N].

        Raises:
            AttributionError: a map of another shape, or with numbers that are not finite.
        """
        size = (int(self.weights.shape[1]), int(self.weights.shape[2]))
        return np.tensordot(self.weights, as_heat(heat, size), axes=2)


def measure_infidelity(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    heat: NDArray[Any],
    *,
    baseline: Baseline | None = None,
    change: Change = "squares",
    n_samples: int = 64,
    noise: float = 0.1,
    normalize: bool = True,
    relative: bool = True,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> Measure:
    """Mean squared difference between what a map foretells and what the score really does; 0 is best.

    For several maps of a picture, `change_picture` once and `judge_infidelity` for each.

    Args:
        model: the model in eval mode; left as it was.
        image: the picture [C, H, W] in [0, 1].
        target: what is scored.
        heat: the map [H, W]. It has no channels, so the picture is changed alike in all of them: a map that sums its
            channels, as all shares do here, is judged as its channels would be.
        baseline: what squares are replaced by; black if None.
        change: how the picture is changed.
        n_samples: changed pictures.
        noise: standard deviation of "noise", in units of brightness.
        normalize: the map is first scaled as fits best, with one factor that may be negative; see
            `judge_infidelity`.
        relative: in units of the mean squared change of the score.
        seed: of the changes.
        memory_bytes: what a pass may take, as for `attribute`.
        progress: called with (done, all) pictures; an exception it raises cancels.

    Raises:
        AttributionError: a map or a baseline of another shape or not finite, a model in training mode, an unknown
            target, or scores that are not finite.
        ImageError: a picture that is not the model's.
        ValueError: options out of range.

    Source: Yeh et al. 2019, definition 2.1; captum `infidelity`.
    """
    changes = change_picture(
        model, image, target, baseline=baseline, change=change, n_samples=n_samples, noise=noise, seed=seed,
        memory_bytes=memory_bytes, progress=progress,
    )  # fmt: skip
    return judge_infidelity(heat, changes, normalize=normalize, relative=relative)


def change_picture(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    *,
    baseline: Baseline | None = None,
    change: Change = "squares",
    n_samples: int = 64,
    noise: float = 0.1,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> ScoreChanges:
    """Change a picture many times and see what the score does; see `measure_infidelity`."""
    if n_samples < 2:
        raise ValueError(f"n_samples is {n_samples}; expected at least 2 changed pictures: 64 are usual")
    scorer = PictureScorer(model, target, image, memory_bytes=memory_bytes)
    along_time = scorer.form is not None
    weights = draw_weights(change, scorer.size, n_samples, noise=noise, seed=seed, along_time=along_time)
    nothing = scorer.place(baselines_for([scorer.pixels], baseline, form=scorer.form)[0].pixels)

    def make(start: int, stop: int) -> Tensor:
        part = scorer.place(weights[start:stop])[:, None]  # [n, 1, H, W]
        if change == "noise":
            return scorer.image - part
        return torch.where(part > 0, nothing, scorer.image)

    counter = PassCounter(progress, n_samples + 1)
    score = scorer.score(scorer.image[None], count=counter.add)[0]
    return ScoreChanges(weights, score - scorer.score_made(n_samples, make, count=counter.add), change, along_time)


def draw_weights(
    change: Change, size: tuple[int, int], n: int, *, noise: float = 0.1, seed: int = 0, along_time: bool = False
) -> NDArray[np.float32]:
    """Random changes [n, H, W] as `ScoreChanges.weights`: Gaussian noise, or a square of an eighth to half a side.

    `along_time`, of a signal [C, T]: a stretch of an eighth to half its length in one channel instead of a square.

    Raises:
        ValueError: an unknown change, or no noise.
    """
    rng = np.random.default_rng(seed)
    if change == "noise":
        if not 0 < noise < math.inf:
            raise ValueError(f"noise is {noise}; expected a positive number, in units of brightness: 0.1 is usual")
        return rng.normal(scale=noise, size=(n, *size)).astype(np.float32)
    if change != "squares":
        raise ValueError(f'change is "{change}"; expected one of {", ".join(get_args(Change))}')
    weights = np.zeros((n, *size), np.float32)
    for each in weights:
        shorter = size[1] if along_time else min(size)
        side = int(rng.integers(max(1, shorter // 8), max(1, shorter // 2) + 1))
        height = 1 if along_time else side
        top, left = (int(rng.integers(whole - part + 1)) for whole, part in zip(size, (height, side), strict=True))
        each[top : top + height, left : left + side] = 1
    return weights


def judge_infidelity(
    heat: NDArray[Any],
    changes: ScoreChanges,
    *,
    normalize: bool = True,
    relative: bool = True,
    n_random: int = 16,
    seed: int = 0,
) -> Measure:
    """Whether a map foretells changes that were made; the words tell what copies of it at random places foretell.

    Args:
        heat: the map [H, W].
        changes: of the same picture.
        normalize: scale the map by β = mean(foretold · fall) / mean(foretold²), which fits best: then its unit does
            not matter, and neither does its sign, which the words tell.
        relative: divide by mean(fall²), so that pictures and targets can be compared: 1 is a map that foretells
            nothing.
        n_random: copies at random places (`pixel_orders.moved_copies`); 0: none. With few changes, a map that knows
            nothing foretells a part of them by chance.
        seed: of the copies.

    Returns:
        mean((β · foretold − fall)²), or its share, with a 95 % bootstrap interval over the changes; NaN where no
        change moved the score.

    Raises:
        AttributionError: as `ScoreChanges.foretold`.
        ValueError: fewer than no copies.
    """
    if n_random < 0:
        raise ValueError(f"n_random is {n_random}; expected 0 or more copies at random places: 16 are usual")
    said, falls = changes.foretold(heat), changes.falls
    if not falls.any():
        return Measure("infidelity", math.nan, meaning="no change of the picture moved the score: nothing to foretell")

    def measure(foretold: Floats, falls: Floats) -> float:
        size = float(np.square(falls).mean()) if relative else 1.0
        return _error(foretold, falls, normalize) / size if size > 0 else math.nan

    moved = moved_copies(np.asarray(heat), n_random, seed, along_time=changes.is_along_time) if n_random else ()
    copies = [changes.foretold(copy) for copy in moved]
    shares = np.array([_error(each, falls, normalize) for each in (said, *copies)]) / float(np.square(falls).mean())
    interval = bootstrap_interval(measure, said, falls, n=_RESAMPLES, seed=0)
    is_turned = normalize and _scale(said, falls, normalize) < 0
    words = _in_words(shares, normalize, is_turned)
    words = signal_words(words) if changes.is_along_time else words
    return Measure("infidelity", measure(said, falls), interval, words)


def _error(foretold: Floats, falls: Floats, normalize: bool) -> float:
    return float(np.square(_scale(foretold, falls, normalize) * foretold - falls).mean())


def _scale(foretold: Floats, falls: Floats, normalize: bool) -> float:
    size = float(foretold @ foretold)
    if not normalize:
        return 1.0
    return float(foretold @ falls) / size if size > 0 else 0.0


def _in_words(shares: Floats, normalize: bool, is_turned: bool) -> str:
    """Of the map's share that is not foretold, and those of its copies."""
    own, copies = float(shares[0]), shares[1:]
    if not normalize:
        chance = f"; copies of it at random places miss {figure_in_words(float(copies.mean()))}" if len(copies) else ""
        return (
            f"the map, taken at its word, misses the score's changes by {figure_in_words(own)} of their mean square"
            f"{chance}; 0 foretells all of them, 1 is no better than foretelling none"
        )
    chance = f"; copies of it at random places foretell {1 - copies.mean():.0%}" if len(copies) else ""
    turned = "; it does so with its sign turned: it points the wrong way" if is_turned else ""
    return (
        f"the map, scaled as fits best, foretells {1 - own:.0%} of the score's changes (of their mean square) when the "
        f"picture is changed{turned}{chance}; an infidelity of 0 foretells all"
    )
