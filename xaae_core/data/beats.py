"""Procedural heartbeats whose truth is known: for tests and for looking, as the phantoms are for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaae_core.signal_form import SignalForm

CLASS_NAMES = ("flat ST", "raised ST")
"""Names of label 0 and label 1."""
SEVERITY_THRESHOLD = 0.5
"""A beat belongs to "raised ST" when its severity is above this."""
_WAVES = {"P": (0.22, 0.028, 0.15), "Q": (0.365, 0.009, -0.12), "R": (0.385, 0.012, 1.0), "S": (0.408, 0.010, -0.25),
          "T": (0.68, 0.055, 0.30)}  # fmt: skip
_ST = (0.43, 0.60)
_LEADS = ("II", "V2", "V5", "aVF", "I", "V1", "V3", "V4", "V6", "III", "aVR", "aVL")
_RISE = 0.35  # millivolts at severity 1

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class BeatSet:
    """Beats and their truth.

    Attributes:
        values: float32 [N, C, T] in millivolts.
        severity: how far the ST segment is raised [N], 0 to 1.
        labels: 1 where the severity is above `SEVERITY_THRESHOLD` [N], else 0.
        st_mask: where the ST segment lies [N, T].
        form: what they look like; 0 and 1 for a model are −1 and 2 millivolts.
    """

    values: Numbers
    severity: Numbers
    labels: Numbers
    st_mask: Numbers
    form: SignalForm

    def scaled(self) -> Numbers:
        """The beats as a model takes them [N, C, T]."""
        return self.form.scaled(self.values)


def draw_beats(n: int, seed: int = 0, *, length: int = 128, channels: int = 2, noise: float = 0.02) -> BeatSet:
    """Draw beats of one second; severity, times, heights and leads' gains are independent of each other.

    Each beat is a sum of Gaussian waves (P, Q, R, S, T) and a smooth plateau between S and T whose height is
    0.35 mV × severity; every lead sees all of it by a gain of its own.

    Args:
        n: number of beats.
        seed: of everything drawn.
        length: samples T of a beat, which lasts a second.
        channels: leads C, at most 12.
        noise: standard deviation of the white noise in millivolts.

    Raises:
        ValueError: no beats, fewer than 16 samples, or another number of leads.
    """
    if n < 1 or length < 16 or not 1 <= channels <= len(_LEADS):
        raise ValueError(f"n={n}, length={length}, channels={channels}; expected n ≥ 1, length ≥ 16, channels 1 to 12")
    rng = np.random.default_rng(seed)
    times = np.arange(length) / length
    severity = rng.uniform(0, 1, n)
    moved = rng.normal(0, 0.015, n)  # seconds: where the beat lies in its window
    stretch = 1 + rng.normal(0, 0.03, n)
    shape = np.zeros((n, length))
    place = 0.385 + (times[None] - 0.385 - moved[:, None]) / stretch[:, None]  # the time in an unmoved beat
    for centre, width, height in _WAVES.values():
        heights = height * (1 + rng.normal(0, 0.1, n))
        shape += heights[:, None] * np.exp(-0.5 * ((place - centre) / width) ** 2)
    rise, fall = (1 / (1 + np.exp(-(place - edge) / 0.008)) for edge in _ST)
    shape += _RISE * severity[:, None] * (rise - fall)
    gains = rng.normal(1, 0.1, (n, channels)) * np.linspace(1, 0.6, channels)
    values = gains[:, :, None] * shape[:, None] + rng.normal(0, noise, (n, channels, length))
    leads = _LEADS[:channels]
    form = SignalForm(
        length=length, sampling_rate=float(length), channel_names=leads, units=("mV",) * channels,
        low=(-1.0,) * channels, high=(2.0,) * channels,
    )  # fmt: skip
    return BeatSet(
        values=values.astype(np.float32),
        severity=severity,
        labels=(severity > SEVERITY_THRESHOLD).astype(np.int64),
        st_mask=(place > _ST[0]) & (place < _ST[1]),
        form=form,
    )
