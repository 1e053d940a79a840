"""Procedural beats: their truth can be read from them."""

import numpy as np
import pytest

from xaae_core.data.beats import draw_beats


def test_the_height_of_the_st_segment_follows_the_severity() -> None:
    beats = draw_beats(400, seed=1)
    lead = beats.values[:, 0]
    level = np.where(beats.st_mask, lead, np.nan)[:, :]
    before = lead[:, 36:42].mean(axis=1)  # between P and Q
    height = np.nanmedian(level, axis=1) - before
    assert np.corrcoef(height, beats.severity)[0, 1] > 0.9
    assert np.array_equal(beats.labels, beats.severity > 0.5)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, again, other = draw_beats(3, seed=5), draw_beats(3, seed=5), draw_beats(3, seed=6)
    assert np.array_equal(first.values, again.values)
    assert not np.allclose(first.values, other.values)


def test_beats_lie_within_the_models_range() -> None:
    scaled = draw_beats(500, channels=12, length=200).scaled()
    assert scaled.shape == (500, 12, 200)
    assert scaled.min() > 0
    assert scaled.max() < 1


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 1, "length": 8}, {"n": 1, "channels": 13}])
def test_no_beats_no_length_and_no_leads_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected n ≥ 1"):
        draw_beats(**wrong)
