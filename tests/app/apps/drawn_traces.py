"""Maps along time with known numbers at known samples: what the demo page shows and what the tests look for."""

import numpy as np

from app.components.heat_grid import HeatGridPayload, HeatRow, HeatTile
from xaae_core.signal_form import SignalForm

RATE = 100.0
PULSE = slice(40, 60)
"""Samples at which the first map of the first channel adds, strongest of all."""
DIP = slice(100, 120)
"""Samples at which it takes away, as strongly."""


def form_of(channels: int = 2, length: int = 200) -> SignalForm:
    """Leads of a hundredth of a second a sample, in millivolts from −1 to 2."""
    return SignalForm(
        length=length, sampling_rate=RATE, channel_names=tuple(f"lead {n + 1}" for n in range(channels)),
        units=("mV",) * channels, low=(-1.0,) * channels, high=(2.0,) * channels,
    )  # fmt: skip


def draw_signal(form: SignalForm) -> np.ndarray:
    """Sines of several speeds with bumps [1, C, T], as a model takes them."""
    times = np.arange(form.length) / RATE
    lanes = [
        0.3 * np.sin(2 * np.pi * times * (1 + n % 5)) + np.exp(-(((times % 1 - 0.5) / 0.03) ** 2))
        for n in range(form.n_channels)
    ]
    return form.scaled(np.stack(lanes))[None]


def draw_map(form: SignalForm, seed: int = 0, *, noise: float = 0.02) -> np.ndarray:
    """+1 in the pulse and −1 in the dip of the first channel, faint noise elsewhere [C, T]."""
    heat = noise * np.random.default_rng(seed).normal(size=(form.n_channels, form.length))
    heat[0, PULSE], heat[0, DIP] = 1, -1
    return heat.astype(np.float32)


def draw_mask(form: SignalForm) -> np.ndarray:
    """Where the pulse is, in every channel [C, T]."""
    mask = np.zeros((form.n_channels, form.length), np.bool_)
    mask[:, PULSE] = True
    return mask


def draw_payload(*, channels: int = 2, length: int = 200, is_mean: bool = False) -> HeatGridPayload:
    """What the demo page shows: a map with its strip, another without a sign, one that is being made."""
    form = form_of(channels, length)
    heat = draw_map(form)
    spread = np.full_like(heat, 0.2) if is_mean else None
    first = HeatRow(
        "signed", "Integrated gradients", "Score towards raised ST (SD): 1.2. It may be believed.", "good",
        "believable", HeatTile("on the trace", heat, spread=spread),
        (
            HeatTile("model destroyed", draw_map(form, 1, noise=0.4)),
            HeatTile("labels shuffled", None, "there is no table of latents with labels"),
            HeatTile("moved at random", np.roll(heat, 70, axis=1)),
        ),
        (("Changes with the model", "yes · 0.08 alike", "help"), ("Insertion, × its range", "0.21", "")),
    )  # fmt: skip
    second = HeatRow(
        "positive", "Saliency", "Only sizes.", "doubtful", "doubtful",
        HeatTile("on the trace", np.abs(draw_map(form, 3)), kind="positive", is_stale=True), (),
    )  # fmt: skip
    third = HeatRow("waiting", "Occlusion", "", "", "", HeatTile("on the trace", None, note="being computed"))
    return HeatGridPayload(
        draw_signal(form), (first, second, third), mask=draw_mask(form), mask_name="the ST segment", unit="SD",
        caption="a drawn beat", form=form,
    )  # fmt: skip
