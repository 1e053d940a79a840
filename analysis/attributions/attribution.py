"""One call for every attribution: a model, a picture, what is to be explained, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.attributions import guided_backprop, integrated_gradients, occlusion, saliency
from analysis.attributions.baselines import Baseline, black_baseline
from analysis.attributions.problem import Explained, Problem
from analysis.attributions.targets import Score, Target
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel

MethodName = Literal["integrated_gradients", "saliency", "occlusion", "guided_backprop"]
METHODS: Mapping[str, Callable[[Problem], Explained]] = MappingProxyType(
    {
        "integrated_gradients": integrated_gradients.explain,
        "saliency": saliency.explain,
        "occlusion": occlusion.explain,
        "guided_backprop": guided_backprop.explain,
    }
)
"""Method by name; each is a file of this package."""
_PIXELS_A_PASS = 2**20
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which pixels made a number; the map is read-only.

    Attributes:
        map: attribution of each pixel [H, W], float32; what its unit is, `meaning` says.
        method: one of `METHODS`.
        target: what is explained, in words.
        score: the target's number of the picture.
        baseline: what the picture was compared with, in words; "" where the method compares with nothing.
        baseline_score: the target's number of the baseline; None where the method compares with nothing.
        convergence_delta: the map's sum minus (score − baseline_score), for a method that shares out this
            difference; None for others.
        meaning: what a number of the map is, in words.
        settings: what the method ran with.
    """

    map: NDArray[np.float32]
    method: str
    target: str
    score: float
    baseline: str
    baseline_score: float | None
    convergence_delta: float | None
    meaning: str
    settings: Mapping[str, float | int | str]

    def __post_init__(self) -> None:
        frozen = self.map.view()  # the caller's own array stays as it is
        frozen.setflags(write=False)
        object.__setattr__(self, "map", frozen)
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    @property
    def total(self) -> float:
        """The map's sum."""
        return float(self.map.sum(dtype=np.float64))

    @property
    def peak(self) -> tuple[int, int]:
        """(row, column) of the pixel with the largest attribution, whatever its sign."""
        row, column = np.unravel_index(int(np.abs(self.map).argmax()), self.map.shape)
        return int(row), int(column)

    def area_of_half(self) -> float:
        """Share of the picture, in (0, 1], that holds half of the attribution (by size): small is concentrated."""
        sizes = np.sort(np.abs(self.map), axis=None)[::-1].astype(np.float64)
        if not sizes[0] > 0:
            return 1.0
        return float(np.searchsorted(sizes.cumsum(), sizes.sum() / 2) + 1) / sizes.size


