"""From an empty folder to a moved slider in the browser, without the command line."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.app.app_tab import SCROLLS
from tests.app.cli_folders import write_pictures
from tests.app.path_viewer_tab import READ_CANVAS
from tests.app.training_jobs import end_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90_000
FEW_EPOCHS = {"Arrange the codes": 1, "Learn to draw": 2, "Learn the target": 2, "Make moves show": 0, "Sharpen": 1}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    (folder / "my_pictures").mkdir()
    yield folder
    end_all(folder / "runs")


@pytest.fixture(scope="module")
def app_url(streamlit_server: Any, home: Path) -> str:
    settings = {
        "XAAE_CACHE": str(home / "cache"), "XAAE_CHECKPOINT": "", "XAAE_DATA": "", "XAAE_MODELS": str(home / "models"),
        "XAAE_RUNS": str(home / "runs"), "XAAE_BROWSE": str(home), "OMP_WAIT_POLICY": "PASSIVE",
    }  # fmt: skip
    return str(streamlit_server(ROOT / "app" / "main.py", environment=settings))


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def fill_number(page: Page, label: str, value: int) -> None:
    box = page.get_by_role("spinbutton", name=label, exact=True)
    box.fill(str(value))
    box.press("Enter")


def wait_idle(page: Page) -> None:
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=30_000
    )


def test_from_an_empty_folder_of_pictures_to_a_moved_slider(open_page: Any, app_url: str, home: Path) -> None:
    page: Page = open_page(app_url)
    button(page, "Train a model on your own pictures").click(timeout=PATIENCE)
    choose_the_empty_folder(page, home)
    choose_a_short_training(page)
    button(page, "Start the training").click()
    watch_it_finish(page)
    button(page, "Explore this model").click()
    move_the_slider(page)


def choose_the_empty_folder(page: Page, home: Path) -> None:
    """By looking around; pictures come into it only after the page has said what is missing."""
    page.get_by_role("button", name="my_pictures/ · no pictures").click()
    button(page, "Use this folder").click()
    expect(page.get_by_text("There are no pictures or signals in my_pictures yet.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("One folder for each class")).to_be_visible()
    write_pictures(home / "my_pictures", per_class=40)
    button(page, "Look again").click()
    expect(page.get_by_text("80 pictures", exact=True)).to_be_visible(timeout=PATIENCE)
    wait_idle(page)
    go_on = button(page, "Next: choose a model")
    if not go_on.is_enabled():
        page.get_by_text("I have read this and go on all the same").click()
    go_on.click()


def choose_a_short_training(page: Page) -> None:
    expect(button(page, "Start the training")).to_be_disabled()
    page.get_by_text("Quick look", exact=True).click()
    page.get_by_text("Advanced: epochs, sizes, learning rate").click()
    for label, n_epochs in FEW_EPOCHS.items():
        fill_number(page, label, n_epochs)
    fill_number(page, "Numbers of a code", 4)
    fill_number(page, "Pictures' side, pixels", 48)
    wait_idle(page)
    page.get_by_text("No: a mirrored picture is as good").click()
    expect(page.get_by_text("Time, about")).to_be_visible(timeout=PATIENCE)
    expect(button(page, "Start the training")).to_be_enabled()


def watch_it_finish(page: Page) -> None:
    begun = re.compile("Starting|Reading the pictures|epoch [0-9]+ of|Finished in")  # a fast one may be seen only late
    expect(page.get_by_text(begun).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("Finished in"))).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-testid=stImage] img").first, "drawn pictures").to_be_visible(timeout=PATIENCE)
    charts = page.locator("[data-testid=stVegaLiteChart]")
    expect(charts.nth(1), "losses and balance").to_be_visible(timeout=PATIENCE)  # the page is drawn from top to bottom
    assert "run=my_pictures-quick" in page.url
    wide, room = page.evaluate(SCROLLS)
    assert wide <= room
    page.reload()
    expect(button(page, "Explore this model")).to_be_visible(timeout=PATIENCE)


def move_the_slider(page: Page) -> None:
    expect(page.locator(".pv[data-ready]")).to_be_visible(timeout=PATIENCE)
    before = decoded_levels(page)
    page.locator(".pv-slider").press("End")
    expect(page.locator(".pv-panel-decoded .pv-title")).to_have_text("Decoded at +3.0 SD")
    page.wait_for_timeout(200)  # the canvas is painted in the next frame
    assert np.abs(decoded_levels(page) - before).max() > 10


def decoded_levels(page: Page) -> np.ndarray:
    """What is drawn in the panel of the decoded picture."""
    levels = base64.b64decode(page.locator("canvas[data-panel=decoded]").evaluate(READ_CANVAS))
    return np.frombuffer(levels, dtype=np.uint8).astype(int)
