"""A running training in the browser: it is watched, paused, left alone, killed, taken up again and stopped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from analysis.provenance import read_provenance
from app.training.job import TrainingJob, start_job
from tests.app.app_tab import SCROLLS
from tests.app.cli_folders import write_pictures
from tests.app.training_jobs import await_state, await_status, end_all, process_of, tiny_request

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60_000
TICKS = "(node) => [...node.querySelectorAll('.role-axis-label text')].map((text) => text.textContent).join(' ')"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("watched") / "runs"
    yield folder
    end_all(folder)


@pytest.fixture(scope="module")
def job(runs: Path) -> TrainingJob:
    """A training of many short epochs."""
    pictures = write_pictures(runs.parent / "squares", per_class=24)
    epochs = {"epochs_adv": 1, "epochs_ae": 900, "epochs_classif": 1, "patience": 900}
    return start_job(pictures, runs / "long", tiny_request(training=epochs, size=(64, 64)))


@pytest.fixture(scope="module")
def app_url(streamlit_server: Any, runs: Path) -> str:
    settings = {
        "XAAE_CACHE": str(runs.parent / "cache"), "XAAE_CHECKPOINT": "", "XAAE_DATA": "",
        "XAAE_MODELS": str(runs.parent / "models"), "XAAE_RUNS": str(runs), "OMP_WAIT_POLICY": "PASSIVE",
    }  # fmt: skip
    return str(streamlit_server(ROOT / "app" / "main.py", environment=settings))


def state_of(page: Page, words: str) -> None:
    expect(page.get_by_text(f"long · {words}")).to_be_visible(timeout=PATIENCE)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def losses(page: Page) -> Locator:
    return page.locator("[data-testid=stVegaLiteChart][aria-label^='Loss per epoch']")


@pytest.mark.slow
def test_a_training_is_watched_paused_left_killed_taken_up_and_stopped(
    open_page: Any, app_url: str, job: TrainingJob
) -> None:
    page: Page = open_page(f"{app_url}/train")
    state_of(page, "Training")
    assert_a_zoom_stays(page, job)
    assert_a_figure_is_taken_from_a_menu_that_stays_open(page, job)
    press(page, "Pause")
    state_of(page, "Paused")
    page.close()
    assert job.status().state == "paused"
    page = open_page(f"{app_url}/train")  # found again without its name
    state_of(page, "Paused")
    press(page, "Resume")
    state_of(page, "Training")
    process_of(job).kill()
    state_of(page, "Stopped unexpectedly")
    press(page, "Resume")
    state_of(page, "Training")
    press(page, "Stop")
    state_of(page, "Stopped after")
    assert await_state(job, "stopped")


def wait_until_drawn_anew(page: Page) -> None:
    """With new epochs: once the second new picture is there, what stands below the first has been drawn as well."""
    picture = page.locator("[data-testid=stImage] img").first
    for _ in range(2):
        expect(picture).not_to_have_attribute("src", str(picture.get_attribute("src")), timeout=PATIENCE)


def assert_a_zoom_stays(page: Page, job: TrainingJob) -> None:
    """While epochs come in."""
    await_status(job, lambda _: len(job.epochs()) >= 6)
    chart = losses(page)
    expect(chart).to_be_visible(timeout=PATIENCE)
    expect(chart.locator(".role-axis-label text").first).to_be_attached()
    chart.scroll_into_view_if_needed()
    wide = chart.evaluate(TICKS)
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.down("Shift")
    for _ in range(3):
        page.mouse.wheel(0, -200)
    page.keyboard.up("Shift")
    page.wait_for_timeout(500)
    zoomed, n_epochs = chart.evaluate(TICKS), len(job.epochs())
    assert zoomed != wide
    wait_until_drawn_anew(page)
    assert len(job.epochs()) > n_epochs
    assert chart.evaluate(TICKS) == zoomed


def assert_a_figure_is_taken_from_a_menu_that_stays_open(page: Page, job: TrainingJob) -> None:
    """While epochs come in, and the page is drawn anew with each."""
    press(page, "Take the curves")
    button = page.get_by_role("button", name="SVG", exact=True)
    expect(button).to_be_visible(timeout=PATIENCE)
    n_epochs = len(job.epochs())
    wait_until_drawn_anew(page)
    assert len(job.epochs()) > n_epochs
    expect(button).to_be_visible()
    with page.expect_download(timeout=PATIENCE) as download:
        button.click()
    told = read_provenance(Path(download.value.path()).read_bytes()).provenance
    assert (told.kind, told.view["query"]["run"]) == ("training", ["long"])
    assert sum(told.settings["phases"].values()) > n_epochs, "what is taken has the epochs of now"
    page.keyboard.press("Escape")


def test_nothing_sticks_out_and_the_way_on_is_in_view(open_page: Any, app_url: str, job: TrainingJob) -> None:
    page: Page = open_page(f"{app_url}/train?run=long")
    go_on = page.get_by_role("button", name="Resume", exact=True)
    expect(go_on).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()
    for width, height in ((1280, 800), (1920, 1080), (640, 400)):
        page.set_viewport_size({"width": width, "height": height})
        expect(go_on).to_be_visible()
        page.wait_for_function(f"() => {{ const [wide, room] = ({SCROLLS})(); return wide <= room; }}")
        if height >= 800:
            expect(go_on).to_be_in_viewport()
            expect(page.locator("[data-testid=stImage] img").first).to_be_in_viewport(ratio=1)
            expect(losses(page)).to_be_in_viewport(ratio=0.9)
