"""The grid of attribution maps as a reader meets it: colours, sliders, crosshair, zoom, words."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from analysis.figures.attribution_map import colour_limit, overlay
from app.components.heat_grid import attribution_colours
from tests.app.app_tab import SCROLLS
from tests.app.apps.drawn_heat import HEIGHT, UGLY, WIDTH, draw_heat, draw_mask, draw_picture
from tests.app.heat_grid_tab import DEMO, GridTab

pytestmark = pytest.mark.browser
HIDDEN = 58  # the grey of what the threshold hides where the map is alone

SMALLEST_TEXT = """(grid) => Math.min(...[...grid.querySelectorAll("*")].filter((e) => e.textContent.trim())
    .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""
SCROLLBARS = """(grid) => [...grid.querySelectorAll("*")].filter((e) => e.clientHeight
    && e.scrollHeight > e.clientHeight + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowY)).length"""


@pytest.fixture
def grid_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO))


@pytest.fixture
def demo(open_page: Any, grid_url: str) -> GridTab:
    return GridTab(open_page, grid_url)


def test_the_overlay_has_the_colours_of_the_exported_figure(demo: GridTab) -> None:
    for percent in (0, 50, 100):
        demo.slide("Opacity", percent)
        wanted = overlay(draw_picture(), draw_heat(0), opacity=percent / 100) * 255
        apart = np.abs(demo.pixels("signed").astype(float) - wanted)
        assert (apart <= 1.01).mean() > 0.995  # a number on the border between two colours may take the next one
        assert apart.max() <= 6


def test_the_map_alone_has_a_colour_for_each_number_and_none_of_the_picture(demo: GridTab) -> None:
    demo.press("Map alone")
    heat, colours = draw_heat(0), attribution_colours()
    pixels = demo.pixels("signed").astype(int)
    assert (pixels[np.unravel_index(heat.argmax(), heat.shape)] == colours[-1]).all()
    assert (pixels[np.unravel_index(heat.argmin(), heat.shape)] == colours[0]).all()
    nearest = np.unravel_index(np.abs(heat).argmin(), heat.shape)
    assert np.abs(pixels[nearest] - colours[127]).max() <= 4
    positive = demo.pixels("positive").astype(int)
    assert not (positive[..., 2] > positive[..., 0] + 20).any()  # nothing is violet


def test_the_threshold_hides_exactly_the_weakest_share(demo: GridTab) -> None:
    demo.press("Map alone")
    for percent in (0, 10, 40, 99):
        demo.slide("Hide weakest", percent)
        is_hidden = (demo.pixels("signed") == HIDDEN).all(axis=-1)
        sizes = np.abs(draw_heat(0))
        assert is_hidden.sum() == percent * HEIGHT * WIDTH // 100
        if percent:
            assert sizes[is_hidden].max() < sizes[~is_hidden].min()


def test_what_the_threshold_hides_shows_the_picture_alone(demo: GridTab) -> None:
    demo.slide("Hide weakest", 60)
    sizes = np.abs(draw_heat(0))
    hidden = sizes < np.quantile(sizes, 0.59)
    levels = np.rint(draw_picture()[0] * 255)
    assert (demo.pixels("signed")[hidden] == levels[hidden][:, None]).all()


def test_the_crosshair_stands_on_the_same_pixel_everywhere_and_tells_each_maps_number(demo: GridTab) -> None:
    column, line = 37, 11
    demo.point_at("signed", column, line)
    expect(demo.grid.locator(".hg-place")).to_have_text(f"x {column}, y {line}")
    heats = {
        ("signed", 0): draw_heat(0), ("signed", 1): 10 * draw_heat(1), ("signed", 3): draw_heat(2) / 8,
        ("positive", 0): np.abs(draw_heat(3)), ("positive", 1): np.abs(draw_heat(4)),
    }  # fmt: skip
    for (row, tile), heat in heats.items():
        text = demo.stage(row, tile).locator(".hg-value").inner_text()
        number = float(re.sub(r"[^0-9.−+]", "", text.split()[0]).replace("−", "-"))
        assert number == pytest.approx(float(heat[line, column]), rel=6e-3, abs=2e-4)
    assert demo.stage("signed").locator(".hg-value").inner_text().endswith(" logits")
    assert demo.stage("positive").locator(".hg-value").inner_text().endswith(" points")  # the payload's unit
    crosses = demo.grid.locator(".hg-cross.hg-light").evaluate_all("(all) => all.map((p) => p.getAttribute('d'))")
    assert len({cross for cross in crosses if cross}) == 1
    demo.page.mouse.move(5, 5)
    demo.settle()
    expect(demo.stage("signed").locator(".hg-value")).to_be_hidden()


