"""What is said of signals that do not fit a model: a remedy that works there, and no advice to run a pickle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.signals import read_signal
from xaae_core.data.signals.signal_masks import read_signal_mask
from xaae_core.errors import MaskError, SignalError
from xaae_core.signal_form import SignalForm

FORM = SignalForm(length=64, sampling_rate=128, channel_names=("II", "V2"), units=("mV", "mV"))


def test_an_array_of_samples_by_channels_is_told_to_be_transposed(tmp_path: Path) -> None:
    np.save(tmp_path / "beat.npy", np.zeros((64, 2)))
    with pytest.raises(SignalError, match=r"stored as \[samples, channels\]; save it as \[channels, samples\]"):
        read_signal(tmp_path / "beat.npy", form=FORM)


@pytest.mark.parametrize(
    ("shape", "remedy"), [((3, 64), "xaae train --signal-channels"), ((2, 32), "xaae train --length")]
)
def test_another_count_of_channels_and_too_few_samples_name_the_command_that_chooses_them(
    tmp_path: Path, shape: tuple[int, int], remedy: str
) -> None:
    np.save(tmp_path / "beat.npy", np.zeros(shape))
    with pytest.raises(SignalError, match=f"leave (it|the file) out, or train .*{remedy}"):
        read_signal(tmp_path / "beat.npy", form=FORM)


@pytest.mark.parametrize("name", ["mask.png", "empty.npy", "text.csv"])
def test_a_mask_that_is_no_numpy_file_is_refused_without_advice_to_unpickle_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".png":
        Image.new("L", (64, 2)).save(path)
    else:
        path.write_text("" if path.suffix == ".npy" else "0,1\n1,0\n")
    with pytest.raises(MaskError, match=r"cannot be read.*expected a file \.npy or \.npz") as refused:
        read_signal_mask(path, FORM)
    assert "pickle" not in str(refused.value)
