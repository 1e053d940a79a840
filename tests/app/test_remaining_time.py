"""How long a piece of work still takes: the plan at first, then the pace; and the line on a terminal."""

import sys

import pytest

from app.remaining_time import RemainingTime, duration, watched


def at(expected: float, times: list[float]) -> RemainingTime:
    """An estimate whose clock shows these times, the first when it begins."""
    return RemainingTime(expected, iter(times).__next__)


def test_before_anything_is_done_the_plan_counts_and_never_below_zero():
    left = at(100, [0, 0, 30, 130])
    assert [left.seconds(0, 10) for _ in range(3)] == [100, 70, 0]


def test_later_the_pace_of_this_run_counts():
    left = at(100, [5, 10, 15, 25])
    assert left.seconds(5, 10) == pytest.approx(5)  # half took 5 s
    assert left.seconds(5, 10) == pytest.approx(10)
    assert left.seconds(10, 10) == pytest.approx(0)


def test_in_between_the_estimate_goes_over_from_the_one_to_the_other():
    assert at(100, [0, 10]).seconds(5, 100) == pytest.approx(0.5 * 90 + 0.5 * 190)


def test_a_log_gets_one_line_and_no_more(capsys):
    with watched("laying out 5 cases", 12) as tell:
        for done in range(5):
            tell(done, 5)
    assert capsys.readouterr().err == "laying out 5 cases, about 12 s …\n"


def test_a_terminal_gets_a_line_that_is_written_anew(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with watched("laying out 5 cases", 12) as tell:
        tell(5, 5)
    said = capsys.readouterr().err
    assert said.startswith("\rlaying out 5 cases: 0%, about 12 s left")
    assert "100%, less than 1 s left" in said
    assert said.endswith("\n")


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "less than 1 s"), (40, "about 40 s"), (200, "about 3 min")])
def test_durations_are_said_as_people_do(seconds, words):
    assert duration(seconds) == words
