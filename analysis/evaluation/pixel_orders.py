"""In which order a map says that the pixels matter, and orders that know nothing of the picture but look alike."""

from __future__ import annotations

from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.targets import ReconstructionError, Representation, Target
from analysis.evaluation.heats import Heat

Order = Literal["signed", "size"]
"""Which pixels come first: "signed", those that raise the target most; "size", those that move it most either way."""
RandomMaps = Literal["moved", "noise"]
"""What a map that knows nothing is: "moved", the map itself at a random place; "noise", each pixel by itself."""
Steps = NDArray[np.int32]

Number = TypeVar("Number", bound=np.generic)

_WITHOUT_SIGN = ("saliency", "smooth_grad")


def order_for(method: str, target: Target) -> Order:
    """The order in which a method's map is fairly judged: "size" where either the map or the target has no sign.

    Saliency and SmoothGrad say how strongly a pixel moves the target, not which way; and of the whole representation
    and of its reconstruction no side is the one to be raised.
    """
    is_unsigned = method in _WITHOUT_SIGN or isinstance(target, Representation | ReconstructionError)
    return "size" if is_unsigned else "signed"


def orders_pixels(heat: Heat, order: Order) -> bool:
    """Whether a map puts any pixel before another."""
    importance = _importance(heat, order)
    return bool((importance != importance.flat[0]).any())


def pixel_steps(heat: Heat, order: Order, n_steps: int) -> Steps:
    """The step, 1 to n_steps, in which each pixel has its turn [H, W]: equal shares, the most important first.

    Pixels of the same value have theirs in reading order.

    Raises:
        ValueError: an unknown order, or steps that the picture has no pixels for.
    """
    if order not in get_args(Order):
        raise ValueError(f'order is "{order}"; expected one of {", ".join(get_args(Order))}')
    if not 1 <= n_steps <= heat.size:
        raise ValueError(
            f"n_steps is {n_steps}; expected 1 to {heat.size}, the picture's pixels: 24 are usual, fewer for tiny ones"
        )
    importance = _importance(heat, order)
    return _steps_of(np.argsort(-importance, axis=None, kind="stable"), n_steps).reshape(heat.shape)


def random_steps(steps: Steps, kind: RandomMaps, n: int, seed: int, *, along_time: bool = False) -> Steps:
    """Orders that know nothing of the picture [n, H, W].

    "moved" is the given order itself, shifted by a random number of rows and columns around the edges and mirrored or
    turned at random: as smooth, as concentrated and with as many equal pixels as the map, but elsewhere. That is the
    fair rival: in deletion, pixel noise destroys a picture sooner than any smooth map could, and in insertion it
    gives its coarse look back sooner. A seam where the edges meet is the only thing added. "noise" draws each pixel by
    itself, as many publications do. The same seed moves every map of a size in the same ways. `along_time`, the map is
    one of a signal, and what is moved stays in its channel.

    Raises:
        ValueError: an unknown kind.
    """
    if kind == "moved":
        return moved_copies(steps, n, seed, along_time=along_time)
    if kind == "noise":
        rng, n_steps = np.random.default_rng(seed), int(steps.max())
        return np.stack([_steps_of(rng.permutation(steps.size), n_steps).reshape(steps.shape) for _ in range(n)])
    raise ValueError(f'random_maps is "{kind}"; expected one of {", ".join(get_args(RandomMaps))}')


def moved_copies(array: NDArray[Number], n: int, seed: int, *, along_time: bool = False) -> NDArray[Number]:
    """An array [H, W] at random places [n, H, W]: shifted around the edges, mirrored, and turned.

    The same seed moves every array of a size in the same ways. `along_time`, an array [C, T] is shifted and mirrored
    along its columns alone.
    """
    rng = np.random.default_rng(seed)
    move = _moved_in_time if along_time else _moved
    return np.stack([move(array, rng) for _ in range(n)])


def _importance(heat: Heat, order: Order) -> Heat:
    return np.abs(heat) if order == "size" else heat


def _steps_of(sequence: NDArray[np.int64], n_steps: int) -> Steps:
    """Step of each pixel [P] from the pixels in their order [P]."""
    ends = np.round(np.arange(1, n_steps + 1) * sequence.size / n_steps).astype(np.int64)
    steps = np.empty(sequence.size, np.int32)
    steps[sequence] = np.searchsorted(ends, np.arange(sequence.size), side="right") + 1
    return steps


def _moved(array: NDArray[Number], rng: np.random.Generator) -> NDArray[Number]:
    height, width = array.shape
    down, right, turn, mirror = (int(rng.integers(each)) for each in (height, width, 4, 2))
    # a turn by 90° fits square pictures only; others are turned by 180° or not at all
    turned = np.rot90(array, turn if height == width else 2 * (turn % 2))
    return np.roll(turned[:, ::-1] if mirror else turned, (down, right), axis=(0, 1))


def _moved_in_time(array: NDArray[Number], rng: np.random.Generator) -> NDArray[Number]:
    by, mirror = int(rng.integers(array.shape[1])), int(rng.integers(2))
    return np.roll(array[:, ::-1] if mirror else array, by, axis=1)
