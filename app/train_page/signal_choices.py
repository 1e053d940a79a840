"""What the train page asks of signals: how their files are read, and which encoder looks at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app.training.xaaenet_way import signal_encoder_of
from xaae_core.data.signals.signal_listing import holds_signals
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.table_columns import TableColumns

_OF_PRESET = ""
_ENCODERS = {"signal:small": "small: quick", "signal:resnet1d": "residual: deeper, some three times the work"}


def choose_signal_options(path: Path, columns: TableColumns) -> SignalOptions:
    """Widgets for what files of signals do not say, folded away; nothing is asked of pictures."""
    if not holds_signals(path, columns):
        return SignalOptions()
    with st.expander("How the signals are read: rate, length, channels"):
        rate, length, channels = st.columns([2, 2, 4])
        chosen_rate = rate.number_input(
            "Sampling rate, Hz",
            0.001,
            1e7,
            value=None,
            placeholder="as the files say",
            key=f"train_rate_{path}",
            help="Samples a second. Needed where the files do not say it; others are resampled to it.",
        )
        chosen_length = length.number_input(
            "Samples of a case",
            1,
            10_000_000,
            value=None,
            placeholder="as they are",
            key=f"train_length_{path}",
            help="Longer recordings are cut into windows of so many samples. Empty: all must be of one length.",
        )
        names = channels.text_input(
            "Channels, with commas",
            placeholder="those of most files",
            key=f"train_signal_channels_{path}",
            help="Names of the channels that are used, in their order.",
        )
    told = tuple(name.strip() for name in names.split(",") if name.strip())
    return SignalOptions(
        length=None if chosen_length is None else int(chosen_length), sampling_rate=chosen_rate, channels=told
    )


def choose_signal_encoder(place: Any, preset: str) -> str | None:
    """The encoder of signals; None: that of the preset."""
    default = signal_encoder_of(preset)
    chosen = place.selectbox(
        "Encoder",
        [_OF_PRESET, *_ENCODERS],
        format_func=lambda name: _ENCODERS.get(name, name) if name else f"of the choice above: {default}",
        key="train_signal_encoder",
        persist_state="session",
        help="The network that looks at the signal: convolutions along time.",
    )
    return chosen or None