def test_a_click_keeps_the_crosshair_and_the_arrows_move_it(demo: GridTab) -> None:
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


def test_the_outline_lies_on_the_masks_border_and_nowhere_else(demo: GridTab) -> None:
    path = demo.stage("signed").locator(".hg-outline.hg-light").get_attribute("d") or ""
    drawn = set()
    for x, y, letter, length in re.findall(r"M(\d+) (\d+)([vh])(\d+)", path):
        steps = range(int(length))
        drawn |= {(letter, int(x), int(y) + k) if letter == "v" else (letter, int(x) + k, int(y)) for k in steps}
    padded = np.pad(draw_mask(), 1)
    wanted = {("v", int(x), int(y)) for y, x in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])}
    wanted |= {("h", int(x), int(y)) for y, x in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])}
    assert drawn == wanted
    box = demo.stage("signed").locator(".hg-marks").get_attribute("viewBox")
    assert box == f"0 0 {WIDTH} {HEIGHT}"  # so that a unit of the path is a pixel of the picture


def test_the_outline_is_switched_off_and_on(demo: GridTab) -> None:
    outline = demo.stage("signed").locator(".hg-outline.hg-light")
    expect(outline).to_be_visible()
    demo.page.get_by_label("Outline of finding").uncheck()
    expect(outline).to_be_hidden()
    demo.stage("signed").focus()
    demo.page.keyboard.press("m")
    expect(outline).to_be_visible()


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


def test_shift_dragging_changes_the_window_of_the_picture_and_not_the_map(demo: GridTab) -> None:
    demo.slide("Opacity", 0)
    before = demo.pixels("signed")
    demo.point_at("signed", 30, 20)
    demo.page.keyboard.down("Shift")
    demo.page.mouse.down()
    demo.page.mouse.move(700, 300, steps=3)
    demo.page.mouse.up()
    demo.page.keyboard.up("Shift")
    assert (demo.pixels("signed") != before).mean() > 0.3
    reset = demo.grid.get_by_role("button", name=re.compile("window .* reset"))
    reset.click()
    assert (demo.pixels("signed") == before).all()


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


def test_words_are_shown_as_words(demo: GridTab) -> None:
    row = demo.row("signed")
    expect(row.locator(".hg-title")).to_have_text(f"Integrated {UGLY}")
    expect(row.locator(".hg-sentence")).to_have_text(f"A sentence {UGLY}")
    expect(row.locator(".hg-note").nth(2)).to_have_text(f"none {UGLY}")
    row.locator(".hg-helped").hover()
    expect(row.locator(".hg-tip")).to_have_text(f"help {UGLY}")
    expect(row.locator(".hg-tip")).to_be_visible()
    assert demo.grid.locator("img").count() == 0
    assert demo.page.evaluate("() => window.hacked") is None


def test_a_click_on_a_title_opens_its_row_in_one_run(demo: GridTab) -> None:
    demo.row("positive").get_by_role("button", name="Saliency").click()
    expect(demo.page.get_by_text(re.compile("opened positive runs"))).to_be_visible()
    demo.page.get_by_role("button", name="run again").click()
    expect(demo.page.get_by_text(re.compile("opened None runs"))).to_be_visible()


