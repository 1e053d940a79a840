"""A model of signals [B, C, T] as a `LatentModel` of grey pictures [B, 1, C, T]: a row for each channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from xaae_core.errors import SignalError
from xaae_core.models.latent_model import Encoding, LatentModel, SignalModel
from xaae_core.signal_form import SignalForm, signal_form_of


class SignalPictures(nn.Module):
    """A model of signals, for everything that takes models of pictures: one row for each channel, time from the left.

    Whatever else is asked of it (`discriminate`, `is_regressor`, …) is the model's own.

    Args:
        model: the model of signals.
    """

    input_channels = 1

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.train(model.training)

    @property
    def signal_form(self) -> SignalForm:
        """What the signals look like."""
        form: SignalForm = self.model.signal_form  # type: ignore[assignment]
        return form

    @property
    def input_size(self) -> tuple[int, int]:
        """(channels, samples)."""
        return self.signal_form.n_channels, self.signal_form.length

    def encode(self, x: Tensor) -> Encoding:
        """Encode signals as pictures [B, 1, C, T].

        Raises:
            SignalError: another shape than the model's.
        """
        expected = (1, *self.input_size)
        if x.ndim != 4 or tuple(x.shape[1:]) != expected:
            raise SignalError(
                f"signals of shape {tuple(x.shape)}; expected [B, 1, {expected[1]}, {expected[2]}]: a row for each of "
                "the model's channels, a column for each sample"
            )
        encoding: Encoding = self._signals.encode(x[:, 0])
        return encoding

    def decode(
        self,
        z: Tensor,
        skips: tuple[Tensor, ...] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode latent vectors [B, D] to signals as pictures [B, 1, C, T]."""
        return self._signals.decode(z, skips, skip_dropout=skip_dropout, generator=generator)[:, None]

    def classify(self, z: Tensor) -> Tensor | None:
        """The model's own."""
        return self._signals.classify(z)

    @property
    def posterior(self) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """Mean and log variance of q(z|x), each [B, D], of signals as pictures; a model that has none lacks it."""
        own: Callable[[Tensor], tuple[Tensor, Tensor]] = self.model.posterior  # type: ignore[assignment]
        return lambda x: own(x[:, 0])

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions [B, 1, C, T]; leaves nothing on the module."""
        encoding = self.encode(x)
        return self.decode(encoding.z, encoding.skips)

    def __getattr__(self, name: str) -> Any:
        """What this has not, the model has."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            model = self.__dict__.get("_modules", {}).get("model")  # not there yet while it is copied
            if model is None:
                raise
            return getattr(model, name)

    @property
    def _signals(self) -> SignalModel:
        return cast(SignalModel, self.model)


def as_picture_model(model: LatentModel | SignalModel) -> LatentModel:
    """A model of signals as one of pictures; any other model as it is."""
    is_picture_model = isinstance(model, SignalPictures) or signal_form_of(model) is None
    return cast(LatentModel, model if is_picture_model else SignalPictures(cast(nn.Module, model)))
