"""A tab with the grid of maps in it, for the browser tests."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

from tests.app.apps.drawn_heat import HEIGHT, WIDTH
from tests.app.path_viewer_tab import READ_CANVAS

DEMO = Path(__file__).parent / "apps" / "heat_grid_demo.py"
TWO_FRAMES = "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"


class GridTab:
    """A tab with the demo page; counts what the page sends to the server."""

    def __init__(self, open_page: Any, url: str, **options: Any) -> None:
        self.sent: list[int] = []
        self.errors: list[str] = []
        self.page: Page = open_page(url, before=self.listen, **options)
        self.grid: Locator = self.page.locator(".hg[data-ready]")
        self.grid.wait_for()
        expect(self.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
        self.wait_still()

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framesent", lambda data: self.sent.append(len(data))))

    def wait_still(self) -> None:
        """Until the page has stopped moving: Streamlit unfolds its sidebar and sets its scrollbar when all is there."""
        before = None
        while before is None or before != self.stage("signed").bounding_box():
            before = self.stage("signed").bounding_box()
            self.page.wait_for_timeout(150)

    def settle(self) -> None:
        """Until what was asked for is drawn."""
        self.page.evaluate(TWO_FRAMES)

    def row(self, name: str) -> Locator:
        return self.grid.locator(f".hg-row[data-row='{name}']")

    def stage(self, row: str, tile: int = 0) -> Locator:
        return self.row(row).locator(".hg-stage").nth(tile)

    def pixels(self, row: str, tile: int = 0) -> np.ndarray:
        """What is painted, uint8 [H, W, 3]."""
        self.settle()
        canvas = self.stage(row, tile).locator("canvas")
        data = base64.b64decode(canvas.evaluate(READ_CANVAS))
        return np.frombuffer(data, dtype=np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3]

    def slide(self, name: str, percent: int) -> None:
        self.page.get_by_label(f"{name}, percent").fill(str(percent))
        self.settle()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def point_at(self, row: str, column: int, line: int, tile: int = 0) -> None:
        """Hover the middle of a pixel."""
        box = self.stage(row, tile).bounding_box()
        assert box is not None
        self.page.mouse.move(
            box["x"] + (column + 0.5) / WIDTH * box["width"], box["y"] + (line + 0.5) / HEIGHT * box["height"]
        )
        self.settle()

    def transforms(self) -> set[str]:
        """The zoom of every tile, as CSS, and of the marks above it."""
        self.settle()
        canvases = "(all) => all.map((canvas) => canvas.style.transform)"
        return set(self.grid.locator("canvas").evaluate_all(canvases))

    def boxes(self) -> set[str]:
        return set(self.grid.locator(".hg-marks").evaluate_all("(all) => all.map((s) => s.getAttribute('viewBox'))"))
