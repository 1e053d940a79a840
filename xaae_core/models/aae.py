"""The adversarial autoencoder of xAAEnet: encoder → latent z → classifier, discriminator and U-Net decoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from xaae_core.batch_share import draw_normal_like
from xaae_core.errors import ImageError
from xaae_core.losses import XaaeLosses
from xaae_core.models.input_shapes import input_shape
from xaae_core.models.latent_model import Encoding
from xaae_core.models.signal_shapes import require_signals
from xaae_core.models.skip_dropout import SkipDropoutPer, drop_channels
from xaae_core.models.skip_taps import EncoderLayout, find_layout, run_tapped, tap_skips
from xaae_core.models.unet import DynamicUnetSkipDropout
from xaae_core.signal_form import SignalForm

ReconsMetric = Literal["ms_ssim", "ssim"]
Normalisation = tuple[Sequence[float], Sequence[float]]
_LEFT_BY_FORWARD = (
    *("input_image", "z", "gan_fake", "gan_real", "decoder_output"),
    *("adv_loss", "recons_loss", "classif_loss"),
)


def set_module_trainable(module: nn.Module, trainable: bool) -> nn.Module:
    """Enable or disable gradient updates for every parameter of a module; returns the module."""
    for parameter in module.parameters():
        parameter.requires_grad_(trainable)
    return module


class XaaeBlocks(XaaeLosses, nn.Module):
    """An encoder with everything that makes its latent space explainable, of pictures or, with a form, of signals.

    Of signals it is a `SignalModel`: what is [B, C, H, W] below is [B, C, T] then, scaled by the form.

    `encode`, `decode`, `classify` and `discriminate` are pure. `forward` is made of them and, for
    training, leaves on the module `input_image` [B, C, H, W], `z` [B, D], `gan_fake` and `gan_real` [B, 1]
    (scores in [0, 1]: 1 means "drawn from the Gaussian") and `decoder_output` [B, C, H, W].

    Attributes:
        input_size: (height, width) in pixels; (T,) of a model of signals.
        signal_form: what the signals look like; None of a model of pictures.
        encoder_feature_shape: (channels, height, width) of the encoder's map; of signals (channels, samples).
        gen_train: whether the adversarial loss trains the encoder (True) or the discriminator (False).
        target_mean: with classes=1, mean of the numbers it learns [1]; 0 until `set_target_scale`.
        target_std: their standard deviation [1]; 1 until then.
    """

    input_image: Tensor
    z: Tensor
    gan_fake: Tensor
    gan_real: Tensor
    decoder_output: Tensor
    pixel_mean: Tensor
    pixel_std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        *,
        input_size: int | Sequence[int],
        input_channels: int,
        encoding_dims: int,
        classes: int,
        linear: nn.Module | None,
        gen_train: bool,
        skip_dropout: float,
        skip_dropout_per: SkipDropoutPer,
        decoder: Literal["unet", "light"],
        recons_metric: ReconsMetric,
        normalisation: Normalisation | None,
        layout: EncoderLayout | None = None,
        signal_form: SignalForm | None = None,
    ) -> None:
        super().__init__()
        if encoding_dims < 1 or classes < 1 or input_channels < 1:
            raise ValueError(
                f"encoding_dims={encoding_dims}, classes={classes}, input_channels={input_channels}: "
                "each must be at least 1"
            )
        if recons_metric not in ("ms_ssim", "ssim"):
            raise ValueError(f'recons_metric is "{recons_metric}"; expected "ms_ssim" or "ssim"')
        size, input_channels, self.signal_form = input_shape(encoder, input_size, input_channels, signal_form)
        self.input_size = cast("tuple[int, int]", size)  # as the protocol of pictures says, which most models follow
        self.input_channels = input_channels
        self.encoding_dims = encoding_dims
        self.classes = classes
        self.gen_train = gen_train
        self.recons_metric = recons_metric
        self.arguments: dict[str, Any] = {}
        self._set_normalisation(normalisation or ([0.0], [1.0]))
        self.layout = layout or find_layout(encoder, size, input_channels)
        self.encoder_feature_shape = self.layout.feature_shape
        n_features = math.prod(self.encoder_feature_shape)
        self.encoder = encoder
        self.to_latent = nn.Sequential(
            nn.Flatten(), nn.Linear(n_features, encoding_dims), nn.BatchNorm1d(encoding_dims)
        )
        self.classifier = linear if linear is not None else nn.Linear(encoding_dims, classes)
        if self.is_regressor:
            self.register_buffer("target_mean", torch.zeros(1))
            self.register_buffer("target_std", torch.ones(1))
        self.fc_crit = nn.Sequential(
            nn.Linear(encoding_dims, 64),
            nn.LeakyReLU(0.2),
            nn.Linear(64, 32),
            nn.LeakyReLU(0.2),
            nn.Linear(32, 1),
        )
        self.from_latent = nn.Sequential(
            nn.Linear(encoding_dims, n_features), nn.Unflatten(1, self.encoder_feature_shape)
        )
        self.decoder = DynamicUnetSkipDropout(
            encoder,
            input_channels,
            size,
            skip_dropout,
            skip_dropout_per=skip_dropout_per,
            decoder=decoder,
            layout=self.layout,
        )
        tap_skips(encoder, self.layout)

    @property
    def skip_dropout(self) -> float:
        """Share of the skips dropped in training, in [0, 1]."""
        return self.decoder.skip_dropout

    def encode(self, x: Tensor) -> Encoding:
        """Encode images.

        Args:
            x: images [B, C, H, W] in [0, 1], of the model's size; of a model of signals [B, C, T], scaled by its form.

        Raises:
            ImageError: another shape than the model's.
            SignalError: the same of a model of signals.
        """
        self._require_shape(x)
        features, skips = run_tapped(self.encoder, (x - self.pixel_mean) / self.pixel_std, self.layout)
        return Encoding(self.to_latent(features), skips)

    def _require_shape(self, x: Tensor) -> None:
        if self.signal_form is not None:
            require_signals(x, self.signal_form)
            return
        expected = (self.input_channels, *self.input_size)
        if x.ndim != 4 or tuple(x.shape[1:]) != expected:
            raise ImageError(
                f"images of shape {tuple(x.shape)}; this model takes [B, {expected[0]}, {expected[1]}, "
                f"{expected[2]}] with values in [0, 1]: read them with xaae_core.data.read_image(size=…)"
            )

    def decode(
        self,
        z: Tensor,
        skips: Sequence[Tensor] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors.

        Args:
            z: latent vectors [B, D].
            skips: the encoder's maps, shallow first, of batch B, or of batch 1 to be shared by all of B;
                empty: z alone draws.
            skip_dropout: share of the skips' channels dropped, in [0, 1]; 1 lets nothing but z through.
            generator: source of randomness for values between 0 and 1.

        Returns:
            Images [B, C, H, W] in [0, 1], or signals [B, C, T] without a range.

        Raises:
            ValueError: `skip_dropout` outside [0, 1], or skips that are not this model's for this many z.
        """
        if any(skip.shape[0] not in (1, len(z)) for skip in skips):
            raise ValueError(
                f"skips of batch {[len(skip) for skip in skips]} for {len(z)} latent vectors; expected 1 or {len(z)}"
            )
        kept = drop_channels(skips, skip_dropout, generator)
        picture: Tensor = self.decoder(self.from_latent(z), kept)
        return picture

    @property
    def is_regressor(self) -> bool:
        """Whether the model predicts one number instead of classes (classes=1)."""
        return self.classes == 1

    def set_target_scale(self, mean: float, std: float) -> None:
        """Tell a regressor the scale of its numbers: the head learns (number − mean) / std.

        Raises:
            ValueError: a model of classes, or a spread that is not positive.
        """
        if not self.is_regressor:
            raise ValueError(f"the model tells {self.classes} classes; only one of classes=1 has a scale of numbers")
        if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
            raise ValueError(f"mean {mean}, standard deviation {std}: expected finite numbers and a spread above 0")
        self.target_mean.fill_(mean)
        self.target_std.fill_(std)

    def classify(self, z: Tensor) -> Tensor:
        """Class logits [B, classes] of latent vectors [B, D]; the number itself [B, 1] of a regressor."""
        logits: Tensor = self.classifier(z)
        return logits * self.target_std + self.target_mean if self.is_regressor else logits

    def discriminate(self, z: Tensor) -> Tensor:
        """The discriminator's score [B, 1] in [0, 1] of latent vectors [B, D]; 1: looks Gaussian."""
        with torch.autocast(z.device.type, enabled=False):
            return torch.sigmoid(self.fc_crit(z.float()))

    def _discriminate_frozen(self, z: Tensor) -> Tensor:
        """As `discriminate`, with gradients to z only: the generator must not train its judge."""
        weights = {name: value.detach() for name, value in self.fc_crit.named_parameters()}
        with torch.autocast(z.device.type, enabled=False):
            return torch.sigmoid(torch.func.functional_call(self.fc_crit, weights, (z.float(),)))

    def forward(self, x: Tensor) -> Tensor:
        """Class logits [B, classes] (a regressor's number [B, 1]) of images [B, C, H, W]; leaves `z` and the like."""
        encoding = self.encode(x)
        z = encoding.z
        self.input_image, self.z = x, z
        real = draw_normal_like(z)
        if self.gen_train:
            self.gan_fake, self.gan_real = self._discriminate_frozen(z), self._discriminate_frozen(real)
        else:
            self.gan_fake, self.gan_real = self.discriminate(z.detach()), self.discriminate(real)
        kept = self.decoder.thin_for_training(encoding.skips)
        self.decoder_output = self.decoder(self.from_latent(z), kept)
        return self.classify(z)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy of the model takes along: not what the last `forward` left behind, with its graph."""
        return {key: value for key, value in self.__dict__.items() if key not in _LEFT_BY_FORWARD}

    def _set_normalisation(self, normalisation: Normalisation) -> None:
        ones = (1,) * len(self.input_size)
        for name, values in zip(("pixel_mean", "pixel_std"), normalisation, strict=True):
            if len(values) not in (1, self.input_channels):
                raise ValueError(
                    f"normalisation has {len(values)} values for {self.input_channels} channels; give one per channel"
                )
            self.register_buffer(name, torch.tensor(list(values), dtype=torch.float32).view(1, -1, *ones))
