"""The band between two traces fills exactly what lies between them, each side in its colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures.trace_style import Lines


def filled(band: Any) -> float:
    """Area of a filling, by the shoelace formula over its parts."""
    parts = [path.vertices.T for path in band.get_paths()]
    return sum(abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2 for x, y in parts)


def test_a_sine_against_its_level_is_half_above_and_half_below() -> None:
    lines = Lines.of(1001, 1000, most=2000)
    above, below = lines.band(Figure().subplots(), np.sin(2 * np.pi * 3 * np.arange(1001) / 1000), np.zeros(1001))
    assert filled(above) == pytest.approx(1 / np.pi, rel=1e-4)
    assert filled(below) == pytest.approx(1 / np.pi, rel=1e-4)


def test_traces_that_cross_between_two_samples_are_split_at_the_crossing() -> None:
    above, below = Lines.of(2, 1, most=10).band(Figure().subplots(), np.array([3.0, 0.0]), np.array([0.0, 1.0]))
    assert filled(above) == pytest.approx(0.5 * 3 * 0.75)  # they cross after 3/4 of the second
    assert filled(below) == pytest.approx(0.5 * 1 * 0.25)


def test_it_fills_what_matplotlib_does_with_its_own_interpolation() -> None:
    values, base = np.random.default_rng(0).normal(size=(2, 60))
    lines, axes = Lines.of(60, 10, most=200), Figure().subplots()
    for band, where in zip(lines.band(axes, values, base), (values > base, values < base), strict=True):
        theirs = axes.fill_between(lines.times, base, values, where=where, interpolate=True)
        assert filled(band) == pytest.approx(filled(theirs))
