"""The reference's callbacks for data and figures of a fit: corruption, loss parts, latent vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.learner import Metric
from fastai.torch_core import find_bs
from torch import Tensor


class CorruptionCallback(Callback):
    """Apply corruption transforms on xb while keeping a clean copy for the loss.

    Only training batches are corrupted: validation then measures what the model will be used for, and
    carries no noise of its own.

    Args:
        corruption_tfms: callables on batches [B, C, H, W] in [0, 1], applied in order, e.g.
            `RandomMasking` and `AddGaussianNoise`.

    Attributes:
        clean_xb: the batch as it was, [B, C, H, W]; None outside of a fit.
    """

    order = 20  # after the batch is a plain tensor on its device and in its precision

    def __init__(self, corruption_tfms: list[Callable[[Tensor], Tensor]]) -> None:
        self.corruption_tfms = list(corruption_tfms)
        self.clean_xb: Tensor | None = None

    def before_batch(self) -> None:
        """Keep the clean batch; corrupt the one the model will see."""
        self.clean_xb = x = self.xb[0]
        if not self.training:
            return
        for corrupt in self.corruption_tfms:
            x = corrupt(x)
        self.learn.xb = (x, *self.xb[1:])

    def after_fit(self) -> None:
        """Let go of the last batch."""
        self.clean_xb = None


class LossAttrMetric(Metric):
    """Average a float attribute stored on the model (e.g. model.adv_loss).

    Each batch counts by its number of images.

    Args:
        attr: name of the attribute; a number or a tensor of one element.
    """

    def __init__(self, attr: str) -> None:
        self.attr = attr
        self.reset()

    def reset(self) -> None:
        """Forget what was accumulated."""
        self._total: Tensor | float = 0.0
        self._count = 0

    def accumulate(self, learn: Any) -> None:
        """Add the attribute's value after a batch.

        Raises:
            AttributeError: the model has no such attribute; names the remedy.
        """
        if not hasattr(learn.model, self.attr):
            raise AttributeError(
                f'the model has no attribute "{self.attr}" to average; expected one that its loss sets in every batch, '
                "such as adv_loss, recons_loss or classif_loss"
            )
        value = getattr(learn.model, self.attr)
        size = find_bs(learn.yb)
        self._total = self._total + (value.detach() if isinstance(value, Tensor) else float(value)) * size
        self._count += size

    @property
    def value(self) -> float | None:
        """The mean; None before the first batch."""
        return float(self._total) / self._count if self._count else None

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.attr


class GetLatentSpace(Callback):
    """Collect latent vectors z during validation into learn.z_valid.

    `learn.z_valid` is a float32 tensor [N, D] on the CPU, in the order of the validation loader.
    """

    order = 20
    run_train = False

    def before_validate(self) -> None:
        """Start afresh."""
        self._collected: list[Tensor] = []

    def after_pred(self) -> None:
        """Take what the forward pass left on the model."""
        self._collected.append(self.model.z.detach().float().cpu())

    def after_validate(self) -> None:
        """Stack what was collected."""
        self.learn.z_valid = torch.cat(self._collected) if self._collected else torch.empty(0, 0)
        self._collected = []
