"""What a model with xAAEnet's blocks takes: pictures of a size, or signals of a form."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from xaae_core.errors import SignalError
from xaae_core.models.dimensional_layers import Size
from xaae_core.signal_form import SignalForm

DEFAULT_SIDE = 256
DEFAULT_CHANNELS = 3


def input_shape(
    encoder: nn.Module, input_size: int | Sequence[int], input_channels: int, form: SignalForm | None
) -> tuple[Size, int, SignalForm | None]:
    """Sides, channels and, of signals, the form of what a model takes.

    A form says it all. Without one, (T,) means signals, and so does one number T for an encoder whose first convolution
    is one-dimensional; they get a form of one sample a second and numbered channels: times are then counted in samples.

    Args:
        encoder: the encoder.
        input_size: one side or (height, width) in pixels; T or (T,) samples; with a form T, (T,) or the default.
        input_channels: C; with a form its channels or the default.
        form: what the signals look like.

    Raises:
        ValueError: no such size.
        SignalError: a size or channels that are not the form's.
    """
    if form is not None:
        _require_form(form, input_size, input_channels)
        return (form.length,), form.n_channels, form
    if isinstance(input_size, int) and not is_signal_encoder(encoder):
        input_size = (input_size, input_size)
    size = tuple(int(side) for side in (input_size if isinstance(input_size, Sequence) else (input_size,)))
    if len(size) not in (1, 2) or min(size) < 1 or (len(size) == 1 and is_picture_encoder(encoder)):
        raise ValueError(
            f"input_size is {input_size}; expected one side in pixels or (height, width), or (samples,) of signals for "
            "an encoder whose convolutions are one-dimensional"
        )
    return size, input_channels, None if len(size) == 2 else _plain_form(size[0], input_channels)


def is_signal_encoder(encoder: nn.Module) -> bool:
    """Whether an encoder's first convolution is one of signals [B, C, T]."""
    return isinstance(_first_convolution(encoder), nn.Conv1d)


def is_picture_encoder(encoder: nn.Module) -> bool:
    """Whether an encoder's first convolution is one of pictures [B, C, H, W]."""
    return isinstance(_first_convolution(encoder), nn.Conv2d)


def _first_convolution(encoder: nn.Module) -> nn.Module | None:
    layers = (part for part in encoder.modules() if isinstance(part, nn.Conv1d | nn.Conv2d | nn.Conv3d))
    return next(layers, None)


def _plain_form(length: int, n_channels: int) -> SignalForm:
    names = tuple(f"channel {number}" for number in range(1, n_channels + 1))
    return SignalForm(length=length, sampling_rate=1.0, channel_names=names)


def _require_form(form: SignalForm, input_size: int | Sequence[int], input_channels: int) -> None:
    given = tuple(input_size) if isinstance(input_size, Sequence) else (input_size,)
    if given not in ((form.length,), (DEFAULT_SIDE,)):
        raise SignalError(
            f"input_size is {input_size}, but the form's signals have {form.length} samples: leave input_size out, or "
            "give the form of these signals"
        )
    if input_channels not in (form.n_channels, DEFAULT_CHANNELS):
        raise SignalError(
            f"input_channels is {input_channels}, but the form has {form.n_channels} channels: leave input_channels "
            "out, or give the form of these signals"
        )
