"""A tab with the path viewer in it, for the browser tests."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page

DEMO = Path(__file__).parent / "apps" / "path_viewer_demo.py"
LAST = 24  # index of the last step
READ_CANVAS = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
    return btoa(text);
}"""


class ViewerTab:
    """A tab with the demo page; counts what the page sends to the server."""

    def __init__(self, open_page: Any, url: str, **options: Any) -> None:
        self.sent: list[int] = []
        self.received: list[int] = []
        self.errors: list[str] = []
        self.page: Page = open_page(url, before=self.listen, **options)
        self.viewer: Locator = self.page.locator(".pv[data-ready]")
        self.viewer.wait_for()

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", self.count)

    def count(self, socket: Any) -> None:
        socket.on("framesent", lambda data: self.sent.append(len(data)))
        socket.on("framereceived", lambda data: self.received.append(len(data)))

    def wait_ready(self, n_steps: int = 25) -> None:
        self.page.locator(f".pv[data-ready='{n_steps}']").wait_for()

    def canvas(self, panel: str) -> Locator:
        return self.page.locator(f"canvas[data-panel={panel}]")

    def levels(self, panel: str) -> np.ndarray:
        canvas = self.canvas(panel)
        size = canvas.evaluate("(canvas) => [canvas.height, canvas.width]")
        data = base64.b64decode(canvas.evaluate(READ_CANVAS))
        return np.frombuffer(data, dtype=np.uint8).reshape(*size, 4)

    def step(self) -> int:
        return int(self.viewer.get_attribute("data-step") or -1)

    def title(self, panel: str) -> str:
        return self.page.locator(f".pv-panel-{panel} .pv-title").inner_text()
