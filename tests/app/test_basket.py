"""The basket: order, notes, captions, its limit, and the same figure twice."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from analysis.figures.figure import Figure
from analysis.provenance import Provenance
from app import basket
from tests.analysis.figures.drawings import Wave
from xaae_core.errors import FigureError


def figure(name: str, value: float = 0.0) -> Figure:
    return Figure(Wave(np.full(3, value)), Provenance(kind="wave", settings={"name": name}), name)


@pytest.fixture(autouse=True)
def session() -> Iterator[dict[str, Any]]:
    """A session's state without a session."""
    state: dict[str, Any] = {}
    with patch("streamlit.session_state", state):
        yield state


def titles() -> str:
    return "".join(figure.title for figure in basket.kept_figures())


def keys() -> dict[str, str]:
    return {each.figure.title: each.key for each in basket.kept()}


def test_figures_stay_in_the_order_they_came_in_with_their_notes() -> None:
    assert basket.kept_figures() == ()
    for name in "abc":
        assert basket.add(figure(name), f"note {name}")
    assert titles() == "abc"
    assert [each.note for each in basket.kept_figures()] == ["note a", "note b", "note c"]
    assert all(each.provenance.created for each in basket.kept_figures()), "made when it was added"


def test_the_same_figure_is_there_once_with_its_last_note() -> None:
    assert basket.add(figure("a"), "first")
    assert not basket.add(figure("a"), "second")
    assert not basket.add(figure("a"))
    assert [each.note for each in basket.kept_figures()] == ["second"]
    assert basket.add(figure("a", value=1.0)), "other numbers are another figure"
    assert basket.add(figure("b"))


@pytest.mark.parametrize(
    ("by", "expected"), [(-1, "bacd"), (1, "acbd"), (-9, "bacd"), (9, "acdb"), (0, "abcd"), (2, "acdb")]
)
def test_a_figure_moves_as_far_as_the_ends(by: int, expected: str) -> None:
    basket.set_figures([figure(name) for name in "abcd"])
    basket.move(keys()["b"], by)
    assert titles() == expected


def test_captions_choice_and_removal_are_of_one_figure() -> None:
    basket.set_figures([figure(name) for name in "abc"])
    key = keys()
    basket.change(key["b"], caption="My own words.")
    basket.change(key["a"], is_chosen=False)
    assert [each.caption for each in basket.kept_figures()] == ["", "My own words.", ""]
    assert [each.title for each in basket.chosen_figures()] == ["b", "c"]
    basket.change(key["b"], caption="")
    assert basket.kept_figures()[1].caption == ""
    basket.choose_all(True)
    assert len(basket.chosen_figures()) == 3
    basket.remove(key["b"])
    assert titles() == "ac"
    for change in (basket.remove, lambda gone: basket.move(gone, 1), lambda gone: basket.change(gone, note="x")):
        change(key["b"])  # another tab of the session may have removed it
    assert titles() == "ac"
    basket.clear()
    assert basket.kept() == ()


def test_the_101st_figure_is_refused_and_the_others_stay() -> None:
    basket.set_figures([figure(str(place)) for place in range(100)])
    with pytest.raises(FigureError, match=r"holds 100 figures.*remove one on the Report page"):
        basket.add(figure("one more"))
    assert not basket.add(figure("7")), "what is there already needs no room"
    assert len(basket.kept()) == 100
    with pytest.raises(FigureError, match="101 figures; the report holds at most 100"):
        basket.set_figures([figure("x")] * 101)
    assert len(basket.kept()) == 100
