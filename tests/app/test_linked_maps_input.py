"""What the linked maps refuse to draw, and the colours they draw with."""

from typing import Any

import numpy as np
import pytest

from app.components.linked_maps import LinkedMapsError, MapColours, MapPanel, PanelArrow, linked_maps, number_colours
from tests.app.apps.drawn_maps import drawn_colours, drawn_panels

CASES = "xaae/cases/abc"


def panel(**changes: Any) -> MapPanel:
    return MapPanel(**({"key": "tsne", "title": "t-SNE", "points": np.zeros((4, 2))} | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": ""}, "empty key"),
        ({"points": np.zeros((4, 3))}, r"shape \(4, 3\)"),
        ({"points": np.zeros((0, 2))}, r"\(0, 2\)"),
        ({"points": np.array([[0, 0], [1, np.nan]])}, "first row 1"),
        ({"placed": np.zeros(3, dtype=bool)}, "each of 4 cases"),
        ({"placed": np.zeros(4)}, "float64"),
        ({"doubtful": np.full(4, 9)}, "0 to 3"),
        ({"flow": ((0, 0, 1, np.inf, 1),)}, "not finite"),
    ],
)
def test_a_map_that_cannot_be_drawn_says_why(changes: dict[str, Any], words: str) -> None:
    assert len(panel()) == 4
    with pytest.raises(LinkedMapsError, match=words):
        panel(**changes)


def test_an_arrow_needs_finite_ends_and_a_cone_of_corners() -> None:
    with pytest.raises(LinkedMapsError, match="finite"):
        PanelArrow("a", (0, 0), (np.nan, 1))
    with pytest.raises(LinkedMapsError, match=r"\[P, 2\]"):
        PanelArrow("a", (0, 0), (1, 1), np.zeros((3, 3)))


CODES = np.array([0, 1, 255], dtype=np.uint8)
NUMBERS = np.array([0.0, np.nan, 5.0], dtype=np.float32)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "shades"}, "'groups' or 'numbers'"),
        ({"kind": "groups", "codes": CODES.astype(int), "groups": ("a", "b"), "colours": ("#000000",) * 2}, "uint8"),
        ({"kind": "groups", "codes": CODES, "groups": ("a",), "colours": ("#000000",)}, "row 1 has code 1"),
        ({"kind": "groups", "codes": CODES, "groups": ("a", "b"), "colours": ("#000000",)}, "2 groups and 1 colours"),
        ({"kind": "groups", "codes": CODES, "groups": ("a", "b"), "colours": ("red", "#000000")}, "'red' is no colour"),
        ({"kind": "numbers", "values": NUMBERS, "low": 1, "high": 1}, "low < high"),
        ({"kind": "numbers", "values": CODES, "low": 0, "high": 1}, "floating point"),
        ({"kind": "numbers"}, "floating point"),
    ],
)
def test_colours_that_cannot_be_drawn_say_why(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(LinkedMapsError, match=words):
        MapColours("label", **arguments)


def test_numbers_become_levels_and_what_is_not_known_stays_so() -> None:
    colours = MapColours(
        "score", "numbers", values=np.array([-9, -1, 0, 1, 9, np.nan], dtype=np.float32), low=-1, high=1
    )
    assert colours.levels.tolist() == [0, 0, 127, 254, 254, 255]


@pytest.mark.parametrize("is_dark", [False, True])
def test_the_colours_of_numbers_stand_out_from_the_page_and_follow_their_order(is_dark: bool) -> None:
    light = number_colours(is_dark=is_dark) @ [0.3, 0.6, 0.1]
    assert (np.diff(light) > -1.0).all()  # rounding aside, lighter and lighter
    assert light[-1] - light[0] > 100
    for diverging in (False, True):
        colours = number_colours(diverging=diverging, is_dark=is_dark).astype(float) @ [0.3, 0.6, 0.1]
        assert np.abs(colours - (24 if is_dark else 250)).min() > 40
    ends = number_colours(diverging=True, is_dark=is_dark).astype(int)
    assert ends[0][2] > ends[0][0] + 60  # blue
    assert ends[-1][0] > ends[-1][2] + 60  # orange
    assert np.ptp(ends[127]) < 16  # grey


def test_maps_of_different_cases_are_refused() -> None:
    first, second = drawn_panels(10)
    with pytest.raises(LinkedMapsError, match="one or two"):
        linked_maps([], drawn_colours(10, "label"), key="a", cases_url=CASES)
    with pytest.raises(LinkedMapsError, match="same cases"):
        linked_maps([first, drawn_panels(11)[1]], drawn_colours(10, "label"), key="a", cases_url=CASES)
    with pytest.raises(LinkedMapsError, match="in_cohort"):
        linked_maps(
            [first, second], drawn_colours(10, "label"), key="a", cases_url=CASES, in_cohort=np.ones(9, dtype=bool)
        )
