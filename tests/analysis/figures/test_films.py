"""Films of paths: greys are exact in a GIF, near in an MP4; each frame says which step it is; players can play them."""

import io
import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.figures.film import draw_film, encode_mp4, film_frames, picture_frames
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance, read_provenance
from tests.analysis.figures.paths import figure_of, path_of, signal_path

STYLE = FigureStyle()
THERE_AND_BACK = [*range(9), *range(7, 0, -1)]


def gif_frames(data: bytes) -> list[Any]:
    with Image.open(io.BytesIO(data)) as gif:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]


def mp4_frames(data: bytes) -> list[Any]:
    with av.open(io.BytesIO(data)) as film:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]


def test_a_gif_keeps_every_grey_level_and_goes_there_and_back() -> None:
    path = path_of(size=(40, 36))
    frames = gif_frames(draw_film(figure_of(path), "gif", STYLE))
    assert len(frames) == len(THERE_AND_BACK)
    for shown, step in zip(frames, THERE_AND_BACK, strict=True):
        assert np.ptp(shown.astype(int), axis=-1).max() == 0
        left = (shown.shape[1] - 360) // 2
        picture = shown[:400, left : left + 360, 0]
        np.testing.assert_array_equal(picture[::10, ::10], np.rint(path.frames[step, 0] * 255))
        np.testing.assert_array_equal(picture[9::10, 9::10], picture[::10, ::10])


@pytest.mark.parametrize(
    "figure", [figure_of(path_of(size=(40, 37))), figure_of(path_of(3, size=(33, 40))), figure_of(signal_path())]
)
def test_an_mp4_shows_the_frames_within_the_codecs_tolerance(figure: Any) -> None:
    expected = [
        frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, -1) for frame in film_frames(figure, STYLE)
    ]
    shown = mp4_frames(draw_film(figure, "mp4", STYLE))
    assert len(shown) == len(THERE_AND_BACK)
    colours = figure.traversal.frames.shape[1] == 3 or figure.traversal.signal_form is not None
    for frame, step in zip(shown, THERE_AND_BACK, strict=True):
        apart = np.abs(frame - expected[step]).mean()
        assert apart < (6 if colours else 2.5)  # colours have a quarter of the resolution in 4:2:0
        others = [np.abs(frame - expected[other]).mean() for other in range(9) if abs(other - step) > 1]
        assert min(others) > 2 * apart or figure.traversal.signal_form is not None


def test_greys_of_an_mp4_are_not_shifted() -> None:
    """A player that takes the levels for another range or matrix would show a ramp brighter or darker throughout."""
    ramp = np.tile(np.arange(0, 256, dtype=np.uint8), (64, 1))
    shown = mp4_frames(encode_mp4([ramp] * 3))[1]
    assert np.abs(shown.mean(axis=(0, 2)) - ramp[0]).max() < 2.5


@pytest.mark.parametrize("channels", [2, 4])
def test_pictures_of_other_numbers_of_channels_are_shown_as_their_mean(channels: int) -> None:
    path = path_of(channels)
    (first, *_) = picture_frames(path, path.frames[4], STYLE)
    np.testing.assert_array_equal(first[::16, ::16], np.rint(path.frames[0].mean(axis=0) * 255))


@pytest.mark.parametrize("figure", [figure_of(path_of(3)), figure_of(signal_path())], ids=["pictures", "signals"])
def test_greyscale_films_have_no_colour(figure: Any) -> None:
    frames = gif_frames(draw_film(figure, "gif", FigureStyle(is_greyscale=True)))
    assert max(np.ptp(frame.astype(int), axis=-1).max() for frame in frames) == 0


@pytest.mark.parametrize("figure", [figure_of(path_of()), figure_of(signal_path())], ids=["pictures", "signals"])
def test_every_frame_says_another_step(figure: Any) -> None:
    """The strip below differs between any two steps, and the dot on its scale goes from left to right."""
    strips = [frame[-26:].reshape(26, frame.shape[1], -1)[..., 0] for frame in film_frames(figure, STYLE)]
    dots = [np.flatnonzero((strip < 60).any(axis=0)).mean() for strip in strips]
    assert all(second > first + 5 for first, second in pairwise(dots))


@pytest.mark.parametrize("form", ["gif", "mp4"])
def test_films_know_how_they_were_made_and_still_play(form: Any) -> None:
    made = Provenance(kind="path", case_ids=("3fa9c1",), settings={"span": 2})
    content = export_figure(Figure(figure_of(path_of()), made), form)
    found = read_provenance(content)
    assert found.warnings == ()
    assert found.provenance.settings == {"span": 2}
    assert len(gif_frames(content) if form == "gif" else mp4_frames(content)) == len(THERE_AND_BACK)


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_players_are_told_what_they_play(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(draw_film(figure_of(path_of(size=(33, 47))), "mp4", STYLE))
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-count_frames", str(file)],
        capture_output=True, check=True,
    )  # fmt: skip
    assert told.stderr == b""
    (stream,) = json.loads(told.stdout)["streams"]
    assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")
    assert (stream["color_range"], stream["color_space"]) == ("tv", "bt709")
    assert stream["width"] % 2 == stream["height"] % 2 == 0
    assert stream["nb_read_frames"] == "16"
    content = file.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "it plays while it loads"
