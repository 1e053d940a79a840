"""Figures as files: a map of 10,000 points and a path of 21 frames, against Altair and matplotlib as it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.figures.export import FileForm, draw_file
from analysis.figures.filmstrip import PathFigure
from analysis.figures.formats import Format
from analysis.figures.latent_map import MapFigure
from analysis.figures.map_drawing import map_drawing
from analysis.figures.style import FigureStyle
from analysis.projections import Projection
from benchmarks import figure_peers as peers
from benchmarks.comparison import Comparison, take_turns, timed
from benchmarks.decoding import path_in_one_batch
from benchmarks.scatter_points import GROUPS, clustered_points
from benchmarks.subject import demo_subject
from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    from analysis.figures.figure import Drawing

STYLE = FigureStyle(width_mm=peers.INCHES * 25.4, dpi=peers.DPI)
Way = Callable[[], bytes]


def run(*, is_quick: bool = False) -> list[Comparison]:
    """The comparisons of this file."""
    n, n_frames, repeats = (300, 3, 1) if is_quick else (10_000, 21, 5)
    return [*maps(n, repeats=repeats), *paths(n_frames, repeats=repeats)]


def maps(n: int, *, repeats: int) -> list[Comparison]:
    """A map of n points in each format, against both."""
    points, group = clustered_points(n)
    drawing = map_of(points, group)
    return [
        compare(f"map of {n:,} as {form.upper()}", partial(draw_file, drawing, form, STYLE),
            partial(way, points, group, form), words, repeats=repeats)
        for form in get_args(Format)
        for way, words in ((peers.altair_map, "Altair, vl-convert"), (peers.matplotlib_map, "matplotlib's defaults"))
    ]  # fmt: skip


def paths(n_frames: int, *, repeats: int) -> list[Comparison]:
    """A path as a film and as a filmstrip, against matplotlib's own."""
    drawing, frames, change = path_of(n_frames)
    forms: list[tuple[FileForm, Way, str]] = [
        ("gif", partial(peers.matplotlib_film, frames, "gif"), "matplotlib's animation, Pillow writer"),
        ("svg", partial(peers.matplotlib_strip, frames, change, "svg"), "matplotlib's imshow and savefig"),
    ]
    if peers.has_ffmpeg():
        forms.insert(1, ("mp4", partial(peers.matplotlib_film, frames, "mp4"), "matplotlib's animation, ffmpeg writer"))
    return [
        compare(f"path of {n_frames} as {form.upper()}", partial(draw_file, drawing, form, STYLE), way, words,
            repeats=repeats)
        for form, way, words in forms
    ]  # fmt: skip


def compare(name: str, ours: Way, other: Way, words: str, *, repeats: int) -> Comparison:
    """Both ways in turn; the note has the sizes of the files."""
    our_seconds, other_seconds = take_turns(timed(ours), timed(other), repeats=repeats)
    sizes = f"{len(ours()) / 1024:,.0f} kB against {len(other()) / 1024:,.0f} kB"
    return Comparison(name, "draw_file", words, our_seconds, other_seconds, note=sizes)


def map_of(points: NDArray[np.float32], group: NDArray[np.uint8]) -> Drawing:
    """The points as a map of cases in groups."""
    n = len(points)
    ids, text = np.arange(n).astype(np.str_), np.array([""] * n)
    table = LatentTable(
        z=points, ids=ids, paths=text, split=text, labels=group.astype(np.int64),
        probabilities=np.empty((n, 0), np.float32), classes=GROUPS,
    )  # fmt: skip
    projection = Projection(points, ids, "umap", {"n_neighbors": 15}, 0, None, ("UMAP 1", "UMAP 2"))
    return map_drawing([MapFigure(projection, table)])


def path_of(n_frames: int) -> tuple[PathFigure, NDArray[np.float32], NDArray[np.float32]]:
    """The demo's picture moved along some direction: the drawing, its frames [K, 1, H, W] and their changes."""
    subject = demo_subject()
    path = path_in_one_batch(subject, skip_dropout=1.0, n_steps=n_frames)
    return PathFigure(path, subject.image, 0, "a path"), path.frames, path.change()
