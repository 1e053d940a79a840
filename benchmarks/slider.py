"""From a key on the slider to changed pixels: the path viewer of the app against `st.slider` and `st.image`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks.browser import PATIENCE_MS, WINDOW, chromium
from benchmarks.comparison import Comparison
from benchmarks.servers import free_port, our_app, plain_app, serving

REST_MS = 800
"""Between two keys, so that both servers have long finished with the last one."""
BLOCK = 5
"""Keys in one page before it is the other's turn."""
SWING = 5
"""Steps to either side of the middle: no key meets the end of the slider."""

# Compares the picture as it is drawn, frame by frame, from the key's own time stamp on.
_WATCH = """([picture, slider]) => {
    slider.focus();
    const sheet = new OffscreenCanvas(192, 192).getContext("2d", { willReadFrequently: true });
    const read = () => {
        if (picture.tagName === "IMG" && !(picture.complete && picture.naturalWidth)) return null;
        sheet.drawImage(picture, 0, 0, 192, 192);
        return sheet.getImageData(0, 0, 192, 192).data.reduce((sum, value) => (sum * 31 + value) | 0, 0);
    };
    const before = read();
    window.changed = new Promise((resolve, reject) => {
        addEventListener("keydown", (event) => {
            const look = () => {
                const now = read();
                if (now !== null && now !== before) resolve(performance.now() - event.timeStamp);
                else if (performance.now() - event.timeStamp > 20000) reject(new Error("the picture did not change"));
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        }, { capture: true, once: true });
    });
}"""


@dataclass(frozen=True)
class SliderPage:
    """A page with a slider and a picture.

    Attributes:
        page: the tab.
        slider: selector of the slider.
        picture: selector of what changes.
    """

    page: Page
    slider: str
    picture: str

    def seconds_of(self, key: str) -> float:
        """Press a key on the slider; seconds until other pixels are drawn."""
        handles = [self.page.locator(self.picture).element_handle(), self.page.locator(self.slider).element_handle()]
        self.page.evaluate(_WATCH, handles)
        self.page.keyboard.press(key)
        milliseconds: float = self.page.evaluate("() => window.changed")
        self.page.wait_for_timeout(REST_MS)
        return milliseconds / 1000


def keys(n: int) -> list[str]:
    """n keys that swing around the middle of the slider."""
    swing = ["ArrowRight"] * SWING + ["ArrowLeft"] * 2 * SWING + ["ArrowRight"] * SWING
    return [swing[index % len(swing)] for index in range(n)]


@contextmanager
def slider_pages(browser: Browser) -> Iterator[tuple[SliderPage, SliderPage]]:
    """Our traverse page and the plain one, both served and drawn."""
    ports = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory() as cache,
        serving(our_app(ports[0]), ports[0], cache=Path(cache)) as ours,
        serving(plain_app("plain_slider.py", ports[1]), ports[1], cache=Path(cache)) as plain,
    ):
        pages = []
        for url, slider, picture, ready in (
            (f"{ours.url}/traverse", ".pv-slider", "canvas[data-panel=decoded]", ".pv[data-ready='21']"),
            (plain.url, "[data-testid=stSlider] input", "[data-testid=stImage] img", "[data-testid=stImage] img"),
        ):
            page = browser.new_context(viewport=WINDOW).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(url)
            page.locator(ready).wait_for()
            page.wait_for_timeout(2 * REST_MS)
            pages.append(SliderPage(page, slider, picture))
        yield pages[0], pages[1]


def run(*, is_quick: bool = False) -> list[Comparison]:
    """The comparison of this file."""
    sequence = keys(BLOCK if is_quick else 60)
    seconds = np.empty((len(sequence), 2))
    with chromium() as browser, slider_pages(browser) as pages:
        for page in pages:  # warm-up: there and back
            page.seconds_of("ArrowRight"), page.seconds_of("ArrowLeft")
        for start in range(0, len(sequence), BLOCK):
            for column, page in enumerate(pages):
                page.page.bring_to_front()
                for row in range(start, min(start + BLOCK, len(sequence))):
                    seconds[row, column] = page.seconds_of(sequence[row])
    return [
        Comparison(
            "slider key to pixels",
            "path viewer in the app: every frame is in the browser",
            "st.slider, rerun, decode one frame, st.image (as JPEG)",
            seconds[:, 0],
            seconds[:, 1],
            "headless Chromium, the same model and picture in both",
        )
    ]
