"""A browser writes an SVG's text with the font inside it."""

import re

import pytest
from playwright.sync_api import Page

from analysis.figures.export import draw_file
from tests.analysis.figures.drawings import Wave

pytestmark = pytest.mark.browser


def test_a_browser_writes_with_the_font_inside(chromium_page: Page) -> None:
    """Under a name that no machine has installed, and as wide as the font that matplotlib measured."""
    svg = draw_file(Wave(), "svg").decode()
    width = "[...document.querySelectorAll('text')].find(t => t.textContent == 'time (s)').getComputedTextLength()"

    def measured(source: str) -> float:
        chromium_page.set_content(f"<html><body>{source[source.index('<svg') :]}</body></html>")
        chromium_page.evaluate("document.fonts.ready.then(() => null)")
        return float(chromium_page.evaluate(width))

    nowhere = svg.replace("DejaVu Sans", "Nowhere Installed")
    font = re.compile(r"<style type=.text/css. id=.xaae-fonts.*?</style>", re.DOTALL)
    assert measured(nowhere) == pytest.approx(measured(svg))
    assert measured(nowhere) != pytest.approx(measured(font.sub("", nowhere)), rel=0.02)