def attribute(
    model: LatentModel,
    image: NDArray[Any] | Tensor,
    target: Target,
    *,
    method: MethodName | str = "integrated_gradients",
    baseline: Baseline | None = None,
    n_steps: int = 64,
    window: int | None = None,
    stride: int | None = None,
    internal_batch_size: int | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """Explain a number that a model makes of a picture by the picture's pixels.

    The model is left as it was: no hooks, no gradients, no changed mode, whoever else is using it.

    Args:
        model: the model in eval mode.
        image: the picture [C, H, W] in [0, 1], of the model's size.
        target: what to explain; see `analysis.attributions.targets`.
        method: one of `METHODS`.
        baseline: what the picture is compared with; black if None: the colour of the padding, and of no signal.
        n_steps: for "integrated_gradients", points between baseline and picture.
        window: for "occlusion", side of the covered square in pixels; a twelfth of the shorter side if None.
        stride: for "occlusion", pixels from one square to the next; half the window if None.
        internal_batch_size: pictures a forward pass, at most; some million pixels if None.
        progress: called with (done, all) forward passes, in pictures; an exception it raises cancels.

    Raises:
        AttributionError: a model in training mode, an unknown target, a method that cannot work on this model, or
            numbers that are not finite.
        ImageError: a picture that is not the model's.
        ValueError: an unknown method, or settings out of range.
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    if getattr(model, "training", False):
        raise AttributionError("the model is in training mode, where explaining would change it: call model.eval()")
    with torch.inference_mode(False), torch.enable_grad():
        problem = _posed(model, image, target, baseline, n_steps, window, stride, internal_batch_size)
        scores = _scores(problem)
        counted = _Counted(problem.score, progress, _passes(problem, method))
        explained = METHODS[method](replace(problem, score=counted))
        counted.finish()
    heat = explained.map.detach().float().cpu().numpy()
    if not np.isfinite(heat).all() or not np.isfinite(scores).all():
        raise AttributionError(
            f"the {target.name} or its gradient is not finite for this picture: the model's weights may be damaged"
        )
    compares = method in ("integrated_gradients", "occlusion")
    difference = scores[0] - scores[1]
    return Attribution(
        map=heat,
        method=method,
        target=target.name,
        score=scores[0],
        baseline=(baseline.name if baseline else "black") if compares else "",
        baseline_score=scores[1] if compares else None,
        convergence_delta=float(heat.sum(dtype=np.float64)) - difference if explained.is_complete else None,
        meaning=explained.meaning,
        settings=explained.settings,
    )


class _Counted:
    """A score that tells how many pictures it has been asked for."""

    def __init__(self, score: Score, progress: Progress | None, expected: int) -> None:
        self._score, self._progress, self._expected, self._done = score, progress, expected, 0

    def __call__(self, x: Tensor) -> Tensor:
        self._done = min(self._done + len(x), self._expected)
        if self._progress is not None:
            self._progress(self._done, self._expected)
        return self._score(x)

    def finish(self) -> None:
        if self._progress is not None:
            self._progress(self._expected, self._expected)


def _posed(
    model: LatentModel,
    image: NDArray[Any] | Tensor,
    target: Target,
    baseline: Baseline | None,
    n_steps: int,
    window: int | None,
    stride: int | None,
    batch: int | None,
) -> Problem:
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    x = _as_batch(image, device)
    nothing = black_baseline(tuple(x.shape[1:])) if baseline is None else baseline
    if nothing.pixels.shape != x.shape[1:]:
        raise AttributionError(
            f"the baseline has the shape {nothing.pixels.shape}, the picture {tuple(x.shape[1:])}: expected the same"
        )
    shorter = min(x.shape[-2:])
    window = max(2, round(shorter / 12)) if window is None else window
    stride = max(1, window // 2) if stride is None else stride
    batch = int(np.clip(_PIXELS_A_PASS // (x.shape[-1] * x.shape[-2]), 1, 64)) if batch is None else batch
    if n_steps < 1 or batch < 1 or not 1 <= window <= shorter or not 1 <= stride <= window:
        raise ValueError(
            f"n_steps={n_steps}, internal_batch_size={batch}, window={window}, stride={stride}: expected at least 1, "
            f"at least 1, 1 to {shorter} (the picture's shorter side) and 1 to the window"
        )
    score = target.scorer(model, x)
    return Problem(model, target, score, x, _as_batch(nothing.pixels, device), n_steps, window, stride, batch)


def _as_batch(image: NDArray[Any] | Tensor, device: torch.device) -> Tensor:
    """A copy [1, C, H, W] that gradients may flow to, whatever mode the original was made in."""
    pixels = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    return torch.tensor(pixels, dtype=torch.float32).unsqueeze(0).to(device)


def _scores(problem: Problem) -> tuple[float, float]:
    with torch.no_grad():
        both = [float(problem.score(x)[0]) for x in (problem.image, problem.baseline)]
    return both[0], both[1]


def _passes(problem: Problem, method: str) -> int:
    if method == "integrated_gradients":
        return problem.n_steps
    if method == "occlusion":
        rows, columns = (-(-(side - problem.window) // problem.stride) + 1 for side in problem.image.shape[-2:])
        return rows * columns
    return 1
