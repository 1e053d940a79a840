"""The figures that are timed against each other show the same: as many frames, points that are really there."""

import io

import numpy as np
import pytest
from PIL import Image

from analysis.figures.export import draw_file
from analysis.provenance.figure_files import container_of
from benchmarks import figure_peers as peers
from benchmarks.figures import STYLE, map_of, path_of
from benchmarks.scatter_points import clustered_points


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_every_way_draws_the_map_in_that_format(form) -> None:
    points, group = clustered_points(200)
    files = [way(points, group, form) for way in (peers.altair_map, peers.matplotlib_map)]
    assert {container_of(file) for file in (draw_file(map_of(points, group), form, STYLE), *files)} == {form}


def test_both_films_have_the_frames_there_and_back() -> None:
    drawing, frames, _ = path_of(3)
    ours, other = draw_file(drawing, "gif", STYLE), peers.matplotlib_film(frames, "gif")
    assert [Image.open(io.BytesIO(file)).n_frames for file in (ours, other)] == [4, 4]
    assert np.abs(np.diff(frames, axis=0)).max() > 0.01
