"""The whole app as a reader meets it: the demo in headless Chromium, keys, downloads, themes, small windows."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from analysis.provenance import read_provenance
from tests.app.app_tab import STEPS, AppTab
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.demo import demo_checkpoint

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SMALL, LARGE = (1280, 800), (1920, 1080)


@pytest.fixture(scope="module")
def app_url(streamlit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    cache = tmp_path_factory.mktemp("cache")
    settings = {"XAAE_CACHE": str(cache), "XAAE_CHECKPOINT": "", "XAAE_DATA": "", "XAAE_MODELS": str(cache / "none")}
    return str(streamlit_server(ROOT / "app" / "main.py", environment=settings))


@pytest.fixture(scope="module")
def kept_tab(open_lasting_page: Any, app_url: str) -> AppTab:
    return AppTab(open_lasting_page, app_url)


@pytest.fixture
def tab(kept_tab: AppTab) -> AppTab:
    """A tab that several tests go on in, one after the other: at step 0, no menu open."""
    kept_tab.page.keyboard.press("Escape")
    kept_tab.page.locator(".pv-slider").press("0")
    expect(kept_tab.viewer).to_have_attribute("data-step", str(STEPS // 2))
    kept_tab.wait_step(None)
    return kept_tab


# First: a server that nobody has opened the start page of.
def test_a_link_to_a_case_opens_first_thing(open_page: Any, app_url: str) -> None:
    tab = AppTab(open_page, app_url, address="?case=images/phantom-000121.png&range=%C2%B1%202%20SD")
    assert tab.case == "phantom-000121"
    assert tab.page.get_by_role("link", name="Start").is_visible()
    tab.press("End")
    expect(tab.page.locator(".pv-panel-decoded .pv-title")).to_have_text("Decoded at +2.0 SD")
    tab.press("]")
    expect(tab.page.locator(".pv-panel-original")).not_to_contain_text("phantom-000121")
    tab.page.go_back()
    tab.wait_case("phantom-000121")
    tab.page.go_forward()
    token = case_token("images/phantom-000121.png")
    tab.page.wait_for_function("(token) => !location.search.includes(token)", arg=token)
    assert tab.errors == []


def test_skip_dropout_gives_new_frames_and_says_what_they_are_and_back(tab: AppTab) -> None:
    before, path = tab.levels("decoded"), tab.viewer.get_attribute("data-path")
    tab.slider("Skip dropout").focus()
    tab.page.keyboard.press("End")
    expect(tab.viewer).not_to_have_attribute("data-path", str(path))
    tab.wait_ready(STEPS)
    tab.wait_idle()
    after = tab.levels("decoded")
    assert np.abs(after.astype(int) - before).max() > 20
    expect(tab.page.get_by_text(re.compile("is copied past it by the skip connections"))).to_be_visible()
    assert "skips=" in tab.page.url
    tab.page.keyboard.press("Home")
    expect(tab.viewer).to_have_attribute("data-path", str(path))
    tab.wait_ready(STEPS)
    tab.wait_idle()
    assert (tab.levels("decoded") == before).all()


def test_a_key_changes_the_decoded_pixels_without_a_word_to_the_server(tab: AppTab) -> None:
    tab.sent.clear()
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft", "Home"):
        assert tab.press(key), key
    assert tab.sent == []
    assert tab.errors == []
    tab.wait_step("-3")


def test_the_pixels_are_the_models_own(tab: AppTab) -> None:
    """What the browser draws at 0 is the model's picture of the case, to a grey level."""
    import torch

    from xaae_core.data.images import read_image, to_tensor
    from xaae_core.demo import demo_images

    checkpoint = load_checkpoint(demo_checkpoint())
    image = read_image(demo_images() / "images" / f"{tab.case}.png", channels=1, size=checkpoint.model.input_size)
    with torch.inference_mode():
        encoding = checkpoint.model.encode(to_tensor(image)[None])
        decoded = checkpoint.model.decode(encoding.z, encoding.skips)[0, 0].numpy()
    for panel, wanted in (("original", image.pixels[0]), ("decoded", decoded)):
        drawn = tab.levels(panel)[..., 0].astype(int)
        assert np.abs(drawn - np.rint(np.clip(wanted, 0, 1) * 255)).max() <= 1, panel


def test_the_marker_of_the_probability_moves_with_the_step(tab: AppTab) -> None:
    dot = tab.page.locator(".pv-dot")
    places = []
    for key in ("Home", "0", "End"):
        tab.press(key)
        tab.page.wait_for_timeout(100)
        box = dot.bounding_box()
        assert box is not None
        places.append((box["x"], box["y"]))
    assert places[0][0] < places[1][0] < places[2][0]
    assert places[0][1] > places[1][1] > places[2][1]  # towards effusion, p(effusion) rises


