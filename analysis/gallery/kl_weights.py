"""How much the KL divergence weighs in a model's loss: what decides whether z is used at all."""

from __future__ import annotations

import math

from torch import nn


def kl_weight_of(model: nn.Module, *, n_data: int, batch_size: int) -> float | None:
    """How often a nat of KL(q(z|x) ‖ N(0, I)) counts against one of log p(x|z) in a model's loss; None without KL.

    1 is the ELBO. Where the parts of the divergence have weights of their own, that of the mutual information of x
    and z: what using z at all costs. A Gaussian of the variance β (see `analysis.gallery.likelihoods`) has 1.

    Args:
        model: of the catalogue.
        n_data: N, training cases.
        batch_size: B, cases a step.
    """
    from xaae_core.models.adagvae import AdaGVAE
    from xaae_core.models.autoencoder_latents import AutoencoderLatents
    from xaae_core.models.burgess_vae import BurgessVAE
    from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist, BetaVaeMnist
    from xaae_core.models.vae import VAE

    if isinstance(model, AutoencoderLatents):
        is_variational = isinstance(model.model, VAE | AdaGVAE)
        return (model.beta if str(model.likelihood) == "bernoulli" else 1.0) if is_variational else None
    if isinstance(model, BetaVaeMnist):  # its cross-entropy is a mean over the pixels
        return _pixels(model) * model.beta * batch_size / n_data
    if isinstance(model, BetaTcVaeMnist):  # the same, and divided by B once more
        return float(_pixels(model) * batch_size)
    return _of_burgess(model) if isinstance(model, BurgessVAE) else None


def _of_burgess(model: nn.Module) -> float:
    from xaae_core.vae_losses import BetaHLoss, BtcvaeLoss

    loss = model.loss_f
    if isinstance(loss, BtcvaeLoss):
        return loss.alpha
    assert isinstance(loss, BetaHLoss)  # there are no others
    return loss.beta


def _pixels(model: nn.Module) -> int:
    height, width = model.input_size  # type: ignore[misc]  # of every `LatentModel`
    return math.prod((height, width))
