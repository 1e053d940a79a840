"""The two ways in which lfxai's models take `fit`: its own arguments by place, this tool's by keyword."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from xaae_core.models.epoch_training import EpochTraining, Loader

if TYPE_CHECKING:
    from xaae_core.training.epoch_fit import FitHistory, OnEpoch
    from xaae_core.training.progress import OnBatch


class FitsWithCheckpoints(EpochTraining):
    """A model whose `fit` takes the interval of checkpoints by place: lfxai's autoencoders."""

    def fit(
        self,
        device: torch.device | str,
        train_loader: Loader,
        test_loader: Loader,
        save_dir: Path | str,
        n_epoch: int = 30,
        patience: int = 10,
        checkpoint_interval: int = -1,
        *,
        seed: int = 0,
        resume: bool = True,
        on_epoch: OnEpoch | None = None,
        on_batch: OnBatch | None = None,
    ) -> FitHistory:
        """Train; see `xaae_core.training.epoch_fit`, `fit_epochs` and `FitSettings`."""
        return self.run_epochs(
            device,
            train_loader,
            test_loader,
            save_dir,
            on_epoch,
            on_batch,
            n_epoch=n_epoch,
            patience=patience,
            checkpoint_interval=checkpoint_interval,
            seed=seed,
            resume=resume,
        )


class FitsWithPatience(EpochTraining):
    """A model whose `fit` ends with the patience: lfxai's classifiers and its VAE of Burgess."""

    def fit(
        self,
        device: torch.device | str,
        train_loader: Loader,
        test_loader: Loader,
        save_dir: Path | str,
        n_epoch: int = 30,
        patience: int = 10,
        *,
        checkpoint_interval: int = -1,
        seed: int = 0,
        resume: bool = True,
        on_epoch: OnEpoch | None = None,
        on_batch: OnBatch | None = None,
    ) -> FitHistory:
        """Train; see `xaae_core.training.epoch_fit`, `fit_epochs` and `FitSettings`."""
        return self.run_epochs(
            device,
            train_loader,
            test_loader,
            save_dir,
            on_epoch,
            on_batch,
            n_epoch=n_epoch,
            patience=patience,
            checkpoint_interval=checkpoint_interval,
            seed=seed,
            resume=resume,
        )
