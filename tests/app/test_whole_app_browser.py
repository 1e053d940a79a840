"""The real app in a real browser: the slider moves the picture without a trip to the server."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECODED = ".pv-root canvas >> nth=1"
FINGERPRINT = """canvas => { const p = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
let sum = 0; for (let i = 0; i < p.length; i += 4) sum = (sum * 31 + p[i]) % 1000000007; return sum; }"""

pytestmark = pytest.mark.browser


@pytest.fixture
def app_url(streamlit_server, tmp_path_factory):
    cache = tmp_path_factory.getbasetemp() / "xaae-cache"
    return streamlit_server(ROOT / "app" / "main.py", environment={"XAAE_CACHE": str(cache)})


def open_traverse(open_page, url, **options):
    page = open_page(f"{url}/traverse", **options)
    page.locator(".pv-root input[type=range]").wait_for(timeout=120_000)
    page.locator(".pv-root canvas").nth(3).wait_for(timeout=60_000)
    page.wait_for_timeout(2500)
    return page


def test_the_arrow_key_changes_the_decoded_picture_without_a_server_trip(app_url, open_page):
    sent = []

    def listen(page):
        page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))

    page = open_traverse(open_page, app_url, before=listen)
    slider = page.locator(".pv-root input[type=range]")
    slider.focus()
    picture = page.locator(DECODED)
    seen = {picture.evaluate(FINGERPRINT)}
    for _ in range(3):
        before, n_sent = picture.evaluate(FINGERPRINT), len(sent)
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            f"([canvas, before]) => ({FINGERPRINT})(canvas) !== before",
            arg=[picture.element_handle(), before],
            timeout=2000,
        )
        assert len(sent) == n_sent
        seen.add(picture.evaluate(FINGERPRINT))
    assert len(seen) == 4


def test_skip_dropout_draws_another_picture(app_url, open_page):
    page = open_traverse(open_page, app_url)
    picture = page.locator(DECODED)
    before = picture.evaluate(FINGERPRINT)
    page.get_by_role("slider", name="Skip dropout").first.focus()
    page.keyboard.press("End")
    page.wait_for_function(
        f"([canvas, before]) => canvas.isConnected && ({FINGERPRINT})(canvas) !== before",
        arg=[picture.element_handle(), before],
        timeout=60_000,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_act_fits_a_laptop(app_url, open_page, scheme):
    page = open_traverse(open_page, app_url, width=1280, height=800, colour_scheme=scheme)
    box = page.locator(".pv-root").bounding_box()
    assert box["y"] + box["height"] <= 800
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    canvas = page.locator(DECODED).bounding_box()
    assert canvas["height"] >= 200  # larger than any control
