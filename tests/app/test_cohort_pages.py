"""The cohort: which cases are looked at, the same on every page, in a link, and never a reason to lose a case."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.case_columns import numbers
from analysis.cohorts import Cohort, Condition
from app import case_choice, cohort_state
from app.cohort_controls import range_scale
from tests.app.cli_folders import write_pictures
from tests.app.session import Session

DARK = Cohort((Condition("label", ("dark",)),))


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path) -> Session:
    """The traverse page on the tiny model and its 24 pictures."""
    session: Session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures)
    return session


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the strip was given, run by run."""
    seen: list[list[str]] = []
    draw = case_choice.case_strip

    def watch(entries: Any, *arguments: Any, **options: Any) -> Any:
        seen.append([entry.id for entry in entries])
        return draw(entries, *arguments, **options)

    monkeypatch.setattr(case_choice, "case_strip", watch)
    return seen


def add_condition(session: Session, column: str) -> None:
    session.app.selectbox(key="cohort_add").set_value(column).run()


def only_dark(session: Session) -> None:
    add_condition(session, "label")
    session.app.multiselect(key="cohort_0_label").set_value(["dark"]).run()
    session.assert_well()


def test_the_bar_the_strip_and_the_keys_go_by_the_cohort(tiny: Session, listed: list[list[str]]) -> None:
    assert tiny.bar[1] == "squares · 24 cases"
    tiny.pick("dark/00")
    only_dark(tiny)
    assert tiny.bar[1] == "squares · 12 of 24"
    assert listed[-1] == [f"dark/{number:02d}" for number in range(12)]
    tiny.press_key("previous")
    assert tiny.shown_case == "dark/11", "around the end of the cohort, not of the folder"
    tiny.press_key("next")
    assert tiny.shown_case == "dark/00"


def test_conditions_are_joined_and_taken_away_one_by_one(tiny: Session, listed: list[list[str]]) -> None:
    only_dark(tiny)
    add_condition(tiny, "split")
    assert len(listed[-1]) == 12, "a condition that says nothing yet restricts nothing"
    tiny.app.multiselect(key="cohort_1_split").set_value(["test"]).run()
    both = len(listed[-1])
    assert 0 < both < 12
    tiny.app.button(key="cohort_0_label_remove").click().run()
    assert tiny.app.session_state[cohort_state.COHORT].words == "split is test"
    assert all(box.key != "cohort_0_label" for box in tiny.app.multiselect)
    tiny.app.button(key="cohort_clear").click().run()
    assert len(listed[-1]) == 24
    assert cohort_state.COHORT not in tiny.app.query_params
    tiny.assert_well()


def test_numbers_are_chosen_by_a_range(tiny: Session, listed: list[list[str]]) -> None:
    add_condition(tiny, "confidence")
    slider = tiny.app.slider(key="cohort_0_confidence")
    low, high = slider.value
    middle = round((low + high) / 2, 4)
    slider.set_value((middle, high)).run()
    tiny.assert_well()
    (condition,) = tiny.app.session_state[cohort_state.COHORT].conditions
    assert condition.low == pytest.approx(middle, abs=slider.step)
    assert condition.high is None, "the end of the scale is no bound"
    assert len(listed[-1]) < 24
    tiny.app.slider(key="cohort_0_confidence").set_value((low, high)).run()
    assert not tiny.app.session_state[cohort_state.COHORT]


def test_a_link_opens_the_cohort_and_every_page_keeps_it(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, listed: list[list[str]]
) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures, cohort=DARK.to_text())
    session.assert_well()
    assert len(listed[-1]) == 12
    assert session.shown_case.startswith("dark/"), "the first case is one of the cohort"
    assert session.app.multiselect(key="cohort_0_label").value == ["dark"]
    session.go("start.py")
    assert session.bar[1] == "squares · 12 of 24"
    assert len(listed[-1]) == 12


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[" * 5000,
        '[["label",["nobody"]]]',
        '[["a column of another table",["x"]]]',
        '[["confidence",["high"]]]',
        '[["label",0,1]]',
        '[["confidence",1e999,null]]',
        '[["![](http://example.org/a.png)",["x"]]]',
    ],
)
def test_a_cohort_that_does_not_fit_is_ignored_with_a_note(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, listed: list[list[str]], text: str
) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures, cohort=text)
    session.assert_well()
    assert len(listed[-1]) == 24
    assert "cohort" in session.words("info")
    assert all("![](" not in box.value for box in session.app.info), "nothing in a link is fetched"
    session.app.button(key="cohort_note_clear").click().run()
    session.assert_page_drawn()
    assert "cohort" not in session.words("info")
    assert cohort_state.COHORT not in session.app.query_params


def test_an_empty_cohort_says_which_condition_leaves_nothing(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, listed: list[list[str]]
) -> None:
    empty = Cohort((*DARK.conditions, Condition("confidence", low=2.0), Condition("split", ("test",))))
    session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures, cohort=empty.to_text())
    session.assert_well()
    said = session.words("warning")
    assert "12 are “label is dark”" in said
    assert "none of them has “confidence at least 2”" in said
    assert listed[-1] == []
    shown = session.shown_case
    session.press_key("next")
    assert session.shown_case == shown, "there is no next case"
    session.app.button(key="cohort_note_clear").click().run()
    assert len(listed[-1]) == 24


