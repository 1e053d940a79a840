"""Small pictures of signals: no peak is lost, and the same value is at the same height in every case."""

import numpy as np
import pytest

from analysis.figures.example_sheet import SheetFigure, SheetRow, Tile
from analysis.figures.export import draw_file
from analysis.figures.trace_picture import draw_trace_picture
from xaae_core.data.beats import draw_beats


def test_a_peak_of_one_sample_among_thousands_is_drawn_where_it_is() -> None:
    values = np.full((1, 3001), 0.2)
    values[0, 1510] = 1.0
    levels = draw_trace_picture(values, 96)
    lit = (levels[: len(levels) // 3] > 100).any(axis=0)
    assert lit.nonzero()[0].tolist() == [1510 * 96 // 3000]


@pytest.mark.parametrize("n_channels", [1, 3])
def test_height_follows_the_value_in_each_lane(n_channels: int) -> None:
    def middle(value: float) -> np.ndarray:
        levels = draw_trace_picture(np.full((n_channels, 10), value), 96).astype(float)
        lanes = np.array_split(levels[:, 48], n_channels)
        weights = [np.where(lane > 60, lane, 0) for lane in lanes]
        return np.array([(weight * np.arange(len(weight))).sum() / weight.sum() for weight in weights])

    low, half, high = middle(0.0), middle(0.5), middle(1.0)
    assert np.allclose((low + high) / 2, half, atol=0.6)
    assert (low - high > 10).all()


def test_values_beyond_the_scale_are_cut_off_and_missing_ones_left_out() -> None:
    wild = np.array([[0.5, 9.0, -9.0, np.nan, 0.5]])
    assert np.array_equal(draw_trace_picture(np.clip(wild, 0, 1), 64), draw_trace_picture(wild, 64))


@pytest.mark.parametrize(("shape", "side"), [((5,), 64), ((0, 5), 64), ((1, 5), 4)])
def test_no_signal_and_no_room_are_refused(shape: tuple[int, ...], side: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        draw_trace_picture(np.zeros(shape), side)


def test_a_contact_sheet_of_signals_is_drawn_as_lines() -> None:
    beats = draw_beats(2)
    tiles = [Tile(signal[None], "beat") for signal in beats.scaled()]
    rows = (SheetRow("similar", "Most similar", "", (tiles[1], Tile(None, "gone"))),)
    picture = draw_file(SheetFigure(tiles[0], rows, form=beats.form), "svg").decode()
    assert "<image" not in picture
    assert "not found" in picture
