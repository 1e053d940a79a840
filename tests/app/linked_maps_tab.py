"""A tab with the linked maps in it, for the browser tests."""

import base64
import re
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from tests.app.apps.case_pictures import SHAPE, decode_number
from tests.app.apps.drawn_maps import drawn_points

APP = Path(__file__).parent / "apps" / "linked_maps_app.py"
UNDER_HEADER = 70  # Streamlit's own bar lies over the page
# What is on screen at one moment: the rings, and what the card shows.
READ_CARD = """(isPacked) => {
    const host = [...document.querySelectorAll("*")].find((node) => node.shadowRoot?.querySelector(".lm"));
    const card = host.shadowRoot.querySelector(".lm-card");
    const rings = [...host.shadowRoot.querySelectorAll(".lm-stage")].map((stage) => stage.dataset.ring);
    const canvas = card.querySelector("canvas");
    const { data } = canvas ? canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height) : { data: [] };
    const levels = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
    return {
        rings, isShown: !card.hidden, row: card.dataset.row ?? null, state: card.dataset.state ?? null,
        name: card.querySelector(".lm-card-name").textContent, frame: card.querySelector(".lm-card-frame").textContent,
        levels: isPacked ? btoa(String.fromCharCode(...levels)) : levels,
    };
}"""
SLOW_DOWN = """(ms) => {
    const fetched = window.fetch;
    window.fetch = async (...request) => {
        await new Promise((done) => setTimeout(done, ms));
        return fetched(...request);
    };
}"""
READ_PIXELS = """(canvas, places) => {
    const side = canvas.width;
    const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, side, side).data.buffer);
    return places.map(([x, y]) => {
        const [column, line] = [Math.floor(x * side), Math.floor(y * side)];
        return column >= 0 && line >= 0 && column < side && line < side ? pixels[line * side + column] : 0;
    });
}"""
NEXT_FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"
)


