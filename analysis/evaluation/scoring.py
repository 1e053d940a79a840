"""The target's number of many changed copies of one picture, as many at once as the memory allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.attributions.call import Progress
from analysis.attributions.inputs import Picture, as_pixels, require_eval
from analysis.attributions.memory import check_budget, rows_within
from analysis.attributions.targets import Target, device_of
from xaae_core.errors import AttributionError, ImageError
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.signal_form import signal_form_of

Count = Callable[[int], None]
"""Told the number of pictures of every forward pass; what it raises cancels."""
Make = Callable[[int, int], Tensor]
"""Makes the changed pictures from one number to below another [n, C, H, W]."""


class PassCounter:
    """Adds up the pictures of the passes and tells how far it is.

    Args:
        progress: called with (done, all); an exception it raises cancels.
        n: all pictures.
        done: pictures before the first pass.
    """

    def __init__(self, progress: Progress | None, n: int, *, done: int = 0) -> None:
        self._progress, self._n, self._done = progress, n, done
        self.add(0)

    def add(self, n: int) -> None:
        """Some pictures more are done."""
        self._done += n
        if self._progress is not None:
            self._progress(self._done, self._n)


class PictureScorer:
    """Gives the target's number of changed copies of a picture; what the target keeps of the picture stays fixed.

    Args:
        model: the model in eval mode; left as it was.
        target: what is scored.
        image: the picture [C, H, W] in [0, 1] that is changed.
        memory_bytes: as for `attribute`. The scores do not depend on it.

    Attributes:
        pixels: the picture [C, H, W]; of a signal [1, C, T].
        image: the same beside the model.
        form: of the signal; None of a picture.

    Raises:
        AttributionError: a model in training mode, or one that has no such number.
        ImageError: a picture that is not the model's.
        ValueError: a budget below a MiB.
    """

    def __init__(
        self, model: LatentModel | SignalModel, target: Target, image: Picture, *, memory_bytes: int | None = None
    ) -> None:
        check_budget(memory_bytes)
        model = as_picture_model(model)
        require_eval(model)
        self.form = signal_form_of(model)
        self._model, self._target, self._budget = model, target, memory_bytes
        self._rows: int | None = None
        self.pixels = as_pixels(image, model)
        with torch.inference_mode(False):
            self.image = torch.tensor(self.pixels).to(device_of(model))  # [C, H, W]
            self._score = target.scorer(model)
            self._context = target.context(model, self.image[None])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        return int(self.image.shape[-2]), int(self.image.shape[-1])

    def place(self, array: NDArray[Any]) -> Tensor:
        """An array as a tensor beside the picture, on its device."""
        with torch.inference_mode(False):
            return torch.tensor(array).to(self.image.device)

    def score(self, pictures: Tensor, *, count: Count | None = None) -> NDArray[np.float64]:
        """The number of each of some pictures [N, C, H, W]: [N]; see `score_made`."""
        return self.score_made(len(pictures), lambda start, stop: pictures[start:stop], count=count)

    def score_made(self, n: int, make: Make, *, count: Count | None = None) -> NDArray[np.float64]:
        """The number of each of n pictures that are made when their turn comes: [n].

        Raises:
            AttributionError: a number that is not finite.
        """
        found = np.empty(n, np.float64)
        with torch.inference_mode(False):
            rows = self._rows_for(n)
            for start in range(0, n, rows):
                stop = min(start + rows, n)
                found[start:stop] = self._score_pass(make(start, stop))
                if count is not None:
                    count(stop - start)
        n_bad = int((~np.isfinite(found)).sum())
        if n_bad:
            raise AttributionError(
                f"the {self._target.name} is not finite for {n_bad} of {n} changed pictures: "
                "the model's weights may be damaged, or the baseline is not a picture"
            )
        return found

    def _rows_for(self, n: int) -> int:
        if n > 1 and self._rows is None:
            self._rows = rows_within(self._budget, self._model, self._score, self.image[None], self._context)
        return self._rows or 1

    def _score_pass(self, pictures: Tensor) -> NDArray[np.float64]:
        context = tuple(part.expand(len(pictures), *part.shape[1:]) for part in self._context)
        with torch.no_grad():
            return self._score(pictures, *context).double().cpu().numpy()


def score_pictures(
    model: LatentModel | SignalModel,
    target: Target,
    image: Picture,
    pictures: NDArray[Any] | Tensor,
    *,
    memory_bytes: int | None = None,
    count: Count | None = None,
) -> NDArray[np.float64]:
    """The target's number of changed copies of a picture: [N].

    Args:
        model: the model in eval mode; left as it was.
        target: what is scored; what it keeps of the picture (`Target.context`) stays that of `image`.
        image: the picture [C, H, W] in [0, 1].
        pictures: the changed copies [N, C, H, W]; N may be 0.
        memory_bytes: what a pass may take, as for `attribute`.
        count: told the number of pictures of every pass; an exception it raises cancels.

    Raises:
        AttributionError: a model in training mode, an unknown target, or numbers that are not finite.
        ImageError: pictures that are not the model's.
        ValueError: a budget below a MiB.
    """
    scorer = PictureScorer(model, target, image, memory_bytes=memory_bytes)
    shape = tuple(scorer.image.shape)
    if len(pictures.shape) != 4 or tuple(pictures.shape[1:]) != shape:
        raise ImageError(
            f"the changed pictures have the shape {tuple(pictures.shape)}; expected [N, {', '.join(map(str, shape))}]: "
            "copies of the picture, stacked"
        )

    def make(start: int, stop: int) -> Tensor:
        part = pictures[start:stop]
        return (part if isinstance(part, Tensor) else torch.tensor(part)).to(scorer.image.device, torch.float32)

    return scorer.score_made(len(pictures), make, count=count)
