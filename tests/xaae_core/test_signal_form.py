"""Signal forms: scaling is inverted, and what cannot be a form is named."""

import json
from typing import Any

import numpy as np
import pytest

from xaae_core.errors import SignalError
from xaae_core.signal_form import SignalForm

FORM = SignalForm(
    length=4, sampling_rate=100, channel_names=("EEG", "EMG"), units=("µV", "mV"), low=(-50, 0), high=(150, 2)
)


def test_low_becomes_0_and_high_1_in_each_channel_and_nothing_is_cut_off() -> None:
    values = np.array([[-50, 150, 50, 350], [0, 2, 1, -2]], np.float32)
    assert np.allclose(FORM.scaled(values), [[0, 1, 0.5, 2], [0, 1, 0.5, -1]])
    assert np.allclose(FORM.in_units(FORM.scaled(values[None]))[0], values, atol=1e-4)


def test_times_are_seconds() -> None:
    assert FORM.times().tolist() == [0, 0.01, 0.02, 0.03]
    assert FORM.seconds == 0.04


def test_json_and_back() -> None:
    assert SignalForm.from_json(json.loads(json.dumps(FORM.to_json()))) == FORM


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"length": 0}, "length is 0"),
        ({"length": 4.0}, "length is 4.0"),
        ({"sampling_rate": 0}, "sampling_rate is 0"),
        ({"sampling_rate": float("nan")}, "sampling_rate is nan"),
        ({"sampling_rate": None}, "expected samples a second"),
        ({"channel_names": ()}, "none"),
        ({"channel_names": ("EEG", "EEG")}, "each once"),
        ({"units": ("µV",)}, "units has 1 entries"),
        ({"low": (0, 2)}, '"EMG" ranges from 2 to 2'),
        ({"high": (1, float("inf"))}, "high is"),
    ],
)
def test_what_cannot_be_a_form_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SignalError, match=said):
        SignalForm(**{**FORM.to_json(), **wrong})


def test_a_form_without_its_length_is_refused() -> None:
    with pytest.raises(SignalError, match="cannot be read"):
        SignalForm.from_json({"sampling_rate": 1, "channel_names": ["a"]})
