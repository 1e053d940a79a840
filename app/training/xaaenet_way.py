"""xAAEnet: the phases of `train_xaaenet`, and those that a preset adds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.training.files import write_json
from app.training.way import TrainingPlace, Way, defaults_of, given
from xaae_core.models.catalogue import build_catalogued
from xaae_core.training.presets import Preset, find_preset

if TYPE_CHECKING:
    from torch import Tensor, nn

    from xaae_core.data.dataset import ImageDataset
    from xaae_core.training.progress import OnBatch

EPOCH_SETTINGS = {"adversarial": "epochs_adv", "autoencoder": "epochs_ae", "classifier": "epochs_classif"}
"""Phase → argument of `train_xaaenet` that holds its epochs."""
RATE_NAME = "learning_rate.json"
_SIGNAL_ENCODERS = {"reference": "signal:resnet1d"}
"""Preset → encoder of signals in the place of the preset's, where it is not the small one."""


class XaaenetWay(Way):
    """See `Way`."""

    @property
    def plan(self) -> Preset:
        """The preset with what was asked instead, for pictures."""
        request = self.request
        preset = find_preset(request.preset)
        names = ("encoder", "batch_size", "epochs_consistency", "epochs_sharpening")
        model = given(encoding_dims=request.dims, recons_metric=request.recons_metric)
        if request.freeze_encoder:
            model["freeze_encoder"] = True
        return replace(
            preset,
            **given(**{name: getattr(request, name) for name in names}),
            model={**preset.model, **model},
            training={**preset.training, **request.training},
        )

    def plan_for(self, dataset: ImageDataset) -> Preset:
        """The same for these cases: signals have encoders of their own, and short ones are compared by SSIM."""
        from xaae_core.ms_ssim import SMALLEST_SIDE

        plan, form = self.plan, dataset.form
        if form is None:
            return plan
        metric = {"recons_metric": "ssim"} if form.length < SMALLEST_SIDE and not self.request.recons_metric else {}
        encoder = self.request.encoder or signal_encoder_of(self.request.preset)
        return replace(plan, encoder=encoder, model={**plan.model, **metric})

    @property
    def batch_size(self) -> int:
        """See `Way`."""
        return self.plan.batch_size

    @property
    def image_size(self) -> tuple[int, int]:
        """See `Way`."""
        side = find_preset(self.request.preset).side
        return self.request.size or (side, side)

    def own_settings(self, dataset: ImageDataset) -> dict[str, Any]:
        """See `Way`."""
        return self.plan_for(dataset).settings()

    def phases(self) -> dict[str, int]:
        """See `Way`."""
        from xaae_core.training import train_xaaenet

        plan, defaults = self.plan, defaults_of(train_xaaenet)
        epochs = {phase: int(plan.training.get(name, defaults[name])) for phase, name in EPOCH_SETTINGS.items()}
        epochs |= {"consistency": plan.epochs_consistency, "sharpening": plan.epochs_sharpening}
        return {phase: n_epochs for phase, n_epochs in epochs.items() if n_epochs}

    def _built(self, dataset: ImageDataset, shape: Mapping[str, Any]) -> nn.Module:
        plan = self.plan_for(dataset)
        blocks = dict(plan.model)
        return build_catalogued(
            "xaaenet",
            **shape,
            dims=blocks.pop("encoding_dims"),
            classes=self.n_classes(dataset),
            network={**blocks, "encoder": plan.encoder, "weights_path": self.request.weights},
        )

    def train(self, model: Any, loaders: Any, dataset: ImageDataset, place: TrainingPlace) -> None:
        """See `Way`."""
        from xaae_core.training import train_xaaenet

        train_xaaenet(
            model,
            loaders,
            **{**self.plan.training, **self._found_rate(model, loaders, place)},
            seed=self.request.seed,
            class_weights=self.request.class_weights(dataset),
            models_dir=place.folder,
            pls_target_class=place.target,
            extract_latent=False,
            show_latent_figures=False,
            progress_bar=False,
            resume=place.resume,
            on_progress=place.on_progress,
            on_batch=place.on_batch,
        )

    def finish(self, model: Any, loaders: Any, dataset: ImageDataset, place: TrainingPlace) -> None:
        """See `Way`."""
        from xaae_core.training.finishing import finish_training

        finish_training(
            model,
            loaders,
            self.plan,
            seed=self.request.seed,
            class_weights=self._weights(dataset),
            on_progress=place.on_progress,
            on_batch=place.on_batch,
        )

    def try_phase(self, model: Any, loaders: Any, dataset: ImageDataset, phase: str, on_batch: OnBatch) -> None:
        """See `Way`."""
        from xaae_core.training import train_xaaenet
        from xaae_core.training.finishing import finish_training

        if phase not in EPOCH_SETTINGS:
            n_epochs = {name: int(name == phase) for name in ("consistency", "sharpening")}
            only = replace(
                self.plan, epochs_consistency=n_epochs["consistency"], epochs_sharpening=n_epochs["sharpening"]
            )
            finish_training(model, loaders, only, class_weights=self._weights(dataset), on_batch=on_batch)
            return
        epochs = {name: int(name == EPOCH_SETTINGS[phase]) for name in EPOCH_SETTINGS.values()}
        with tempfile.TemporaryDirectory() as folder:
            train_xaaenet(
                model,
                loaders,
                **{**self.plan.training, **epochs},
                models_dir=folder,
                class_weights=self.request.class_weights(dataset),
                save_tsne=False,
                save_pls=False,
                extract_latent=False,
                progress_bar=False,
                on_batch=on_batch,
            )

    def _weights(self, dataset: ImageDataset) -> Tensor | None:
        import torch

        weights = self.request.class_weights(dataset)
        return None if weights is None else torch.tensor(weights)

    def _found_rate(self, model: Any, loaders: Any, place: TrainingPlace) -> dict[str, float]:
        """The peak learning rate, looked for once a run; {} where none was asked for."""
        from xaae_core.training.learning_rate import find_learning_rate

        if not self.request.find_lr:
            return {}
        file: Path = place.folder / RATE_NAME
        if not place.processes.ask_main(file.exists):  # each looks for itself, on the same images
            found = find_learning_rate(model, loaders, seed=self.request.seed, training=self.plan.training)
            curve = {"suggested": found.suggested, "rates": found.rates.tolist(), "losses": found.losses.tolist()}
            place.processes.only_main(partial(write_json, file, curve))
        read: Mapping[str, Any] = json.loads(place.processes.ask_main(partial(file.read_text, encoding="utf-8")))
        return {"lr_max": float(read["suggested"])}


def signal_encoder_of(preset: str) -> str:
    """The encoder of signals that stands for a preset's encoder of pictures."""
    return _SIGNAL_ENCODERS.get(preset, "signal:small")
