"""The row of a method says only what its map is, and counts its checks as the verdict does."""

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.attributions import Attribution, Measure
from analysis.attributions.cohort_map import CohortMap, CohortMapBuilder
from analysis.attributions.methods import METHODS
from analysis.evaluation.sanity import SanityCheck, SanityStrip
from analysis.figures.cohort_figure import CohortFigure
from analysis.figures.export import draw_file
from analysis.figures.style import PAPER
from app.attributions_page.cohort_view import _row
from app.attributions_page.rows import ends_of, kind_of, number_words, row_of
from app.found_maps import FoundMap
from xaae_core.signal_form import SignalForm

UNKNOWN = (math.nan, math.nan)


def found_map(method: str, checks: tuple[SanityCheck, ...] = ()) -> FoundMap:
    heat = np.arange(16, dtype=np.float32).reshape(4, 4)
    made = Attribution(heat, method, "score", 0.5, "", None, None, "what it is", {})
    strip = SanityStrip(made, made, heat, checks, "believable", "This map may be believed: it passes all.")
    return FoundMap(made, strip)


@pytest.mark.parametrize("method", METHODS)
def test_only_a_map_that_shares_out_the_number_says_that_pixels_add_to_it(method: str) -> None:
    row = row_of(method, found_map(method), is_checked=True, is_over=True)
    is_unsigned, has_own = method in ("saliency", "smooth_grad"), method in ("latent_shift", "guided_backprop")
    assert {tile.kind for tile in row.tiles} == {"positive" if is_unsigned else "signed"} == {kind_of(method)}
    assert (row.ends is not None) == has_own
    assert row.ends == ends_of(method)


def test_a_check_that_is_partly_passed_says_that_this_is_enough_and_minus_is_a_minus() -> None:
    checks = (
        SanityCheck("destroyed", True, -0.01, UNKNOWN, "changes when the model is destroyed: yes (similarity −0.01)"),
        SanityCheck("shuffled", True, 0.47, UNKNOWN, "differs from shuffled labels: partly (similarity 0.47)"),
    )
    row = row_of("occlusion", found_map("occlusion", checks), is_checked=True, is_over=True)
    assert [value for _, value, _ in row.scores] == ["yes · −0.01 alike", "partly, which is enough · 0.47 alike"]


def test_a_part_of_the_map_that_stays_is_not_enough_where_it_does_not_pass() -> None:
    check = SanityCheck("destroyed", False, 0.6, UNKNOWN, "changes when the model is destroyed: partly (0.6)", "stays")
    row = row_of("occlusion", found_map("occlusion", (check,)), is_checked=True, is_over=True)
    assert row.scores[0][1] == "partly · 0.60 alike"


@pytest.mark.parametrize("is_checked", [False, True])
def test_a_map_that_is_the_same_everywhere_says_so_and_has_no_numbers(is_checked: bool) -> None:
    found = found_map("grad_cam")
    assert found.attribution is not None
    nothing = np.zeros((4, 4), np.float32)
    made = replace(found.attribution, map=nothing, measures=(Measure("insertion", math.nan),))
    strip = SanityStrip(None, None, nothing, (), "doubtful", "This map says nothing: it is the same everywhere.")
    row = row_of("grad_cam", FoundMap(made, strip if is_checked else None), is_checked=is_checked, is_over=True)
    assert row.main.heat is None
    assert row.main.note == "0 at every pixel"
    assert not row.scores
    assert row.sentence.count("This map says nothing") == 1
    assert "nothing does here" in row.sentence


def cohort_of(method: str, *signs: float) -> CohortMap:
    builder = CohortMapBuilder()
    for sign in signs:
        made = found_map(method).attribution
        assert made is not None
        builder.add(replace(made, map=sign * made.map))
    return builder.result()


@pytest.mark.parametrize(("method", "signs"), [("saliency", (1.0, 0.5)), ("occlusion", (1.0, -0.5))])
def test_where_no_map_has_a_sign_none_is_said_to_agree(method: str, signs: tuple[float, ...]) -> None:
    found = cohort_of(method, *signs)
    has_sign = min(signs) < 0
    assert [tile.label for tile in _row("all", found).strip[1:]] == ["same sign, share"] * has_sign
    svg = draw_file(CohortFigure(np.zeros((1, 4, 4)), {"all": found, "ill": found}), "svg").decode()
    assert ("share with the mean's sign" in svg) == has_sign
    assert svg.count("mean picture") == 2


@pytest.mark.parametrize("form", [None, SignalForm(length=4, sampling_rate=4.0, channel_names=tuple("abcd"))])
def test_maps_of_two_methods_have_scales_of_their_own(form: SignalForm | None) -> None:
    small, large = cohort_of("saliency", 1.0, 0.5), cohort_of("occlusion", 100.0, 80.0)
    maps = {"saliency": small, "occlusion": large, "occlusion of the ill": cohort_of("occlusion", 1.0)}
    drawing = CohortFigure(np.zeros((1, 4, 4)), maps, form=form)
    canvas = Canvas(layout="constrained")
    drawing.draw(canvas, PAPER)
    axes = [part for part in canvas.findobj(Axes) if isinstance(part, Axes)]
    if form is None:
        images = [part.images[0] for part in axes if part.images and part.images[0].get_cmap().name == "PuOr_r"]
        tops = [image.get_clim()[1] for image in images if image.get_array().shape == (4, 4)]
    else:
        tops = [part.get_ylim()[1] for part in axes if part.axison][:: form.n_channels]
    assert tops[0] < tops[1] / 10
    assert tops[1] == tops[2]


def test_a_large_measure_is_not_told_to_the_hundredth() -> None:
    assert number_words(Measure("insertion", 2345.678, (-169.4, 2400.2), "")) == "2,346 [−169, 2,400]"
    assert number_words(Measure("insertion", 2.47, UNKNOWN, "")) == "2.47"
    assert number_words(Measure("insertion", math.nan, UNKNOWN, "")) == "not measured"
