"""One call for every attribution: a model, pictures, what is to be explained, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.attributions.attribution import Attribution
from analysis.attributions.baselines import Baseline
from analysis.attributions.inputs import Picture, as_pixels, baselines_for, require_eval
from analysis.attributions.memory import check_budget, rows_within
from analysis.attributions.methods import METHODS, MethodName, available_methods
from analysis.attributions.problem import Explained, Method, Problem
from analysis.attributions.recurrent_gradients import recurrent_gradients
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import Target, device_of
from analysis.nouns import said_of
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.signal_form import signal_form_of

Progress = Callable[[int, int], None]
Keep = Callable[[int, Attribution], None]


def attribute(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    *,
    method: MethodName | str = "integrated_gradients",
    baseline: Baseline | None = None,
    settings: MethodSettings | None = None,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """Explain a number that a model makes of a picture by the picture's pixels.

    The model is left as it was: no hooks, no gradients, no changed mode, whoever else is using it.

    Args:
        model: the model in eval mode.
        image: the picture [C, H, W] in [0, 1], of the model's size; a signal [C, T] (or [1, C, T]) as its model takes
            it, whose map [C, T] has a row for each channel.
        target: what to explain; see `analysis.attributions.targets`.
        method: one of `METHODS`; `available_methods` says which can work here.
        baseline: what the picture is compared with; black if None: the colour of the padding, and of no signal. For a
            signal, each channel's own mean if None.
        settings: of the methods; the usual ones if None.
        memory_bytes: what a pass may take, beside the model; a GiB or a quarter of what is free if None. One
            picture a pass is the least, whatever it takes. The map does not depend on it.
        progress: called with (done, all) forward passes, in pictures; an exception it raises cancels.

    Raises:
        AttributionError: a model in training mode, an unknown target, a method that cannot work on this model (says
            why, and which can), or numbers that are not finite.
        ImageError: a picture that is not the model's.
        ValueError: an unknown method, or settings out of range.
    """
    return attribute_batch(
        model,
        [image],
        target,
        method=method,
        baselines=baseline,
        settings=settings,
        memory_bytes=memory_bytes,
        progress=progress,
    )[0]


def attribute_batch(
    model: LatentModel | SignalModel,
    images: Sequence[Picture] | Picture,
    target: Target,
    *,
    method: MethodName | str = "integrated_gradients",
    baselines: Baseline | Sequence[Baseline] | None = None,
    settings: MethodSettings | None = None,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> tuple[Attribution, ...]:
    """Explain the same number of several pictures, as many at once as the memory allows; in their order.

    Args:
        model: the model in eval mode.
        images: pictures [C, H, W] in [0, 1], or one array [N, C, H, W]; signals [C, T], or [N, C, T].
        target: as for `attribute`, and so are the options.
        method: one of `METHODS`.
        baselines: one for all pictures, or one for each.
        settings: of the methods.
        memory_bytes: what a pass may take.
        progress: called with (done, all) forward passes, in pictures; an exception it raises cancels.
        keep: called with (position, attribution) as soon as one is finished: what it was given outlasts a cancel.

    Raises:
        AttributionError: as `attribute`; also no picture at all.
        ImageError: as `attribute`; names the picture.
        ValueError: as `attribute`.
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    check_budget(memory_bytes)
    model = as_picture_model(model)
    require_eval(model)
    settings = (settings or MethodSettings()).for_model(model)
    pictures = [as_pixels(image, model, number, len(images)) for number, image in enumerate(images, 1)]
    if not pictures:
        raise AttributionError("there is no picture to explain: the selection is empty")
    nothing = baselines_for(pictures, baselines, form=signal_form_of(model))
    with torch.inference_mode(False), torch.enable_grad(), recurrent_gradients(device_of(model), model):
        run = _Run(model, target, METHODS[method], settings, len(pictures), progress)
        rows = run.measure(pictures[0], memory_bytes)
        at_once = max(1, rows // run.n_passes)
        found: list[Attribution] = []
        for start in range(0, len(pictures), at_once):
            part = slice(start, start + at_once)
            for made in run.explain(pictures[part], nothing[part], rows, first=start + 1):
                found.append(made)
                if keep is not None:
                    keep(len(found) - 1, made)
        run.finish()
    return tuple(found)


class _Run:
    """What is the same for all pictures of a call, and how far it is."""

    def __init__(
        self,
        model: LatentModel,
        target: Target,
        method: Method,
        settings: MethodSettings,
        n_pictures: int,
        progress: Progress | None,
    ) -> None:
        self._model, self._target, self._method, self._settings = model, target, method, settings
        self._score = target.scorer(model)
        available = available_methods(model, target)
        available.require(method.name)
        self._trace = available.trace
        size = (int(model.input_size[0]), int(model.input_size[1]))
        self.n_passes = method.n_passes(settings, size)
        settings.stride_for(size)  # refuses squares that do not fit, whatever the method
        self._expected, self._done, self._progress = n_pictures * self.n_passes, 0, progress

    def measure(self, picture: NDArray[np.float32], memory_bytes: int | None) -> int:
        """Pictures a pass; see `rows_within`."""
        if self._expected == 1:
            return 1
        image = self._batch([picture])
        context = self._target.context(self._model, image)
        return rows_within(memory_bytes, self._model, self._score, image, context)

    def explain(
        self, pictures: list[NDArray[np.float32]], baselines: list[Baseline], rows: int, *, first: int
    ) -> list[Attribution]:
        """Explain some of the pictures at once; `first` is the number of the first of them, from 1."""
        images, nothing = self._batch(pictures), self._batch([each.pixels for each in baselines])
        context = self._target.context(self._model, images)
        problem = Problem(
            *(self._model, self._target, images, nothing, context),
            *(self._settings, max(rows, len(images)), self._trace, self._count),
        )
        with torch.no_grad():
            scores = self._score(images, *context).double().cpu().numpy()
            baseline_scores = self._score(nothing, *context).double().cpu().numpy()
        explained = self._method.explain(problem)
        maps = explained.maps.detach().float().cpu().numpy()
        parts = {name: part.detach().float().cpu().numpy() for name, part in explained.parts.items()}
        is_bad = ~(np.isfinite(maps).all(axis=(1, 2)) & np.isfinite(scores) & np.isfinite(baseline_scores))
        if is_bad.any():
            which = "this picture" if self._expected == self.n_passes else f"picture {first + int(is_bad.argmax())}"
            which = said_of(self._model, which)
            raise AttributionError(
                f"the {self._target.name} or its gradient is not finite for {which}: the model's weights may be damaged"
            )
        return [
            self._named(explained, maps[n], {name: part[n] for name, part in parts.items()}, baselines[n].name,
                        float(scores[n]), float(baseline_scores[n]))
            for n in range(len(maps))
        ]  # fmt: skip

    def finish(self) -> None:
        """Tell that all is done."""
        if self._progress is not None:
            self._progress(self._expected, self._expected)

    def _named(
        self,
        explained: Explained,
        heat: NDArray[np.float32],
        parts: dict[str, NDArray[np.float32]],
        baseline: str,
        score: float,
        baseline_score: float,
    ) -> Attribution:
        compares = self._method.compares
        gap = float(heat.sum(dtype=np.float64)) - (score - baseline_score) if explained.is_complete else None
        return Attribution(
            map=heat,
            method=self._method.name,
            target=self._target.name,
            score=score,
            baseline=baseline if compares else "",
            baseline_score=baseline_score if compares else None,
            convergence_delta=gap,
            meaning=said_of(self._model, explained.meaning),
            settings=explained.settings,
            parts=parts,
        )

    def _batch(self, pictures: list[NDArray[np.float32]]) -> Tensor:
        return torch.tensor(np.stack(pictures)).to(device_of(self._model))

    def _count(self, n: int) -> None:
        self._done = min(self._done + n, self._expected)
        if self._progress is not None:
            self._progress(self._done, self._expected)
