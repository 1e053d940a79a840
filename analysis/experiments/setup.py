"""What an experiment is run with: the data, how much of it, which networks, and the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.examples.sample_losses import LossFunction
from analysis.examples.steps import Progress
from analysis.experiments.datasets import ExperimentData, balanced_rows
from analysis.experiments.seeding import seed_for
from analysis.experiments.training import BatchLoss, TrainedNetwork, Training, train_network

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """How much work an experiment is.

    Attributes:
        n_train: training cases, at most.
        n_explained: test cases that are explained, at most.
        n_compared: training cases that examples are chosen from, at most.
        n_epochs: of every network.
        n_dims: latent dimensions.
        runs: repetitions with other seeds.
        batch_size: cases a training step.
    """

    n_train: int
    n_explained: int
    n_compared: int
    n_epochs: int
    n_dims: int
    runs: int
    batch_size: int = 200


@dataclass(frozen=True, eq=False)
class Recipe:
    """A network that can be trained.

    Attributes:
        build: makes it, with weights from torch's global generator.
        loss: of a training batch; in training mode, so with the pretext task's noise.
        case_loss: of (input, output), whose gradients tell which examples matter.
    """

    build: Callable[[], nn.Module]
    loss: BatchLoss
    case_loss: LossFunction = torch.nn.functional.mse_loss


class Networks(Protocol):
    """The networks of the experiments; each has an `encoder`."""

    def autoencoder(self, data: ExperimentData, n_dims: int, task: str) -> Recipe:
        """Of a pretext task: "reconstruction", "denoising" or "inpainting"."""
        ...

    def classifier(self, data: ExperimentData, n_dims: int) -> Recipe:
        """A classifier with the autoencoders' encoder; its output is logits."""
        ...

    def vae(self, data: ExperimentData, n_dims: int, loss: str, beta: float, n_train: int) -> Recipe:
        """A variational autoencoder whose `encoder.mu` gives the means; loss "beta_vae" or "beta_tc_vae"."""
        ...


@dataclass(frozen=True, eq=False)
class Setup:
    """Everything that an experiment's numbers depend on.

    Attributes:
        data: all of it; the scale says how much is used.
        scale: how much work.
        networks: what is trained.
        seed: of everything drawn by chance.
        device: where to compute.
    """

    data: ExperimentData
    scale: Scale
    networks: Networks
    seed: int = 0
    device: str = "cpu"

    @property
    def settings(self) -> dict[str, Any]:
        """What finished parts depend on; the number of runs is not among it, so that more can be added."""
        scale = {name: value for name, value in asdict(self.scale).items() if name != "runs"}
        return {"data": self.data.name, "sha256": self.data.sha256, "seed": self.seed, **scale}

    def train_rows(self, among: Rows | None = None) -> Rows:
        """Rows of the training data to train on, of each class alike."""
        return self._rows(self.data.y_train, self.scale.n_train, "train", among)

    def explained_rows(self, among: Rows | None = None) -> Rows:
        """Rows of the test data to explain, of each class alike."""
        return self._rows(self.data.y_test, self.scale.n_explained, "explained", among)

    def compared_rows(self) -> Rows:
        """Of the rows that are trained on those that examples are chosen from."""
        return self._rows(self.data.y_train, self.scale.n_compared, "compared", self.train_rows())

    def train(
        self,
        recipe: Recipe,
        x: Tensor,
        y: Rows | None = None,
        *,
        words: tuple[object, ...],
        n_checkpoints: int = 0,
        progress: Progress | None = None,
    ) -> TrainedNetwork:
        """Train a network; `words` name its seed among others'."""
        training = Training(
            self.scale.n_epochs,
            self.scale.batch_size,
            self.seed_of(*words),
            self.device,
            max(1, self.scale.n_epochs // n_checkpoints) if n_checkpoints else 0,
            progress,
        )
        return train_network(recipe.build, recipe.loss, x, None if y is None else torch.from_numpy(y), training)

    def seed_of(self, *words: object) -> int:
        """A seed of its own for a named purpose."""
        return seed_for(self.seed, *words)

    def _rows(self, labels: Rows, n: int, words: str, among: Rows | None) -> Rows:
        rows = np.arange(len(labels)) if among is None else among
        chosen: Rows = rows[balanced_rows(labels[rows], min(n, len(rows)), self.seed_of(words))]
        return chosen


def staged(progress: Progress, *weights: float) -> list[Progress]:
    """Callbacks for pieces of work one after the other, each with its weight, that make one count to 1,000."""
    total, begun, found = sum(weights), 0.0, []
    for weight in weights:
        found.append(_Stage(progress, begun / total, weight / total))
        begun += weight
    return list(found)


@dataclass(frozen=True)
class _Stage:
    progress: Progress
    begin: float
    share: float

    def __call__(self, done: int, n_all: int) -> None:
        self.progress(round(1000 * (self.begin + self.share * done / max(1, n_all))), 1000)
