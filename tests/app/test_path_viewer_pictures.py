"""The path viewer's pictures: exact to the grey level, honest about what is missing, linked in zoom and window."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from app.components.path_viewer import change_colours
from tests.app.apps.drawn_chests import ORIGIN, draw_pictures
from tests.app.path_viewer_tab import DEMO, LAST, ViewerTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]


@pytest.fixture
def demo_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO))


@pytest.fixture
def demo(same_tab: Any, demo_url: str) -> ViewerTab:
    opened = ViewerTab(same_tab, demo_url)
    opened.wait_ready()
    return opened


@pytest.mark.parametrize("query", ["", "?colour=1"])
def test_the_canvas_holds_the_very_grey_levels_that_python_sent(same_tab: Any, demo_url: str, query: str) -> None:
    demo = ViewerTab(same_tab, demo_url + query)
    demo.wait_ready()
    frames, original, edit = draw_pictures(0, bool(query))
    for key, k in (("End", LAST), ("Home", 0), ("0", ORIGIN)):
        demo.page.keyboard.press(key)
        demo.page.locator(f".pv[data-shown='{k}']").wait_for()
        for panel, expected in (("original", original), ("decoded", frames[k]), ("edit", edit[k])):
            rgb = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, axis=-1)
            np.testing.assert_array_equal(demo.levels(panel)[..., :3], rgb)
            assert (demo.levels(panel)[..., 3] == 255).all()


def test_the_change_panel_is_the_difference_from_the_decode_at_zero(demo: ViewerTab) -> None:
    frames, _, _ = draw_pictures(0, False)
    colours = change_colours()
    assert (demo.levels("change")[..., :3] == colours[127]).all()  # at 0 nothing has changed
    demo.page.keyboard.press("End")
    demo.page.locator(f".pv[data-shown='{LAST}']").wait_for()
    change = frames[LAST].astype(int) - frames[ORIGIN]
    shown = demo.levels("change")[..., :3]
    limit = float(re.sub(r"[^\d]", "", demo.page.locator(".pv-bar-end").last.inner_text()))
    rows = 127 + np.sign(change) * np.minimum(127, np.floor(np.abs(change) * 127 / limit + 0.5)).astype(int)
    np.testing.assert_array_equal(shown, colours[rows])
    assert (change > 0).any()
    assert (change < 0).sum() < (change > 0).sum()


def test_a_missing_step_shows_the_nearest_one_and_says_so_until_it_arrives(same_tab: Any, demo_url: str) -> None:
    frames, _, _ = draw_pictures(0, False)
    demo = ViewerTab(same_tab, f"{demo_url}?partial=1")
    demo.wait_ready(5)
    for _ in range(8):
        demo.page.keyboard.press("ArrowRight")
    demo.page.locator(".pv[data-step='20'][data-shown='18']").wait_for()
    badge = demo.page.locator(".pv-panel-decoded .pv-badge")
    expect(badge).to_have_text("showing +1.5, +2.0 is being computed")
    assert demo.title("decoded") == "Decoded at +1.5 SD"  # the title names the picture that is there
    np.testing.assert_array_equal(demo.levels("decoded")[..., 0], frames[18])
    box = demo.canvas("decoded").bounding_box()
    assert box is not None
    demo.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    demo.page.mouse.wheel(0, -200)
    zoomed = demo.canvas("edit").get_attribute("style")
    # The step was committed, and the script runs for it: a button that is pressed while it is drawn anew is not heard.
    expect(demo.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    demo.page.get_by_role("button", name="compute the rest").click()
    demo.wait_ready()
    demo.page.locator(".pv[data-step='20'][data-shown='20']").wait_for()
    expect(badge).to_be_hidden()
    np.testing.assert_array_equal(demo.levels("decoded")[..., 0], frames[20])
    assert "scale" in (zoomed or "")
    assert demo.canvas("edit").get_attribute("style") == zoomed


def test_all_panels_zoom_together_and_a_double_click_resets(demo: ViewerTab) -> None:
    canvas = demo.canvas("original")
    box = canvas.bounding_box()
    assert box is not None
    demo.page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    demo.page.mouse.wheel(0, -120)
    demo.page.get_by_role("button", name=re.compile("reset")).wait_for()
    styles = {demo.canvas(panel).get_attribute("style") for panel in ("original", "decoded", "edit", "change")}
    assert len(styles) == 1
    assert "scale(1)" not in styles.pop()
    demo.page.mouse.dblclick(box["x"] + 20, box["y"] + 20)
    expect(canvas).to_have_attribute("style", re.compile(r"scale\(1\)"))


def test_shift_drag_changes_the_window_of_pictures_but_not_the_measured_change(demo: ViewerTab) -> None:
    demo.page.keyboard.press("End")
    demo.page.locator(f".pv[data-shown='{LAST}']").wait_for()
    before, change = demo.levels("decoded"), demo.levels("change")
    box = demo.canvas("decoded").bounding_box()
    assert box is not None
    demo.page.keyboard.down("Shift")
    demo.page.mouse.move(box["x"] + 150, box["y"] + 100)
    demo.page.mouse.down()
    demo.page.mouse.move(box["x"] + 60, box["y"] + 90, steps=4)
    demo.page.mouse.up()
    demo.page.keyboard.up("Shift")
    reset = demo.page.get_by_role("button", name=re.compile("window .* reset"))
    reset.wait_for()
    demo.page.wait_for_timeout(100)
    assert (demo.levels("decoded") != before).any()
    np.testing.assert_array_equal(demo.levels("change"), change)
    reset.click()
    demo.page.wait_for_timeout(100)
    np.testing.assert_array_equal(demo.levels("decoded"), before)
