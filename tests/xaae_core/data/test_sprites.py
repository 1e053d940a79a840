"""Sprites: each factor moves what it names and nothing else."""

import numpy as np
import pytest

from xaae_core.data.sprites import (
    N_SPRITES,
    SPRITE_FACTORS,
    draw_pairs,
    draw_sprites,
    make_sprites,
    sprite_grid,
    sprite_rows,
)
from xaae_core.errors import DatasetError

SHARES = np.linspace(0.14, 0.28, 5)
CENTRES = np.linspace(0.29, 0.71, 8)


@pytest.fixture(scope="module")
def some():
    return make_sprites(400, seed=3, side=32)


def mass(pictures):
    return pictures.sum(axis=(1, 2, 3))


def test_the_grid_holds_every_combination_once():
    grid = sprite_grid()
    assert grid.shape == (N_SPRITES, len(SPRITE_FACTORS)) == (4800, 5)
    assert len(np.unique(grid, axis=0)) == N_SPRITES
    assert (sprite_rows(grid) == np.arange(N_SPRITES)).all()
    assert (grid.max(axis=0) + 1).tolist() == list(SPRITE_FACTORS.values())


def test_every_shape_has_the_same_area_and_its_centre_where_x_and_y_say(some):
    brightness = some.pictures.max(axis=(1, 2, 3))
    area = mass(some.pictures) / brightness / 32**2
    assert area == pytest.approx(SHARES[some.factors[:, 1]] ** 2, rel=0.05)
    places = (np.arange(32) + 0.5) / 32
    for axis, column in ((3, 3), (2, 4)):
        across = some.pictures.sum(axis=5 - axis)[:, 0]
        centre = (across * places).sum(axis=1) / across.sum(axis=1)
        assert np.abs(centre - CENTRES[some.factors[:, column]]).max() < 0.2 / 32


def test_the_whole_shape_is_inside_at_every_size():
    for side in (28, 32, 64):
        ends = np.array([[s, 4, 4, x, y] for s in range(3) for x in (0, 7) for y in (0, 7)])
        pictures = draw_sprites(ends, side=side)
        assert pictures.shape == (12, 1, side, side)
        border = np.concatenate((pictures[..., [0, -1], :].ravel(), pictures[..., [0, -1]].ravel()))
        assert border.max() == 0


def test_brightness_scales_the_picture_and_nothing_else():
    dark, bright = draw_sprites(np.array([[1, 2, 0, 3, 3], [1, 2, 4, 3, 3]]))
    assert bright.max() == 1
    assert dark == pytest.approx(0.4 * bright)


def test_two_pixels_to_the_right_are_two_pixels_to_the_right():
    at = np.array([[0, 3, 4, 2, 3], [0, 3, 4, 3, 3]])
    left, right = draw_sprites(at, side=50)[:, 0]  # 0.06 of 50 pixels: three
    assert right[:, 3:] == pytest.approx(left[:, :-3])


def test_shapes_differ_and_edges_are_smooth():
    square, disc, triangle = draw_sprites(np.array([[shape, 4, 4, 3, 3] for shape in range(3)]))
    assert np.abs(square - disc).sum() > 10
    assert np.abs(square - triangle).sum() > 20
    assert ((disc > 0) & (disc < 1)).sum() > 20


def test_all_are_different_pictures():
    pictures = make_sprites(side=16).pictures.reshape(N_SPRITES, -1)
    assert len(np.unique(pictures.round(3), axis=0)) == N_SPRITES


def test_the_same_seed_draws_the_same(some):
    again = make_sprites(400, seed=3, side=32)
    assert (again.factors == some.factors).all()
    assert (make_sprites(400, seed=4, side=8).factors != some.factors).any()
    assert not some.pictures.flags.writeable


@pytest.mark.parametrize("n_changed", [1, 3, 5])
def test_pairs_differ_in_so_many_factors(n_changed):
    pairs = draw_pairs(500, n_changed=n_changed, seed=1)
    assert ((pairs.first != pairs.second) == pairs.is_changed).all()
    assert (pairs.is_changed.sum(axis=1) == n_changed).all()
    draw_sprites(pairs.second, side=8)  # all levels are known ones


def test_pairs_of_a_drawn_number_differ_in_1_to_4_and_in_every_factor_alike():
    pairs = draw_pairs(4000, seed=2)
    assert np.bincount(pairs.is_changed.sum(axis=1)).tolist()[0] == 0
    assert np.bincount(pairs.is_changed.sum(axis=1), minlength=6)[1:5] == pytest.approx(1000, rel=0.15)
    assert pairs.is_changed.mean(axis=0) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: make_sprites(0),
        lambda: make_sprites(4801),
        lambda: make_sprites(3, side=4),
        lambda: draw_sprites(np.array([[3, 0, 0, 0, 0]])),
        lambda: draw_sprites(np.zeros((0, 5), int)),
        lambda: draw_sprites(np.zeros((2, 4), int)),
        lambda: draw_sprites(np.zeros((2, 5))),
        lambda: draw_pairs(0),
        lambda: draw_pairs(3, n_changed=6),
    ],
)
def test_what_cannot_be_drawn_is_said(wrong):
    with pytest.raises(DatasetError):
        wrong()
