"""Filmstrip, GIF and table of a path."""

import csv
import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from analysis.figures.filmstrip import PathFigure, draw_filmstrip, draw_gif, path_table, pick_steps
from analysis.traversals import Traversal


def make_path(channels=1, n_steps=9):
    rng = np.random.default_rng(0)
    frames = np.rint(rng.random((n_steps, channels, 24, 20)) * 255).astype(np.float32) / 255
    chances = np.linspace(0, 1, n_steps, dtype=np.float32)
    steps = np.linspace(-2, 2, n_steps)
    return Traversal(steps, np.zeros((n_steps, 3), np.float32), frames, np.stack([1 - chances, chances], 1), "b", 1, 0)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_filmstrip_has_the_width_of_two_columns(channels):
    path = make_path(channels)
    picture = Image.open(io.BytesIO(draw_filmstrip(PathFigure(path, path.frames[4], 1, "a path"), dpi=100)))
    assert picture.format == "PNG"
    assert picture.width == 720
    assert np.ptp(np.asarray(picture.convert("L"))) > 200


def test_a_grey_gif_keeps_every_level_and_goes_there_and_back():
    path = make_path()
    gif = Image.open(io.BytesIO(draw_gif(path, side=48)))
    frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == 2 * 9 - 2
    assert frames[0].shape == (48, 40)
    for shown, step in zip(frames, [*range(9), *range(7, 0, -1)], strict=True):
        np.testing.assert_array_equal(shown[::2, ::2], np.rint(path.frames[step, 0] * 255))


def test_picked_steps_hold_origin_and_ends():
    path = make_path()
    for columns in (3, 5, 7, 9, 20):
        picked = pick_steps(path, columns)
        assert {0, 4, 8} <= set(picked)
        assert len(picked) <= max(columns, 3)
    assert pick_steps(path, 5) == [0, 2, 4, 6, 8]


def test_the_table_holds_the_numbers_behind():
    path = make_path()
    rows = list(csv.DictReader(io.StringIO(path_table(PathFigure(path, path.frames[4], 1, "", path.steps * 0.5)))))
    np.testing.assert_allclose([float(row["step_sd"]) for row in rows], path.steps)
    np.testing.assert_allclose([float(row["probability_1"]) for row in rows], path.probabilities[:, 1], atol=1e-6)
    np.testing.assert_allclose([float(row["achieved_sd"]) for row in rows], path.steps * 0.5)
