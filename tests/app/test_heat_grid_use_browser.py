"""The grid of attribution maps in use: zoom, keys, reruns, words, room on the page."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.app.app_tab import SCROLLS
from tests.app.apps.drawn_heat import HEIGHT, UGLY, WIDTH, draw_picture
from tests.app.heat_grid_tab import DEMO, GridTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]

SMALLEST_TEXT = """(grid) => Math.min(...[...grid.querySelectorAll("*")].filter((e) => e.textContent.trim())
    .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""
SCROLLBARS = """(grid) => [...grid.querySelectorAll("*")].filter((e) => e.clientHeight
    && e.scrollHeight > e.clientHeight + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowY)).length"""


@pytest.fixture
def grid_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO))


@pytest.fixture
def demo(same_tab: Any, grid_url: str) -> GridTab:
    return GridTab(same_tab, grid_url)


def test_a_click_keeps_the_crosshair_the_arrows_move_it_and_other_keys_say_what_they_do(demo: GridTab) -> None:
    demo.point_at("signed", 30, 20)
    demo.page.mouse.down()
    demo.page.mouse.up()
    demo.page.mouse.move(5, 5)
    expect(demo.grid.locator(".hg-place")).to_have_text("x 30, y 20")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown"):
        demo.page.keyboard.press(key)
    expect(demo.grid.locator(".hg-place")).to_have_text("x 32, y 29")
    expect(demo.grid.locator(".hg-spoken")).to_contain_text("column 32, row 29: ")
    demo.page.keyboard.press("Escape")
    expect(demo.grid.locator(".hg-place")).to_have_text("")

    demo.stage("signed").focus()
    demo.page.keyboard.press("o")
    expect(demo.page.get_by_role("button", name="Picture alone")).to_have_attribute("aria-pressed", "true")
    demo.page.keyboard.press("o")
    expect(demo.page.get_by_role("button", name="On the picture")).to_have_attribute("aria-pressed", "true")
    demo.page.keyboard.press("?")
    expect(demo.page.get_by_role("dialog", name="Keys and gestures")).to_be_visible()
    demo.page.keyboard.press("Escape")
    expect(demo.page.get_by_role("dialog", name="Keys and gestures")).to_be_hidden()


def test_zoom_and_pan_are_one_for_all_tiles(demo: GridTab) -> None:
    demo.point_at("signed", 16, 12)
    demo.page.keyboard.down("Control")
    for _ in range(6):
        demo.page.mouse.wheel(0, -100)
    demo.page.keyboard.up("Control")
    demo.settle()
    (zoomed,), (box,) = demo.transforms(), demo.boxes()
    assert float(re.findall(r"scale\(([\d.]+)", zoomed)[0]) > 2
    expect(demo.grid.locator(".hg-place")).to_have_text("x 16, y 12")  # the pixel under the pointer stayed there
    demo.page.mouse.down()
    demo.page.mouse.move(600, 420, steps=4)
    demo.page.mouse.up()
    (panned,), (panned_box,) = demo.transforms(), demo.boxes()
    assert panned != zoomed
    assert panned_box != box
    stage = demo.stage("positive", 1)
    stage.scroll_into_view_if_needed()
    stage.dblclick()
    assert demo.transforms() == {"scale(1) translate(0%, 0%)"}


def test_the_wheel_scrolls_the_page_until_a_picture_was_clicked(demo: GridTab) -> None:
    demo.point_at("signed", 16, 12)
    demo.page.mouse.wheel(0, -100)
    assert demo.transforms() == {"scale(1) translate(0%, 0%)"}
    expect(demo.stage("signed").locator(".hg-hint")).to_be_visible()
    demo.page.mouse.down()
    demo.page.mouse.up()
    demo.page.mouse.wheel(0, -100)
    demo.page.wait_for_timeout(100)
    assert demo.transforms() != {"scale(1) translate(0%, 0%)"}


