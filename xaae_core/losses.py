"""The losses of xAAEnet, as functions and as the methods the reference gives to its models."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from xaae_core.batch_share import relative_mean
from xaae_core.ms_ssim import ms_ssim, ssim


def _plain(x: Tensor) -> Tensor:
    """The tensor without fastai's subclass, whose dispatch costs time in every operation."""
    return x.as_subclass(Tensor) if type(x) is not Tensor else x


def reconstruction_loss(x_hat: Tensor, x: Tensor, metric: str = "ms_ssim") -> Tensor:
    """0.5 · (1 − MS-SSIM) + L1 of images [B, C, H, W], or signals [B, C, T], in [0, 1]; a scalar, 0 when equal.

    Args:
        x_hat: the reconstruction.
        x: the original.
        metric: "ms_ssim" (sides above 160 pixels, signals above 160 samples) or "ssim".
    """
    x_hat, x = _plain(x_hat).float(), _plain(x).float()
    similarity = (ms_ssim if metric == "ms_ssim" else ssim)(x_hat, x)
    return 0.5 * (1 - similarity.mean()) + F.l1_loss(x_hat, x)


def adversarial_loss(gan_fake: Tensor, gan_real: Tensor, *, gen_train: bool) -> Tensor:
    """The latent GAN's loss for the player whose turn it is; ln 2 = 0.693 when neither can tell.

    Args:
        gan_fake: the discriminator's score [B, 1] in [0, 1] of encoded latent vectors.
        gan_real: its score of Gaussian ones.
        gen_train: the encoder's turn (be taken for Gaussian) or the discriminator's (tell them apart).

    Source: Goodfellow et al. 2014, the non-saturating form; Makhzani et al. 2016 for the latent space.
    """
    with torch.autocast(gan_fake.device.type, enabled=False):
        fake, real = _plain(gan_fake).float(), _plain(gan_real).float()
        if gen_train:
            return F.binary_cross_entropy(fake, torch.ones_like(fake))
        told_fake = F.binary_cross_entropy(fake, torch.zeros_like(fake))
        told_real = F.binary_cross_entropy(real, torch.ones_like(real))
        return 0.5 * (told_fake + told_real)


class XaaeLosses:
    """The reference's loss methods; they read what `forward` left on the model.

    Each leaves its parts on the model as detached scalars (`adv_loss`, `recons_loss`, `classif_loss`), for
    `LossAttrMetric` to log.
    """

    input_image: Tensor
    gan_fake: Tensor
    gan_real: Tensor
    decoder_output: Tensor
    classes: int
    target_std: Tensor
    gen_train: bool
    recons_metric: str
    adv_loss: Tensor
    recons_loss: Tensor
    classif_loss: Tensor

    def aae_loss_func(self, output: Tensor, target: Tensor) -> Tensor:
        """The adversarial latent loss alone; `output` and `target` are not looked at."""
        loss = adversarial_loss(self.gan_fake, self.gan_real, gen_train=self.gen_train)
        self.adv_loss = loss.detach()
        return loss

    def classif_loss_func(
        self,
        output: Tensor,
        target: Tensor,
        ADV_WEIGHT: float,
        RECONS_WEIGHT: float,
        CLASS_WEIGHT: float,
        **kwargs: Any,
    ) -> Tensor:
        """Weighted sum of reconstruction, adversarial and cross-entropy terms.

        Args:
            output: class logits [B, classes].
            target: class indices [B].
            ADV_WEIGHT: weight of the latent GAN's term.
            RECONS_WEIGHT: weight of MS-SSIM + L1 of `decoder_output` against `input_image`.
            CLASS_WEIGHT: weight of the cross-entropy.
            **kwargs: for `torch.nn.functional.cross_entropy` (weight, label_smoothing, …).
        """
        recons = self._reconstruction(self.input_image)
        classif = self.pure_classif_loss_func(output, target, **kwargs)
        return RECONS_WEIGHT * recons + ADV_WEIGHT * self.aae_loss_func(output, target) + CLASS_WEIGHT * classif

    def denoising_ae_loss_func(
        self, clean_xb: Tensor, RECONS_WEIGHT: float, ADV_WEIGHT: float, pred: Tensor, yb: Tensor
    ) -> Tensor:
        """Reconstruction against the clean batch plus the adversarial term; `pred` and `yb` are not looked at."""
        return RECONS_WEIGHT * self._reconstruction(clean_xb) + ADV_WEIGHT * self.aae_loss_func(pred, yb)

    def pure_classif_loss_func(self, pred: Tensor, target: Tensor, **kwargs: Any) -> Tensor:
        """Plain cross-entropy of logits [B, classes] and class indices [B].

        Of a regressor (classes=1) the mean squared error of its numbers [B, 1] against the true ones [B], in units
        of the targets' variance, so that 1 is what the mean alone would reach; then `kwargs` are not looked at.
        """
        if self.classes == 1:
            error = (_plain(pred).float().flatten() - _plain(target).float().flatten()) / self.target_std
            loss = error.square().mean()
        else:
            loss = F.cross_entropy(_plain(pred), _plain(target), **kwargs)
            if kwargs.get("weight") is not None:
                loss = loss * relative_mean(kwargs["weight"][_plain(target)])
        self.classif_loss = loss.detach()
        return loss

    def _reconstruction(self, clean: Tensor) -> Tensor:
        loss = reconstruction_loss(self.decoder_output, clean, self.recons_metric)
        self.recons_loss = loss.detach()
        return loss
