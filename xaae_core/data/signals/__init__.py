"""Signals from files (CSV, NumPy, EDF) to what a model takes."""

from xaae_core.data.signals.signal_data import SignalData, SignalRecipe, read_signal

__all__ = ["SignalData", "SignalRecipe", "read_signal"]
