"""The examples page as a reader meets it: every picture is its own case's, and a click opens that case."""

import base64
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from app.components.case_strip.thumbnails import make_thumbnail
from app.examples_page.pictures import LARGEST
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.phantoms import draw_by_id
from xaae_core.demo import demo_checkpoint

pytestmark = pytest.mark.browser
SIDE = load_checkpoint(demo_checkpoint()).model.input_size[0]
# The red levels, base64: a list of numbers takes Playwright seconds.
PIXELS = """image => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);
  return [canvas.height, btoa(text)];
}"""


class ExamplesPage:
    """A tab with the examples of a case of the demo."""

    def __init__(self, open_page: Any, url: str, address: str = "", **options: Any) -> None:
        self.errors: list[str] = []
        self.page: Page = open_page(f"{url}/examples{address}", before=self.listen, **options)
        self.wait()

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def wait(self) -> None:
        """Until the rows are drawn and the script rests."""
        self.page.locator(".ex-frame[data-state=there]").first.wait_for(timeout=60_000)
        expect(self.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")

    @property
    def tiles(self) -> Locator:
        return self.page.locator(".ex-tile")

    def ids(self, row: str) -> list[str]:
        found: list[str] = (
            self.page.get_by_role("list", name=row)
            .locator(".ex-tile")
            .evaluate_all("tiles => tiles.map(tile => tile.dataset.case)")
        )
        return found

    def assert_pictures_are_their_own_cases(self) -> int:
        """Compares each picture with its case drawn anew; returns how many."""
        n = self.tiles.count()
        for place in range(n):
            tile = self.tiles.nth(place)
            expect(tile.locator(".ex-frame")).to_have_attribute("data-state", "there")
            height, levels = tile.locator("img").evaluate(PIXELS)
            case = str(tile.get_attribute("data-case"))
            wanted = make_thumbnail(draw_by_id(case, size=SIDE).image[None], LARGEST)
            drawn = np.frombuffer(base64.b64decode(levels), dtype=np.uint8)
            np.testing.assert_array_equal(drawn.reshape(height, -1), wanted, err_msg=case)
        return n


def test_every_picture_is_its_own_cases_and_a_click_opens_it(open_page: Any, demo_app_url: str) -> None:
    tab = ExamplesPage(open_page, demo_app_url, "?examples=8")
    first = tab.ids("Most similar")
    assert len(first) == 8, "as the address asks"
    assert tab.assert_pictures_are_their_own_cases() == 16
    rows = tab.page.locator(".ex-tiles")
    wanted = first[2]
    rows.first.locator(".ex-open").nth(2).click()
    expect(tab.page.locator("[data-testid=stMarkdown] strong", has_text=wanted).first).to_be_visible()
    expect(rows.first.locator(f"[data-case='{wanted}']")).to_have_count(0)
    tab.wait()
    assert tab.ids("Most similar") != first
    assert tab.assert_pictures_are_their_own_cases() == 16
    assert tab.errors == []


def test_the_case_and_two_rows_are_seen_at_once_and_traverse_is_one_click_away(
    open_page: Any, demo_app_url: str
) -> None:
    tab = ExamplesPage(open_page, demo_app_url)
    for name in ("Most similar", "What it is a mixture of"):
        box = tab.page.get_by_role("list", name=name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 800
        assert box["x"] + box["width"] <= 1280
    picture = tab.page.locator(".st-key-examples_case img").bounding_box()
    tile = tab.tiles.first.locator("img").bounding_box()
    assert picture is not None
    assert tile is not None
    assert picture["width"] > 1.5 * tile["width"]
    wanted = tab.ids("Most similar")[0]
    tab.tiles.first.hover()
    tab.tiles.first.get_by_role("button", name="Traverse", exact=True).click()
    expect(tab.page.locator(".pv-panel-original")).to_contain_text(wanted, timeout=60_000)
    assert tab.errors == []


def test_doubtful_labels_are_chosen_for_the_maps(open_page: Any, demo_app_url: str) -> None:
    tab = ExamplesPage(open_page, demo_app_url, "?examples_tab=Labels+worth+a+second+look")
    assert tab.assert_pictures_are_their_own_cases() == 12
    tab.page.get_by_role("button", name="Choose these 12").click()
    see = tab.page.get_by_role("button", name="See them on the maps")
    expect(see).to_be_enabled()
    see.click()
    tab.page.get_by_text(re.compile("12 cases chosen")).wait_for(timeout=60_000)
    assert tab.errors == []
