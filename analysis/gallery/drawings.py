"""The pictures of a card: cases and what is drawn of them, draws from the prior, and each dimension moved."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.gallery.latent_figures import LatentFigures, encode_cases
from analysis.gallery.trace_drawings import draw_moved_traces, draw_traces, limits_of
from xaae_core.models.model_abilities import has_decoder, has_prior
from xaae_core.signal_form import SignalForm

N_SHOWN = 10
STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
"""How far a dimension is moved, in standard deviations of z over the cases."""
_ENLARGED = 56
_GAP = 2


@dataclass(frozen=True, eq=False)
class CardDrawings:
    """The pictures of one card as PNG; None or empty where the model cannot draw such.

    Attributes:
        reconstructions: held-out cases above, what is drawn of their z below.
        samples: drawn from the prior N(0, I).
        traversals: each dimension moved by `STEPS` from the case in the middle, by its number, those that hold most
            first.
    """

    reconstructions: bytes | None
    samples: bytes | None
    traversals: dict[int, bytes]

    def files(self) -> dict[str, bytes]:
        """The pictures by the names of their files."""
        named = {"reconstructions.png": self.reconstructions, "samples.png": self.samples}
        return {name: content for name, content in named.items() if content is not None} | {
            f"z{dim}.png": content for dim, content in self.traversals.items()
        }


@torch.no_grad()
def draw_card(
    model: nn.Module, x: Tensor, figures: LatentFigures, *, form: SignalForm | None = None, seed: int = 0
) -> CardDrawings:
    """Draw a card's pictures.

    Args:
        model: a `LatentModel` on the CPU.
        x: held-out cases [N, C, H, W] or [N, C, T].
        figures: of the model; they order the dimensions.
        form: what the signals look like; None for pictures.
        seed: of the choice and the draws.
    """
    model.eval()
    if not has_decoder(model):
        return CardDrawings(None, None, {})
    z = encode_cases(model, x)
    rows = np.sort(np.random.default_rng(seed).permutation(len(x))[:N_SHOWN])
    drawn = _decode(model, torch.from_numpy(z[rows]))
    samples = None
    if has_prior(model):
        generator = torch.Generator().manual_seed(seed)
        samples = _decode(model, torch.randn(2 * N_SHOWN, z.shape[1], generator=generator)).numpy()
    paths = {dim: _moved(model, z, dim) for dim in figures.order}
    shown = x[rows].numpy()
    if form is not None:
        moved = {dim: form.in_units(path) for dim, path in paths.items()}
        limits = limits_of(moved.values())
        return CardDrawings(
            draw_traces(form.in_units(shown), form, form.in_units(drawn.numpy())),
            None if samples is None else draw_traces(form.in_units(samples[:N_SHOWN]), form),
            {dim: draw_moved_traces(path, form, STEPS, limits=limits) for dim, path in moved.items()},
        )
    return CardDrawings(
        tile_pictures(np.concatenate((shown, drawn.numpy())), N_SHOWN),
        None if samples is None else tile_pictures(samples, N_SHOWN),
        {dim: tile_pictures(path, len(STEPS)) for dim, path in paths.items()},
    )


def tile_pictures(pictures: NDArray[np.float32], n_columns: int) -> bytes:
    """Pictures [N, C, H, W] in [0, 1] row by row on one PNG, small ones enlarged by a whole number."""
    from PIL import Image

    n, channels, height, width = pictures.shape
    times = max(1, round(_ENLARGED / width))
    large = np.repeat(np.repeat(pictures, times, axis=2), times, axis=3)
    n_rows = -(-n // n_columns)
    high, wide = height * times + _GAP, width * times + _GAP
    sheet = np.ones((n_rows * high - _GAP, n_columns * wide - _GAP, channels))
    for number, picture in enumerate(large):
        top, left = (number // n_columns) * high, (number % n_columns) * wide
        sheet[top : top + high - _GAP, left : left + wide - _GAP] = picture.transpose(1, 2, 0)
    grey = np.round(np.clip(sheet, 0, 1) * 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(grey[:, :, 0] if channels == 1 else grey[:, :, :3]).save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _moved(model: nn.Module, z: NDArray[np.float32], dim: int, steps: Sequence[float] = STEPS) -> NDArray[np.float32]:
    """What is drawn [K, …] when one dimension of the case in the middle is moved by standard deviations."""
    spread = z.std(axis=0)
    distance = (((z - z.mean(axis=0)) / np.where(spread > 0, spread, 1)) ** 2).sum(axis=1)
    path = np.repeat(z[[distance.argmin()]], len(steps), axis=0)
    path[:, dim] += np.array(steps, np.float32) * spread[dim]
    return _decode(model, torch.from_numpy(path)).numpy()


def _decode(model: Any, z: Tensor) -> Tensor:
    drawn: Tensor = model.decode(z, skip_dropout=1.0)
    return drawn
