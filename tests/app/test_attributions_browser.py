"""The attributions page as a reader meets it: a map with its verdict, a cancel that keeps it, many cases as one map."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
VERDICTS = re.compile("believable|doubtful|fails")
LONG_MS = 90_000

OpenTiny = Callable[..., Page]


@pytest.fixture(scope="module")
def open_tiny(
    streamlit_server: Any,
    open_lasting_page: Any,
    tiny_model: Path,
    tiny_pictures: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OpenTiny]:
    """Opens the page on the tiny model; errors of its scripts fail the last test."""
    settings = {
        "XAAE_CHECKPOINT": str(tiny_model),
        "XAAE_DATA": str(tiny_pictures),
        "XAAE_CACHE": str(tmp_path_factory.getbasetemp() / "attributions"),
    }
    url = streamlit_server(ROOT / "app" / "main.py", environment=settings)
    errors: list[str] = []

    def open_one(**address: str) -> Page:
        page: Page = open_lasting_page(
            f"{url}/attributions?{urlencode(address)}",
            before=lambda tab: tab.on("pageerror", lambda error: errors.append(str(error))),
        )
        return page

    yield open_one
    assert errors == []


@pytest.fixture(scope="module")
def page(open_tiny: OpenTiny) -> Page:
    """A tab with a finished map, which two tests go on in."""
    page = open_tiny(methods="Saliency")
    expect(page.locator(".hg-row").first.get_by_text(VERDICTS).first).to_be_visible(timeout=LONG_MS)
    return page


def test_a_map_gets_its_checks_and_its_verdict_and_tells_all_on_a_click(page: Page) -> None:
    row = page.locator(".hg-row").first
    expect(row.get_by_text(VERDICTS).first).to_be_visible()
    expect(row.get_by_text("Changes with the model")).to_be_visible()
    picture = row.locator("canvas").first.bounding_box()
    assert picture is not None
    assert picture["width"] >= 300, "the image is larger than its controls"
    row.get_by_role("button", name="Saliency").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Measured")).to_be_visible()
    expect(dialog.get_by_text("deletion", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_cancelled_method_leaves_the_finished_one_and_can_go_on(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    side = page.get_by_role("spinbutton", name="Occlusion, ablation: side of the square")
    side.fill("2")  # some thousand passes for the map, and several times as many for its checks
    side.press("Enter")
    page.keyboard.press("Escape")
    methods = page.get_by_role("combobox", name=re.compile("^By"))
    methods.click()
    page.get_by_role("option", name="Occlusion").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancel").click(timeout=LONG_MS)
    expect(page.get_by_text("Cancelled; what was finished is below.")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Cancelled; what was finished is below.")).to_have_count(0)
    expect(page.locator(".hg-row").nth(1).get_by_text(VERDICTS).first).to_be_visible(timeout=LONG_MS)


def test_many_cases_become_one_map(open_tiny: OpenTiny) -> None:
    page = open_tiny(view="Many", method="Saliency")
    page.get_by_role("button", name="Make the mean map").click(timeout=LONG_MS)
    expect(page.locator(".hg-row")).to_have_count(3, timeout=LONG_MS)
    expect(page.get_by_role("button", name="All 24 cases")).to_be_visible()
