"""Figures on their way from a page into the report, in headless Chromium: files, copies, order, and what is saved."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from analysis.provenance import read_provenance
from tests.app.app_tab import SCROLLS, TWO_FRAMES

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SIZES = [(1280, 800, "light"), (1920, 1080, "dark")]
DRAWN_MS = 90_000
SHOWN = ".st-key-report_preview img"
IS_DARK = """(wanted) => {
    const app = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor;
    return app.match(/[0-9.]+/g).slice(0, 3).every((level) => Number(level) < 128) === wanted;
}"""
FETCHED = """async (image) => {
    const bytes = await (await fetch(image.src)).arrayBuffer();
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}"""
COPIED = """async () => {
    const [item] = await navigator.clipboard.read();
    return [...new Uint8Array(await (await item.getType("image/png")).arrayBuffer())].slice(1, 4);
}"""


@pytest.fixture(scope="module")
def menus_url(streamlit_server: Any) -> str:
    return str(streamlit_server(ROOT / "tests" / "app" / "apps" / "figure_menus.py"))


def save(page: Page, label: str) -> bytes:
    with page.expect_download(timeout=DRAWN_MS) as coming:
        page.get_by_role("button", name=label, exact=True).click()
    return coming.value.path().read_bytes()


def test_a_menu_saves_copies_and_says_why_it_cannot(open_page: Any, menus_url: str) -> None:
    page: Page = open_page(menus_url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Take this figure").click()
    assert read_provenance(save(page, "SVG")).provenance.kind == "wave"
    assert save(page, "Everything (ZIP)").startswith(b"PK")
    page.get_by_role("button", name="Copy picture").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert bytes(page.evaluate(COPIED)) == b"PNG"
    page.get_by_text("Greyscale").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Copy picture")).to_have_count(0)
    page.get_by_role("button", name="Take the other figure").click()
    expect(page.get_by_role("checkbox", name="Greyscale")).to_be_checked()  # one style for all menus
    expect(page.get_by_text("runs 1")).to_be_visible()  # and nothing of this has drawn the page anew
    page.get_by_role("button", name="PNG", exact=True).click()
    expect(page.get_by_text("Failed to generate file")).to_be_visible()
    page.get_by_role("button", name="Copy picture").click()
    expect(page.get_by_text("Not copied")).to_be_visible()
    expect(page.get_by_text("Making broken.png failed: the wave has no points: choose more cases")).to_be_visible()


def test_figures_of_a_page_become_one_that_is_the_file(open_page: Any, demo_app_url: str) -> None:
    """In small light windows and in large dark ones; the tab is the one and then the other."""
    page: Page = open_page(f"{demo_app_url}/traverse")
    for label, size in zip(("This path", "Change at this step"), SIZES, strict=True):
        look(page, *size)
        page.get_by_role("button", name=label).click()
        page.get_by_role("button", name="Add to report").click()
        expect(page.get_by_text("Added.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Add to report")).to_have_count(0)
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_text("2 figures, 2 chosen")).to_be_visible()
    expect(page.locator(SHOWN)).to_be_visible(timeout=DRAWN_MS)
    expect(page.get_by_text("This is the PNG that is saved")).to_be_visible()
    for size in SIZES:
        look(page, *size)
        page.get_by_role("button", name="Save this figure").click()
        saved = save(page, "PNG")
        assert page.locator(SHOWN).evaluate(FETCHED) == hashlib.sha256(saved).hexdigest()
        panels = read_provenance(saved).provenance.settings["panels"]
        assert [panel["kind"] for panel in panels] == ["path", "change"]
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="PNG", exact=True)).to_have_count(0)
        wide, room = page.evaluate(SCROLLS)
        assert wide <= room
    down = page.get_by_role("button", name="Down").first
    down.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Up").nth(1)).to_be_focused()  # it is last now, and can only go up


def look(page: Page, width: int, height: int, scheme: Any) -> None:
    """Give the window a size and the system a theme."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(IS_DARK, arg=scheme == "dark")
    page.evaluate(TWO_FRAMES)
