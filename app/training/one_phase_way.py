"""Every model but xAAEnet: the one phase of `train_autoencoder`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.training.way import TrainingPlace, Way
from xaae_core.models.catalogue import build_catalogued

if TYPE_CHECKING:
    from torch import nn

    from xaae_core.data.dataset import ImageDataset
    from xaae_core.training.progress import OnBatch

BATCH_SIZE = 32
EPOCHS = 30
FILE_STEM = "model"


class OnePhaseWay(Way):
    """See `Way`."""

    @property
    def batch_size(self) -> int:
        """See `Way`."""
        return self.request.batch_size or BATCH_SIZE

    @property
    def image_size(self) -> tuple[int, int]:
        """See `Way`."""
        return self.request.size or (self.entry.side, self.entry.side)

    def own_settings(self, dataset: ImageDataset) -> dict[str, Any]:
        """See `Way`."""
        return {
            "batch_size": self.batch_size,
            "dims": self.request.dims or self.entry.dims or None,
            **self.entry.settings(self.request.options, "picture" if dataset.form is None else "signal"),
            "epochs": EPOCHS,
            **self.request.training,
        }

    def phases(self) -> dict[str, int]:
        """See `Way`."""
        name = "contrastive" if self.entry.feed == "views" else "autoencoder"
        n_epochs = int(self.request.training.get("epochs", EPOCHS))
        return {"classifier" if self.entry.learns_labels else name: n_epochs} if n_epochs else {}

    def _built(self, dataset: ImageDataset, shape: Mapping[str, Any]) -> nn.Module:
        return build_catalogued(
            self.entry.name,
            **shape,
            dims=self.request.dims,
            classes=self.n_classes(dataset),
            n_data=len(dataset.rows("train")),
            **self.request.options,
        )

    def train(self, model: Any, loaders: Any, dataset: ImageDataset, place: TrainingPlace) -> None:
        """See `Way`."""
        from xaae_core.training.train_autoencoder import train_autoencoder

        train_autoencoder(
            model,
            loaders,
            **{"epochs": EPOCHS, **self.request.training},
            seed=self.request.seed,
            models_dir=place.folder,
            fname=FILE_STEM,
            pls_target_class=None if dataset.is_numeric else place.target,
            extract_latent=False,
            show_latent_figures=False,
            progress_bar=False,
            resume=place.resume,
            on_progress=place.on_progress,
            on_batch=place.on_batch,
        )

    def try_phase(self, model: Any, loaders: Any, dataset: ImageDataset, phase: str, on_batch: OnBatch) -> None:
        """See `Way`."""
        from xaae_core.training.train_autoencoder import train_autoencoder

        with tempfile.TemporaryDirectory() as folder:
            train_autoencoder(
                model,
                loaders,
                **{**self.request.training, "epochs": 1},
                models_dir=folder,
                save_tsne=False,
                save_pls=False,
                extract_latent=False,
                progress_bar=False,
                on_batch=on_batch,
            )
