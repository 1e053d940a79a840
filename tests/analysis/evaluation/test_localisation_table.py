"""Means over pictures, their intervals, and differences on the same pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from analysis.evaluation.localisation import MEASURES, measure_localisation
from analysis.evaluation.localisation_table import CENTRED_DISC, USUAL_PLACE, LocalisedMap, tabulate_localisation
from analysis.figures.export import draw_file
from analysis.figures.localisation_chart import LocalisationChart


def maps_of(method: str, target: str, values: np.ndarray, *, first: int = 0) -> list[LocalisedMap]:
    return [
        LocalisedMap(f"case-{first + n}", method, target, *([float(value)] * 4), 0.2) for n, value in enumerate(values)
    ]


def test_an_interval_is_as_wide_as_the_standard_error_says():
    values = np.random.default_rng(0).normal(0.5, 0.1, 80)
    line = tabulate_localisation(maps_of("saliency", "class", values)).line("saliency", "class", "iou_best")
    assert line.value.mean == pytest.approx(values.mean())
    error = values.std() / np.sqrt(len(values))
    assert line.value.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert line.value.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)
    assert line.n == 80


def test_pictures_in_pieces_are_drawn_as_if_at_once(monkeypatch: pytest.MonkeyPatch):
    found = maps_of("saliency", "class", np.random.default_rng(0).random(30))
    at_once = tabulate_localisation(found, n_resamples=2000)
    monkeypatch.setattr("analysis.evaluation.localisation_table._MOST_WEIGHTS", 30 * 7)
    assert tabulate_localisation(found, n_resamples=2000) == at_once


def test_differences_are_of_the_same_pictures():
    rng = np.random.default_rng(1)
    hard = rng.normal(0.5, 0.2, 40)  # what makes pictures differ is the same for all maps
    table = tabulate_localisation(
        maps_of("saliency", "class", hard + 0.05)
        + maps_of(CENTRED_DISC, "", hard)
        + maps_of(USUAL_PLACE, "", hard[:10] + 0.1)
    )
    line = table.line("saliency", "class", "iou_fixed")
    assert line.minus_middle is not None
    assert (line.minus_middle.low, line.minus_middle.mean, line.minus_middle.high) == pytest.approx((0.05,) * 3)
    assert line.minus_usual_place is not None
    assert line.minus_usual_place.mean == pytest.approx(-0.05)  # on the ten pictures that have both
    assert line.value.high - line.value.low > 0.05
    assert table.line(CENTRED_DISC, "", "pointing").minus_middle is None
    assert table.n_pictures == 40
    assert table.mask_share.mean == pytest.approx(0.2)


def test_the_best_methods_of_two_targets_are_compared():
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.01, (4, 30))
    table = tabulate_localisation(
        [
            *maps_of("saliency", "class", 0.2 + noise[0]),
            *maps_of("occlusion", "class", 0.4 + noise[1]),
            *maps_of("saliency", "direction", 0.5 + noise[2]),
            *maps_of("occlusion", "direction", 0.3 + noise[3]),
        ]
    )
    assert [each.measure for each in table.comparisons] == list(MEASURES)
    for each in table.comparisons:
        assert each.first == ("saliency", "direction")
        assert each.second == ("occlusion", "class")
        assert each.difference.mean == pytest.approx(0.1, abs=0.01)
        assert 0.09 < each.difference.low < each.difference.high < 0.11


def test_one_picture_has_a_mean_but_no_interval():
    table = tabulate_localisation(maps_of("saliency", "class", np.array([0.3])))
    line = table.lines[0]
    assert line.value.mean == pytest.approx(0.3)
    assert np.isnan(line.value.low)
    assert np.isnan(line.value.high)
    assert line.minus_middle is None
    with pytest.raises(ValueError, match="no map"):
        tabulate_localisation([])
    with pytest.raises(KeyError):
        table.line("occlusion", "class", "iou_best")


def test_several_random_maps_of_a_picture_count_as_their_mean():
    mask = np.zeros((8, 8), np.bool_)
    mask[:4] = True
    found = [measure_localisation(heat, mask) for heat in (mask.astype(float), (~mask).astype(float))]
    row = LocalisedMap.of("case", "random", "", found)
    assert (row.pointing, row.energy_inside, row.mask_share) == (0.5, 0.5, 0.5)


def test_maps_that_are_the_same_everywhere_are_counted():
    mask = np.eye(7, dtype=np.bool_)
    rng = np.random.default_rng(0)
    found = [
        LocalisedMap.of(f"case-{n}", method, "class", [measure_localisation(heat, mask, fixed_share=0.2)])
        for n in range(5)
        for method, heat in (("grad_cam", np.full((7, 7), n / 3)), ("saliency", rng.random((7, 7))))
    ]
    found.append(LocalisedMap.of("case-0", CENTRED_DISC, "", [measure_localisation(np.ones((7, 7)), mask)]))
    assert tabulate_localisation(found).n_flat == {("grad_cam", "class"): 5}


def test_a_row_of_the_table_has_a_cell_for_everything():
    table = tabulate_localisation(maps_of("saliency", "class", np.array([0.1, 0.2])))
    cells = table.lines[0].cells()
    assert list(cells)[:7] == ["method", "target", "measure", "pictures", "mean", "low", "high"]
    assert cells["minus_disc_mean"] is None
    assert len({tuple(line.cells()) for line in table.lines}) == 1


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_figure_names_every_method_and_is_the_same_every_time(form):
    rng = np.random.default_rng(0)
    table = tabulate_localisation(
        [
            *maps_of("saliency", "class", rng.random(9)),
            *maps_of("latent_shift", "direction", rng.random(9)),
            *maps_of(CENTRED_DISC, "", rng.random(9)),
        ],
        n_resamples=200,
    )
    chart = LocalisationChart.of(table, title="nine $pictures$")
    drawn = draw_file(chart, form)
    assert drawn == draw_file(chart, form)
    if form == "svg":
        text = drawn.decode()
        assert all(words in text for words in ("Latent shift", "Saliency", "centred disc", "direction", "nine $pic"))
    if form == "png":
        assert Image.open(io.BytesIO(drawn)).width == pytest.approx(183 / 25.4 * 300, abs=1)


def test_one_picture_without_intervals_can_be_drawn():
    table = tabulate_localisation(maps_of("saliency", "class", np.array([0.3])) + maps_of(CENTRED_DISC, "", np.ones(1)))
    assert draw_file(LocalisationChart.of(table), "svg")