def test_the_open_case_stays_open_outside_the_cohort(tiny: Session) -> None:
    tiny.pick("bright/05")
    only_dark(tiny)
    assert tiny.shown_case == "bright/05"
    assert "bright/05 is not in the cohort (label is dark)" in tiny.words("caption")
    tiny.press_key("next")
    assert tiny.shown_case == "dark/00"
    assert "not in the cohort" not in tiny.words("caption")


def test_the_case_that_opened_by_itself_is_not_exchanged(tiny: Session) -> None:
    shown = tiny.shown_case
    add_condition(tiny, "label")
    other = "dark" if shown.startswith("bright") else "bright"
    tiny.app.multiselect(key="cohort_0_label").set_value([other]).run()
    tiny.assert_well()
    assert tiny.shown_case == shown
    assert f"{shown} is not in the cohort" in tiny.words("caption")


def test_other_data_and_another_model_forget_cohort_and_selection(tiny: Session, tmp_path: Path) -> None:
    only_dark(tiny)
    tiny.app.session_state[cohort_state.SELECTION] = ("dark/00.png",)
    (tmp_path / "other").mkdir()
    tiny.app.button(key="bar_model_demo").click().run()
    tiny.assert_well()
    assert not tiny.app.session_state[cohort_state.COHORT]
    assert tiny.app.session_state[cohort_state.SELECTION] == ()
    assert cohort_state.COHORT not in tiny.app.query_params


def switches(session: Session) -> list[Any]:
    """Toggles of the page, without those of its figures' menus."""
    return [toggle for toggle in session.app.toggle if not str(toggle.key).endswith("_words")]


def test_the_strip_offers_the_selected_cases_of_the_cohort(tiny: Session, listed: list[list[str]]) -> None:
    tiny.app.session_state[cohort_state.SELECTION] = ("dark/07.png", "bright/02.png", "of another table", "dark/03.png")
    tiny.run()
    (switch,) = switches(tiny)
    assert "3 cases" in switch.label
    assert len(listed[-1]) == 24
    switch.set_value(True).run()
    assert listed[-1] == ["bright/02", "dark/03", "dark/07"]
    tiny.pick("dark/07")
    tiny.press_key("next")
    assert tiny.shown_case == "bright/02"
    only_dark(tiny)
    assert "2 cases" in switches(tiny)[0].label
    assert listed[-1] == ["dark/03", "dark/07"]
    tiny.app.session_state[cohort_state.SELECTION] = ()
    tiny.run()
    assert not switches(tiny)
    assert len(listed[-1]) == 12
    tiny.assert_well()


def test_a_long_strip_says_how_to_see_the_rest(
    tiny: Session, listed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_choice, "MOST_LISTED", 5)
    tiny.run()
    assert len(listed[-1]) == 5
    assert "The first 5 of 24 cases" in tiny.words("caption")
    tiny.pick("bright/04")
    tiny.press_key("next")
    assert tiny.shown_case == "bright/05", "the keys go on behind the last one listed"


def test_the_direction_is_learned_from_the_same_cases_whatever_is_looked_at(tiny: Session) -> None:
    tiny.pick("dark/05")
    before = tiny.path.checksums("decoded")
    only_dark(tiny)
    assert tiny.path.checksums("decoded") == before


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([20, 41, 89], (20, 89, 1)),
        ([0.0123, 0.987], (0.01, 0.99, 0.001)),
        ([-3e6, 7e6], (-3e6, 7e6, 1e5)),
        ([1e-12, 3e-12], (1e-12, 3e-12, 1e-14)),
        ([5, 5, np.nan], None),
        ([np.nan], None),
    ],
)
def test_a_range_has_round_ends_that_hold_every_number(values: list[float], scale: tuple[float, ...] | None) -> None:
    found = range_scale(numbers("size", np.array(values)))
    if scale is None:
        assert found is None
    else:
        assert found is not None
        low, high, step = found
        assert low <= np.nanmin(values) + 1e-9 * abs(step)
        assert high >= np.nanmax(values) - 1e-9 * abs(step)
        assert 20 <= (high - low) / step <= 1100
        np.testing.assert_allclose(found, scale, rtol=0.5)


def test_a_column_of_many_groups_is_offered_in_part(open_session: Any, tiny_model: Path, tmp_path: Path) -> None:
    files = sorted(path.relative_to(tmp_path) for path in write_pictures(tmp_path / "data").rglob("*.png"))
    rows = [{"file": file, "label": file.parent.name, "site": f"site {n}"} for n, file in enumerate(files)]
    pd.DataFrame(rows).to_csv(tmp_path / "labels.csv", index=False)
    session = open_session("traverse.py", checkpoint=tiny_model, data=tmp_path / "labels.csv")
    session.assert_well()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.cohort_controls.MOST_GROUPS", 10)
        add_condition(session, "site")
        assert "The 10 largest of 16 groups" in session.words("caption")
        assert len(session.app.multiselect(key="cohort_0_site").options) == 10