def test_nothing_the_reader_moves_reaches_the_server(demo: GridTab) -> None:
    demo.page.wait_for_timeout(500)
    demo.sent.clear()
    for percent in (20, 60, 90):
        demo.slide("Opacity", percent)
        demo.slide("Hide weakest", percent)
    for mode in ("Map alone", "Picture alone", "On the picture"):
        demo.press(mode)
    demo.page.get_by_label("Same scale in a row").check()
    demo.point_at("signed", 3, 3)
    demo.page.mouse.dblclick(500, 400)
    demo.page.wait_for_timeout(500)
    assert demo.sent == []
    assert demo.errors == []


def test_a_row_that_arrives_leaves_zoom_sliders_and_canvases_alone(demo: GridTab) -> None:
    demo.slide("Opacity", 35)
    demo.stage("signed").focus()
    demo.page.keyboard.press("+")
    demo.press("pixels: smooth")
    zoomed = demo.transforms()
    canvas = demo.stage("signed").locator("canvas").element_handle()
    before = demo.pixels("signed")
    demo.page.get_by_role("button", name="one more row").click()
    demo.page.locator(".hg[data-ready='3']").wait_for()
    assert canvas is not None
    assert canvas.evaluate("(canvas) => canvas.isConnected")
    assert demo.transforms() == zoomed
    assert (demo.pixels("signed") == before).all()
    expect(demo.page.get_by_label("Opacity, percent")).to_have_value("35")
    expect(demo.stage("waiting").locator(".hg-note")).to_have_text("being computed")


def test_words_are_shown_as_words_and_a_click_on_a_title_opens_its_row_in_one_run(demo: GridTab) -> None:
    row = demo.row("signed")
    expect(row.locator(".hg-title")).to_have_text(f"Integrated {UGLY}")
    expect(row.locator(".hg-sentence")).to_have_text(f"A sentence {UGLY}")
    expect(row.locator(".hg-note").nth(2)).to_have_text(f"none {UGLY}")
    row.locator(".hg-helped").hover()
    expect(row.locator(".hg-tip")).to_have_text(f"help {UGLY}")
    expect(row.locator(".hg-tip")).to_be_visible()
    assert demo.grid.locator("img").count() == 0
    assert demo.page.evaluate("() => window.hacked") is None

    demo.row("positive").get_by_role("button", name="Saliency").click()
    expect(demo.page.get_by_text(re.compile("opened positive runs"))).to_be_visible()
    demo.page.get_by_role("button", name="run again").click()
    expect(demo.page.get_by_text(re.compile("opened None runs"))).to_be_visible()


def test_it_fits_can_be_read_and_keeps_its_controls_in_sight_while_the_page_scrolls(
    same_tab: Any, grid_url: str
) -> None:
    demo = GridTab(same_tab, f"{grid_url}/?rows=11")
    row = demo.row("signed").bounding_box()
    assert row is not None
    assert row["y"] + row["height"] <= 800
    for width, height in ((1280, 800), (900, 800), (1600, 900), (640, 400)):
        demo.page.set_viewport_size({"width": width, "height": height})
        demo.page.wait_for_timeout(200)
        wide, room = demo.page.evaluate(SCROLLS)
        assert wide <= room
        stage = demo.stage("signed").bounding_box()
        assert stage is not None
        assert stage["width"] >= 300
        assert stage["width"] / stage["height"] == pytest.approx(WIDTH / HEIGHT, rel=0.01)  # never stretched
        assert demo.grid.evaluate(SMALLEST_TEXT) >= 12
        assert demo.grid.evaluate(SCROLLBARS) == 0
        large, *small = (demo.row("signed").locator(".hg-tile").nth(k).bounding_box() for k in range(4))
        assert large is not None
        for box in small:
            assert box is not None
            assert box["width"] < large["width"]
            is_beside = box["y"] < large["y"] + large["height"]
            assert is_beside == (width >= 1280)  # below where there is no room

    demo.page.set_viewport_size({"width": 1280, "height": 800})
    demo.row("more10").scroll_into_view_if_needed()
    slider = demo.page.get_by_label("Opacity, percent")
    expect(slider).to_be_in_viewport()
    demo.slide("Opacity", 0)
    assert (demo.pixels("more10") == np.rint(draw_picture()[0] * 255)[..., None]).all()
