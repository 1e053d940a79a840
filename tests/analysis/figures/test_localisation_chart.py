"""The chart of localisation: every line of the table is drawn where it lies, in one column as in two."""

import csv
import io

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.evaluation.localisation import MEASURES
from analysis.evaluation.localisation_table import CENTRED_DISC, RANDOM, LocalisedMap, tabulate_localisation
from analysis.figures.archive import read_archive, write_archive
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing, Figure
from analysis.figures.localisation_chart import LocalisationChart
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance


def maps(method: str, target: str) -> list[LocalisedMap]:
    rng = np.random.default_rng(len(method + target))
    return [LocalisedMap(f"p{n}", method, target, *rng.random(4), 0.1) for n in range(8)]


FOUND = [*maps("saliency", "class"), *maps("occlusion", "class"), *maps("saliency", "direction")]
CHART = LocalisationChart.of(
    tabulate_localisation([*FOUND, *maps(CENTRED_DISC, ""), *maps(RANDOM, "")], n_resamples=200), title="eight pictures"
)


@pytest.mark.parametrize("width_mm", [183, 89])
@pytest.mark.parametrize("is_greyscale", [False, True])
def test_every_mean_is_a_mark_in_its_panel(width_mm: float, is_greyscale: bool) -> None:
    style = FigureStyle(width_mm=width_mm, is_greyscale=is_greyscale)
    canvas = Canvas(figsize=(style.width, CHART.height(style)), layout="constrained")
    CHART.draw(canvas, style)
    for axes, measure in zip(canvas.axes, MEASURES, strict=True):
        for target in CHART.targets:
            expected = {line.method: line.value.mean for line in CHART.lines if (line.target, line.measure) ==
                        (target, measure)}  # fmt: skip
            (marks,) = [line for line in axes.lines if line.get_label() == target]
            drawn = {CHART.methods[round(y)]: x for x, y in zip(*marks.get_data(), strict=True)}
            assert drawn == pytest.approx(expected)
    fills = {line.get_markerfacecolor() for line in canvas.axes[0].lines if line.get_label() in CHART.targets}
    assert len(fills) == 2, "targets are told apart without colours, too"


def test_the_numbers_are_the_lines_of_the_table_and_a_kept_chart_draws_the_same() -> None:
    rows = list(csv.DictReader(io.StringIO(CHART.numbers())))
    assert [(row["method"], row["target"], row["measure"]) for row in rows] == [
        (line.method, line.target, line.measure) for line in CHART.lines
    ]
    assert [float(row["mean"]) for row in rows] == pytest.approx([line.value.mean for line in CHART.lines])
    assert isinstance(CHART, Drawing)
    (back,) = read_archive(write_archive([Figure(CHART, Provenance(kind="localisation"))]))
    assert draw_file(back.drawing, "svg") == draw_file(CHART, "svg")
    assert "centred disc" in back.drawing.caption()