def test_a_colour_picture_is_grey_below_the_map_and_itself_alone(open_page: Any, grid_url: str) -> None:
    demo = GridTab(open_page, f"{grid_url}/?colour=1")
    demo.slide("Opacity", 0)
    below = demo.pixels("signed").astype(int)
    assert (np.ptp(below, axis=-1) == 0).all()
    assert np.abs(below[..., 0] - draw_picture(is_colour=True).mean(axis=0) * 255).max() <= 1.01
    demo.press("Picture alone")
    own = np.rint(np.moveaxis(draw_picture(is_colour=True), 0, -1) * 255)
    assert (demo.pixels("signed") == own).all()


def test_the_small_maps_take_the_large_ones_scale_when_asked(demo: GridTab) -> None:
    demo.press("Map alone")
    own, random = demo.pixels("signed", 1), demo.pixels("signed", 3)
    assert (own == attribution_colours()[-1]).all(axis=-1).mean() < 0.02
    demo.page.get_by_label("Same scale in a row").check()
    shared = demo.pixels("signed", 1)  # ten times as strong: most of it is beyond the large one's ends
    ends = (shared == attribution_colours()[-1]).all(axis=-1) | (shared == attribution_colours()[0]).all(axis=-1)
    assert 0.88 < ends.mean() < 0.92
    assert (demo.pixels("signed", 3) == random).all()  # its numbers cannot be compared


def test_each_small_map_says_where_its_colours_end(demo: GridTab) -> None:
    ends = demo.row("signed").locator(".hg-ends")
    limit = colour_limit(draw_heat(0))
    expect(ends.nth(1)).to_have_text(f"±{colour_limit(10 * draw_heat(1)):.3g}")
    demo.page.get_by_label("Same scale in a row").check()
    expect(ends.nth(1)).to_have_text(f"±{limit:.3g}")
    expect(demo.row("signed").locator(".hg-bar-end").nth(1)).to_have_text(f"≥ +{limit:.3g}")
    expect(demo.row("positive").locator(".hg-bar-end").nth(0)).to_have_text("0")


def test_stale_maps_and_verdicts_are_told_in_words(demo: GridTab) -> None:
    expect(demo.stage("positive").locator(".hg-stale")).to_be_visible()
    expect(demo.stage("signed").locator(".hg-stale")).to_be_hidden()
    expect(demo.row("signed").locator(".hg-verdict")).to_have_text("Believable")
    expect(demo.row("positive").locator(".hg-verdict")).to_have_text("Doubtful")
    shapes = [demo.row(name).locator(".hg-badge").get_attribute("d") for name in ("signed", "positive")]
    assert shapes[0] != shapes[1]


def test_keys_say_what_they_do(demo: GridTab) -> None:
    demo.stage("signed").focus()
    demo.page.keyboard.press("o")
    expect(demo.page.get_by_role("button", name="Picture alone")).to_have_attribute("aria-pressed", "true")
    demo.page.keyboard.press("o")
    expect(demo.page.get_by_role("button", name="On the picture")).to_have_attribute("aria-pressed", "true")
    demo.page.keyboard.press("?")
    expect(demo.page.get_by_role("dialog", name="Keys and gestures")).to_be_visible()
    demo.page.keyboard.press("Escape")
    expect(demo.page.get_by_role("dialog", name="Keys and gestures")).to_be_hidden()


def test_it_fits_and_can_be_read(open_page: Any, grid_url: str) -> None:
    demo = GridTab(open_page, f"{grid_url}/?rows=11")
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


def test_the_controls_stay_in_sight_while_the_page_scrolls(open_page: Any, grid_url: str) -> None:
    demo = GridTab(open_page, f"{grid_url}/?rows=11")
    demo.row("more10").scroll_into_view_if_needed()
    slider = demo.page.get_by_label("Opacity, percent")
    expect(slider).to_be_in_viewport()
    demo.slide("Opacity", 0)
    assert (demo.pixels("more10") == np.rint(draw_picture()[0] * 255)[..., None]).all()
