"""The xAAEnet blocks around a user's own encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from xaae_core.errors import EncoderContractError
from xaae_core.models.aae import Normalisation, ReconsMetric, XaaeBlocks, set_module_trainable
from xaae_core.models.encoder_names import parse_encoder
from xaae_core.models.skip_dropout import SkipDropoutPer
from xaae_core.models.skip_taps import EncoderLayout
from xaae_core.signal_form import SignalForm


class EncoderWithAAEBlocks(XaaeBlocks):
    """User encoder extended with xAAEnet analysis blocks.

    The user's encoder stays the feature extractor. The added blocks project its features into z,
    predict from z, hold z to a Gaussian, and reconstruct the input with a symmetric U-Net decoder.

    Args:
        encoder: any module that returns a spatial feature map [B, C, h, w] of images, or [B, C, t] of signals.
        input_size: side of the images in pixels, or (height, width); (T,) samples of signals, or T for an encoder whose
            first convolution is one-dimensional.
        input_channels: channels of the images or signals.
        encoding_dims: size D of z.
        classes: number of classes.
        linear: the user's own label head, z [B, D] → logits [B, classes]; a linear layer if None.
        gen_train: whether the adversarial loss starts by training the encoder.
        skip_dropout: share of the skips dropped in training, in [0, 1].
        freeze_encoder: keep the encoder as it is: no gradients, batch statistics fixed.
        skip_dropout_per: "channel" or "image", see `DynamicUnetSkipDropout`.
        decoder: "unet" or "light", see `DynamicUnetSkipDropout`.
        recons_metric: "ms_ssim" (sides above 160 pixels, signals above 160 samples) or "ssim".
        normalisation: (mean, std) per channel that the encoder expects; None: images as they are.
        encoder_spec: how a checkpoint names the encoder, e.g. "torchvision:resnet34", or
            "python:my_pkg.encoders:build" (see `python_encoders`); None: whoever opens the checkpoint must give
            the encoder.
        layout: where the encoder's maps are, if known (from a card): spares the dummy pass.
        signal_form: what the signals look like; size and channels are its then. None: pictures, or signals whose rate
            and channels' names are not known (see `xaae_core.models.input_shapes.input_shape`).

    Raises:
        SignalError: a size or channels that are not the form's.
        EncoderContractError: the encoder returns no spatial map, or its maps do not shrink; or `encoder_spec` is no
            name of an encoder.

    Source: the xAAEnet page on user encoders.
    """

    def __init__(
        self,
        encoder: nn.Module,
        input_size: int | Sequence[int] = 256,
        input_channels: int = 3,
        encoding_dims: int = 128,
        classes: int = 2,
        linear: nn.Module | None = None,
        gen_train: bool = True,
        skip_dropout: float = 1.0,
        freeze_encoder: bool = False,
        *,
        skip_dropout_per: SkipDropoutPer = "channel",
        decoder: Literal["unet", "light"] = "unet",
        recons_metric: ReconsMetric = "ms_ssim",
        normalisation: Normalisation | None = None,
        encoder_spec: str | None = None,
        layout: EncoderLayout | None = None,
        signal_form: SignalForm | None = None,
    ) -> None:
        if linear is not None:
            _check_head(linear, encoding_dims, classes)
        if encoder_spec is not None:
            parse_encoder(encoder_spec)  # now, not when the checkpoint is opened
        super().__init__(
            encoder,
            input_size=input_size,
            input_channels=input_channels,
            encoding_dims=encoding_dims,
            classes=classes,
            linear=linear,
            gen_train=gen_train,
            skip_dropout=skip_dropout,
            skip_dropout_per=skip_dropout_per,
            decoder=decoder,
            recons_metric=recons_metric,
            normalisation=normalisation,
            layout=layout,
            signal_form=signal_form,
        )
        self.freeze_encoder = freeze_encoder
        self.encoder_spec = encoder_spec
        if freeze_encoder:
            set_module_trainable(self.encoder, False)
            self.encoder.eval()
        self.arguments = {
            "encoder": encoder_spec,
            **self._shape_arguments(),
            "encoding_dims": encoding_dims,
            "classes": classes,
            "skip_dropout": float(skip_dropout),
            "freeze_encoder": freeze_encoder,
            "skip_dropout_per": skip_dropout_per,
            "decoder": decoder,
            "recons_metric": recons_metric,
            "normalisation": [[float(value) for value in values] for values in normalisation]
            if normalisation
            else None,
        }
        if linear is not None:
            self.arguments["linear"] = type(linear).__name__

    def _shape_arguments(self) -> dict[str, Any]:
        if self.signal_form is not None:  # the one place that tells size and channels
            return {"signal_form": self.signal_form.to_json()}
        return {"input_size": list(self.input_size), "input_channels": self.input_channels}

    def train(self, mode: bool = True) -> EncoderWithAAEBlocks:
        """Set the training mode; a frozen encoder stays in eval mode, or its batch statistics would move."""
        super().train(mode)
        if self.freeze_encoder:
            self.encoder.eval()
        return self


def add_xaae_blocks(
    encoder: nn.Module,
    input_size: int | Sequence[int] = 256,
    input_channels: int = 3,
    encoding_dims: int = 128,
    classes: int = 2,
    linear: nn.Module | None = None,
    gen_train: bool = True,
    skip_dropout: float = 1.0,
    freeze_encoder: bool = False,
    *,
    skip_dropout_per: SkipDropoutPer = "channel",
    decoder: Literal["unet", "light"] = "unet",
    recons_metric: ReconsMetric = "ms_ssim",
    normalisation: Normalisation | None = None,
    encoder_spec: str | None = None,
    layout: EncoderLayout | None = None,
    signal_form: SignalForm | None = None,
) -> EncoderWithAAEBlocks:
    """Add xAAEnet analysis blocks to a user encoder; see `EncoderWithAAEBlocks` for the arguments."""
    return EncoderWithAAEBlocks(
        encoder,
        input_size,
        input_channels,
        encoding_dims,
        classes,
        linear,
        gen_train,
        skip_dropout,
        freeze_encoder,
        skip_dropout_per=skip_dropout_per,
        decoder=decoder,
        recons_metric=recons_metric,
        normalisation=normalisation,
        encoder_spec=encoder_spec,
        layout=layout,
        signal_form=signal_form,
    )


def _check_head(linear: nn.Module, encoding_dims: int, classes: int) -> None:
    """Raise EncoderContractError unless the head maps z [2, D] to logits [2, classes]."""
    reference = next(linear.parameters(), None)
    z = torch.zeros(2, encoding_dims, device=None if reference is None else reference.device)
    modes = [(module, module.training) for module in linear.modules()]
    try:
        with torch.no_grad():
            shape = tuple(linear.eval()(z).shape)
    except Exception as error:
        raise EncoderContractError(
            f"the label head `linear` failed on z of shape (2, {encoding_dims}): {error}. "
            f"It must map [B, {encoding_dims}] to [B, {classes}]."
        ) from error
    finally:
        for module, mode in modes:
            module.training = mode
    if shape != (2, classes):
        raise EncoderContractError(
            f"the label head `linear` returned shape {shape} for z of shape (2, {encoding_dims}); "
            f"expected (2, {classes}): give a head with {classes} outputs or set classes={shape[-1]}"
        )
