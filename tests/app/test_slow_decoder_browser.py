"""A decoder of a third of a second a frame: the path fills in, says so, and leaves the page in use."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.app_tab import STEPS
from tests.app.path_viewer_tab import ViewerTab

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
# Read by Python as it starts; the app itself is left as it is.
SLOW_DOWN = """
import time
from xaae_core.models.aae import XaaeBlocks
decode = XaaeBlocks.decode
def slow(self, z, *arguments, **options):
    time.sleep(0.3 * len(z))
    return decode(self, z, *arguments, **options)
XaaeBlocks.decode = slow
"""


@pytest.fixture
def slow_url(streamlit_server: Any, tmp_path: Path) -> str:
    (tmp_path / "sitecustomize.py").write_text(SLOW_DOWN)
    settings = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "XAAE_CACHE": str(tmp_path / "cache")}
    settings |= {"XAAE_CHECKPOINT": "", "XAAE_DATA": "", "XAAE_MODELS": str(tmp_path / "none")}
    return str(streamlit_server(ROOT / "app" / "main.py", environment=settings))


def test_a_slow_path_fills_in_marked_while_the_page_is_in_use(open_page: Any, slow_url: str) -> None:
    tab = ViewerTab(open_page, f"{slow_url}/traverse")
    assert int(tab.viewer.get_attribute("data-ready") or 0) < STEPS
    tab.page.keyboard.press("End")
    tab.page.keyboard.press("ArrowLeft")
    expect(tab.page.locator(".pv-panel-decoded .pv-badge")).to_have_text(re.compile("is being computed"))
    expect(tab.page.get_by_role("button", name="This path")).to_be_visible()
    tab.page.locator(".cs-frame canvas").first.wait_for()
    assert int(tab.viewer.get_attribute("data-ready") or 0) < STEPS, "the rest of the page waited for the path"

    tab.wait_ready(STEPS)
    assert tab.step() == STEPS - 2  # the reader stayed where they were
    expect(tab.page.locator(".pv-panel-decoded .pv-badge")).to_be_hidden()
    tab.page.wait_for_timeout(2000)
    tab.sent.clear()
    tab.page.wait_for_timeout(4000)
    assert tab.sent == [], "nobody asks for more once the path is whole"
    assert tab.errors == []
