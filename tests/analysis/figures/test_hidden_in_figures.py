"""Letters burned into pictures are in no picture of a figure whose style hides them, whatever kind it is."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.image import AxesImage
from matplotlib.style import context
from PIL import Image

from analysis.figures.change_map import ChangeMap
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing
from analysis.figures.sample_sheet import SampleSheet
from analysis.figures.style import FigureStyle
from tests.analysis.figures import samples
from tests.analysis.figures.paths import figure_of, path_of
from tests.analysis.figures.test_marks import ink, phantom, written

SIDE = 128
INK = ink("R DOE", (0.08, 0.06), SIDE, 0.08)
MARKED = written(phantom(3, SIDE), INK, 1.0)


def marked_path() -> Any:
    """A path whose original and decodes all have the letters, brighter from step to step."""
    path = path_of(size=(SIDE, SIDE), n_steps=5)
    frames = np.stack([written(phantom(3, SIDE), INK, 0.6 + 0.1 * step) for step in range(5)])
    return replace(figure_of(replace(path, frames=frames.astype(np.float32))), original=MARKED)


PICTURED: dict[str, Callable[[], Drawing]] = {
    "path": marked_path,
    "change": lambda: ChangeMap.of(marked_path(), 4),
    "samples": lambda: SampleSheet.of(MARKED[None].repeat(3, axis=0), "N(0, I)"),
    "attribution": lambda: samples.attributions(MARKED),
    "cohort_attribution": lambda: samples.cohort(MARKED),
    "examples": lambda: samples.examples(MARKED),
    "labels": lambda: samples.labels(MARKED),
}


def pictures_of(drawing: Drawing, style: FigureStyle) -> list[np.ndarray]:
    """Grey or coloured pictures that were drawn, of the size of what they show, as grey [side, side]."""
    canvas = Canvas(figsize=(style.width, drawing.height(style)), layout="constrained")
    FigureCanvasAgg(canvas)
    with context(["default", style.settings()]):
        drawing.draw(canvas, style)
    arrays = [np.asarray(image.get_array(), dtype=np.float64) for image in canvas.findobj(AxesImage)]
    greys = [values if values.ndim == 2 else values[..., :3].mean(axis=-1) for values in arrays]
    return [grey for grey in greys if grey.shape == (SIDE, SIDE)]


def legible(pictures: list[np.ndarray]) -> int:
    """How many pictures show the letters, whatever lies over them."""
    rows, columns = np.nonzero(INK > 0.2)
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    likeness = [
        0.0 if np.ptp(grey[box]) < 1e-6 else abs(np.corrcoef(grey[box].ravel(), INK[box].ravel())[0, 1])
        for grey in pictures
    ]
    return sum(value > 0.4 for value in likeness)


@pytest.mark.parametrize("kind", PICTURED)
def test_no_picture_of_a_figure_shows_the_letters(kind: str) -> None:
    style = FigureStyle(dpi=72)
    assert legible(pictures_of(PICTURED[kind](), style)) > 0
    assert legible(pictures_of(PICTURED[kind](), replace(style, hides_marks=True))) == 0


def test_no_frame_of_a_film_shows_the_letters() -> None:
    def frames(style: FigureStyle) -> list[np.ndarray]:
        film = Image.open(io.BytesIO(draw_file(marked_path(), "gif", style)))
        shown = []
        for number in range(film.n_frames):
            film.seek(number)
            grey = np.asarray(film.convert("L"), dtype=np.float64)
            factor = grey.shape[1] // SIDE
            shown.append(grey[: SIDE * factor : factor, : SIDE * factor : factor])
        return shown

    assert legible(frames(FigureStyle())) > 0
    assert legible(frames(FigureStyle(hides_marks=True))) == 0
