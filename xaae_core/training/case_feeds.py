"""What a model that trains on more than single cases gets of a batch of them: pairs of one class, or two views of each.

A loader may as well give pairs [B, 2, …] itself, which say what two cases have in common better than a class does
(`xaae_core.data.sprites.draw_pairs` draws such); they are used as they are.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from fastai.callback.core import Callback
from torch import Tensor

from xaae_core.errors import TrainingError
from xaae_core.models.simclr import draw_view_of_size
from xaae_core.training.data_checks import read_targets


class CaseFeed(Protocol):
    """Makes of cases [B, …] with labels [B] what a model trains on [B, 2, …]."""

    def __call__(self, inputs: Tensor, labels: Any, loader: Any) -> Tensor:
        """What the model gets of a batch of a loader's; drawn from torch's global generator where it is random."""
        ...


class PairsOfOneClass:
    """Each case with a case of its class, drawn from all that the loader has; a class of one case pairs with itself.

    The partners are read and transformed as the loader does it.

    Args:
        n_dims: dimensions of a case; a batch with one more has pairs already and passes as it is.
    """

    def __init__(self, n_dims: int) -> None:
        self.n_dims = n_dims
        self._rows: dict[int, dict[int, list[int]]] = {}

    def __call__(self, inputs: Tensor, labels: Any, loader: Any) -> Tensor:
        """See `CaseFeed`.

        Raises:
            TrainingError: labels that are no classes.
        """
        if inputs.ndim == self.n_dims + 2:
            return inputs
        if not isinstance(labels, Tensor) or labels.is_floating_point():
            raise TrainingError(
                "the pairs of an AdaGVAE are made of cases of one class, and these labels are no classes: give classes "
                "(task classes), or loaders whose batches are pairs [B, 2, …]"
            )
        rows = self._rows_of(loader)
        drawn = [_drawn(rows[int(label)]) for label in labels]
        partners = loader.after_batch(loader.do_batch([loader.do_item(row) for row in drawn]))[0]
        return torch.stack((inputs, partners.as_subclass(Tensor).to(inputs)), dim=1)

    def _rows_of(self, loader: Any) -> dict[int, list[int]]:
        """Rows of the loader's data set by class; looked up once."""
        key = id(loader.dataset)
        if key not in self._rows:
            rows: dict[int, list[int]] = {}
            for row, label in enumerate(read_targets(loader).tolist()):
                rows.setdefault(label, []).append(row)
            self._rows[key] = rows
        return self._rows[key]


class TwoViewsOfEach:
    """Two random views of each picture, as SimCLR's: a part of it, mirrored or not, in other colours.

    Args:
        size: (height, width) of the views.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.draw_view = draw_view_of_size(size)

    def __call__(self, inputs: Tensor, labels: Any, loader: Any) -> Tensor:
        """See `CaseFeed`."""
        return torch.stack([torch.stack((self.draw_view(case), self.draw_view(case))) for case in inputs])


class FeedCases(Callback):
    """Give the model what a feed makes of each batch."""

    order = 20  # after the batch is a plain tensor on its device

    def __init__(self, feed: CaseFeed) -> None:
        self.feed = feed

    def before_batch(self) -> None:
        """Put it in the batch's place."""
        self.learn.xb = (self.feed(self.xb[0], self.yb[0], self.dl),)


def _drawn(rows: list[int]) -> int:
    return rows[int(torch.randint(len(rows), ()))]