def test_brackets_go_from_case_to_case_and_the_step_stays(tab: AppTab) -> None:
    first = tab.case
    tab.press("End")
    tab.wait_step("3")
    tab.page.keyboard.press("]")
    expect(tab.page.locator(".pv-panel-original")).not_to_contain_text(first)
    tab.page.wait_for_function("(token) => !location.search.includes(token)", arg=case_token(f"images/{first}.png"))
    tab.wait_case(tab.case)
    second = tab.case
    assert second != first
    assert tab.step() == STEPS - 1
    tab.page.keyboard.press("[")
    tab.wait_case(first)
    expect(tab.page.locator(".cs-cell[aria-selected=true]")).to_contain_text(first[-6:])


def test_the_downloads_are_whole_files_of_the_path_and_of_the_change_at_this_step(tab: AppTab) -> None:
    tab.press("End")
    tab.wait_step("3")
    tab.page.get_by_role("button", name="This path").click()
    gif_file = tab.download("GIF")
    with Image.open(io.BytesIO(gif_file)) as gif:
        assert gif.format == "GIF"
        assert getattr(gif, "n_frames", 1) == 2 * STEPS - 2
        gif.seek(STEPS - 1)
    with Image.open(io.BytesIO(tab.download("PNG"))) as strip:
        strip.load()
        assert strip.format == "PNG"
        assert strip.width > strip.height
    rows = tab.download("Numbers (CSV)").decode().splitlines()
    assert len([row for row in rows if not row.startswith("#")]) == STEPS + 1
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("button", name="Change at this step").click()
    told = read_provenance(tab.download("SVG")).provenance
    assert (told.kind, told.settings["step"], told.view["query"]["step"]) == ("change", 3.0, ["3"])
    assert told.case_ids == read_provenance(gif_file).provenance.case_ids


def test_a_click_on_a_case_of_the_start_page_opens_it(open_page: Any, app_url: str) -> None:
    page: Page = open_page(app_url)
    cell = page.locator(".cs-cell").nth(3)
    cell.wait_for()
    name = re.search(r"phantom-\d+", str(cell.get_attribute("data-id")))
    assert name is not None
    page.locator(".cs-frame canvas").nth(3).wait_for()
    cell.click()
    page.locator(".pv[data-ready]").wait_for()
    expect(page.locator(".pv-panel-original")).to_contain_text(name[0])
    assert "/traverse" in page.url


# The other size comes by drawing at the window's corner.
@pytest.mark.parametrize(("scheme", "sizes"), [("light", [SMALL, LARGE]), ("dark", [LARGE, SMALL])])
def test_the_main_act_fits_the_window_in_the_theme_of_the_system_and_pictures_stay_in_the_dark(
    open_page: Any, app_url: str, scheme: str, sizes: list[tuple[int, int]]
) -> None:
    tab = AppTab(open_page, app_url, width=sizes[0][0], height=sizes[0][1], colour_scheme=scheme)
    page_light = brightness(tab.page, "[data-testid=stApp]")
    assert page_light > 200 if scheme == "light" else page_light < 60
    assert brightness(tab.page, ".pv-slab") < 40
    assert_the_main_act_fits(tab, *sizes[0])
    tab.resize(*sizes[1])
    assert_the_main_act_fits(tab, *sizes[1])


def assert_the_main_act_fits(tab: AppTab, width: int, height: int) -> None:
    box = tab.viewer.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    controls = tab.page.get_by_test_id("stSlider").bounding_box()
    assert controls is not None
    assert controls["y"] + controls["height"] <= height
    tab.assert_nothing_sticks_out()


def test_at_twice_the_size_everything_is_still_reached(open_page: Any, app_url: str) -> None:
    """A window of 1280×800 at 200 % zoom has 640×400 CSS pixels."""
    tab = AppTab(open_page, app_url, width=640, height=400)
    tab.assert_nothing_sticks_out()
    for part in (tab.canvas("original"), tab.canvas("decoded"), tab.page.locator(".pv-slider")):
        part.scroll_into_view_if_needed()
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 640
        assert not is_covered(tab.page, box["x"] + 10, box["y"] + 10)
    assert tab.press("ArrowRight")
    for label in ("Move towards", "Range", "Steps"):
        control = tab.page.get_by_text(label, exact=True)
        control.scroll_into_view_if_needed()
        expect(control).to_be_in_viewport()


def is_covered(page: Page, x: float, y: float) -> bool:
    """Whether the navigation lies over that place."""
    found = page.evaluate(
        "([x, y]) => { const node = document.elementFromPoint(x, y); return Boolean(node?.closest('.stSidebar')); }",
        [x, y],
    )
    return bool(found)


def brightness(page: Page, selector: str) -> float:
    """Mean of the background's red, green and blue, 0 to 255."""
    colour = page.locator(selector).first.evaluate("(node) => getComputedStyle(node).backgroundColor")
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)][:3]
    return float(np.mean(numbers))
