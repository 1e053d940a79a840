"""Files of a path of signals: nothing is cut off, numbers are written as people do, a GIF goes there and back."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from analysis.figures.filmstrip import PathFigure, draw_filmstrip, draw_gif
from analysis.traversals import Traversal
from xaae_core.signal_form import SignalForm

STEPS = np.linspace(-2, 2, 5)
ORIGIN = 2


def path_of(names: list[str], *, reach: float = 1.0, length: int = 300) -> Traversal:
    """Sines that grow along the path to `reach`, in mV."""
    form = SignalForm(
        length=length,
        sampling_rate=100,
        channel_names=tuple(names),
        units=("mV",) * len(names),
        low=(-reach,) * len(names),
        high=(reach,) * len(names),
    )
    wave = np.sin(np.linspace(0, 20, length)) * (2 + STEPS[:, None]) / 8 + 0.5  # [K, T] in [0, 1]
    frames = np.repeat(wave[:, None, None], len(names), axis=2).astype(np.float32)  # [K, 1, C, T]
    z = np.zeros((len(STEPS), 2), np.float32)
    return Traversal(STEPS, z, frames, None, "raised ST", 1, ORIGIN, signal_form=form)


def drawn(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("L"))


@pytest.mark.parametrize("names", [["I"], ["EMG chin left"] * 1 + ["ECG"], [f"channel {i}" for i in range(23)]])
def test_no_name_is_cut_off_and_short_ones_take_no_room(names: list[str]) -> None:
    path = path_of(names)
    levels = drawn(draw_filmstrip(PathFigure(path, path.frames[ORIGIN], 0, ""), dpi=100))
    inked = np.flatnonzero((levels < 200).any(axis=0))
    assert 2 <= inked[0] <= 40, "the names begin at the left edge, not beyond it"
    assert inked[-1] < levels.shape[1] - 1


@pytest.mark.parametrize("reach", [0.002, 1.0, 140.0, 8000.0])
def test_a_gif_goes_there_and_back_and_its_scales_fit(reach: float) -> None:
    with Image.open(io.BytesIO(draw_gif(path_of(["II", "V2"], reach=reach)))) as gif:
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == 2 * len(STEPS) - 2
    assert np.array_equal(frames[1], frames[-1])
    assert not np.array_equal(frames[0], frames[4])
    assert (frames[0][:, -2:] > 200).all(), "a scale is cut off at the right"
