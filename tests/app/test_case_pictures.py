"""Cases as small pictures: of signals with many channels those that can be told apart, evenly over all."""

import io

import numpy as np
import pytest
from PIL import Image

from app.case_pictures import drawn_channels, png_of, small_picture, tile_aspect
from xaae_core.signal_form import SignalForm


@pytest.mark.parametrize("n_channels", [1, 2, 6, 7, 23, 64])
@pytest.mark.parametrize("side", [None, 10, 88, 160, 320])
def test_the_first_and_the_last_channel_are_drawn_and_each_once(n_channels: int, side: int | None) -> None:
    shown = drawn_channels(n_channels, side)
    assert shown == sorted(set(shown))
    assert shown[0] == 0
    if side is None or len(shown) > 1:
        assert shown[-1] == n_channels - 1
    assert len(shown) == n_channels if side is None else len(shown) * 14 <= max(side, 14)
    assert len(drawn_channels(n_channels, side, 3)) <= 3


def test_a_large_signal_is_drawn_whole_and_a_tile_has_its_shape() -> None:
    form = SignalForm(length=40, sampling_rate=10, channel_names=tuple(f"C{i}" for i in range(23)))
    pixels = np.full((1, 23, 40), 0.5, np.float32)
    assert (small_picture(pixels, None, form=form).max(axis=1) > 200).sum() >= 23
    with Image.open(io.BytesIO(png_of(pixels, 320, form=form, most_channels=8))) as tile:
        assert tile.width / tile.height == tile_aspect(form)
    assert tile_aspect(None) == 1
