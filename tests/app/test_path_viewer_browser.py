"""The path viewer as a reader meets it: a real server, a real browser, keys, mouse and words."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.app.apps.drawn_chests import ORIGIN, draw_pictures
from tests.app.heat_grid_tab import TWO_FRAMES
from tests.app.path_viewer_tab import DEMO, LAST, ViewerTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]
# Presses a key and resolves once the canvas shows other pixels: how a hand and an eye would time it.
PRESS_AND_WATCH = """async ([canvas, key]) => {
    const sum = (total, value, i) => (total * 31 + value) | 0;
    const read = () => canvas.getContext("2d").getImageData(80, 80, 64, 64).data.reduce(sum, 0);
    const before = read();
    const slider = canvas.getRootNode().querySelector("input[type=range]");
    slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
    for (let i = 0; i < 120; i++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (read() !== before) return true;
    }
    return false;
}"""


@pytest.fixture
def demo_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO))


@pytest.fixture
def demo(same_tab: Any, demo_url: str) -> ViewerTab:
    opened = ViewerTab(same_tab, demo_url)
    opened.wait_ready()
    return opened


def test_keys_dragging_and_play_move_silently_and_commit_when_they_rest(demo: ViewerTab) -> None:
    demo.page.wait_for_timeout(500)
    demo.sent.clear()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home"):
        canvas = demo.canvas("decoded").element_handle()
        assert demo.page.evaluate(PRESS_AND_WATCH, [canvas, key])
    assert demo.sent == []
    demo.page.wait_for_timeout(1000)
    assert len(demo.sent) == 1  # once the keys rest, the step is committed

    box = demo.page.locator(".pv-slider").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    demo.sent.clear()
    demo.page.mouse.move(box["x"] + box["width"] / 2, middle)
    demo.page.mouse.down()
    seen = set()
    for i in range(20):
        demo.page.mouse.move(box["x"] + box["width"] * (0.5 + 0.02 * i), middle)
        demo.page.evaluate(TWO_FRAMES)
        seen.add(demo.viewer.get_attribute("data-shown"))
    assert len(seen) >= 8
    assert demo.sent == []
    demo.page.mouse.up()
    expect(demo.page.get_by_text(re.compile(rf"step {demo.step()} sd .* seen {demo.step()} "))).to_be_visible()

    demo.page.keyboard.press("End")
    expect(demo.page.get_by_text(re.compile(rf"step {LAST} sd .* seen {LAST} "))).to_be_visible()
    demo.page.wait_for_timeout(300)  # nothing of that run is on its way any more
    demo.sent.clear()
    demo.page.keyboard.press(" ")
    expect(demo.viewer).to_have_attribute("data-step", re.compile(r"^(1\d|2[01])$"))  # it turned at the end
    assert demo.sent == []
    demo.page.keyboard.press(" ")
    stopped = demo.step()
    expect(demo.page.get_by_text(re.compile(rf"step {stopped} sd"))).to_be_visible()
    demo.page.wait_for_timeout(400)
    assert demo.step() == stopped


def test_the_step_comes_back_to_python_and_the_pictures_are_not_sent_again(demo: ViewerTab) -> None:
    first_message = max(demo.received)
    demo.received.clear()
    for _ in range(4):
        demo.page.keyboard.press("ArrowRight")
    expect(demo.page.get_by_text(re.compile(r"step 16 sd 1\.0 seen 16 "))).to_be_visible()
    demo.page.wait_for_timeout(300)
    assert sum(demo.received) < first_message / 100
    assert demo.step() == 16  # the rerun did not move the reader
    assert demo.errors == []


def test_keys_and_the_trust_strip_reach_the_ends_zero_and_whole_deviations(demo: ViewerTab) -> None:
    for key, k in (("Home", 0), ("ArrowLeft", 0), ("PageUp", 4), ("End", LAST), ("ArrowRight", LAST), ("0", ORIGIN)):
        demo.page.keyboard.press(key)
        demo.page.locator(f".pv[data-step='{k}']").wait_for()
    demo.page.keyboard.press("ArrowLeft")
    expect(demo.page.locator(".pv-slider")).to_have_attribute(
        "aria-valuetext",
        "minus 0.25 standard deviations away from effusion, probability 0.09, trust good",
    )
    assert demo.title("decoded") == "Decoded at −0.25 SD"
    demo.page.keyboard.press("?")
    expect(demo.page.get_by_role("dialog", name="Keys and gestures")).to_be_visible()
    demo.page.keyboard.press("Escape")
    expect(demo.page.get_by_role("dialog", name="Keys and gestures")).to_be_hidden()
    demo.page.keyboard.press("ArrowLeft")  # the focus came back
    demo.page.locator(".pv[data-step='10']").wait_for()

    words = demo.page.locator(".pv-trust-words")
    expect(words).to_have_text(re.compile("^good"))
    strip = demo.page.locator(".pv-trust")
    box = strip.bounding_box()
    assert box is not None
    strip.hover(position={"x": box["width"] - 3, "y": 8})
    expect(words).to_have_text(re.compile(r"^\+3\.0 SD: poor – outside the data"))
    strip.click(position={"x": box["width"] - 3, "y": 8})
    demo.page.locator(f".pv[data-step='{LAST}']").wait_for()


def test_nothing_moves_by_itself(same_tab: Any, demo_url: str) -> None:
    demo = ViewerTab(same_tab, demo_url, reduced_motion="reduce")
    demo.wait_ready()
    demo.page.wait_for_timeout(700)
    assert demo.step() == ORIGIN


def test_brackets_ask_for_another_case_and_keep_the_place(demo: ViewerTab) -> None:
    demo.page.keyboard.press("End")
    expect(demo.page.get_by_text(re.compile(r"step 24 .* case 0"))).to_be_visible()
    demo.page.keyboard.press("]")
    expect(demo.page.get_by_text(re.compile(r"step 24 sd 3\.0 .* case 1"))).to_be_visible()
    demo.page.locator(".pv[data-path='case1'][data-shown='24']").wait_for()
    np.testing.assert_array_equal(demo.levels("decoded")[..., 0], draw_pictures(1, False)[0][LAST])
    demo.page.keyboard.press("[")
    expect(demo.page.get_by_text(re.compile(r"case 0"))).to_be_visible()


def test_the_focus_is_taken_on_load_but_never_from_someone_who_types(same_tab: Any, demo_url: str) -> None:
    demo = ViewerTab(same_tab, demo_url)
    demo.wait_ready()
    demo.page.keyboard.press("ArrowRight")  # no click, no tab
    demo.page.locator(f".pv[data-step='{ORIGIN + 1}']").wait_for()
    note = demo.page.get_by_label("note")
    note.click()
    note.press_sequentially("0 [ ]")
    demo.page.keyboard.press("Enter")
    expect(demo.page.get_by_text(re.compile(r"runs [3-9]"))).to_be_visible()
    expect(note).to_have_value("0 [ ]")
    expect(note).to_be_focused()


def test_the_surround_stays_dark_and_the_words_follow_the_theme(same_tab: Any, demo_url: str) -> None:
    demo = ViewerTab(same_tab, demo_url, colour_scheme="dark")
    style = "(element, name) => getComputedStyle(element)[name]"

    def brightness(selector: str, name: str) -> float:
        colour = demo.page.locator(selector).first.evaluate(style, name)
        return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3

    for scheme in ("dark", "light"):
        demo.page.emulate_media(color_scheme=scheme)
        is_dark = "getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'"
        demo.page.wait_for_function(f"() => ({is_dark}) === {str(scheme == 'dark').lower()}")
        assert brightness(".pv-slab", "backgroundColor") < 20
        assert (brightness(".pv", "color") > 128) == (scheme == "dark")
        assert (brightness(".pv", "backgroundColor") < 128) == (scheme == "dark")


@pytest.mark.parametrize(
    "sizes", [[(1280, 800, 4), (1920, 1080, 4)], [(390, 800, 2), (640, 400, 2)]], ids=["wide", "narrow"]
)
def test_the_panels_fit_keep_their_shape_and_wrap_when_narrow(
    same_tab: Any, demo_url: str, sizes: list[tuple[int, int, int]]
) -> None:
    width, height, _ = sizes[0]
    demo = ViewerTab(same_tab, f"{demo_url}?bar=1", width=width, height=height)
    demo.wait_ready()
    for width, height, columns in sizes:
        demo.page.set_viewport_size({"width": width, "height": height})
        demo.page.evaluate(TWO_FRAMES)
        assert_fits(demo, height, columns)


def assert_fits(demo: ViewerTab, height: int, columns: int) -> None:
    boxes = [demo.canvas(panel).bounding_box() for panel in ("original", "decoded", "edit", "change")]
    assert all(box is not None for box in boxes)
    assert all(abs(box["width"] - box["height"]) < 1 for box in boxes)
    assert len({round(box["width"]) for box in boxes}) == 1
    assert len({round(box["x"]) for box in boxes}) == columns
    main = demo.page.get_by_test_id("stMain")
    overflow = main.evaluate("(e) => [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth]")
    assert overflow[1] <= 0
    if height >= 800 and columns == 4:
        assert overflow[0] <= 0
        controls = demo.page.locator(".pv-lanes").bounding_box()
        assert controls is not None
        assert boxes[0]["height"] > controls["height"]


def test_what_is_not_known_takes_no_room(same_tab: Any, demo_url: str) -> None:
    demo = ViewerTab(same_tab, f"{demo_url}?plain=1")
    expect(demo.page.locator(".pv-chart")).to_be_hidden()
    expect(demo.page.locator(".pv-trust")).to_be_hidden()
    assert demo.page.locator(".pv-numbers").inner_text() == "requested 0 SD"
    assert demo.errors == []


def test_it_opens_where_the_page_says(same_tab: Any, demo_url: str) -> None:
    demo = ViewerTab(same_tab, f"{demo_url}?start=-1.5")
    demo.page.locator(".pv[data-step='6'][data-shown='6']").wait_for()
    expect(demo.page.get_by_text(re.compile("step 6 sd -1.5"))).to_be_visible()
