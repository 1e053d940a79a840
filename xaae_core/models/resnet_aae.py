"""The model of the xAAEnet page: its blocks around a ResNet34."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from xaae_core.models.aae import ReconsMetric, XaaeBlocks
from xaae_core.models.encoders import imagenet_normalisation, resnet34_trunk
from xaae_core.models.skip_dropout import SkipDropoutPer
from xaae_core.models.skip_taps import EncoderLayout


class AAE(XaaeBlocks):
    """Adversarial autoencoder used by xAAEnet.

    The model encodes an image into a latent vector z, predicts class logits from it, holds its
    distribution to a Gaussian with a discriminator, and reconstructs the image with a U-Net decoder.
    Default flow: [B, 3, 256, 256] → [B, 512, 8, 8] → 32768 → z [B, 128] → logits [B, 2] → [B, 3, 256, 256].

    Args:
        input_size: side of the images in pixels, or (height, width).
        input_channels: channels of the images; other than 3 adapts the first convolution.
        encoding_dims: size D of z.
        classes: number of classes.
        gen_train: whether the adversarial loss starts by training the encoder.
        skip_dropout: share of the skips dropped in training, in [0, 1]; 1 drops all.
        pretrained: start from torchvision's ImageNet weights of ResNet34.
        weights_path: a local file of those weights, instead of the download.
        skip_dropout_per: "channel" or "image", see `DynamicUnetSkipDropout`.
        decoder: "unet" or "light", see `DynamicUnetSkipDropout`.
        recons_metric: "ms_ssim" (sides above 160 pixels) or "ssim".
        layout: where the encoder's maps are, if known (from a card): spares the dummy pass.

    Raises:
        PretrainedWeightsError: the weights cannot be had; names the ways out.

    Source: the xAAEnet model page.
    """

    def __init__(
        self,
        input_size: int | Sequence[int] = 256,
        input_channels: int = 3,
        encoding_dims: int = 128,
        classes: int = 2,
        gen_train: bool = True,
        skip_dropout: float = 1,
        *,
        pretrained: bool = True,
        weights_path: str | None = None,
        skip_dropout_per: SkipDropoutPer = "channel",
        decoder: Literal["unet", "light"] = "unet",
        recons_metric: ReconsMetric = "ms_ssim",
        layout: EncoderLayout | None = None,
    ) -> None:
        super().__init__(
            resnet34_trunk(input_channels, pretrained=pretrained, weights_path=weights_path),
            input_size=input_size,
            input_channels=input_channels,
            encoding_dims=encoding_dims,
            classes=classes,
            linear=None,
            gen_train=gen_train,
            skip_dropout=skip_dropout,
            skip_dropout_per=skip_dropout_per,
            decoder=decoder,
            recons_metric=recons_metric,
            normalisation=imagenet_normalisation(input_channels),
            layout=layout,
        )
        self.arguments = {
            "input_size": list(self.input_size),
            "input_channels": input_channels,
            "encoding_dims": encoding_dims,
            "classes": classes,
            "skip_dropout": float(skip_dropout),
            "skip_dropout_per": skip_dropout_per,
            "decoder": decoder,
            "recons_metric": recons_metric,
        }
