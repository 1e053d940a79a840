"""A widget of growing options follows the newest, unless its user went back; a late browser is no user."""

from collections.abc import Sequence
from unittest.mock import patch

import pytest
import streamlit as st

from app import latest_option
from app.latest_option import follow_latest


class Follower:
    """A widget's key in a session, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0

    def draw(self, options: Sequence[str], *, sent: str | None = None, after: float = 1.0) -> str:
        """What it shows when the page is drawn after some seconds; `sent`: what the browser says that it shows."""
        self.now += after
        if sent is not None:
            st.session_state["epoch"] = sent
        with patch.object(latest_option.time, "monotonic", lambda: self.now):
            follow_latest("epoch", list(options))
        return str(st.session_state["epoch"])


@pytest.fixture
def follower(monkeypatch: pytest.MonkeyPatch) -> Follower:
    monkeypatch.setattr(latest_option.st, "session_state", {})
    return Follower()


def test_it_follows_the_newest(follower: Follower) -> None:
    assert [follower.draw("abcdef"[:n], after=60) for n in range(1, 7)] == list("abcdef")


def test_what_the_browser_has_not_heard_of_yet_is_no_choice(follower: Follower) -> None:
    follower.draw("ab")
    assert follower.draw("abc") == "c"
    assert follower.draw("abc", sent="b") == "c", "the browser still showed what was the newest a second ago"
    assert follower.draw("abcde", sent="b") == "e"


def test_an_earlier_one_that_was_chosen_stays_until_the_newest_is_chosen_again(follower: Follower) -> None:
    follower.draw("abc")
    assert follower.draw("abc", sent="a") == "a"
    assert follower.draw("abcd") == "a"
    assert follower.draw("abcde") == "a"
    assert follower.draw("abcde", sent="e") == "e"
    assert follower.draw("abcdef") == "f"


def test_the_one_before_the_newest_can_be_chosen_too(follower: Follower) -> None:
    follower.draw("ab")
    follower.draw("abc")
    assert follower.draw("abc", sent="b", after=latest_option._LATE_SECONDS + 1) == "b"
    assert follower.draw("abcd") == "b"


def test_an_option_that_is_gone_gives_way_to_the_newest(follower: Follower) -> None:
    follower.draw("abc")
    follower.draw("abc", sent="a")
    assert follower.draw("xy") == "y"
