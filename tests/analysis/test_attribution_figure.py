"""The figure of an attribution: zero is white and in the middle, and the picture shows where the map is empty."""

import io

import numpy as np
import pytest
from PIL import Image

from analysis.attributions import Attribution
from analysis.figures.attribution_map import AttributionFigure, colour_limit, draw_attributions, overlay


def attribution(heat: np.ndarray, **fields: object) -> Attribution:
    known: dict[str, object] = {
        "method": "occlusion", "target": "logit of $x$", "score": 1.0, "baseline": "black", "baseline_score": -0.5,
        "convergence_delta": None, "meaning": "fall of the target", "settings": {},
    }  # fmt: skip
    return Attribution(map=heat.astype(np.float32), **{**known, **fields})


def test_where_the_map_is_zero_the_overlay_is_the_picture():
    picture = np.random.default_rng(0).random((1, 8, 8)).astype(np.float32)
    heat = np.zeros((8, 8))
    heat[2, 3], heat[5, 5] = 1, -1
    laid = overlay(picture, heat)
    empty = heat == 0
    np.testing.assert_allclose(laid[empty], np.repeat(picture[0][empty][:, None], 3, axis=1), atol=1e-6)
    assert laid[2, 3, 0] > laid[2, 3, 2]  # adds: orange
    assert laid[5, 5, 2] > laid[5, 5, 0]  # takes: violet
    np.testing.assert_allclose(overlay(picture, 7 * heat), laid, atol=1e-6)  # the scale is the map's own


def test_one_hot_pixel_does_not_bleach_the_rest_and_an_empty_map_has_a_scale():
    heat = np.random.default_rng(0).random((40, 40))
    hot = heat.copy()
    hot[3, 3] = 1000
    assert colour_limit(hot) < 1.1
    assert colour_limit(np.zeros((4, 4))) == 1
    single = np.zeros((40, 40))
    single[0, 0] = -3
    assert colour_limit(single) == 3


@pytest.mark.parametrize("channels", [1, 3])
def test_the_figure_is_as_wide_as_asked_and_says_what_it_shows(channels):
    rng = np.random.default_rng(0)
    figure = AttributionFigure(
        rng.random((channels, 20, 24)), [attribution(rng.normal(size=(20, 24))) for _ in range(2)], "a $ case $"
    )
    drawn = Image.open(io.BytesIO(draw_attributions(figure, dpi=50)))
    assert drawn.width == 360
    text = draw_attributions(figure, "svg").decode()
    for words in ("occlusion", "logit of $x$", "a $ case $", "black: −0.5", "fall of the target"):
        assert words in text


def test_maps_of_another_size_are_refused():
    with pytest.raises(ValueError, match="expected at least one, all of the picture's size"):
        AttributionFigure(np.zeros((1, 8, 8)), [attribution(np.zeros((9, 8)))])
    with pytest.raises(ValueError, match="0 attributions"):
        AttributionFigure(np.zeros((1, 8, 8)), [])


def test_outline_and_verdict_are_drawn_and_must_fit():
    heat = np.random.default_rng(0).standard_normal((24, 24)).astype(np.float32)
    made = Attribution(heat, "saliency", "logit", 1.0, "", None, None, "change", {})
    picture, mask = np.full((1, 24, 24), 0.5), np.zeros((24, 24), bool)
    mask[6:18, 6:18] = True
    plain, marked = (
        draw_attributions(AttributionFigure(picture, [made], "", drawn, words), "svg", dpi=60)
        for drawn, words in ((None, ()), (mask, ("doubtful: read it with caution",)))
    )
    assert b"doubtful" in marked
    assert b"doubtful" not in plain
    assert len(marked) > len(plain)
    with pytest.raises(ValueError, match=r"mask has the shape \(3, 3\)"):
        AttributionFigure(picture, [made], mask=np.ones((3, 3), bool))
    with pytest.raises(ValueError, match="2 verdicts for 1 maps"):
        AttributionFigure(picture, [made], verdicts=("a", "b"))
