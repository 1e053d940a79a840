"""A tab with the whole app in it, for the browser tests."""

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.app.path_viewer_tab import ViewerTab

STEPS = 21
# Height of the part of the page that scrolls, and of what it shows at once.
SCROLLS = "() => { const main = document.querySelector('.stMain'); return [main.scrollWidth, main.clientWidth]; }"
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Resolves once the canvas shows other pixels than before the key, within two seconds.
PRESS_AND_WATCH = """async ([canvas, key]) => {
    const sum = (total, value, i) => (total * 31 + value) | 0;
    const read = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.reduce(sum, 0);
    const before = read();
    const slider = canvas.getRootNode().querySelector("input[type=range]");
    slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
    for (let i = 0; i < 120; i++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (read() !== before) return true;
    }
    return false;
}"""


class AppTab(ViewerTab):
    """The traverse page, its path complete."""

    def __init__(self, open_page: Any, url: str, *, address: str = "", **options: Any) -> None:
        super().__init__(open_page, f"{url}/traverse{address}", **options)
        self.wait_ready(STEPS)
        self.wait_idle()

    def wait_idle(self) -> None:
        """Until the script has run to its end; the cases are drawn last."""
        self.page.locator(".cs-frame canvas").first.wait_for()
        expect(self.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")

    def wait_case(self, name: str) -> None:
        expect(self.page.locator(".pv-panel-original")).to_contain_text(name)
        self.wait_ready(STEPS)
        self.wait_idle()

    @property
    def case(self) -> str:
        words = self.page.locator(".pv-panel-original").inner_text()
        found = re.search(r"phantom-\d+", words)
        assert found is not None, words
        return found[0]

    def press(self, key: str) -> bool:
        """Press a key on the slider; whether the decoded picture shows other pixels soon after."""
        changed: bool = self.page.evaluate(PRESS_AND_WATCH, [self.canvas("decoded").element_handle(), key])
        return changed

    def wait_step(self, step: str | None) -> None:
        """Until the address names the step, which it does once the slider rests; None: step 0, which it leaves out."""
        here = "(step) => new URLSearchParams(location.search).get('step') === step"
        self.page.wait_for_function(here, arg=step)
        self.wait_idle()

    def resize(self, width: int, height: int) -> None:
        """Give the window another size; comes back once the page has been drawn in it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(TWO_FRAMES)

    def slider(self, label: str) -> Locator:
        return self.page.get_by_role("slider", name=re.compile(label))

    def download(self, label: str) -> bytes:
        with self.page.expect_download() as coming:
            self.page.get_by_role("button", name=label, exact=True).click()
        return coming.value.path().read_bytes()

    def assert_nothing_sticks_out(self) -> None:
        """No scrolling to the side."""
        wide, room = self.page.evaluate(SCROLLS)
        assert wide <= room
