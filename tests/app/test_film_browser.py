"""The MP4 of a path plays in a browser."""

import base64
from typing import Any

import pytest
from playwright.sync_api import Page

from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.provenance import Provenance
from tests.analysis.figures.paths import figure_of, path_of, signal_path

pytestmark = pytest.mark.browser
ENDED = """video => new Promise((done, failed) => {
    video.onended = () => done();
    video.onerror = () => failed(video.error.message);
    if (video.ended) done();
})"""


@pytest.mark.parametrize("path", [path_of(size=(33, 47)), signal_path()], ids=["pictures", "signals"])
def test_it_plays_to_its_end(chromium_page: Page, path: Any) -> None:
    film = export_figure(Figure(figure_of(path), Provenance(kind="path")), "mp4")
    source = f"data:video/mp4;base64,{base64.b64encode(film).decode()}"
    chromium_page.set_content(f'<video src="{source}" muted autoplay></video>')
    video = chromium_page.locator("video")
    video.evaluate(ENDED)
    assert video.evaluate("video => video.error") is None
    assert video.evaluate("video => video.duration") == pytest.approx(16 * 0.12, abs=0.02)