class MapsTab:
    """A tab with the demo page; keeps every error and every address it asked for."""

    def __init__(self, open_page: Any, url: str, *, n: int = 300, **options: Any) -> None:
        self.n = n
        self.errors: list[str] = []
        self.addresses: list[str] = []
        self.methods = ["tsne", str(options.get("second", "umap"))]
        tab = {name: options.pop(name) for name in ("width", "height", "colour_scheme") if name in options}
        self.page: Page = open_page(f"{url}/?{urlencode({'n': n, **options})}", before=self.listen, **tab)
        self.page.locator(f".lm[data-ready='{n}']").wait_for()
        self.stages = self.page.locator(".lm-stage")
        expect(self.stages.last).to_have_attribute("data-view", re.compile(r"\d"))

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: self.addresses.append(request.url))

    def settle(self) -> None:
        """Until what was asked for is drawn."""
        self.page.evaluate(NEXT_FRAMES)

    def points(self, panel: int = 0) -> NDArray[np.float64]:
        """Where every case is in the window, [n, 2]."""
        self.settle()
        stage = self.stages.nth(panel)
        box = stage.bounding_box()
        assert box is not None
        x, y, scale = map(float, (stage.get_attribute("data-view") or "").split())
        points = drawn_points(self.n, self.methods[panel]).astype(np.float64)
        middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
        return middle + (points - [x, y]) * [scale, -scale]

    def inside(self, panel: int = 0, margin: float = 12) -> NDArray[np.int64]:
        """Rows that are in view."""
        box = self.stages.nth(panel).bounding_box()
        assert box is not None
        low = np.array([box["x"], box["y"]]) + margin
        high = np.array([box["x"] + box["width"], box["y"] + box["height"]]) - margin
        low[1], high[1] = max(low[1], UNDER_HEADER), min(high[1], 780)  # the page may have been scrolled
        at = self.points(panel)
        return np.flatnonzero(((at > low) & (at < high)).all(axis=1))

    def hover(self, row: int, panel: int = 0, *, at: NDArray[np.float64] | None = None) -> dict[str, Any]:
        """Point at a case; what the card then shows, complete. ``at``: where the cases are, as ``points`` gives it."""
        x, y = self.points(panel)[row] if at is None else at[row]
        self.page.mouse.move(5, 5)
        self.page.mouse.move(x, y)
        expect(self.stages.nth(panel)).to_have_attribute("data-ring", re.compile(r"\d"))
        self.page.locator(".lm-card[data-state=complete]").wait_for()
        return self.card()

    def card(self) -> dict[str, Any]:
        found = cast("dict[str, Any]", self.page.evaluate(READ_CARD, True))
        return {**found, "levels": np.frombuffer(base64.b64decode(found["levels"]), dtype=np.uint8)}

    def assert_own_picture(self, row: int, panel: int = 0, *, at: NDArray[np.float64] | None = None) -> None:
        """The case pointed at is ringed everywhere, and the card is its own."""
        found = self.hover(row, panel, at=at)
        assert found["rings"] == [str(row)] * self.stages.count()
        assert (found["row"], found["name"]) == (str(row), f"case-{row:04d}")
        assert decode_number(found["levels"].reshape(SHAPE)) == row

    def assert_pictured(self, row: int) -> None:
        """Where points lie on points: the card is that of the ringed case, and this is at least as near."""
        found = self.hover(row)
        ring = int(found["row"])
        at = self.points()
        assert np.hypot(*(at[ring] - at[row])) < 1
        assert found["rings"] == [str(ring)] * self.stages.count()
        assert decode_number(found["levels"].reshape(SHAPE)) == ring & 0xFFFF

    def click(self, row: int, panel: int = 0, *, keys: str = "") -> None:
        x, y = self.points(panel)[row]
        for key in keys.split():
            self.page.keyboard.down(key)
        self.page.mouse.click(x, y)
        for key in keys.split():
            self.page.keyboard.up(key)

    def drag(self, corners: NDArray[np.float64], *, key: str = "") -> None:
        """Draw along corners in the window."""
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        for corner in corners[1:]:
            self.page.mouse.move(*corner)
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)

    def circle(self, panel: int = 0, *, x: float = 0.5, y: float = 0.5, radius: float = 0.25) -> NDArray[np.float64]:
        """A wavy ring in fractions of a panel, as corners in the window."""
        box = self.stages.nth(panel).bounding_box()
        assert box is not None
        turn = np.linspace(0, 2 * np.pi, 60)
        reach = radius * (1 + 0.25 * np.sin(5 * turn))
        middle = np.array([box["x"] + x * box["width"], box["y"] + y * box["height"]])
        return middle + box["width"] * np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)

    def report(self, pattern: str) -> "re.Match[str]":
        """Until Python's line on the page matches."""
        line = self.page.get_by_text(re.compile(r"^selected \d+ digest"))
        expect(line).to_have_text(re.compile(pattern))
        found = re.search(pattern, line.inner_text())
        assert found is not None
        return found

    def rows(self) -> list[int]:
        """The rows that Python has, of at most 400."""
        return [int(row) for row in self.page.get_by_text(re.compile(r"^rows")).inner_text().split()[1:]]

    def polygon(self) -> NDArray[np.float64]:
        text = self.page.get_by_text(re.compile(r"^polygon")).inner_text()
        return np.array([float(number) for number in re.findall(r"-?\d[\d.e+-]*", text)]).reshape(-1, 2)

    def press_button(self, name: str) -> None:
        """Press a button of the page; until the script has run and what it changed is drawn."""
        runs = int(self.report(r"runs (\d+)")[1])
        self.page.get_by_role("button", name=name, exact=True).click()
        self.report(f"runs {runs + 1}$")
        expect(self.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
        expect(self.page.locator(".lm[data-loading]")).to_have_count(0)
        self.settle()

    def legend(self, level: int) -> Locator:
        return self.page.locator(f".lm-entry[data-level='{level}']")

    def colours(self, panel: int = 0) -> NDArray[np.uint32]:
        """The pixel at each case, 0xAABBGGRR, uint32 [n]; 0 outside the view."""
        box = self.stages.nth(panel).bounding_box()
        assert box is not None
        places = (self.points(panel) - [box["x"], box["y"]]) / box["width"]
        canvas = self.stages.nth(panel).locator(".lm-points")
        return np.array(canvas.evaluate(READ_PIXELS, places.tolist()), dtype=np.uint32)
