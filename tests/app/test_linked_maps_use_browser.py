"""The linked maps by keyboard, in narrow windows and in the dark."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.linked_maps_tab import APP, MapsTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]


@pytest.fixture
def demo_url(streamlit_server: Any) -> str:
    return str(streamlit_server(APP))


def test_the_keyboard_walks_selects_opens_and_looks(same_tab: Any, demo_url: str) -> None:
    tab = MapsTab(same_tab, demo_url)
    stage, press = tab.stages.first, tab.page.keyboard.press
    stage.focus()
    press("ArrowRight")
    walked = [int(stage.get_attribute("data-ring") or -1)] if tab.settle() is None else []
    for key, axis, sign in (("ArrowRight", 0, 1), ("ArrowUp", 1, -1), ("ArrowLeft", 0, -1), ("ArrowDown", 1, 1)):
        press(key)
        at = tab.points()
        row = int(stage.get_attribute("data-ring") or -1)
        assert sign * (at[row] - at[walked[-1]])[axis] > 0
        walked.append(row)
    live = tab.page.locator(".lm-live")
    expect(live).to_contain_text(f"case-{walked[-1]:04d}")  # its words come from the server
    press(" ")
    tab.report("selected 1 ")
    assert tab.rows() == [walked[-1]]
    expect(live).to_have_text("1 of 300 cases selected")
    press("Enter")
    tab.report(f"opened {walked[-1]} ")
    press(" ")
    tab.report("selected 0 ")
    scale = float((stage.get_attribute("data-view") or "").split()[2])
    press("+")
    tab.settle()
    assert float((stage.get_attribute("data-view") or "").split()[2]) == pytest.approx(1.5 * scale)
    press("0")
    tab.settle()
    assert float((stage.get_attribute("data-view") or "").split()[2]) == pytest.approx(scale)
    press("h")
    expect(tab.page.locator(".lm-tool[aria-pressed=true]")).to_have_text("Move")
    press("?")
    expect(tab.page.get_by_role("dialog", name="Keys and gestures")).to_be_visible()
    press("Escape")
    expect(stage).to_be_focused()
    assert tab.errors == []


@pytest.mark.parametrize("sizes", [[(1280, 2)], [(390, 1), (640, 1)]], ids=["wide", "narrow"])
def test_the_maps_fit_every_width_in_the_dark(same_tab: Any, demo_url: str, sizes: list[tuple[int, int]]) -> None:
    tab = MapsTab(same_tab, demo_url, width=sizes[0][0], colour_scheme="dark", doubt=1, placed=1, quiet=1)
    for width, columns in sizes:
        tab.page.set_viewport_size({"width": width, "height": 800})
        tab.settle()
        assert_fits(tab, width, columns)


def assert_fits(tab: MapsTab, width: int, columns: int) -> None:
    first, second = (tab.stages.nth(panel).bounding_box() for panel in (0, 1))
    assert first is not None
    assert second is not None
    assert first["width"] == pytest.approx(first["height"], abs=1) == pytest.approx(second["width"], abs=1)
    assert (first["y"] == second["y"]) == (columns == 2)
    assert max(first["x"] + first["width"], second["x"] + second["width"]) <= width
    main = tab.page.locator(".stMain")
    assert main.evaluate("(main) => main.scrollWidth <= main.clientWidth")
    corner = tab.stages.first.locator(".lm-points").evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data]"
    )
    assert max(corner[:3]) < 60
    notes = tab.page.locator(".lm-notes").first.inner_text()
    assert "its neighbours here are not its real ones" in notes
    assert "lands elsewhere when the map is made again" in notes


def test_the_points_follow_a_change_of_the_theme(same_tab: Any, demo_url: str) -> None:
    tab = MapsTab(same_tab, demo_url, quiet=1)
    ground = "(canvas) => canvas.getContext('2d').getImageData(2, 2, 1, 1).data[0]"
    points = tab.stages.first.locator(".lm-points")
    assert points.evaluate(ground) > 240
    tab.page.emulate_media(color_scheme="dark")
    for _ in range(50):
        tab.page.wait_for_timeout(100)
        if points.evaluate(ground) < 60:
            break
    assert points.evaluate(ground) < 60
    assert tab.errors == []


def test_few_cases_and_cases_in_one_place_can_all_be_reached(same_tab: Any, demo_url: str) -> None:
    tab = MapsTab(same_tab, demo_url, n=5, second="same")
    for row in range(5):
        tab.assert_own_picture(row)
    stage = tab.stages.nth(1)
    stage.focus()
    reached = []
    for key in ["ArrowLeft"] * 4 + ["ArrowRight"] * 2:  # from the last case, which the pointer is on
        tab.page.keyboard.press(key)
        tab.settle()
        reached.append(stage.get_attribute("data-ring"))
    assert reached == ["3", "2", "1", "0", "1", "2"]
    assert tab.errors == []
