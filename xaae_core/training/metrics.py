"""What is measured while a model trains."""

from __future__ import annotations

import math
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.learner import AvgMetric, Metric
from fastai.torch_core import find_bs
from torch import Tensor


class ValidAuroc(Metric):
    """Area under the ROC curve on the validation set; the mean of one-against-rest for more than two classes.

    NaN where the validation set lacks a class.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was accumulated."""
        self._logits: list[Tensor] = []
        self._targets: list[Tensor] = []

    def accumulate(self, learn: Any) -> None:
        """Keep a batch's logits [B, classes] and targets [B]."""
        self._logits.append(learn.pred.detach().float().cpu())
        self._targets.append(learn.y.detach().cpu())

    @property
    def value(self) -> float:
        """The area, in [0, 1]."""
        return auroc(torch.cat(self._logits), torch.cat(self._targets)) if self._logits else math.nan

    @property
    def name(self) -> str:
        """The name in tables."""
        return "auroc"


def auroc(logits: Tensor, targets: Tensor) -> float:
    """Area under the ROC curve of logits [N, classes] and class indices [N]; NaN if a class is missing."""
    from sklearn.metrics import roc_auc_score

    n_classes = logits.shape[1]
    if len(set(targets.tolist())) != n_classes or n_classes < 2 or not bool(torch.isfinite(logits).all()):
        return math.nan
    probabilities = logits.double().softmax(dim=1).numpy()
    scores = probabilities[:, 1] if n_classes == 2 else probabilities
    return float(roc_auc_score(targets.numpy(), scores, multi_class="ovr"))


def accuracy(pred: Tensor, target: Tensor) -> Tensor:
    """Share of images whose largest logit [B, classes] is their class [B]."""
    return (pred.argmax(dim=1) == target).float().mean()


_SLICES = 64


def classifier_metrics(*, is_regressor: bool = False) -> list[Metric]:
    """Accuracy and AUROC on the validation set; of a regressor its rank correlation and mean absolute error."""
    if is_regressor:
        return [ValidSpearman(), AvgMetric(mae)]
    return [AvgMetric(accuracy), ValidAuroc()]


class ValidSpearman(ValidAuroc):
    """Rank correlation of predicted and true numbers on the validation set; NaN where one is constant."""

    @property
    def value(self) -> float:
        """The correlation, in [−1, 1]."""
        from scipy.stats import spearmanr

        if not self._logits:
            return math.nan
        predicted, true = torch.cat(self._logits).flatten().numpy(), torch.cat(self._targets).flatten().numpy()
        if len(true) < 3 or predicted.min() == predicted.max() or true.min() == true.max():
            return math.nan
        return float(spearmanr(predicted, true).statistic)

    @property
    def name(self) -> str:
        """The name in tables."""
        return "spearman"


def mae(pred: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error of numbers [B, 1] against the true ones [B], in the target's units."""
    return (pred.flatten() - target.flatten()).abs().mean()


class PriorDistance(Metric):
    """`prior_distance` of the validation set's z: 0 when the latent space is the Gaussian that it should be."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was accumulated."""
        self._z: list[Tensor] = []

    def accumulate(self, learn: Any) -> None:
        """Keep a batch's z [B, D]."""
        self._z.append(learn.model.z.detach().float().cpu())

    @property
    def value(self) -> float:
        """The distance."""
        return prior_distance(torch.cat(self._z)) if self._z else math.nan

    @property
    def name(self) -> str:
        """The name in tables."""
        return "prior_distance"


def prior_distance(z: Tensor) -> float:
    """Sliced squared Wasserstein distance of latent vectors [N, D] to the standard Gaussian.

    The mean over the axes and `_SLICES` fixed directions of the squared difference between the sorted
    projections and the Gaussian's quantiles. Unlike the discriminator's score it does not depend on how
    well a judge happens to be trained, so that epochs can be compared.
    """
    n_points, n_dims = z.shape
    directions = torch.randn(n_dims, _SLICES, generator=torch.Generator().manual_seed(0))
    directions = torch.cat([torch.eye(n_dims), directions / directions.norm(dim=0)], dim=1)  # [D, D + slices]
    projected = (z.float() @ directions).sort(dim=0).values
    quantiles = torch.special.ndtri((torch.arange(n_points) + 0.5) / n_points)
    return float((projected - quantiles[:, None]).square().mean())


class MeanTrainLoss(Callback):
    """The mean training loss of the epoch, each image counting once, in `value`."""

    order = 55
    run_valid = False

    def before_train(self) -> None:
        """Start afresh."""
        self._total: Tensor | float = 0.0
        self._count = 0

    def after_batch(self) -> None:
        """Add the batch; kept on the device, so that nothing waits for it."""
        size = find_bs(self.yb)
        self._total = self._total + self.learn.loss.detach().float() * size
        self._count += size

    @property
    def value(self) -> float:
        """The mean; NaN before the first batch."""
        return float(self._total) / self._count if self._count else math.nan
