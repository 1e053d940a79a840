"""The report page without a browser: empty, in order, with words, as one figure, and as a report."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance, read_provenance
from app.basket import Kept
from tests.analysis.figures.drawings import Wave
from tests.app.conftest import OpenSession
from tests.app.session import Session

REPORT = "Report"
SMALL = FigureStyle(dpi=72, width_mm=89)


def waves(count: int) -> tuple[Kept, ...]:
    made = (Provenance(kind="wave", settings={"number": number}).stamped() for number in range(count))
    return tuple(
        Kept(Figure(Wave(np.full(4, float(number))), one, f"wave {number}"), key=f"k{number}")
        for number, one in enumerate(made)
    )


@pytest.fixture
def open_report(open_session: OpenSession, tiny_model: Path, tiny_pictures: Path) -> OpenSession:
    def start(kept: Sequence[Kept] = (), tab: str = "") -> Session:
        session = open_session("report.py", checkpoint=tiny_model, data=tiny_pictures)
        session.app.session_state["basket"] = tuple(kept)
        session.app.session_state["figure_style"] = SMALL
        if kept:
            session.app.session_state["report_tab"] = tab or "Multi-panel figure"
        session.run()
        session.assert_well()
        return session

    return start


def until(session: Session, is_there: str, job: str) -> object:
    """Run as a browser would, until the work has ended; its result."""
    for _ in range(600):
        found = session.app.session_state["report_jobs"].get(job)
        if found is not None and found.background.is_done:
            session.run()
            return found.background.result()
        time.sleep(0.1)
    raise AssertionError(f"{is_there} did not come")


def titles(session: Session) -> list[str]:
    return [box.label.replace("*", "") for box in session.app.checkbox if str(box.key).startswith("report_is_chosen")]


def press(session: Session, key: str) -> None:
    session.app.button(key=key).click().run()
    session.assert_well()


def test_an_empty_basket_says_what_to_do_first_and_offers_a_report_without_figures(open_report: OpenSession) -> None:
    session = open_report()
    assert "No figures yet" in session.words("markdown")
    assert "Add to report" in session.words("markdown")
    assert session.app.session_state["report_tab"] == REPORT
    assert session.app.button(key="report_make").disabled is False


def test_figures_are_in_order_with_letters_and_move(open_report: OpenSession) -> None:
    session = open_report(waves(3))
    assert titles(session) == ["a · wave 0", "b · wave 1", "c · wave 2"]
    assert [session.app.button(key=f"report_Up_k{n}").disabled for n in range(3)] == [True, False, False]
    press(session, "report_Down_k0")
    press(session, "report_Up_k2")
    assert titles(session) == ["a · wave 1", "b · wave 2", "c · wave 0"]
    session.app.checkbox(key="report_is_chosen_k2").uncheck().run()
    assert titles(session) == ["a · wave 1", "wave 2", "b · wave 0"]
    press(session, "report_remove_k1")
    assert titles(session) == ["wave 2", "a · wave 0"]
    press(session, "report_All")
    assert titles(session) == ["a · wave 2", "b · wave 0"]
    press(session, "report_clear")
    assert "No figures yet" in session.words("markdown")


def test_notes_and_captions_are_kept_and_an_emptied_caption_is_written_anew(open_report: OpenSession) -> None:
    session = open_report(waves(1))
    written = session.app.text_area(key="report_caption_k0").value
    assert written is not None
    assert written.startswith("A wave over time.")
    session.app.text_area(key="report_caption_k0").set_value("My *own* words.").run()
    session.app.text_area(key="report_note_k0").set_value("For the ward.").run()
    figure = session.app.session_state["basket"][0].figure
    assert (figure.caption, figure.note) == ("My *own* words.", "For the ward.")
    assert "For the ward." in session.words("caption")
    session.app.text_area(key="report_caption_k0").set_value("").run()
    assert session.app.session_state["basket"][0].figure.caption == ""
    assert session.app.text_area(key="report_caption_k0").value == written


def test_the_preview_is_the_file(open_report: OpenSession) -> None:
    session = open_report(waves(3))
    preview = until(session, "the preview", "report_panels")
    saved = session.app.session_state["report_figure_png_making"].make()
    assert preview == saved == export_figure(session.app.session_state["report_combined"][1], "png", SMALL)
    assert [each["settings"]["number"] for each in read_provenance(saved).provenance.settings["panels"]] == [0, 1, 2]
    press(session, "report_Down_k0")
    other = until(session, "the preview", "report_panels")
    assert other != preview
    session.app.selectbox(key="report_panels_width").set_value("nature_double").run()
    assert until(session, "the preview", "report_panels") != other


def test_more_figures_than_letters_are_for_the_report(open_report: OpenSession) -> None:
    session = open_report(waves(28))
    assert "28 figures are chosen" in session.app.info[0].value
    assert "at most 26" in session.app.info[0].value
    assert titles(session) == [f"wave {number}" for number in range(8)], "no letters, and a page of them"
    press(session, "report_first")
    assert titles(session)[0] == "a · wave 0"
    assert sum(each.is_chosen for each in session.app.session_state["basket"]) == 26
    session.assert_well()


def test_a_report_holds_what_was_asked_for_and_says_when_it_is_out_of_date(open_report: OpenSession) -> None:
    session = open_report(waves(2), REPORT)
    session.app.text_input(key="report_title").set_value("For the <ward>").run()
    session.app.text_input(key="report_author").set_value("A. Nobody").run()
    session.app.selectbox(key="report_map").set_value("pca").run()
    press(session, "report_make")
    made = until(session, "the report", "report_making")
    html = made.html  # type: ignore[attr-defined]  # MadeReport
    for words in ("For the &lt;ward&gt;", "A. Nobody", "A wave over time."):
        assert words in html
    assert made.report.data_check is not None  # type: ignore[attr-defined]  # the same
    assert len(made.report.figures) == 2  # type: ignore[attr-defined]  # the same
    assert session.app.session_state["report_html_making"].make() == html
    assert session.app.button(key="report_make").disabled is True
    session.app.text_area(key="report_note_k0").set_value("A note that came later.").run()
    assert "made before the last change" in session.app.info[0].value
    press(session, "report_make")
    again = until(session, "the report", "report_making")
    assert "A note that came later." in again.html  # type: ignore[attr-defined]  # MadeReport
    assert again.report.quality is made.report.quality  # type: ignore[attr-defined]  # measured once
    session.assert_well()


def test_a_report_without_anything_but_the_model(open_session: OpenSession, tiny_model: Path) -> None:
    session = open_session("report.py", checkpoint=tiny_model)
    session.assert_well()
    press(session, "report_make")
    made = until(session, "the report", "report_making")
    assert made.report.quality is None  # type: ignore[attr-defined]  # MadeReport
    assert "Report on" in made.html  # type: ignore[attr-defined]  # the same


def test_a_figure_that_cannot_be_drawn_leaves_the_page(open_report: OpenSession) -> None:
    (broken,) = waves(1)
    wrong = Figure(Wave(np.array(["no", "numbers"])), broken.figure.provenance, "broken")
    session = open_report()
    session.app.session_state["basket"] = (Kept(wrong, key="k0"),)
    session.app.session_state["report_tab"] = "Multi-panel figure"
    session.run()
    with pytest.raises(TypeError, match=r"could not be|cannot be|not supported|dtype"):
        until(session, "the preview", "report_panels")
    session.run()
    assert not session.app.exception
    assert any("Drawing this figure failed" in error for error in session.errors)
    assert "This figure cannot be drawn." in session.words("caption")
    press_remove = session.app.button(key="report_remove_k0")
    press_remove.click().run()
    session.assert_well()
