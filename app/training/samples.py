"""The same few validation pictures, drawn from their codes after each epoch; and whether a code looks Gaussian."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.atomic_files import atomic_path
from xaae_core.errors import CaseError
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from torch import Tensor

    from app.training.request import TrainingRequest
    from xaae_core.data.dataset import ImageDataset

N_SHOWN = 6
N_SCORED = 32
_GAP = 3
_TRACE_WIDTH = 220
_SURROUND = 12  # grey level of the gaps: a reading room's


@dataclass(frozen=True)
class Balance:
    """How well the discriminator tells codes from Gaussian draws.

    Attributes:
        score_encoded: its mean score of encoded validation pictures, in [0, 1].
        score_drawn: its mean score of Gaussian draws; both at 0.5: it cannot tell.
    """

    score_encoded: float
    score_drawn: float


class SampleWriter:
    """Draws the chosen pictures as the model has them at the moment; changes nothing of the training.

    Args:
        model: the model that is being trained.
        dataset: its data; pictures of the validation split are taken, as many of each class.
        request: says how pictures are brought to the model's size.
        folder: where the PNG files go.
    """

    def __init__(self, model: Any, dataset: ImageDataset, request: TrainingRequest, folder: Path) -> None:
        from xaae_core.models.signal_pictures import as_picture_model

        self._model, self._folder = as_picture_model(model), folder
        self._is_signal = signal_form_of(model) is not None
        self._images = _read(dataset, _chosen_rows(dataset), self._model, request)  # [N, C, H, W]
        self._shown = _spread(len(self._images), N_SHOWN)

    def write(self, phase: str, epoch: int) -> Balance | None:
        """Draw after an epoch, where the model can; None where no picture could be read, or there is no judge."""
        import torch

        from xaae_core.models.model_abilities import has_decoder

        model: Any = self._model
        if not len(self._images) or not has_decoder(model):
            return None
        device = next(model.parameters()).device
        with torch.no_grad(), _evaluating(model):
            z = model.encode(torch.from_numpy(self._images).to(device)).z.float()
            decoded = model.decode(z[self._shown]).float().cpu().numpy()
            balance = _judge(model, z)
        self._folder.mkdir(parents=True, exist_ok=True)
        draw = _draw_traces if self._is_signal else _draw_pictures
        _write_png(_montage(draw(self._images[self._shown]), draw(decoded)), self._folder / f"{phase}-{epoch:03d}.png")
        return balance


def _judge(model: Any, z: Tensor) -> Balance | None:
    """The discriminator's scores of codes and of Gaussian draws; None of a model without one."""
    import torch

    if not hasattr(model, "discriminate"):
        return None
    drawn = torch.randn(z.shape, generator=torch.Generator().manual_seed(0)).to(z.device)
    return Balance(float(model.discriminate(z).mean()), float(model.discriminate(drawn).mean()))


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Eval mode for a while; each module is as it was afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _chosen_rows(dataset: ImageDataset) -> list[int]:
    """At most `N_SCORED` validation rows, spread over the classes or the values."""
    rows = dataset.rows("valid")
    order = np.argsort(dataset.labels[rows] if dataset.values is None else dataset.values[rows], kind="stable")
    return [int(rows[order[place]]) for place in _spread(len(rows), N_SCORED)]


def _spread(n_all: int, n_wanted: int) -> NDArray[np.int64]:
    """At most so many places out of `n_all`, from the first to the last."""
    return np.unique(np.linspace(0, max(n_all - 1, 0), min(n_wanted, n_all)).astype(np.int64))


def _read(dataset: ImageDataset, rows: list[int], model: Any, request: TrainingRequest) -> NDArray[np.float32]:
    from xaae_core.data.recipes import recipe_of

    recipe = recipe_of(model, resize=request.resize, window=request.window)
    pictures = [np.zeros((0, model.input_channels, *model.input_size), np.float32)]
    for row in rows:
        with suppress(CaseError):  # it has gone since; the training itself will say so
            pictures.append(recipe.read(dataset.paths[row]).pixels[None])
    return np.concatenate(pictures)


def _draw_pictures(pixels: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """Pictures [N, C, H, W] in [0, 1] as levels, each [H, W, C]."""
    levels = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return list(levels.transpose(0, 2, 3, 1))


def _draw_traces(signals: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """Signals [N, 1, C, T] as lines, each [height, width, 1]."""
    from analysis.figures.trace_picture import draw_trace_picture

    return [draw_trace_picture(signal[0], _TRACE_WIDTH)[..., None] for signal in signals]


def _montage(originals: list[NDArray[np.uint8]], decoded: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Two rows of pictures, each [H, W, C], as one, [2H + gap, …, C]."""
    n_pictures, (height, width, channels) = len(originals), originals[0].shape
    canvas = np.full((2 * height + _GAP, n_pictures * (width + _GAP) - _GAP, channels), _SURROUND, np.uint8)
    for top, pictures in ((0, originals), (height + _GAP, decoded)):
        for number, picture in enumerate(pictures):
            left = number * (width + _GAP)
            canvas[top : top + height, left : left + width] = picture
    return canvas


def _write_png(pixels: NDArray[np.uint8], path: Path) -> None:
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary, format="PNG")
