"""A tab with the case strip in it, for the browser tests."""

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Locator, Page, expect

from tests.app.apps.case_pictures import SHAPE, decode_number

DEMO = Path(__file__).parent / "apps" / "case_strip_demo.py"
# What is on screen: each cell's id and the red channel of its picture, if it has arrived.
READ_CELLS = """() => {
    const host = [...document.querySelectorAll("*")].find((node) => node.shadowRoot?.querySelector(".cs"));
    return [...host.shadowRoot.querySelectorAll(".cs-cell")].map((cell) => {
        const canvas = cell.querySelector("canvas");
        if (!canvas) return { id: cell.dataset.id, levels: null };
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const levels = Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
        // as one word: a list of numbers takes many times as long on its way to the test
        const packed = btoa(String.fromCharCode(...levels));
        return { id: cell.dataset.id, size: [canvas.height, canvas.width], levels: packed };
    });
}"""


class StripTab:
    """A tab with the demo page; counts what crosses the wire."""

    def __init__(self, open_page: Any, url: str, *, scheme: str = "light", width: int = 1280, **query: object) -> None:
        self.received: list[int] = []
        self.errors: list[str] = []
        address = f"{url}/?{urlencode(query)}"
        self.page: Page = open_page(address, before=self.listen, colour_scheme=scheme, width=width)
        self.page.locator(".cs-count").wait_for()
        self.page.locator(".cs-count:not(:empty)").wait_for()

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if "case strip" in line.text else None)
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda data: self.received.append(len(data))),
        )

    def cell(self, case_id: str) -> Locator:
        return self.page.locator(f".cs-cell[data-id='{case_id}']")

    def shown(self) -> dict[str, int | None]:
        """The number in each picture on screen by the id under it; None: no picture there."""
        found: dict[str, int | None] = {}
        for cell in self.page.evaluate(READ_CELLS):
            if cell["levels"] is not None:
                assert tuple(cell["size"]) == SHAPE
                levels = np.frombuffer(base64.b64decode(cell["levels"]), dtype=np.uint8)
                found[cell["id"]] = decode_number(levels.reshape(SHAPE))
            else:
                found[cell["id"]] = None
        return found

    def assert_right_pictures(self, *, offset: int = 0) -> None:
        """No picture on screen belongs to another id, whatever has or has not arrived."""
        for case_id, number in self.shown().items():
            assert number is None or case_id == f"case-{number - offset:04d}"

    def wait_pictures(self, n_without: int = 0) -> None:
        """Until every cell has its picture or the words that there is none."""
        missing = self.page.locator(".cs-frame:not(:has(canvas, .cs-none))")
        expect(missing).to_have_count(0)
        expect(self.page.locator(".cs-none")).to_have_count(n_without)

    def expect_report(self, pattern: str) -> None:
        """Until Python's line on the page matches."""
        expect(self.page.get_by_text(re.compile(pattern)).first).to_be_visible()

    def report(self, name: str) -> str:
        text = self.page.get_by_text(re.compile(r"^selected .* runs \d+$")).inner_text()
        found = re.search(rf"{name} (\S+)", text)
        assert found is not None
        return found[1]
