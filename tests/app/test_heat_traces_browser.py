"""Maps along time in a browser: colours at their moments, the crosshair's numbers, zoom in time, channels."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.app.apps.drawn_traces import DIP, PULSE, RATE, draw_signal, form_of
from tests.app.heat_grid_tab import DEMO, TWO_FRAMES

pytestmark = pytest.mark.browser
READ_COLUMN = """([canvas, x, y]) => [...canvas.getContext("2d").getImageData(
  Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data.slice(0, 3)]"""
READ = "(canvas, [x, y]) => (" + READ_COLUMN + ")([canvas, x, y])"


class TracesTab:
    """A tab with the demo page of signals."""

    def __init__(self, open_page: Any, url: str) -> None:
        self.errors: list[str] = []
        self.page: Page = open_page(url, before=lambda page: page.on("pageerror", lambda e: self.errors.append(str(e))))
        self.grid = self.page.locator(".hg[data-ready]")
        self.grid.wait_for()
        self.stage = self.grid.locator(".hg-row[data-row=signed] .hg-stage").first
        self.page.wait_for_timeout(400)  # Streamlit unfolds its page

    def colour(self, sample: float, *, y: float = 0.02, n: int = 200) -> np.ndarray:
        """Of the band at a sample, above the trace of the first of two lanes."""
        self.page.evaluate(TWO_FRAMES)
        return np.array(self.stage.locator("canvas").evaluate(READ, [(sample + 0.5) / n, y]))

    def point(self, x: float, y: float) -> None:
        box = self.stage.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        self.page.evaluate(TWO_FRAMES)


@pytest.fixture
def traces_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO.parent / "heat_traces_demo.py"))


def middle(span: slice) -> float:
    return (span.start + span.stop - 1) / 2


def test_a_signals_map_lies_behind_its_trace_and_is_read_off_and_zoomed_in_time(
    open_page: Any, traces_url: str
) -> None:
    tab = TracesTab(open_page, traces_url)
    pulse, dip, quiet = (tab.colour(at, y=0.04) for at in (middle(PULSE) - 6, middle(DIP), 80))
    assert pulse[0] > pulse[2] + 40, "orange adds"
    assert dip[2] > dip[0] + 20, "violet takes away"
    assert quiet.min() > 225, "zero is nearly the page's own ground"

    tab.point((PULSE.start + 0.5) / 200, 0.25)
    form = form_of()
    value = form.in_units(draw_signal(form)[0])[0, PULSE.start]
    chip = tab.stage.locator(".hg-value")
    expect(chip).to_contain_text("+1 SD")
    expect(chip).to_contain_text(f"lead 1 {value:.3g} mV at {PULSE.start / RATE:.2f} s".replace("-", "−"))
    tab.point(0.5, 0.75)
    expect(chip).to_contain_text("lead 2")
    tab.page.mouse.move(5, 5)

    tab.stage.focus()
    tab.page.mouse.click(*_centre(tab, (middle(PULSE) + 0.5) / 200))
    for _ in range(4):
        tab.page.keyboard.press("+")
    tab.page.evaluate(TWO_FRAMES)
    spread = [tab.colour(x, y=0.04, n=100)[2] for x in range(5, 46, 5)]  # the pulse, five times as wide
    assert max(spread) < 160
    tab.page.keyboard.press("ArrowDown")
    expect(chip).to_contain_text("lead 2")
    tab.page.keyboard.press("0")
    assert tab.colour(80, y=0.04).min() > 225
    tab.page.get_by_role("button", name="Trace alone").click()
    assert tab.colour(middle(DIP), y=0.04).min() > 225
    assert tab.errors == []


def _centre(tab: TracesTab, x: float) -> tuple[float, float]:
    box = tab.stage.bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + 0.25 * box["height"]


def test_of_many_channels_the_strongest_are_in_view_and_others_can_be_chosen(open_page: Any, traces_url: str) -> None:
    tab = TracesTab(open_page, f"{traces_url}?channels=23&length=3001")
    heads = tab.grid.locator(".hg-row[data-row=signed] .hg-head-name")
    expect(heads).to_have_count(8)
    expect(heads.first).to_have_text("lead 1 mV")
    tab.grid.get_by_label("Channels").select_option("2")
    expect(heads).to_have_count(7)
    expect(heads.first).to_have_text("lead 17 mV")
    tab.stage.focus()
    tab.page.keyboard.press("PageDown")
    expect(heads.first).to_have_text("lead 1 mV")
    tab.grid.get_by_label("Channels").select_option("all")
    expect(heads).to_have_count(23)
    took = tab.stage.evaluate(
        """(stage) => { const tile = stage.tile;
        tile.grid.view.zoomAt(0.5, 0.5, 1.5); const begun = performance.now(); tile.grid.draw();
        return performance.now() - begun; }"""
    )
    assert took < 400, f"drawing all lanes of all tiles took {took:.0f} ms"
    assert tab.errors == []
