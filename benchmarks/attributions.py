"""Label-free feature importance and masks: ours against lfxai 0.1.1, at equal output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from analysis.attributions.importance_masks import generate_masks, generate_tseries_masks
from analysis.attributions.label_free import attribute_auxiliary, attribute_individual_dim
from benchmarks.comparison import Comparison, take_turns, timed

DIMS, N_IMAGES, BATCH = 10, 200, 100
CPU = torch.device("cpu")


class NoOracleError(RuntimeError):
    """lfxai is not installed."""


@dataclass(frozen=True, eq=False)
class Pair:
    """One task done both ways.

    Attributes:
        name: what is done.
        ours: how we do it.
        our_way: does it.
        their_way: does it with lfxai.
    """

    name: str
    ours: str
    our_way: Callable[[], Any]
    their_way: Callable[[], Any]


def mnist_encoder() -> nn.Module:
    """The encoder of lfxai's AutoEncoderMnist (whose module needs hydra), 44,202 parameters, always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            *(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(True)),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(True)),
            *(nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(True), nn.Flatten()),
            *(nn.Linear(288, 128), nn.ReLU(True), nn.Linear(128, DIMS)),
        ).eval()


def feature_pairs(*, n_images: int = N_IMAGES) -> list[Pair]:
    """Integrated gradients of 50 steps, of the representation and of each of its dimensions."""
    theirs = lfxai_features()
    encoder = mnist_encoder()
    images = torch.rand(n_images, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    loader = DataLoader(TensorDataset(images, torch.zeros(n_images)), batch_size=BATCH)
    black = torch.zeros(1, 1, 28, 28)

    def whole(function: Any) -> Any:
        return function(encoder, loader, CPU, IntegratedGradients(encoder), black)

    def each(function: Any) -> Any:
        return function(encoder, DIMS, loader, CPU, IntegratedGradients(encoder), black)

    return [
        Pair(
            f"label-free IG, {n_images} images",
            "points in portions, the first convolution passed once",
            lambda: whole(attribute_auxiliary),
            lambda: whole(theirs.attribute_auxiliary),
        ),
        Pair(
            f"IG of {DIMS} dimensions, {n_images} images",
            "one path for all dimensions, the first convolution passed once",
            lambda: each(attribute_individual_dim),
            lambda: each(theirs.attribute_individual_dim),
        ),
    ]


def mask_pairs(*, n_cases: int = 500) -> list[Pair]:
    """Masks that hide a tenth and a half of the pixels or steps."""
    theirs = lfxai_masks()
    rng = np.random.default_rng(0)
    images, signals = rng.normal(size=(n_cases, 1, 28, 28)), rng.normal(size=(n_cases, 140, 1))
    pairs = []
    for share in (0.1, 0.5):
        pixels, steps = round(784 * share), round(140 * share)
        pairs += [
            Pair(
                f"masks of {pixels} pixels, {n_cases} images",
                "one scatter",
                lambda size=pixels: generate_masks(images, size),
                lambda size=pixels: theirs.generate_masks(images, size),
            ),
            Pair(
                f"masks of {steps} steps, {n_cases} signals",
                "one scatter",
                lambda size=steps: generate_tseries_masks(signals, size),
                lambda size=steps: theirs.generate_tseries_masks(signals, size),
            ),
        ]
    return pairs


def apart(pair: Pair) -> float:
    """The largest difference of the two results, as a share of the largest number."""
    ours, theirs = (_as_array(way()) for way in (pair.our_way, pair.their_way))
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def compare(pair: Pair, *, repeats: int) -> Comparison:
    """Ours against lfxai, in turn."""
    difference = apart(pair)  # warms both up
    seconds = take_turns(timed(pair.our_way), timed(pair.their_way), repeats=repeats, warm_up=0)
    times = float(np.median(seconds[1] / seconds[0]))
    note = f"one thread; {times:.1f} times as fast; results differ by at most {difference:.1e} of the largest number"
    return Comparison(pair.name, pair.ours, "lfxai 0.1.1", *seconds, note)


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file, on one thread; none, with a line that says so, where lfxai is missing."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pairs = [*feature_pairs(), *mask_pairs()]
        return [compare(pair, repeats=2 if is_quick else 7) for pair in pairs]
    except NoOracleError as error:
        print(error)
        return []
    finally:
        torch.set_num_threads(n_threads)


def lfxai_features() -> Any:
    """lfxai's module of feature importance."""
    try:
        from lfxai.explanations import features
    except ImportError as error:
        raise NoOracleError(_MISSING) from error
    return features


def lfxai_masks() -> Any:
    """lfxai's module of masks."""
    try:
        from lfxai.utils import feature_attribution
    except ImportError as error:
        raise NoOracleError(_MISSING) from error
    return feature_attribution


_MISSING = "left out: attributions: lfxai is not installed; pip install --no-deps lfxai==0.1.1"


def _as_array(result: NDArray[Any] | Tensor) -> NDArray[Any]:
    return result.numpy() if isinstance(result, Tensor) else result
