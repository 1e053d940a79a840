"""The same figures as they are made without this project: Altair with vl-convert, and matplotlib as it comes."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scatter_points import COLOURS, GROUPS

INCHES = 7.2
DPI = 300
FRAMES_A_SECOND = 25 / 3
"""As our films: 120 ms a frame."""


def altair_map(points: NDArray[np.float32], group: NDArray[np.uint8], form: str) -> bytes:
    """A scatter of 7.2 inches by Altair, converted by vl-convert; PNG at 300 dots per inch."""
    import altair as alt
    import pandas as pd

    cases = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "group": np.array(GROUPS)[group]})
    colours = alt.Scale(domain=list(GROUPS), range=list(COLOURS))
    with alt.data_transformers.disable_max_rows():
        chart = (
            alt.Chart(cases, width=int(INCHES * 72 * 0.8), height=int(INCHES * 72 * 0.7))
            .mark_circle(size=6)
            .encode(x="x", y="y", color=alt.Color("group", scale=colours))
        )
        if form == "svg":
            stream = io.StringIO()
            chart.save(stream, format="svg")
            return stream.getvalue().encode()
        raw = io.BytesIO()
        chart.save(raw, format=form, ppi=DPI) if form == "png" else chart.save(raw, format=form)
        return raw.getvalue()


def matplotlib_map(points: NDArray[np.float32], group: NDArray[np.uint8], form: str) -> bytes:
    """`scatter` and `savefig` with matplotlib's own settings, 7.2 inches wide, 300 dots per inch."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(INCHES, 5.0))
    axes = canvas.subplots()
    for index, (name, colour) in enumerate(zip(GROUPS, COLOURS, strict=True)):
        chosen = points[group == index]
        axes.scatter(chosen[:, 0], chosen[:, 1], s=4, color=colour, label=name)
    axes.legend()
    stream = io.BytesIO()
    canvas.savefig(stream, format=form, dpi=DPI)
    return stream.getvalue()


def matplotlib_strip(frames: NDArray[np.float32], change: NDArray[np.float32], form: str) -> bytes:
    """Seven frames and their changes with `imshow` and `savefig`, 7.2 inches wide."""
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(INCHES, 2.4))
    shown = np.linspace(0, len(frames) - 1, 7).round().astype(int)
    limit = float(np.abs(change).max())
    for column, (above, below) in enumerate(zip(*canvas.subplots(2, 7), strict=True)):
        above.imshow(frames[shown[column], 0], cmap="gray", vmin=0, vmax=1)
        below.imshow(change[shown[column], 0], cmap="RdBu", vmin=-limit, vmax=limit)
        above.axis("off")
        below.axis("off")
    stream = io.BytesIO()
    canvas.savefig(stream, format=form, dpi=DPI)
    return stream.getvalue()


def matplotlib_film(frames: NDArray[np.float32], form: str) -> bytes:
    """The path there and back by matplotlib's animation: its Pillow writer (GIF) or its ffmpeg writer (MP4)."""
    from matplotlib import animation
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(3.84, 3.84), dpi=100)
    axes = canvas.subplots()
    axes.axis("off")
    shown = axes.imshow(frames[0, 0], cmap="gray", vmin=0, vmax=1)
    order = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]

    def draw(step: int) -> list[Any]:
        shown.set_data(frames[step, 0])
        return [shown]

    film = animation.FuncAnimation(canvas, draw, frames=order)
    writer: Any = animation.PillowWriter if form == "gif" else animation.FFMpegWriter
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{form}"
        film.save(path, writer=writer(fps=FRAMES_A_SECOND), dpi=100)
        return path.read_bytes()


def has_ffmpeg() -> bool:
    """Whether matplotlib finds ffmpeg."""
    from matplotlib import animation

    return bool(animation.FFMpegWriter.isAvailable())
