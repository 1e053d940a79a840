"""Links in a real browser: what the address says after the slider was moved opens the same view elsewhere."""

from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from tests.app.app_tab import STEPS, AppTab

pytestmark = pytest.mark.browser
# At once: a slow machine would take keys that are pressed one after the other for several stops.
LEFT_THREE_TIMES = """slider => {
  const key = { key: "ArrowLeft", bubbles: true, composed: true, cancelable: true };
  for (let i = 0; i < 3; i++) slider.dispatchEvent(new KeyboardEvent("keydown", key));
}"""


def address_of(tab: AppTab) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(urlparse(tab.page.url).query).items()}


def test_a_moved_slider_a_copied_link_and_the_same_step_in_another_browser(open_page: Any, demo_app_url: str) -> None:
    tab = AppTab(open_page, demo_app_url, address="?range=%C2%B1%202%20SD")
    entries = tab.page.evaluate("history.length")
    tab.press("End")
    tab.wait_step("2")
    tab.viewer.locator("input[type=range]").first.evaluate(LEFT_THREE_TIMES)
    tab.wait_step("1.4")
    step, address = tab.step(), address_of(tab)
    assert step == STEPS - 4
    assert float(address["step"]) == pytest.approx(2 - 3 * 0.2)
    assert {"model", "data", "case", "range"} <= set(address)
    assert "phantom" not in tab.page.url, "the case's file name is in the address"
    assert tab.page.evaluate("history.length") == entries, "each stop of the slider became an entry of the history"

    tab.page.get_by_role("button", name="Share").click()
    link = tab.page.get_by_test_id("stCode").inner_text().strip()
    assert {key: values[-1] for key, values in parse_qs(urlparse(link).query).items()} == address
    assert urlparse(link).path == "/traverse"
    case = tab.case

    other = AppTab(open_page, demo_app_url, address=f"?{urlparse(link).query}")
    assert other.case == case
    expect(other.viewer).to_have_attribute("data-step", str(step))
    assert other.errors == []
    other.press("0")
    other.page.wait_for_function("!location.search.includes('step=')")
    assert other.page.url.count("model=") == 1


def test_a_link_to_a_model_that_is_not_there_names_it_and_goes_on_when_asked(open_page: Any, demo_app_url: str) -> None:
    page = open_page(f"{demo_app_url}/traverse?model={'0123456789abcdef'}&step=1.5")
    expect(page.get_by_text("0123456789abcdef")).to_be_visible()
    page.get_by_role("button", name="Go on with the model that is open").click()
    page.locator(".pv[data-ready]").wait_for()
    expect(page.get_by_text("It was made with another model")).to_be_visible()
    expect(page.locator(".pv-panel-decoded .pv-title")).to_have_text("Decoded at +1.5 SD")
