"""Every figure of every page: exported, reopened in another session, it is the same view and the same drawing."""

import csv
import io
import time
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from analysis.figures.export import FileForm, draw_file, export_figure
from analysis.figures.figure import Figure
from analysis.figures.map_drawing import MapDrawing
from analysis.figures.style import FigureStyle
from analysis.provenance import read_provenance
from app import figure_menu
from app.reopening import reopen_figure
from app.views import View
from tests.app.session import Session
from xaae_core.case_tokens import case_token

CASE = case_token("images/phantom-000121.png")
VIEWS: dict[str, dict[str, Any]] = {
    "traverse": {"range": "± 2 SD", "steps": "11", "skips": "0.50", "seed": "7", "step": "1.2"},
    "maps": {"left": "PLS", "right": "PCA"},
    "attributions": {"methods": ["Saliency", "Grad-CAM"], "checks": "false"},
    "examples": {"examples": "4"},
    "start": {},
}
FIGURES = {"traverse": 2, "maps": 2, "attributions": 1, "examples": 1, "start": 1}
"""At least so many menus on each page."""
STYLE = FigureStyle(dpi=72)


pytestmark = pytest.mark.usefixtures("demo_in_empty_places")


def is_measured(menu: Any) -> bool:
    """Whether a map's words are whole: what is measured beside the page is a part of them."""
    drawing = menu.make().drawing
    return not isinstance(drawing, MapDrawing) or all(drawn.kept is not None for drawn in drawing.maps)


def shown(page: str, **address: Any) -> tuple[dict[str, Figure], dict[str, bool]]:
    """The figures that a page offers at an address, by menu, and which of them move."""
    menus: dict[str, Any] = {}
    with patch.object(figure_menu, "_draw", lambda menu: menus.__setitem__(menu.key, menu)):
        session = Session("" if page == "start" else page, **address).run()
        for _ in range(600):
            if all(is_measured(menu) for menu in menus.values()):
                break
            time.sleep(0.1)
            session.run()
        session.assert_well()
        assert session.words("info") == "", "a view that reopens has nothing to excuse"
    return {key: menu.make() for key, menu in menus.items()}, {key: menu.is_moving for key, menu in menus.items()}


@pytest.mark.parametrize("page", VIEWS)
def test_a_figure_of_a_page_reopens_as_it_was(page: str) -> None:
    before, moves = shown(page, case=CASE, **VIEWS[page])
    assert len(before) >= FIGURES[page]
    views: set[str] = set()
    still: tuple[FileForm, ...] = ("png", "svg", "pdf")
    for number, (key, figure) in enumerate(before.items()):
        forms: tuple[FileForm, ...] = ("gif", "mp4") if moves[key] else (still[number % 3],)
        for form in forms:
            file = export_figure(figure, form, STYLE)
            found = read_provenance(file)
            assert found.warnings == ()
            assert found.provenance.to_table()["view"] == figure.provenance.view
            view = reopen_figure(file, f"figure.{form}").whole.view
            assert view is not None
            assert view.page == page
            views.add(view.link())
    assert len(views) == 1, "all figures of a page are of the one view"
    view = View.from_json(next(iter(before.values())).provenance.view)
    again, _ = shown(
        page, **{key: list(values) if len(values) > 1 else values[0] for key, values in view.query.items()}
    )
    assert again.keys() == before.keys()
    for key, figure in before.items():
        one, other = (replace(each.provenance, created="", versions={}) for each in (figure, again[key]))
        assert one.to_json() == other.to_json(), key
        assert draw_file(figure.drawing, "svg", STYLE) == draw_file(again[key].drawing, "svg", STYLE), key


def test_the_numbers_of_every_figure_can_be_read_as_a_table() -> None:
    for page in ("traverse", "attributions", "examples"):
        for key, figure in shown(page, case=CASE, **VIEWS[page])[0].items():
            rows = list(csv.reader(io.StringIO(figure.drawing.numbers())))
            assert len(rows) > 1, key
            assert {len(row) for row in rows} == {len(rows[0])}, key
