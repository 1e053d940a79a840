"""The menu of a figure without a browser: what it offers, one style for all menus, the way into the report."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from analysis.figures.bundle import bundle_figure
from analysis.figures.figure import Figure
from analysis.figures.marks import marks_note
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance, read_provenance
from app.figure_files import Making
from app.figure_style import WIDTHS
from tests.analysis.figures.drawings import Wave
from xaae_core.errors import FigureError

PAGE = Path(__file__).parent / "apps" / "figure_menus.py"
MADE = Provenance(kind="wave", checkpoint_sha256="ab" * 32, settings={"method": "umap"})


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def file_of(page: AppTest, key: str) -> bytes:
    """What a press of a button saves."""
    content: Callable[[], bytes | str] = page.session_state[f"{key}_making"].make
    made = content()
    return made if isinstance(made, bytes) else made.encode()


def test_nothing_is_drawn_before_it_is_asked_for(page: AppTest) -> None:
    assert not page.exception
    assert "made" not in page.session_state
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels[:6] == ["PNG", "SVG", "PDF", "Numbers (CSV)", "Everything (ZIP)", "Samples"]


@pytest.mark.parametrize(
    ("key", "start"), [("wave_png", b"\x89PNG"), ("wave_svg", b"<?xml"), ("wave_pdf", b"%PDF"), ("wave_csv", b"value")]
)
def test_files_are_what_they_are_called(page: AppTest, key: str, start: bytes) -> None:
    content = file_of(page, key)
    assert content.startswith(start)
    if not key.endswith("csv"):
        assert read_provenance(content).provenance.checkpoint_sha256 == "ab" * 32


def test_a_style_that_is_chosen_in_one_menu_holds_in_all_and_in_the_files(page: AppTest) -> None:
    page.selectbox(key="wave_width").set_value("ieee_single").run()
    page.checkbox(key="wave_is_greyscale").check().run()
    page.selectbox(key="wave_dpi").set_value(150).run()
    page.text_input(key="wave_letter").set_value("b").run()
    assert not page.exception
    assert page.selectbox(key="broken_width").value == "ieee_single"
    assert page.checkbox(key="broken_is_greyscale").value is True
    assert page.session_state["figure_style"] == FigureStyle(
        width_mm=WIDTHS["ieee_single"], dpi=150, is_greyscale=True, letter="b"
    )
    assert Image.open(io.BytesIO(file_of(page, "wave_png"))).width == pytest.approx(88.9 / 25.4 * 150, abs=1)


def test_blurring_says_how_much_it_hides_of_a_picture_that_is_looked_through(page: AppTest) -> None:
    def notes() -> list[str]:
        return [caption.value for caption in page.caption if "look at the figure" in caption.value]

    assert notes() == []
    page.checkbox(key="wave_hides_marks").check().run()
    assert notes() == [marks_note(np.zeros((1, 128, 128)))]


def test_any_width_in_millimetres_can_be_had(page: AppTest) -> None:
    page.selectbox(key="wave_width").set_value("other").run()
    page.number_input(key="wave_width_mm").set_value(101.5).run()
    assert page.session_state["figure_style"].width_mm == 101.5
    assert page.selectbox(key="broken_width").value == "other"
    page.selectbox(key="broken_width").set_value("nature_single").run()
    assert page.session_state["figure_style"].width_mm == 89.0


def test_a_figure_goes_into_the_report_once_with_its_note(page: AppTest) -> None:
    page.text_input(key="wave_note").set_value("look here").run()
    page.button(key="wave_add").click().run()
    assert "Added." in [caption.value for caption in page.caption]
    (kept,) = page.session_state["basket"]
    assert (kept.figure.note, kept.figure.title) == ("look here", "A wave")
    page.button(key="wave_add").click().run()
    assert len(page.session_state["basket"]) == 1
    assert any("already" in caption.value for caption in page.caption)


def test_a_figure_that_cannot_be_made_says_why_and_the_page_stays(page: AppTest) -> None:
    page.button(key="broken_add").click().run()
    assert not page.exception
    assert [error.value.replace("\\", "") for error in page.error] == [
        "Adding this figure to the report failed: the wave has no points: choose more cases"
    ]
    assert "basket" not in page.session_state
    page.toggle(key="broken_words").set_value(True).run()
    assert "Writing about this figure failed" in page.error[0].value
    with pytest.raises(FigureError, match="no points"):
        file_of(page, "broken_png")


def test_the_words_of_a_figure_can_be_copied(page: AppTest) -> None:
    page.toggle(key="wave_words").set_value(True).run()
    caption, methods, references = (code.value for code in page.code)
    assert caption.startswith("A wave over time.")
    assert "UMAP" in methods or "McInnes" in methods
    assert references.startswith("@misc{mcinnes2018")


def test_everything_is_in_the_bundle_and_the_same_each_time() -> None:
    figure = Figure(Wave(), MADE.stamped(), "A wave", note="look here", caption="My own words.")
    content = bundle_figure(figure, "wave", FigureStyle(dpi=72))
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert set(archive.namelist()) == {
        "wave.png", "wave.svg", "wave.pdf", "wave.csv", "caption.txt", "methods.txt", "references.bib", "note.txt",
    }  # fmt: skip
    assert archive.testzip() is None
    assert archive.read("caption.txt") == b"My own words.\n"
    assert b"mcinnes2018" in archive.read("references.bib")
    assert read_provenance(archive.read("wave.svg")).warnings == ()
    assert bundle_figure(figure, "wave", FigureStyle(dpi=72)) == content


def test_a_file_that_cannot_be_made_keeps_its_reason_for_the_menu_and_off_the_log(page: AppTest) -> None:
    making: Making = page.session_state["broken_png_making"]
    with pytest.raises(FigureError, match=r"^broken\.png could not be made; the menu it is in says why$") as raised:
        making()
    assert raised.value.__cause__ is raised.value.__context__ is None, "a log would show the reason, with names in it"
    page.run()
    assert [error.value.replace("\\", "") for error in page.error] == [
        "Making broken.png failed: the wave has no points: choose more cases"
    ]
    making.make = lambda: b"12345"
    assert making() == b"12345"
    assert making.error is None


def test_the_provenance_of_a_file_is_json_without_a_path(page: AppTest) -> None:
    told: dict[str, Any] = json.loads(read_provenance(file_of(page, "wave_svg")).provenance.to_json())
    assert told["kind"] == "wave"
    assert str(PAGE.parent) not in json.dumps(told)
