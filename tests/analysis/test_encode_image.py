"""A case with gaps is not encoded: a model would answer NaN, or worse, a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from analysis.traversals import encode_image
from xaae_core.data.beats import draw_beats
from xaae_core.errors import CaseError
from xaae_core.models.signal_networks import build_signal_autoencoder
from xaae_core.models.signal_pictures import as_picture_model


@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_a_signal_with_gaps_is_refused_and_a_whole_one_is_encoded(gap: float) -> None:
    beats = draw_beats(1, length=64)
    network: Any = build_signal_autoencoder("AE", beats.form, 4, name="beats").eval()
    model = as_picture_model(network)
    whole = beats.form.scaled(beats.values[0])
    assert torch.isfinite(encode_image(model, whole).z).all()
    broken = whole.copy()
    broken[1, 5:8] = gap
    with pytest.raises(CaseError, match=r"3 of 128 values of the case are NaN or infinite"):
        encode_image(model, broken)
