"""The grid of attribution maps as it is painted: colours, threshold, crosshair, outline, scales."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from analysis.figures.heat_layers import colour_limit, overlay
from app.components.heat_grid import attribution_colours
from tests.app.apps.drawn_heat import HEIGHT, WIDTH, draw_heat, draw_mask, draw_picture
from tests.app.heat_grid_tab import DEMO, GridTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]
HIDDEN = 58  # the grey of what the threshold hides where the map is alone


@pytest.fixture
def grid_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO))


@pytest.fixture
def demo(same_tab: Any, grid_url: str) -> GridTab:
    return GridTab(same_tab, grid_url)


def test_the_overlay_has_the_colours_of_the_exported_figure_and_the_picture_where_the_map_is_hidden(
    demo: GridTab,
) -> None:
    for percent in (0, 50, 100):
        demo.slide("Opacity", percent)
        wanted = overlay(draw_picture(), draw_heat(0), opacity=percent / 100) * 255
        apart = np.abs(demo.pixels("signed").astype(float) - wanted)
        assert (apart <= 1.01).mean() > 0.995  # a number on the border between two colours may take the next one
        assert apart.max() <= 6

    demo.slide("Hide weakest", 60)
    sizes = np.abs(draw_heat(0))
    hidden = sizes < np.quantile(sizes, 0.59)
    levels = np.rint(draw_picture()[0] * 255)
    assert (demo.pixels("signed")[hidden] == levels[hidden][:, None]).all()


def test_the_map_alone_has_a_colour_for_each_number_and_the_threshold_hides_exactly_the_weakest(demo: GridTab) -> None:
    demo.press("Map alone")
    heat, colours = draw_heat(0), attribution_colours()
    pixels = demo.pixels("signed").astype(int)
    assert (pixels[np.unravel_index(heat.argmax(), heat.shape)] == colours[-1]).all()
    assert (pixels[np.unravel_index(heat.argmin(), heat.shape)] == colours[0]).all()
    nearest = np.unravel_index(np.abs(heat).argmin(), heat.shape)
    assert np.abs(pixels[nearest] - colours[127]).max() <= 4
    positive = demo.pixels("positive").astype(int)
    assert not (positive[..., 2] > positive[..., 0] + 20).any()  # nothing is violet

    for percent in (0, 10, 40, 99):
        demo.slide("Hide weakest", percent)
        is_hidden = (demo.pixels("signed") == HIDDEN).all(axis=-1)
        sizes = np.abs(draw_heat(0))
        assert is_hidden.sum() == percent * HEIGHT * WIDTH // 100
        if percent:
            assert sizes[is_hidden].max() < sizes[~is_hidden].min()


def test_words_tell_verdicts_and_the_crosshair_each_maps_number_on_the_same_pixel_everywhere(demo: GridTab) -> None:
    expect(demo.stage("positive").locator(".hg-stale")).to_be_visible()
    expect(demo.stage("signed").locator(".hg-stale")).to_be_hidden()
    expect(demo.row("signed").locator(".hg-verdict")).to_have_text("Believable")
    expect(demo.row("positive").locator(".hg-verdict")).to_have_text("Doubtful")
    shapes = [demo.row(name).locator(".hg-badge").get_attribute("d") for name in ("signed", "positive")]
    assert shapes[0] != shapes[1]

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


def test_the_outline_lies_on_the_masks_border_and_is_switched_off_and_on(demo: GridTab) -> None:
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

    outline = demo.stage("signed").locator(".hg-outline.hg-light")
    expect(outline).to_be_visible()
    demo.page.get_by_label("Outline of finding").uncheck()
    expect(outline).to_be_hidden()
    demo.stage("signed").focus()
    demo.page.keyboard.press("m")
    expect(outline).to_be_visible()


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


def test_a_colour_picture_is_grey_below_the_map_and_itself_alone(same_tab: Any, grid_url: str) -> None:
    demo = GridTab(same_tab, f"{grid_url}/?colour=1")
    demo.slide("Opacity", 0)
    below = demo.pixels("signed").astype(int)
    assert (np.ptp(below, axis=-1) == 0).all()
    assert np.abs(below[..., 0] - draw_picture(is_colour=True).mean(axis=0) * 255).max() <= 1.01
    demo.press("Picture alone")
    own = np.rint(np.moveaxis(draw_picture(is_colour=True), 0, -1) * 255)
    assert (demo.pixels("signed") == own).all()


def test_the_small_maps_take_the_large_ones_scale_when_asked_and_say_where_their_colours_end(demo: GridTab) -> None:
    demo.press("Map alone")
    ends = demo.row("signed").locator(".hg-ends")
    limit = colour_limit(draw_heat(0))
    expect(ends.nth(1)).to_have_text(f"±{colour_limit(10 * draw_heat(1)):.3g}")
    own, random = demo.pixels("signed", 1), demo.pixels("signed", 3)
    assert (own == attribution_colours()[-1]).all(axis=-1).mean() < 0.02
    demo.page.get_by_label("Same scale in a row").check()
    expect(ends.nth(1)).to_have_text(f"±{limit:.3g}")
    expect(demo.row("signed").locator(".hg-bar-end").nth(1)).to_have_text(f"≥ +{limit:.3g}")
    expect(demo.row("positive").locator(".hg-bar-end").nth(0)).to_have_text("0")
    shared = demo.pixels("signed", 1)  # ten times as strong: most of it is beyond the large one's ends
    ends = (shared == attribution_colours()[-1]).all(axis=-1) | (shared == attribution_colours()[0]).all(axis=-1)
    assert 0.88 < ends.mean() < 0.92
    assert (demo.pixels("signed", 3) == random).all()  # its numbers cannot be compared
