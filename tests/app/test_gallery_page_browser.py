"""A gallery's page in a browser: readable in light and in dark, and within the window."""

from dataclasses import replace

import pytest

from analysis.gallery.cases import read_cases
from analysis.gallery.making import make_gallery
from analysis.gallery.page import write_page
from analysis.gallery.settings import GallerySettings

pytestmark = pytest.mark.browser
LEAST_CONTRAST = 4.5  # WCAG 2, AA
CONTRASTS = """() => {
  const light = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(v => {
    v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const page = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll("main *")].filter(e => e.textContent.trim() && e.tagName != "STYLE").map(e => {
    const text = light(getComputedStyle(e).color);
    return [(Math.max(text, page) + 0.05) / (Math.min(text, page) + 0.05), e.tagName + "." + e.className] });
}"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page of principal components and of a model with the longest name and numbers, which saw the classes."""
    folder = tmp_path_factory.mktemp("gallery")
    run = make_gallery([], read_cases("factors", n_train=60, n_test=20), GallerySettings(dims=3), folder)
    plain = run.cards[0]
    nats = replace(plain.latents.mse, mean=-128.74, error=12.3)
    wide = replace(
        plain.latents, likelihood="gaussian, scale 0.0447", log_likelihood=nats, kl=nats, elbo=nats, n_active=3
    )
    other = replace(plain, name="long", title="Convolutional autoencoder of signals (lfxai)", latents=wide,
        classifier=plain.probe, has_seen_labels=True, seconds=6000.0, n_epochs=112)  # fmt: skip
    return write_page(replace(run, cards=(plain, other)), folder, title="A gallery", data="Sprites.", notes=["seed 0"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_all_text_is_readable_and_nothing_is_wider_than_the_window(page_file, open_page, scheme, width):
    page = open_page(page_file.as_uri(), width=width, colour_scheme=scheme)
    is_dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(26, 26, 26)"
    assert is_dark == (scheme == "dark")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 50
    assert min(contrasts)[0] >= LEAST_CONTRAST, min(contrasts)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for table in page.locator(".wide").all():
        assert table.evaluate("found => found.scrollWidth <= found.clientWidth")
