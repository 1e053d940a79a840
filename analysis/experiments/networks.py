"""The published networks of the experiments, under lfxai's names."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor, nn

from analysis.experiments.datasets import ExperimentData
from analysis.experiments.setup import Recipe
from xaae_core.pretext import Identity, Mask, RandomNoise
from xaae_core.vae_losses import BaseVAELoss, BetaHLoss, BtcvaeLoss

_NOISE = 0.3
_MASKED = 0.2
_BURGESS_SIDE = 32


class PublishedNetworks:
    """See `analysis.experiments.setup.Networks`; for digits of 28×28 px, and signals of any length.

    Source: Crabbé & van der Schaar 2022, appendix; Burgess et al. 2018 for the variational autoencoders.
    """

    def autoencoder(self, data: ExperimentData, n_dims: int, task: str) -> Recipe:
        """A convolutional autoencoder of pictures, with the task's noise; an LSTM of signals, without any."""
        if data.kind == "signals":
            from xaae_core.models.lfxai_names import RecurrentAutoencoder

            length, channels = data.x_train.shape[1:]
            return _recipe(partial(RecurrentAutoencoder, length, channels, n_dims), nn.L1Loss())
        from xaae_core.models.lfxai_names import AutoEncoderMnist, DecoderMnist, EncoderMnist

        change = {"reconstruction": Identity(), "denoising": RandomNoise(_NOISE), "inpainting": Mask(_MASKED)}[task]

        def build() -> nn.Module:
            return AutoEncoderMnist(EncoderMnist(n_dims), DecoderMnist(n_dims), n_dims, change)

        return _recipe(build, nn.MSELoss())

    def classifier(self, data: ExperimentData, n_dims: int) -> Recipe:
        """The same encoder, a linear layer, and the cross-entropy of its logits."""
        from xaae_core.models.lfxai_names import ClassifierMnist, EncoderMnist

        return _recipe(lambda: ClassifierMnist(EncoderMnist(n_dims), n_dims, "classifier"), nn.MSELoss())

    def vae(self, data: ExperimentData, n_dims: int, loss: str, beta: float, n_train: int) -> Recipe:
        """Burgess's networks, which take pictures of 32×32 px."""
        from xaae_core.models.lfxai_names import init_vae

        def build() -> nn.Module:
            made: BaseVAELoss = BetaHLoss(beta) if loss == "beta_vae" else BtcvaeLoss(n_train, beta=beta, is_mss=False)
            return init_vae((1, _BURGESS_SIDE, _BURGESS_SIDE), n_dims, made, loss)

        return _recipe(build, nn.MSELoss())


def _recipe(build: Any, case_loss: Any) -> Recipe:
    return Recipe(build, _batch_loss, case_loss)


def _batch_loss(model: nn.Module, x: Tensor, y: Tensor | None) -> Tensor:
    """What the network itself trains with; the number of training cases is known to its loss."""
    model_with_losses: Any = model
    found: Tensor = model_with_losses.batch_losses(x, y, len(x))["loss"]
    return found
