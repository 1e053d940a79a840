"""Held-out quality as a figure: areas, counts and points are those of the cases."""

import csv
import io
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from analysis.directions import auroc
from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.quality import measure_quality
from analysis.evaluation.regressor_quality import RegressorQuality
from analysis.evaluation.roc_curve import roc_corners
from analysis.figures.archive import read_archive, write_archive
from analysis.figures.export import draw_file
from analysis.figures.figure import Figure
from analysis.figures.legibility import smallest_text
from analysis.figures.number_panels import RASTERISED_ABOVE
from analysis.figures.quality_chart import QualityChart, quality_chart
from analysis.figures.style import PAPER, FigureStyle, style_for
from analysis.provenance import Provenance
from xaae_core.latents import LatentTable

CLASSES = ("none", "effusion", "nodule")


def classified(n_classes: int = 2, n: int = 150, *, seed: int = 0, digits: int = 6) -> LatentTable:
    """A model that is often right; probabilities rounded to so many digits, so that few digits make ties."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n)
    scores = rng.normal(size=(n, n_classes)) + 1.3 * np.eye(n_classes)[labels]
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    chances = np.round(chances, digits)
    return table_with(labels=labels, probabilities=chances.astype(np.float32), classes=CLASSES[:n_classes])


def numbered(n: int = 120) -> LatentTable:
    rng = np.random.default_rng(1)
    true = rng.normal(5, 2, n)
    predicted = 0.8 * true + 1 + rng.normal(0, 0.7, n)
    return table_with(
        labels=np.full(n, -1), probabilities=np.zeros((n, 0), np.float32), classes=(), target_name="severity",
        predicted=predicted, columns={"severity": true},
    )  # fmt: skip


def table_with(labels: Any, **values: Any) -> LatentTable:
    n = len(labels)
    split = np.where(np.arange(n) % 3 == 0, "valid", "test")
    return LatentTable(
        z=np.zeros((n, 2), np.float32), ids=np.arange(n).astype(str), paths=np.full(n, ""), split=split, labels=labels,
        **values,
    )  # fmt: skip


def chart_of(table: LatentTable, target: str = "effusion") -> QualityChart:
    return quality_chart(measure_quality(table, target), table)


def rows_of(chart: QualityChart) -> dict[str, list[dict[str, str]]]:
    """The numbers behind a chart by panel."""
    found = defaultdict(list)
    for row in csv.DictReader(io.StringIO(chart.numbers())):
        found[row["panel"]].append(row)
    return found


def axes_of(chart: QualityChart, style: FigureStyle = PAPER) -> list[Any]:
    canvas = Canvas(figsize=(style.width, chart.height(style)), layout="constrained")
    chart.draw(canvas, style)
    return list(canvas.axes)


@pytest.mark.parametrize("digits", [6, 1, 0], ids=["no-ties", "ties", "two-scores"])
@pytest.mark.parametrize("seed", range(5))
def test_the_area_under_the_curve_is_the_auroc(seed: int, digits: int) -> None:
    chart = chart_of(classified(seed=seed, digits=digits))
    assert isinstance(chart.quality, ClassifierQuality)
    (curve,) = chart.curves
    assert curve.area == pytest.approx(chart.quality.held_out.auroc, abs=1e-12)
    assert curve.area == pytest.approx(curve.held_out.auroc, abs=1e-12)
    assert (curve.false_positive[0], curve.true_positive[0]) == (0, 0)
    assert (curve.false_positive[-1], curve.true_positive[-1]) == (1, 1)
    assert (np.diff(curve.false_positive) >= 0).all()
    assert (np.diff(curve.true_positive) >= 0).all()


def test_every_threshold_lies_on_the_curve_although_only_corners_are_kept() -> None:
    rng = np.random.default_rng(3)
    truth, scores = rng.random(80) < 0.4, np.round(rng.random(80), 1)
    false_positive, true_positive = roc_corners(truth, scores)
    for threshold in np.unique(scores):
        x, y = (scores[~truth] >= threshold).mean(), (scores[truth] >= threshold).mean()
        lengths = np.hypot(np.diff(false_positive), np.diff(true_positive))
        assert (lengths > 0).all()
        ends = np.hypot(x - false_positive, y - true_positive)
        assert np.isclose(ends[:-1] + ends[1:], lengths, atol=1e-12).any()
    assert np.trapezoid(true_positive, false_positive) == pytest.approx(auroc(truth.astype(float), scores))


def test_a_straight_line_keeps_its_ends_only() -> None:
    false_positive, true_positive = roc_corners(np.array([1, 1, 1, 0, 0], bool), np.array([0.9, 0.8, 0.7, 0.2, 0.1]))
    assert false_positive.tolist() == [0, 0, 1]
    assert true_positive.tolist() == [0, 1, 1]


def test_the_ring_is_the_chosen_threshold_on_the_curve() -> None:
    chart = chart_of(classified())
    assert isinstance(chart.quality, ClassifierQuality)
    found = chart.quality.operation
    rings = [line.get_xydata().tolist() for line in axes_of(chart)[0].get_lines() if line.get_marker() == "o"]
    assert rings == [[[1 - found.specificity, found.sensitivity]]]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_counts_of_the_confusion_sum_to_the_cases_and_are_written(n_classes: int) -> None:
    table = classified(n_classes)
    chart = chart_of(table)
    assert isinstance(chart.quality, ClassifierQuality)
    cells = rows_of(chart)["confusion"]
    assert sum(int(cell["cases"]) for cell in cells) == chart.quality.held_out.n_cases == (table.split == "test").sum()
    for index, name in enumerate(table.classes):
        own = sum(int(cell["cases"]) for cell in cells if cell["name"] == name)
        assert own == ((table.labels == index) & (table.split == "test")).sum()
    written = [text.get_text().split("\n") for text in axes_of(chart)[-1].texts]
    assert [words[0] for words in written] == [cell["cases"] for cell in cells]
    assert sum(float(words[1].split()[0]) for words in written[:n_classes]) == pytest.approx(100, abs=n_classes)


def test_bins_have_all_cases_and_are_drawn_at_their_shares() -> None:
    chart = chart_of(classified())
    assert isinstance(chart.quality, ClassifierQuality)
    bins = chart.quality.calibration
    assert bins.counts.sum() == chart.quality.held_out.n_cases
    (line,) = [line for line in axes_of(chart)[1].get_lines() if line.get_marker() == "s"]
    assert line.get_xydata().tolist() == np.column_stack([bins.predicted, bins.observed]).tolist()


def test_more_classes_have_an_auroc_each_with_its_interval() -> None:
    chart = chart_of(classified(3))
    areas = {row["name"]: row for row in rows_of(chart)["AUROC"]}
    assert tuple(areas) == CLASSES
    for curve in chart.curves:
        row = areas[curve.target]
        assert curve.area == pytest.approx(float(row["y"]), abs=1e-12)
        assert float(row["low"]) <= float(row["y"]) <= float(row["high"])


def test_without_the_table_there_is_no_curve_and_the_figure_is_still_whole() -> None:
    table = classified()
    chart = quality_chart(measure_quality(table, "effusion"))
    assert chart.curves == ()
    assert len(axes_of(chart)) == 2
    assert "Ring" not in chart.caption()
    assert f"{chart.quality.held_out.auroc:.3f}" in chart.caption()  # type: ignore[union-attr]


def test_a_perfect_order_says_that_its_interval_is_another() -> None:
    assert chart_of(classified()).intervals == "bootstrap"
    table = classified()
    perfect = np.column_stack([table.labels == 0, table.labels == 1]).astype(np.float32)
    chart = chart_of(table_with(labels=table.labels, probabilities=perfect, classes=table.classes))
    low, high = chart.curves[0].held_out.auroc_interval
    assert (chart.intervals, high, low < 1) == ("newcombe", 1.0, True)


def test_a_class_that_was_never_seen_has_no_curve_but_a_figure() -> None:
    table = classified()
    only = table.rows(table.labels == 0)
    chart = quality_chart(measure_quality(only, "effusion"), only)
    assert np.isnan(chart.curves[0].area)
    assert draw_file(chart, "png", FigureStyle(dpi=72))
    assert "nan" not in chart.caption()


def test_every_number_is_a_point_and_the_limits_are_those_of_the_differences() -> None:
    table = numbered(900)
    chart = chart_of(table)
    assert isinstance(chart.quality, RegressorQuality)
    held_out = table.split == "test"
    assert len(rows_of(chart)["case"]) == held_out.sum() == chart.quality.n_cases > 400
    difference = (table.predicted - table.columns["severity"])[held_out]
    lines = [line.get_ydata()[0] for line in axes_of(chart)[1].get_lines() if line.get_zorder() == 4]
    mean, spread = difference.mean(), 1.96 * difference.std(ddof=1)
    assert lines == pytest.approx([mean + spread, mean, mean - spread])


@pytest.mark.parametrize(("n", "is_picture"), [(120, False), (3 * RASTERISED_ABOVE, True)])
def test_many_points_are_a_picture_inside_a_vector_figure(n: int, is_picture: bool) -> None:
    quality = RegressorQuality("severity", "test", n, 0.9, (0.8, 1.0), 0.1, 0.3, 0.8, 0.0, *np.random.rand(2, n))
    assert (b"<image" in draw_file(QualityChart(quality), "svg")) == is_picture


@pytest.mark.parametrize("table", [classified(), classified(3), numbered()], ids=["two", "three", "numbers"])
def test_it_is_legible_in_one_column_and_the_kept_one_draws_the_same(table: LatentTable) -> None:
    chart = chart_of(table)
    content = draw_file(chart, "svg", style_for("nature", "single"))
    assert smallest_text(content, "svg") >= 5 - 1e-6
    (found,) = read_archive(write_archive([Figure(chart, Provenance(kind="quality"))]))
    assert draw_file(found.drawing, "svg", style_for("nature", "single")) == content
    assert (found.drawing.numbers(), found.drawing.caption()) == (chart.numbers(), chart.caption())


def test_names_that_mean_something_to_matplotlib_are_written_as_they_are() -> None:
    table = classified()
    odd = LatentTable(**{**vars(table), "classes": ("$a$", "b_{c}$")})
    assert b"$a$" in draw_file(chart_of(odd, "b_{c}$"), "svg")
