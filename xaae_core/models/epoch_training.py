"""What lfxai's models have in common: epochs of training and testing, and files of weights and metadata."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from xaae_core.errors import TrainingError
from xaae_core.models.adagvae import require_pair
from xaae_core.models.autoencoder_loss import LikelihoodType, require_data

if TYPE_CHECKING:
    from xaae_core.model_card import ModelCard
    from xaae_core.training.epoch_fit import FitHistory, OnEpoch
    from xaae_core.training.progress import OnBatch


class Loader(Protocol):
    """A loader of batches (inputs, labels), such as torch's `DataLoader`."""

    @property
    def dataset(self) -> Any:
        """The data set, which has a length."""
        ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...


class EpochTraining(nn.Module):
    """A model that trains by epochs.

    Attributes:
        name: stem of its files.
        lr: learning rate of the last `fit`; None before.
        checkpoints_files: weights that the last `fit` kept on its way, in order; what TracIn follows.
        arguments: what the class is built with again from a checkpoint (JSON values); empty where that cannot be told.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.lr: float | None = None
        self.checkpoints_files: list[Path] = []

    @property
    def arguments(self) -> dict[str, Any]:
        """What the model is built with again from a checkpoint (JSON values); empty where that cannot be told."""
        return {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What `save_metadata` writes (JSON values)."""
        return {"name": self.name}

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """The `loss` of a batch, and whatever else is worth knowing; scalars by name. The mode is the module's.

        Args:
            inputs: [B, …].
            labels: [B], or whatever the loader gives.
            n_data: cases of the data set that the batch is from.
        """
        raise NotImplementedError

    def require_inputs(self, inputs: Tensor, name: str = "a batch") -> None:
        """Raise for inputs that the loss does not know; a training asks this of its data before it starts.

        Args:
            inputs: cases [B, …], or pairs of them [B, 2, …].
            name: what the message calls them.

        Raises:
            AutoencoderError: values that are not finite; of a bernoulli likelihood, values outside [0, 1].
            SignalError: of a model of signals, values that are not finite.
        """
        require_data(inputs, LikelihoodType.GAUSSIAN, name)

    def generators(self) -> list[torch.Generator | None]:
        """Generators that the user gave to parts of the model; their states belong to a training's."""
        return []

    def training_memory(self) -> dict[str, int]:
        """What training counts besides the weights."""
        return {}

    def set_training_memory(self, memory: dict[str, int]) -> None:
        """Put back what `training_memory` told."""

    def train_epoch(
        self, device: torch.device | str, dataloader: Loader, optimizer: torch.optim.Optimizer
    ) -> np.float64:
        """Train on each batch once; the mean loss of the cases.

        Raises:
            TrainingError: a loss that is not finite.
        """
        self.train()
        means = _CaseMeans()
        for number, (inputs, labels) in enumerate(_moved(dataloader, device), 1):
            losses = self.batch_losses(inputs, labels, len(dataloader.dataset))
            means.add(losses, len(inputs))
            if not math.isfinite(means.last):
                raise TrainingError(
                    f"the loss of training batch {number} is {means.last}: look for NaN in the inputs, or values far "
                    "outside the range that the model expects"
                )
            optimizer.zero_grad()
            losses["loss"].backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return np.float64(means.result()["loss"])

    def measure_epoch(self, device: torch.device | str, dataloader: Loader) -> dict[str, float]:
        """What `batch_losses` tells of each batch in eval mode, averaged over the cases, by name."""
        self.eval()
        means = _CaseMeans()
        with torch.no_grad():
            for inputs, labels in _moved(dataloader, device):
                means.add(self.batch_losses(inputs, labels, len(dataloader.dataset)), len(inputs))
        return means.result()

    def test_epoch(self, device: torch.device | str, dataloader: Loader) -> Any:
        """The mean loss of the cases in eval mode.

        lfxai averages the batches' means instead, in which the cases of a smaller last batch weigh more.
        """
        return np.float64(self.measure_epoch(device, dataloader)["loss"])

    def run_epochs(
        self,
        device: torch.device | str,
        train_loader: Loader,
        test_loader: Loader,
        save_dir: Path | str | None,
        on_epoch: OnEpoch | None,
        on_batch: OnBatch | None,
        **settings: Any,
    ) -> FitHistory:
        """What each `fit` is made of: `fit_epochs` of `xaae_core.training.epoch_fit`; `settings` of `FitSettings`."""
        from xaae_core.training.epoch_fit import FitSettings, fit_epochs

        return fit_epochs(
            self,
            device,
            train_loader,
            test_loader,
            save_dir=save_dir,
            settings=FitSettings(**settings),
            on_epoch=on_epoch,
            on_batch=on_batch,
        )

    def card(self) -> ModelCard:
        """The card of its checkpoints; of a model whose `arguments` cannot be told, one that only names it."""
        from xaae_core.model_card import KINDS, ModelCard, card_for

        kind = type(self).__name__
        return card_for(self, name=self.name) if kind in KINDS and self.arguments else ModelCard(kind, {}, self.name)

    def save(self, directory: Path | str) -> None:
        """Write the weights as `<name>.safetensors` and the metadata as `<name>.json`, each whole or not at all.

        Raises:
            CheckpointError: the folder cannot be written to.
        """
        from xaae_core.checkpoints import save_checkpoint

        self.save_metadata(directory)
        save_checkpoint(self, Path(directory) / f"{self.name}.safetensors", self.card())

    def load_weights(self, path: Path | str) -> None:
        """Take the weights of a file of `save`, of a checkpoint, or of lfxai's (`.pt`), tensors only.

        Raises:
            CheckpointError: see `xaae_core.checkpoints.load_checkpoint`.
        """
        from xaae_core.checkpoints import read_state_dict
        from xaae_core.weights_fit import fill_model

        fill_model(self, self.own_weights(read_state_dict(path)), Path(path).name)

    def own_weights(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights of a file by the names that the model has for them."""
        return dict(state)

    def save_metadata(self, directory: Path | str, **kwargs: Any) -> None:
        """Write the metadata as `<name>.json`.

        Args:
            directory: the folder.
            **kwargs: of `json.dumps`.
        """
        from xaae_core.atomic_files import write_text_atomically

        text = json.dumps(self.metadata, **{"indent": 4, "sort_keys": True} | kwargs)
        write_text_atomically(Path(directory) / f"{self.name}.json", text)

    def load_metadata(self, directory: Path | str) -> dict[str, Any]:
        """Read `<name>.json` of a folder.

        Raises:
            DamagedCheckpointError: it is no JSON object.
            CheckpointError: it cannot be read.
        """
        from xaae_core.errors import CheckpointError, DamagedCheckpointError

        path = Path(directory) / f"{self.name}.json"
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise DamagedCheckpointError(f"{path} cannot be read ({error}): save the model again") from error
        if not isinstance(read, dict):
            raise DamagedCheckpointError(f"{path} holds no metadata of a model: save the model again")
        return read


class _CaseMeans:
    """Means over the cases of what batches measured."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.n_cases = 0
        self.last = math.nan

    def add(self, losses: dict[str, Tensor], n_cases: int) -> None:
        values = {name: value.item() for name, value in losses.items()}
        self.sums = {name: self.sums.get(name, 0.0) + value * n_cases for name, value in values.items()}
        self.n_cases += n_cases
        self.last = values["loss"]

    def result(self) -> dict[str, float]:
        if not self.n_cases:
            raise TrainingError("the loader gave no batches: its data set is empty, or smaller than one whole batch")
        return {name: total / self.n_cases for name, total in self.sums.items()}


def moved_batch(batch: Any, device: torch.device | str) -> tuple[Tensor, Any]:
    """Inputs and labels of a loader's batch, on the device; a pair (x1, x2) of inputs as [B, 2, …].

    Raises:
        TrainingError: a batch that is not made of inputs and labels.
        AutoencoderError: a pair of two shapes.
    """
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        what = f"{len(batch)} entries" if isinstance(batch, tuple | list) else f"a {type(batch).__name__}"
        raise TrainingError(
            f"the loader's batches are {what}; expected (inputs, labels), or ((x1, x2), labels) of pairs"
        )
    inputs, labels = batch
    whole: Tensor = torch.stack(require_pair(inputs), dim=1) if isinstance(inputs, tuple | list) else inputs
    return whole.to(device), labels.to(device) if isinstance(labels, Tensor) else labels


def _moved(dataloader: Loader, device: torch.device | str) -> Iterator[tuple[Tensor, Any]]:
    """The batches, on the device."""
    for batch in dataloader:
        yield moved_batch(batch, device)
