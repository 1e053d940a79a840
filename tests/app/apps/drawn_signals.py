"""Signals drawn by hand: a path whose change is known at every sample."""

from dataclasses import dataclass

import numpy as np

from xaae_core.signal_form import SignalForm

STEPS = np.linspace(-2, 2, 9)
ORIGIN = 4
RISE = 0.1
"""Millivolts that a step of 1 SD lifts the first channel between half and three quarters of the time."""


@dataclass(frozen=True, eq=False)
class DrawnSignals:
    """Decoded steps [K, C, T], the original [C, T] and their form."""

    frames: np.ndarray
    original: np.ndarray
    form: SignalForm


def draw_signals(channels: int = 2, samples: int = 128) -> DrawnSignals:
    """Smooth waves, the original with noise; along the path the first channel rises and the others' waves grow."""
    rng = np.random.default_rng(0)
    at = np.arange(samples) / samples
    waves = np.stack([np.sin(2 * np.pi * (1 + c) * at + c) * (0.5 + 0.2 * c) for c in range(channels)])
    frames = np.repeat(waves[None], len(STEPS), axis=0)
    frames[:, 0] += RISE * STEPS[:, None] * ((at > 0.5) & (at < 0.75))
    frames[:, 1:] *= (1 + 0.1 * STEPS)[:, None, None]
    names = tuple(["II", "V2", "V5", *(f"C{c}" for c in range(3, channels))][:channels])
    form = SignalForm(
        length=samples, sampling_rate=128.0, channel_names=names, units=("mV", *("µV" for _ in names[1:]))
    )
    noise = rng.normal(0, 0.02, waves.shape)
    return DrawnSignals(frames.astype(np.float32), (waves + noise).astype(np.float32), form)
