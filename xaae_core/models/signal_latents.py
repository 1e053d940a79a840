"""`AE`, `VAE` and `AdaGVAE` of signals [B, C, T] as a `SignalModel` that trains by epochs and has checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from xaae_core.errors import SignalError
from xaae_core.models.adagvae import AdaGVAE
from xaae_core.models.autoencoder import AE
from xaae_core.models.autoencoder_latents import AutoencoderLatents
from xaae_core.models.autoencoder_loss import LikelihoodType, LossResult
from xaae_core.models.latent_model import Encoding
from xaae_core.models.signal_shapes import require_finite, require_signals
from xaae_core.models.vae import VAE
from xaae_core.signal_form import SignalForm


class SignalAutoencoderLatents(AutoencoderLatents):
    """A built `AE`, `VAE` or `AdaGVAE` of signals; what else it is says `AutoencoderLatents`.

    Args:
        model: the model, built for cases (C, T).
        form: what the signals look like; it scales them, see `SignalForm.scaled`.
        likelihood: what it is trained with. Of "bernoulli" the output's sigmoid is the signal, of "gaussian" the output
            itself: a signal may go beyond its form's low and high.
        beta: weight of the KL divergence in `fit`; an `AE` has none.
        name: stem of its files.
        network: what `xaae_core.models.signal_networks.build_signal_autoencoder` made the model with; None: a user's.

    Raises:
        AutoencoderError: a model that is not built, or an unknown likelihood.
        SignalError: a model that was built for other cases than the form's.
    """

    input_size: tuple[int]  # type: ignore[assignment]  # (T,): a `SignalModel`

    def __init__(
        self,
        model: AE | VAE | AdaGVAE,
        form: SignalForm,
        likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN,
        *,
        beta: float = 1.0,
        name: str = "model",
        network: dict[str, Any] | None = None,
    ) -> None:
        self._form = form
        super().__init__(model, likelihood, beta=beta, name=name, network=network)

    @property
    def signal_form(self) -> SignalForm:
        """What the signals look like."""
        return self._form

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with a user's own encoder and decoder."""
        own = super().arguments
        return own and {**own, "signal_form": self._form.to_json()}

    def encode(self, x: Tensor) -> Encoding:
        """Encode signals [B, C, T].

        Raises:
            SignalError: another shape than the form's.
        """
        require_signals(x, self._form)
        return Encoding(self.mean_latents(x))

    def decode(
        self,
        z: Tensor,
        skips: Sequence[Tensor] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors [B, D] to signals [B, C, T]; there are no skips to use or to drop."""
        made: Tensor = self._core.decoder(z.reshape(-1, *self._latent_shape))
        return made.sigmoid() if self.likelihood is LikelihoodType.BERNOULLI else made

    def require_inputs(self, inputs: Tensor, name: str = "a batch") -> None:
        """See `EpochTraining.require_inputs`."""
        signals = inputs.flatten(0, 1) if inputs.ndim == 4 else inputs  # of pairs
        require_signals(signals, self._form)
        require_finite(signals, self._form, name)
        super().require_inputs(inputs, name)

    def compute_loss(self, x: Any) -> LossResult:
        """See `AutoencoderLatents.compute_loss`.

        Raises:
            SignalError: signals of another shape than the form's, or with values that are not finite.
            AutoencoderError: see the model's `compute_loss`.
        """
        for signals in x if isinstance(x, tuple | list) else (x,):
            require_signals(signals, self._form)
            require_finite(signals, self._form)
        return super().compute_loss(x)

    def _take_sizes(self, shape: tuple[int, ...]) -> None:
        expected = (self._form.n_channels, self._form.length)
        if shape != expected:
            raise SignalError(
                f"the model was built for cases of shape {shape}; the form's signals are {expected}, channels and "
                "samples: build it with a batch [B, C, T] of them"
            )
        self.input_channels, self.input_size = shape[0], (shape[1],)


def latents_of(
    model: AE | VAE | AdaGVAE, likelihood: str | LikelihoodType, form: SignalForm | None
) -> AutoencoderLatents:
    """The model as an `AutoencoderLatents` of pictures, or of the signals of a form; raises as those."""
    if form is None:
        return AutoencoderLatents(model, likelihood)
    return SignalAutoencoderLatents(model, form, likelihood)
