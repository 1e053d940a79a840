"""Made-up cases as a sheet: all that were made, or as many as can be told apart."""

import csv
import io

import numpy as np
import pytest

from analysis.figures.archive import read_archive, write_archive
from analysis.figures.export import draw_file
from analysis.figures.figure import Figure
from analysis.figures.sample_sheet import MOST, SampleSheet
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from tests.analysis.figures.drawn_parts import put_on_canvas
from tests.analysis.figures.paths import signal_path
from xaae_core.errors import FigureError

STYLE = FigureStyle(dpi=100)


def made(count: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).random((count, channels, 8, 6)).astype(np.float32)


@pytest.mark.parametrize("width", [60.0, 89.0, 183.0])
@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_every_case_is_drawn_in_order_within_the_figure(count: int, width: float) -> None:
    pictures = made(count)
    style = FigureStyle(width_mm=width)
    drawn = put_on_canvas(SampleSheet.of(pictures, "N(0, I)"), style)
    images = drawn.images("gray")
    assert len(images) == count
    boxes = {image: image.axes.get_position() for image in images}
    in_order = sorted(images, key=lambda image: (-round(boxes[image].y0, 3), boxes[image].x0))
    for image, picture in zip(in_order, pictures, strict=True):
        np.testing.assert_allclose(image.get_array(), picture[0])
    assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in boxes.values())
    assert drawn.overlaps() == drawn.outside() == []


def test_of_more_than_fit_the_first_are_drawn_and_it_is_said() -> None:
    sheet = SampleSheet.of(made(MOST + 5), "N(0, I)")
    assert len(sheet.pictures) == MOST
    assert f"The first {MOST} of {MOST + 5}" in sheet.caption()
    assert "None of them is a case that was seen" in sheet.caption()


def test_signals_are_lines_on_one_scale() -> None:
    path = signal_path(n_steps=5)
    sheet = SampleSheet.of(path.frames, "N(0, I)", form=path.signal_form)
    drawn = put_on_canvas(sheet, STYLE)
    heights = [np.ptp(line.get_ydata()) for axes in drawn.canvas.findobj(lambda each: hasattr(each, "get_lines"))
               for line in axes.get_lines()]  # fmt: skip
    assert len(heights) == 5 * 2
    ranges = np.ptp(path.frames[:, 0], axis=-1).ravel()
    np.testing.assert_allclose(np.array(heights) / heights[-1], ranges / ranges[-1], rtol=1e-3)


def test_the_table_tells_each_case_apart() -> None:
    pictures = made(3, 2)
    rows = list(csv.DictReader(io.StringIO(SampleSheet.of(pictures, "N(0, I)").numbers())))
    assert len(rows) == 3 * 2
    np.testing.assert_allclose([float(row["mean"]) for row in rows], pictures.mean(axis=(2, 3)).ravel(), rtol=1e-4)


def test_no_cases_are_refused() -> None:
    with pytest.raises(FigureError, match="at least 1"):
        SampleSheet.of(made(0), "N(0, I)")


def test_it_is_kept_in_an_archive() -> None:
    sheet = SampleSheet.of(made(4), "N(0, I)")
    (again,) = read_archive(write_archive([Figure(sheet, Provenance(kind="samples").stamped())]))
    assert draw_file(again.drawing, "svg", STYLE) == draw_file(sheet, "svg", STYLE)
