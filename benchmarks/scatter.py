"""First paint, moving and choosing in a scatter of 1,000 to 1,000,000 points: the app's component against Altair."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PatienceError

from benchmarks.browser import PATIENCE_MS, WINDOW, chromium
from benchmarks.comparison import Comparison, take_turns
from benchmarks.servers import free_port, plain_app, serving

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LONGEST_SECONDS = 15
"""Where Altair takes longer to its first picture, it is left out: all its turns would take half an hour."""
FRAMES = 60

# The element that is drawn into: ours in the component's shadow, Vega's canvas, or its SVG for few points.
_FIND = """() => {
    const host = [...document.querySelectorAll("*")].find((node) => node.shadowRoot?.querySelector(".lm-stage"));
    const ours = host?.shadowRoot.querySelector(".lm-stage");
    return ours ?? document.querySelector("[data-testid=stVegaLiteChart] :is(canvas, svg)");
}"""
_IS_DRAWN = f"""() => {{
    const picture = ({_FIND})();
    if (!picture) return false;
    if (picture.tagName === "svg") return picture.querySelectorAll(".mark-symbol path").length > 100;
    const canvas = picture.querySelector?.("canvas") ?? picture;
    if (!canvas.width || !canvas.height) return false;
    const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    const counts = new Map();
    for (let at = 0; at < pixels.length; at += 7) counts.set(pixels[at], (counts.get(pixels[at]) ?? 0) + 1);
    return counts.size > 20; // axes alone have fewer colours
}}"""
# Moves the map by one event a frame; gives the seconds of each frame.
_PAN = f"""async ([frames, button, shiftKey]) => {{
    const picture = ({_FIND})();
    picture.setPointerCapture = () => {{}};
    const box = picture.getBoundingClientRect();
    const [x, y, turn] = [box.left + box.width / 2, box.top + box.height / 2, frames / (2 * Math.PI)];
    const fire = (type, k, buttons) => picture.dispatchEvent(new PointerEvent(type, {{
        clientX: x + 60 * Math.sin(k / turn), clientY: y + 60 * (1 - Math.cos(k / turn)), pointerId: 1, isPrimary: true,
        button: type === "pointermove" ? -1 : button, buttons, shiftKey,
        bubbles: true, composed: true, cancelable: true,
    }}));
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
    fire("pointermove", 0, 0);
    fire("pointerdown", 0, button ? 2 : 1);
    const seconds = [];
    let last = await frame();
    for (let k = 1; k <= frames && seconds.reduce((a, b) => a + b, 0) < 5; k++) {{
        fire("pointermove", k, button ? 2 : 1);
        const now = await frame();
        seconds.push((now - last) / 1000);
        last = now;
    }}
    fire("pointermove", 0, button ? 2 : 1); // back where it was
    await frame();
    fire("pointerup", 0, 0);
    return seconds;
}}"""
# Until the page says how many were chosen after a press that ended at `since`.
_CHOSEN = """([since, before]) => new Promise((done, fail) => {
    const look = () => {
        const now = [...document.querySelectorAll("[data-testid=stText]")].map((line) => line.textContent).join();
        if (/chosen \\d+/.test(now) && now !== before) done((performance.now() - since) / 1000);
        else if (performance.now() - since > 120000) fail(new Error("nothing was chosen"));
        else requestAnimationFrame(look);
    };
    look();
})"""


@dataclass(frozen=True)
class ScatterPage:
    """A way to draw points.

    Attributes:
        browser: opens its pages.
        url: of its server.
        button: that moves the map: 0 left, 2 right.
        with_shift: whether Shift is held to move it.
    """

    browser: Browser
    url: str
    button: int
    with_shift: bool

    @contextmanager
    def opened(self, n: int, *, within_ms: float = PATIENCE_MS) -> Iterator[tuple[Page, float]]:
        """A fresh tab with n points drawn, and the seconds until it showed them."""
        context = self.browser.new_context(viewport=WINDOW)
        try:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            started = time.perf_counter()
            page.goto(f"{self.url}/?n={n}")
            page.wait_for_function(_IS_DRAWN, polling=50, timeout=within_ms)
            yield page, time.perf_counter() - started
        finally:
            context.close()

    def first_paint(self, n: int) -> float:
        """Seconds from opening the page to its points."""
        with self.opened(n) as (_, seconds):
            return seconds

    def frame_seconds(self, page: Page) -> float:
        """Median seconds of a frame while the map is moved."""
        page.bring_to_front()
        seconds: list[float] = page.evaluate(_PAN, [FRAMES, self.button, self.with_shift])
        page.wait_for_timeout(500)
        return float(np.median(seconds))

    def choosing_seconds(self, page: Page, turn: int) -> float:
        """Seconds from letting go of a rectangle or lasso to the number of chosen rows on the page.

        Each turn draws a larger one: a press inside Altair's last rectangle would move that.
        """
        page.bring_to_front()
        box = page.evaluate_handle(_FIND).as_element()
        assert box is not None
        place = box.bounding_box()
        assert place is not None
        x, y, reach = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2, 50 + 5 * turn
        before = ",".join(page.get_by_test_id("stText").all_inner_texts())
        page.mouse.move(x - reach, y - reach)
        page.mouse.down()
        for dx, dy in ((reach, -reach), (reach, reach)):
            page.mouse.move(x + dx, y + dy, steps=2)
        page.evaluate("() => addEventListener('pointerup', () => { window.letGo = performance.now(); }, true)")
        page.mouse.up()
        since = page.evaluate("() => window.letGo")
        seconds: float = page.evaluate(_CHOSEN, [since, before])
        page.wait_for_timeout(300)
        return seconds


def run(*, is_quick: bool = False) -> list[Comparison]:
    """The comparisons of this file."""
    repeats = 1 if is_quick else 5
    comparisons: list[Comparison] = []
    with chromium() as browser, _ways(browser) as (ours, plain):
        last: list[Comparison] = []
        is_left_out = False
        for n in SIZES:
            print(f"  {n:,} points …", flush=True)
            is_left_out = is_left_out or not _is_quick_enough(plain, n)
            last = _against_last(ours, n, last, repeats) if is_left_out else _compare(ours, plain, n, repeats)
            comparisons += last
    return comparisons


def _is_quick_enough(way: ScatterPage, n: int) -> bool:
    try:
        with way.opened(n, within_ms=LONGEST_SECONDS * 1000):
            return True
    except PatienceError:
        print(f"  left out: Altair with {n:,} points: no picture within {LONGEST_SECONDS} s", flush=True)
        return False


@contextmanager
def _ways(browser: Browser) -> Iterator[tuple[ScatterPage, ScatterPage]]:
    """Our page and the plain one, both served."""
    with ExitStack() as stack:
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = []
        for name in ("linked_maps_app.py", "plain_scatter.py"):
            port = free_port()
            urls.append(stack.enter_context(serving(plain_app(name, port), port, cache=cache)).url)
        yield ScatterPage(browser, urls[0], 2, False), ScatterPage(browser, urls[1], 0, True)


def _compare(ours: ScatterPage, plain: ScatterPage, n: int, repeats: int) -> list[Comparison]:
    """First paint, frames and choosing with n points, in turn with Altair."""
    painted = take_turns(lambda: ours.first_paint(n), lambda: plain.first_paint(n), repeats=repeats)
    with ours.opened(n) as (our_page, _), plain.opened(n) as (plain_page, _):
        turns = iter(range(10_000))
        moved = take_turns(
            lambda: ours.frame_seconds(our_page), lambda: plain.frame_seconds(plain_page), repeats=repeats
        )
        chosen = take_turns(
            lambda: ours.choosing_seconds(our_page, next(turns)),
            lambda: plain.choosing_seconds(plain_page, next(turns)),
            repeats=repeats,
        )
    return _named(n, painted, moved, chosen)


def _against_last(ours: ScatterPage, n: int, last: list[Comparison], repeats: int) -> list[Comparison]:
    """The same of ours alone, beside Altair's turns with the most points that it was measured with."""

    def alone(measure: Callable[[], float]) -> NDArray[np.float64]:
        return take_turns(measure, lambda: 0.0, repeats=repeats)[0]

    painted = alone(lambda: ours.first_paint(n))
    with ours.opened(n) as (page, _):
        turns = iter(range(10_000))
        moved = alone(lambda: ours.frame_seconds(page))
        chosen = alone(lambda: ours.choosing_seconds(page, next(turns)))
    pairs = [(seconds, other.other_seconds) for seconds, other in zip((painted, moved, chosen), last, strict=True)]
    note = (
        f"Altair showed nothing within {LONGEST_SECONDS} s; beside it are its turns with {last[0].name.split(':')[0]}"
    )
    return _named(n, *pairs, note=note)


Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def _named(n: int, painted: Pair, moved: Pair, chosen: Pair, *, note: str = "") -> list[Comparison]:
    rows = (
        ("page to first points", painted, ""),
        ("a frame of moving", moved, "16.7 ms is the screen's own pace"),
        ("lasso to ids", chosen, "ours a lasso, Altair a rectangle: it has no lasso"),
    )
    return [
        Comparison(
            f"{n:,} points: {name}", "linked maps in the app", "st.altair_chart, interval selection, rerun", *seconds,
            note or usual,
        )
        for name, seconds, usual in rows
    ]  # fmt: skip
