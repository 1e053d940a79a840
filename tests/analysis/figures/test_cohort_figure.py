"""Mean maps as a figure: what is drawn is the mean and its spread, and a kept figure draws the same."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.attributions import Attribution
from analysis.attributions.cohort_map import CohortMap, CohortMapBuilder
from analysis.figures.archive import read_archive, write_archive
from analysis.figures.cohort_figure import CohortFigure
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing, Figure
from analysis.figures.heat_layers import colour_limit
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from xaae_core.data.beats import draw_beats


def mean_of(shape: tuple[int, int], n: int = 5) -> CohortMap:
    rng, builder = np.random.default_rng(n), CohortMapBuilder()
    made = Attribution(np.zeros(shape, np.float32), "occlusion", "logit", 1.0, "", None, None, "fall of it", {})
    for _ in range(n):
        builder.add(replace(made, map=rng.normal(size=shape).astype(np.float32)))
    return builder.result()


FOUND = mean_of((16, 20))
FIGURE = CohortFigure(np.full((1, 16, 20), 0.5, np.float32), {"all": FOUND, "ill": FOUND}, "five cases")


@pytest.mark.parametrize("width_mm", [183, 89])
def test_the_drawn_maps_are_the_mean_its_spread_and_the_share_of_signs(width_mm: float) -> None:
    canvas = Canvas(layout="constrained")
    FIGURE.draw(canvas, FigureStyle(width_mm=width_mm))
    shape = FOUND.mean.shape
    images = [axes.images[0] for axes in canvas.findobj(Axes) if isinstance(axes, Axes) and axes.images]
    images = [image for image in images if image.get_array() is not None and image.get_array().shape == shape]
    drawn = [image for image in images if image.get_cmap().name != "gray"]
    for image, expected in zip(drawn, [FOUND.mean, FOUND.spread, FOUND.same_sign] * 2, strict=True):
        np.testing.assert_array_equal(image.get_array(), expected)
    limit = colour_limit(FOUND.mean)
    assert drawn[0].get_clim() == (-limit, limit)
    assert drawn[2].get_clim() == (0.5, 1.0)


def test_the_numbers_are_those_of_the_map() -> None:
    rows = [row for row in csv.DictReader(io.StringIO(FIGURE.numbers())) if row["group"] == "ill"]
    assert len(rows) == FOUND.mean.size
    for row in rows[::37]:
        place = int(row["row"]), int(row["column"])
        assert float(row["mean"]) == pytest.approx(FOUND.mean[place], rel=1e-4, abs=1e-9)
        assert float(row["spread"]) == pytest.approx(FOUND.spread[place], rel=1e-4)
        assert int(row["cases"]) == FOUND.n


@pytest.mark.parametrize("is_signal", [False, True])
def test_a_kept_figure_draws_the_same(is_signal: bool) -> None:
    drawing = FIGURE
    if is_signal:
        beats = draw_beats(3, length=64)
        found = mean_of((beats.form.n_channels, 64))
        drawing = CohortFigure(beats.scaled()[:1], {"all": found}, form=beats.form)
    assert isinstance(drawing, Drawing)
    (back,) = read_archive(write_archive([Figure(drawing, Provenance(kind="cohort_attribution"))]))
    assert draw_file(back.drawing, "svg") == draw_file(drawing, "svg")
    assert back.drawing.caption() == drawing.caption()


def test_one_case_has_no_spread_and_is_drawn() -> None:
    figure = CohortFigure(np.full((1, 16, 20), 0.5, np.float32), {"all": mean_of((16, 20), n=1)})
    assert b"n = 1" in draw_file(figure, "svg")
    with pytest.raises(ValueError, match="no map to draw"):
        CohortFigure(np.zeros((1, 2, 2)), {})
