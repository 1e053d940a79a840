"""A convolutional encoder and decoder of signals of any length, and `AE`, `VAE`, `AdaGVAE` made of them by name."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from xaae_core.errors import AutoencoderError
from xaae_core.models.adagvae import AdaGVAE
from xaae_core.models.autoencoder import AE
from xaae_core.models.dimensional_layers import PADDING_OF_SIGNALS
from xaae_core.models.picture_networks import AUTOENCODER_KINDS, AutoencoderKind
from xaae_core.models.signal_latents import SignalAutoencoderLatents
from xaae_core.models.vae import VAE
from xaae_core.signal_form import SignalForm

N_FEATURES = 128
_WIDTHS = (32, 48, 64)
_SHORTEST = 8
_KERNEL = 5


class SignalEncoder(nn.Module):
    """[B, C, T] → features [B, N]: convolutions of stride 2 until 8 samples or fewer are left, then one layer.

    Args:
        n_channels: C.
        length: T.
        n_features: N.
    """

    def __init__(self, n_channels: int, length: int, n_features: int = N_FEATURES) -> None:
        super().__init__()
        widths, lengths = _plan(n_channels, length)
        layers = [_convolution(few, many, stride=2) for few, many in pairwise(widths)]
        self.maps = nn.Sequential(*(part for layer in layers for part in layer), nn.Flatten())
        self.features = nn.Linear(widths[-1] * lengths[-1], n_features)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, N] of signals [B, C, T]."""
        features: Tensor = self.features(self.maps(x))
        return features


class SignalDecoder(nn.Module):
    """z [B, D] → [B, C, T] without a range (means or logits): the encoder's lengths in reverse.

    Each step is a linear interpolation to the next length and a convolution: transposed convolutions leave a ripple of
    every second sample in traces, and interpolation meets odd lengths exactly.

    Args:
        n_channels: C.
        length: T.
        latent_dim: D.
    """

    def __init__(self, n_channels: int, length: int, latent_dim: int) -> None:
        super().__init__()
        widths, lengths = _plan(n_channels, length)
        self.start = nn.Sequential(
            *(nn.Linear(latent_dim, N_FEATURES), nn.GELU()),
            *(nn.Linear(N_FEATURES, widths[-1] * lengths[-1]), nn.GELU()),
            nn.Unflatten(1, (widths[-1], lengths[-1])),
        )
        layers: list[nn.Module] = []
        for step in reversed(range(len(lengths) - 1)):
            layers.append(nn.Upsample(lengths[step], mode="linear", align_corners=False))
            layers.extend(_convolution(widths[step + 1], widths[step])[: 1 if step == 0 else 3])  # the last: bare
        self.maps = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Signals [B, C, T] of latent vectors [B, D]."""
        signal: Tensor = self.maps(self.start(z))
        return signal


def build_signal_autoencoder(
    family: AutoencoderKind,
    form: SignalForm,
    latent_dim: int,
    *,
    likelihood: str = "gaussian",
    beta: float = 1.0,
    name: str = "model",
) -> SignalAutoencoderLatents:
    """A model of a kind with `SignalEncoder` and `SignalDecoder`, which opens again from its checkpoint alone.

    Args:
        family: "AE", "VAE" or "AdaGVAE".
        form: what the signals look like.
        latent_dim: size D of z.
        likelihood: "gaussian", or "bernoulli" for signals that stay within their form's low and high.
        beta: weight of the KL divergence.
        name: stem of its files.

    Raises:
        AutoencoderError: an unknown kind or likelihood, or no latent dimension.
    """
    if family not in AUTOENCODER_KINDS:
        raise AutoencoderError(f'the kind "{family}" is not known; expected one of {", ".join(AUTOENCODER_KINDS)}')
    if latent_dim < 1:
        raise AutoencoderError(f"latent_dim is {latent_dim}; expected at least 1 dimension of z")
    model = _build(family, form, latent_dim)
    network = {"family": family, "latent_dim": latent_dim}
    return SignalAutoencoderLatents(model, form, likelihood, beta=beta, name=name, network=network)


def _build(family: AutoencoderKind, form: SignalForm, latent_dim: int) -> AE | VAE | AdaGVAE:
    size = (form.n_channels, form.length)
    encoder, decoder = SignalEncoder(*size), SignalDecoder(*size, latent_dim)
    core: AE | VAE
    if family == "AE":
        core = AE(nn.Sequential(encoder, nn.GELU(), nn.Linear(N_FEATURES, latent_dim)), decoder)
    else:
        core = VAE(nn.Sequential(encoder, nn.GELU()), decoder, latent_dim, n_features=N_FEATURES)
    # What `build` would find is known: no example has to pass, which weightless models could not take.
    core.input_shape, core.latent_shape = size, (latent_dim,)
    return AdaGVAE(core) if isinstance(core, VAE) and family == "AdaGVAE" else core


def _convolution(few: int, many: int, *, stride: int = 1) -> tuple[nn.Module, nn.Module, nn.Module]:
    # Signals are often a large constant with small waves on it, on which bare convolutions learn only the mean beat.
    return (
        nn.Conv1d(few, many, _KERNEL, stride=stride, padding=_KERNEL // 2, padding_mode=PADDING_OF_SIGNALS),
        nn.BatchNorm1d(many),
        nn.GELU(),
    )


def _plan(n_channels: int, length: int) -> tuple[list[int], list[int]]:
    """Channels and lengths of the maps, the signal's first."""
    lengths = [length]
    while lengths[-1] > _SHORTEST or len(lengths) == 1:
        lengths.append((lengths[-1] + 1) // 2)
    widths = [_WIDTHS[min(step, len(_WIDTHS) - 1)] for step in range(len(lengths) - 1)]
    return [n_channels, *widths], lengths
