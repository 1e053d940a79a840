"""A path of signals in a browser: what is drawn where, what can be read off, spans of time, channels, quickness."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.app.apps.drawn_signals import ORIGIN, RISE, STEPS, draw_signals
from tests.app.heat_grid_tab import TWO_FRAMES
from tests.app.path_viewer_tab import DEMO, ViewerTab

pytestmark = pytest.mark.browser
OF_STEP = """([canvas, box]) => {
  // rows, from the top of the stage, of the darkest pixel in a column: the strongest line is the step's
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const column = Math.round(box.x * (width - 1));
  const rows = [];
  for (let y = 0; y < height; y++) {
    const [r, g, b, a] = data.slice(4 * (y * width + column), 4 * (y * width + column) + 4);
    if (a > 128 && Math.max(r, g, b) < 90) rows.push(y / height);
  }
  return rows; }"""
MOST_DRAWING_MS = 100


class TraceTab(ViewerTab):
    """A tab with the demo page of signals."""

    def press(self, *keys: str) -> None:
        self.page.get_by_label("Position along the direction").focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.page.evaluate(TWO_FRAMES)

    def line(self, x: float) -> np.ndarray:
        """Where the step's line lies at a share of the time, in shares of the stage's height."""
        return np.array(self.canvas("decoded").evaluate(f"(canvas, box) => ({OF_STEP})([canvas, box])", {"x": x}))

    def point(self, x: float, y: float = 0.2) -> None:
        box = self.page.locator(".pv-trace-plot").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        self.page.evaluate(TWO_FRAMES)

    @property
    def caption(self) -> Locator:
        return self.page.locator(".pv-traces .pv-caption")

    @property
    def names(self) -> Locator:
        return self.page.locator(".pv-trace-name strong")


@pytest.fixture
def traces_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO.parent / "trace_viewer_demo.py"))


def test_a_step_lifts_the_line_where_and_as_much_as_the_signal_rises(open_page: Any, traces_url: str) -> None:
    tab = TraceTab(open_page, traces_url)
    tab.wait_ready(len(STEPS))
    before = {x: tab.line(x).min() for x in (0.3, 0.62)}
    tab.press(*["ArrowRight"] * (len(STEPS) - 1 - ORIGIN))
    assert tab.step() == len(STEPS) - 1
    assert tab.line(0.3).min() == pytest.approx(before[0.3], abs=0.01), "nothing changes there"
    assert tab.line(0.62).min() < before[0.62] - 0.02, "it is lifted"

    i = round(0.62 * 127)
    tab.point(i / 127)
    drawn = draw_signals()
    change = f"+{RISE * STEPS[-1]:.3g}\u00a0mV"
    expect(tab.caption).to_contain_text(f"{i / 128:.3f}\u00a0s · II: at +2.0 SD")
    expect(tab.caption).to_contain_text(f"change {change}")
    expect(tab.caption).to_contain_text(f"original {drawn.original[0, i]:.3g}".replace("-", "\u2212"))
    tab.point(i / 127, 0.8)
    expect(tab.caption).to_contain_text("V2: at")
    assert tab.errors == []


def test_the_lanes_have_names_units_seconds_and_words_for_who_cannot_see_them(open_page: Any, traces_url: str) -> None:
    tab = TraceTab(open_page, traces_url)
    tab.wait_ready(len(STEPS))
    assert tab.page.locator(".pv-trace-name").all_inner_texts() == ["II mV", "V2 µV"]
    assert tab.page.locator(".pv-time").all_inner_texts()[-1].endswith(" s")
    tab.press("ArrowRight")
    spoken = tab.canvas("decoded").get_attribute("aria-label") or ""
    assert spoken.startswith("Signal decoded at +0.5 SD against decoded at 0, 2 channels: ")
    assert "II up to 0.05\u00a0mV higher at 0." in spoken
    tab.page.get_by_role("button", name="shown: decoded").click()
    expect(tab.page.locator(".pv-key-step")).to_have_text("Edit at +0.5 SD on the original")
    assert not tab.page.get_by_role("button", name="all at once").is_visible()
    assert tab.errors == []


def test_a_span_of_time_is_looked_at_by_dragging_over_it(open_page: Any, traces_url: str) -> None:
    tab = TraceTab(open_page, traces_url)
    tab.wait_ready(len(STEPS))
    tab.point(0.5)
    tab.page.mouse.down()
    tab.point(0.75)
    tab.page.mouse.up()
    tab.page.evaluate(TWO_FRAMES)
    first = float(tab.page.locator(".pv-time").first.inner_text())
    assert 0.5 <= first < 0.6
    tab.page.get_by_role("button", name="whole time").click()
    expect(tab.page.locator(".pv-time").first).to_have_text("0")


def test_of_many_channels_some_are_scrolled_through_or_all_are_seen_at_once(open_page: Any, traces_url: str) -> None:
    tab = TraceTab(open_page, f"{traces_url}?channels=23&samples=3001")
    tab.wait_ready(len(STEPS))
    assert 4 <= tab.names.count() < 23
    expect(tab.caption).to_contain_text("of 23 in view, scroll for the others")
    tab.page.get_by_role("button", name="all at once").click()
    expect(tab.names).to_have_count(23)
    expect(tab.caption).not_to_contain_text("in view")
    boxes = [name.bounding_box() for name in tab.page.locator(".pv-trace-name").all()]
    tops, heights = zip(*[(box["y"], box["height"]) for box in boxes if box], strict=True)
    assert (np.diff(tops) >= np.array(heights[:-1]) - 2).all(), "names lie on each other"
    took = [_drawing_ms(tab, key) for key in ("ArrowRight", "ArrowLeft") * 8]
    assert np.median(took) < MOST_DRAWING_MS, f"drawing a step of 23 × 3001 samples took {np.median(took):.0f} ms"
    tab.page.get_by_role("button", name="large lanes").click()
    expect(tab.caption).to_contain_text("of 23 in view")
    assert tab.errors == []


def _drawing_ms(tab: TraceTab, key: str) -> float:
    """What the browser computes for one step: the longest callback before the next frame."""
    tab.page.evaluate(
        """() => { window.longest = 0; window.frames0 ??= window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (draw) => window.frames0((at) => {
          const begun = performance.now(); draw(at);
          window.longest = Math.max(window.longest, performance.now() - begun); }); }"""
    )
    tab.press(key)
    return float(tab.page.evaluate("window.longest"))
