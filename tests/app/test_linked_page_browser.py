"""The linked page as its reader meets it: from a file, with every network cut off, by mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from analysis.directions import fit_direction
from analysis.figures.latent_map import MapFigure
from analysis.figures.linked_maps import linked_maps_chart, linked_maps_page
from analysis.map_arrows import direction_arrows
from analysis.projections import project
from tests.analysis.latent_tables import two_clouds
from tests.analysis.test_map_figures import bent
from xaae_core.case_tokens import case_token

pytestmark = pytest.mark.browser
SIDE = 300
_WALK = """
  const view = window.shown, found = [];
  const walk = (part, x, y, panel) => {  // groups carry their place, their children's places are inside
    const isGroup = part.marktype === undefined && part.items !== undefined;
    const [left, top] = isGroup ? [x + (part.x || 0), y + (part.y || 0)] : [x, y];
    const name = part.marktype === "group" ? /^concat_1_concat_(\\d+)_group$/.exec(part.name || "") : null;
    if (name) panel = Number(name[1]);
    take(part, left, top, panel);
    for (const child of part.items || []) walk(child, left, top, panel);
  };
  const edge = view.padding();
  walk(view.scenegraph().root, view.origin()[0] + edge.left, view.origin()[1] + edge.top, null);
"""
"""Goes through everything that is drawn: take(part, left, top, panel) may put what it looks for into `found`."""
_CHOSEN = (
    """() => { const take = part => { if (String(part.text ?? "").includes("cases chosen")) found.push(part.text); };"""
    + _WALK
    + "return found[0]; }"
)
_COLOURED = (
    """() => { const take = (part, x, y, panel) => {
      const isCase = part.datum?.id && part.mark?.marktype === "symbol";
      if (isCase && part.fill !== "#d3d3d3") found.push([panel, part.datum.id]);
    };"""
    + _WALK
    + "return [0, 1].map(panel => [...new Set(found.filter(f => f[0] === panel).map(f => f[1]))].sort()); }"
)
_PANEL = (
    """number => { const take = (part, x, y, panel) => {
      if (panel === number && part.mark?.name === `concat_1_concat_${number}_group`) found.push([x, y]);
    };"""
    + _WALK
    + "return found[0]; }"
)
_LEGEND = (
    """text => { const take = (part, x, y) => { if (part.text === text) found.push([x + part.x, y + part.y]); };"""
    + _WALK
    + "return found[0]; }"
)
_CASE = (
    """id => { const take = (part, x, y, panel) => {
      const isCase = part.datum?.id === id && part.mark?.marktype === "symbol";
      if (isCase && panel === 0) found.push([x + part.x, y + part.y]);
    };"""
    + _WALK
    + "return found[0]; }"
)


def tokens(ids: np.ndarray) -> list[str]:
    """What the page calls cases, in the order of the alphabet."""
    return sorted(case_token(case) for case in ids.tolist())


@pytest.fixture(scope="module")
def figures() -> list[MapFigure]:
    table = two_clouds(60)
    table = replace(table, classes=("no", '<img src="http://evil.example/x">'))
    direction = fit_direction(table, n_permutations=199)
    pls = project(table, "pls")
    arrows = direction_arrows(pls, table, [direction])
    return [MapFigure(bent(table), table), MapFigure(pls, table, arrows=arrows, direction=direction)]


@pytest.fixture(scope="module")
def file(figures: list[MapFigure], tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("linked_page") / "maps.html"
    written.write_bytes(linked_maps_page(linked_maps_chart(figures, side=SIDE)))
    return written


@pytest.fixture
def opened(file: Path, open_page: Callable[..., Page]) -> tuple[Page, list[str]]:
    """The page from a file, offline; and what it complained of or asked for."""
    heard: list[str] = []

    def listen(page: Page) -> None:
        page.context.set_offline(True)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: None if request.url == file.as_uri() else heard.append(request.url))

    page = open_page(file.as_uri(), before=listen)
    page.wait_for_selector("body[data-state=ready]")
    return page, heard


def on_page(page: Page, script: str, argument: object) -> tuple[float, float]:
    """Where on the page the thing is that a script finds in the drawing."""
    box = page.locator("#maps canvas").bounding_box()
    assert box is not None
    x, y = page.evaluate(script, argument)
    return box["x"] + x, box["y"] + y


def drag(page: Page, number: int, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a rectangle in a panel, in parts of its side."""
    x, y = on_page(page, _PANEL, number)
    page.mouse.move(x + start[0] * SIDE, y + start[1] * SIDE)
    page.mouse.down()
    page.mouse.move(x + end[0] * SIDE, y + end[1] * SIDE, steps=5)
    page.mouse.up()
    page.wait_for_timeout(200)


def inside(page: Page, number: int, figure: MapFigure) -> np.ndarray:
    """Which cases lie in the rectangle, by the page's own account of where the rectangle is."""
    store = "number => window.shown.data(`brush${number}_store`)[0]"
    fields, values = page.evaluate(f"number => {{ const s = ({store})(number); return [s.fields, s.values]; }}", number)
    assert [field["field"] for field in fields] == [f"x{number}", f"y{number}"]
    ranges = np.sort(np.array(values), axis=1)
    points = figure.projection.points
    return ((points >= ranges[:, 0]) & (points <= ranges[:, 1])).all(axis=1)


def test_the_page_opens_with_the_network_cut_off(opened: tuple[Page, list[str]]) -> None:
    page, heard = opened
    assert heard == []
    assert page.evaluate(_CHOSEN) == "60 of 60 cases chosen"
    assert [len(ids) for ids in page.evaluate(_COLOURED)] == [60, 60]


def test_cases_chosen_in_one_map_are_the_coloured_ones_in_both(
    opened: tuple[Page, list[str]], figures: list[MapFigure]
) -> None:
    page, heard = opened
    drag(page, 0, (0.3, 0.02), (0.98, 0.7))
    first = inside(page, 0, figures[0])
    assert 3 < first.sum() < 57
    assert page.evaluate(_CHOSEN) == f"{first.sum()} of 60 cases chosen"
    expected = tokens(figures[0].table.ids[first])
    assert page.evaluate(_COLOURED) == [expected, expected]
    drag(page, 1, (0.02, 0.02), (0.6, 0.98))  # and a rectangle in the other: what lies in both
    both = first & inside(page, 1, figures[1])
    assert 0 < both.sum() < first.sum()
    assert page.evaluate(_COLOURED)[0] == tokens(figures[0].table.ids[both])
    assert heard == []


def test_a_double_click_takes_it_back_and_the_wheel_zooms(
    opened: tuple[Page, list[str]], figures: list[MapFigure]
) -> None:
    page, _ = opened
    drag(page, 0, (0.3, 0.02), (0.98, 0.7))
    x, y = on_page(page, _PANEL, 0)
    page.mouse.dblclick(x + 0.1 * SIDE, y + 0.95 * SIDE)
    page.wait_for_timeout(200)
    assert page.evaluate(_CHOSEN) == "60 of 60 cases chosen"
    page.mouse.move(x + SIDE / 2, y + SIDE / 2)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    shown = page.evaluate("() => window.shown.data('view0_store')[0].values[0]")
    assert np.ptp(shown) < 1.1 * np.ptp(figures[0].projection.points[:, 0])


def test_the_legend_chooses_a_class(opened: tuple[Page, list[str]], figures: list[MapFigure]) -> None:
    page, _ = opened
    page.mouse.click(*on_page(page, _LEGEND, "no (30)"))
    page.wait_for_timeout(200)
    assert page.evaluate(_CHOSEN) == "30 of 60 cases chosen"
    table = figures[0].table
    assert page.evaluate(_COLOURED)[1] == tokens(table.ids[table.labels == 0])


def test_the_hover_names_the_case_and_runs_nothing(opened: tuple[Page, list[str]], figures: list[MapFigure]) -> None:
    page, heard = opened
    table = figures[0].table
    token = case_token(str(table.ids[1]))  # of the class with a bad name
    x, y = on_page(page, _CASE, token)
    page.mouse.move(x - 20, y)
    page.mouse.move(x, y, steps=4)
    page.wait_for_selector("#vg-tooltip-element.visible")
    told = page.locator("#vg-tooltip-element").inner_text()
    assert token in told
    assert table.classes[1] in told
    assert str(table.ids[1]) not in told
    assert page.locator("#vg-tooltip-element img").count() == 0
    assert heard == []
