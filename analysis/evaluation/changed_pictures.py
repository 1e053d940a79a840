"""Pictures between a picture and its baseline, each different one listed and scored once."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.evaluation.pixel_orders import Steps

Kind = Literal["deletion", "insertion"]


class ChangedPictures:
    """The pictures along curves of deletion and insertion.

    Many of them are the same: curves share their ends, and a step that replaces pixels which are the baseline's
    already changes nothing. Two pictures are the same where the same pixels that differ from the baseline are shown.

    Args:
        image: the picture [C, H, W].
        baseline: what stands for nothing [C, H, W].
        orders: the step in which each pixel has its turn [J, H, W], from 1.
        n_steps: the last step.
        kinds: what is done with the pixels whose turn has come.

    Attributes:
        rows: number of the picture at each point of each curve [kinds, J, n_steps + 1]; 0 is the picture itself,
            1 the baseline.
        n: different pictures.
    """

    def __init__(self, image: Tensor, baseline: Tensor, orders: Steps, n_steps: int, kinds: tuple[Kind, ...]) -> None:
        self._image, self._baseline = image, baseline
        self._orders = torch.tensor(orders, device=image.device)  # [J, H, W]
        differs = (image != baseline).any(dim=0).cpu().numpy()  # [H, W]
        number = {_digest(differs): 0, _digest(np.zeros_like(differs)): 1}
        sources = [(0, n_steps, True), (0, n_steps, False)]  # (order, step, are the early pixels shown?)
        self.rows: NDArray[np.int64] = np.empty((len(kinds), len(orders), n_steps + 1), np.int64)
        for order, steps in enumerate(orders):
            for step in range(n_steps + 1):
                early = steps <= step
                for at, kind in enumerate(kinds):
                    shown = differs & (early if kind == "insertion" else ~early)
                    row = number.setdefault(_digest(shown), len(sources))
                    if row == len(sources):
                        sources.append((order, step, kind == "insertion"))
                    self.rows[at, order, step] = row
        self.n = len(sources)
        self._source = torch.tensor(sources, device=image.device)  # [n, 3]

    def make(self, start: int, stop: int) -> Tensor:
        """The different pictures from one number to below another [n, C, H, W]."""
        order, step, shows_early = self._source[start:stop].T
        early = self._orders[order] <= step[:, None, None]
        shown = early == shows_early[:, None, None].bool()  # [n, H, W]
        return torch.where(shown[:, None], self._image, self._baseline)


def _digest(mask: NDArray[np.bool_]) -> bytes:
    return blake2b(np.packbits(mask).tobytes(), digest_size=16).digest()
