"""What every model of signals asks of a batch: the form's channels and samples, and numbers everywhere."""

from __future__ import annotations

from torch import Tensor

from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm


def require_signals(x: Tensor, form: SignalForm) -> None:
    """Raise SignalError unless x is a batch [B, C, T] of the form's shape."""
    if x.ndim != 3 or tuple(x.shape[1:]) != (form.n_channels, form.length):
        raise SignalError(
            f"signals of shape {tuple(x.shape)}; this model takes [B, {form.n_channels}, {form.length}]: channels "
            f"{', '.join(form.channel_names[:6])}{' …' if form.n_channels > 6 else ''} before samples at "
            f"{form.sampling_rate:g} Hz, scaled by its form"
        )


def require_finite(x: Tensor, form: SignalForm, name: str = "the batch") -> None:
    """Raise SignalError naming the first channel of a batch [B, C, T] that holds NaN or infinity.

    Args:
        x: scaled signals.
        form: what they look like.
        name: what the message calls the batch.
    """
    if bool(x.isfinite().all()):
        return
    case, channel, sample = (int(place) for place in (~x.isfinite()).nonzero()[0])
    where, value = form.channel_names[channel], x[case, channel, sample].item()
    raise SignalError(
        f'signal {case} of {name} has {value:g} in channel "{where}" '
        f"at {sample / form.sampling_rate:.3f} s; expected numbers: fill the gaps in before, or leave the signal out"
    )
