"""A group keeps its colour for the whole session; numbers lie on one scale."""

import numpy as np
import pytest

from analysis.case_columns import groups, numbers
from app.look import AWAY, TOWARDS
from app.maps_page.colours import MOST_GROUPS, NOT_KNOWN, group_colours, map_colours
from tests.analysis.colour_sight import CONDITIONS, distances


def test_the_target_has_the_accent_colour_and_its_counterpart_the_other() -> None:
    column = groups("label", np.array([0, 1, -1]), ("no effusion", "effusion"))
    assert group_colours(column, "effusion") == (AWAY, TOWARDS)
    assert map_colours(column, "effusion").codes.tolist() == [0, 1, NOT_KNOWN]


def test_no_other_group_ever_has_the_accent_colour() -> None:
    column = groups("digit", np.arange(10), tuple("0123456789"))
    colours = group_colours(column, "7")
    assert colours.index(TOWARDS) == 7
    assert len(set(colours)) == 10


def test_a_groups_colour_does_not_depend_on_how_often_it_occurs() -> None:
    names = ("a", "b", "c")
    few = group_colours(groups("site", np.array([0, 1, 2]), names), "x")
    assert few == group_colours(groups("site", np.array([2, 2, 2]), names), "x")


def test_of_500_groups_the_largest_keep_a_colour_and_the_others_are_counted() -> None:
    names = tuple(f"ward {k}" for k in range(500))
    codes = np.concatenate([np.arange(500), np.repeat([7, 400], 30)])
    shown = map_colours(groups("ward", codes, names), "effusion")
    assert len(shown.groups) == len(shown.colours) == MOST_GROUPS
    assert {"ward 7", "ward 400"} <= set(shown.groups)
    assert shown.groups[-1] == f"{500 - MOST_GROUPS + 1} others"
    assert shown.codes is not None
    for row, code in enumerate(codes.tolist()):
        expected = names[code] if names[code] in shown.groups else shown.groups[-1]
        assert shown.groups[shown.codes[row]] == expected


@pytest.mark.parametrize("name", ["score: effusion", "error"])
def test_scores_and_errors_have_zero_in_the_middle(name: str) -> None:
    shown = map_colours(numbers(name, np.linspace(-1, 3, 101)), "effusion")
    assert shown.diverging
    assert shown.low == -shown.high < 0


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [2.0, 2.0, np.nan]])
def test_numbers_without_a_range_still_have_a_scale(values: list[float]) -> None:
    shown = map_colours(numbers("age", np.array(values)), "effusion")
    assert shown.low < shown.high


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("n", [2, 4, 8, 12])
def test_the_colours_of_the_screen_stay_apart_for_every_eye(condition: str, n: int) -> None:
    names = tuple(f"group {k}" for k in range(n))
    apart = distances(group_colours(groups("label", np.arange(n), names), "group 1"), condition)
    assert apart[np.triu_indices(n, 1)].min() > 17
