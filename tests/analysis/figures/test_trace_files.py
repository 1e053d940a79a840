"""Files of a path of signals: nothing is cut off, channels that do not fit are left out evenly, scales fit."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.figures.export import draw_file
from analysis.figures.style import FigureStyle
from analysis.figures.trace_frames import trace_frames
from analysis.figures.trace_lane_axes import form_of_channels, kept_channels
from analysis.traversals import Traversal
from tests.analysis.figures.drawn_parts import put_on_canvas
from tests.analysis.figures.paths import figure_of, signal_path
from xaae_core.signal_form import SignalForm

STYLE = FigureStyle(dpi=100)


@pytest.mark.parametrize("names", [("I",), ("EMG chin left", "ECG"), tuple(f"channel {i}" for i in range(23))])
def test_no_name_is_cut_off_and_short_ones_take_no_room(names: tuple[str, ...]) -> None:
    with Image.open(io.BytesIO(draw_file(figure_of(signal_path(names)), "png", STYLE))) as picture:
        levels = np.asarray(picture.convert("L"))
    inked = np.flatnonzero((levels < 200).any(axis=0))
    assert inked[0] <= 40, "the names begin at the left edge"
    assert inked[-1] < levels.shape[1] - 1


def test_of_more_channels_than_fit_a_page_some_are_drawn_evenly() -> None:
    names = tuple(f"ch{number}" for number in range(64))
    figure = figure_of(signal_path(names, length=40, n_steps=3))
    kept = kept_channels(64)
    assert (kept[0], kept[-1]) == (0, 63)
    assert len(set(kept)) == len(kept)
    words = put_on_canvas(figure, STYLE).words()
    assert [name for name in names if f"{name} (mV)" in words] == [names[channel] for channel in kept]
    assert f"{len(kept)} of 64 channels" in figure.caption()
    form = figure.traversal.signal_form
    assert form is not None
    assert form_of_channels(form, kept).channel_names == tuple(names[channel] for channel in kept)


@pytest.mark.parametrize("reach", [0.002, 1.0, 140.0, 8000.0])
def test_frames_of_a_film_differ_and_their_scales_fit(reach: float) -> None:
    frames: list[Any] = trace_frames(scaled_path(reach))
    assert len({frame.shape for frame in frames}) == 1
    assert not np.array_equal(frames[0], frames[4])
    assert (frames[0][:, -2:] > 200).all(), "a scale is cut off at the right"


def scaled_path(reach: float) -> Traversal:
    """Waves that reach so far, in mV."""
    path = signal_path(n_steps=5)
    form = path.signal_form
    assert form is not None
    wide = SignalForm(
        length=form.length, sampling_rate=form.sampling_rate, channel_names=form.channel_names, units=form.units,
        low=(-reach,) * 2, high=(reach,) * 2,
    )  # fmt: skip
    return Traversal(path.steps, path.z, path.frames, None, path.target, 1, 0, signal_form=wide)
