"""The maps page as a reader meets it: the right picture beside every point, linked choices, files, slow maps."""

import csv
import re
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from analysis.projections import project
from analysis.provenance import read_provenance
from app.components.case_strip.thumbnails import make_thumbnail
from app.maps_page.cases import THUMBNAIL
from tests.app.linked_maps_tab import READ_CARD
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.phantoms import draw_by_id
from xaae_core.demo import demo_checkpoint, demo_latents
from xaae_core.latents import LatentTable, read_latents

pytestmark = pytest.mark.browser
SIDE = load_checkpoint(demo_checkpoint()).model.input_size[0]
COHORT = '[["label",["effusion"]],["split",["test"]]]'


@pytest.fixture(scope="module")
def table() -> LatentTable:
    return read_latents(demo_latents())


class MapsPage:
    """A tab with the maps page: PCA to the left, PLS to the right."""

    def __init__(
        self, open_page: Any, url: str, table: LatentTable, *, is_measured: bool = True, **address: str
    ) -> None:
        self.table, self.errors = table, []
        self.points_in_z = project(table, "pca", rate=False).points.astype(np.float64)
        words = urlencode({"left": "PCA", "right": "PLS", **address})
        self.page: Page = open_page(f"{url}/maps?{words}", before=self.listen)
        self.wait(is_measured=is_measured)

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def wait(self, *, is_measured: bool = True) -> None:
        """Until the maps are drawn, measured as well where that is asked for, and the script rests."""
        self.page.locator(f".lm[data-ready='{len(self.table)}']").wait_for(timeout=60_000)
        self.rest()
        if is_measured:
            expect(self.page.get_by_text("being measured")).to_have_count(0, timeout=180_000)
            self.rest()  # the page runs again then
        expect(self.stage).to_have_attribute("data-view", re.compile(r"\d"))

    def rest(self) -> None:
        """Until the script rests: a run draws buttons and maps anew, under the pointer."""
        expect(self.page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")

    @property
    def stage(self) -> Any:
        return self.page.locator(".lm-stage").first

    def places(self) -> np.ndarray:
        """Where every case lies in the window [N, 2]."""
        box = self.stage.bounding_box()
        x, y, scale = map(float, self.stage.get_attribute("data-view").split())
        middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
        return middle + (self.points_in_z - [x, y]) * [scale, -scale]

    def hover(self, row: int) -> dict[str, Any]:
        """Point at a case; the card, complete."""
        self.page.mouse.move(5, 5)
        self.page.mouse.move(*self.places()[row])
        self.page.locator(".lm-card[data-state=complete]").wait_for()
        found: dict[str, Any] = self.page.evaluate(READ_CARD)
        return found

    def assert_card_is_of_the_ringed_case(self, row: int) -> int:
        """The card's id and pixels are those of the case it rings; returns its row."""
        card = self.hover(row)
        ringed = int(card["row"])
        assert card["rings"] == [str(ringed)] * 2, "the same case in both maps"
        name = str(self.table.ids[ringed])
        assert card["name"] == name
        picture = make_thumbnail(draw_by_id(name, size=SIDE).image[None], THUMBNAIL)
        np.testing.assert_array_equal(np.array(card["levels"]), picture.ravel())
        assert np.hypot(*(self.places()[ringed] - self.places()[row])) < 2, "or one that lies upon it"
        return ringed

    def lasso(self) -> None:
        """Around the middle of the left map."""
        box = self.stage.bounding_box()
        turn = np.linspace(0, 2 * np.pi, 40)
        middle = np.array([box["x"], box["y"]]) + box["width"] / 2
        ring = middle + 0.2 * box["width"] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        self.page.mouse.move(*ring[0])
        self.page.mouse.down()
        for corner in ring[1:]:
            self.page.mouse.move(*corner)
        self.page.mouse.up()
        self.page.get_by_text(re.compile(r"\d+ cases? chosen")).wait_for()

    def download(self, label: str) -> bytes:
        with self.page.expect_download() as coming:
            self.page.get_by_role("button", name=label, exact=True).click()
        return coming.value.path().read_bytes()

    def open_menu(self, label: str) -> None:
        """Open a figure's menu, which is drawn anew when it opens."""
        self.page.get_by_role("button", name=label).click()
        self.page.get_by_role("button", name="PNG", exact=True).wait_for()
        self.page.wait_for_timeout(300)  # until the script has begun
        self.rest()

    def take(self, label: str) -> bytes:
        """A file of a figure's menu, which is open."""
        self.page.mouse.move(5, 5)  # the pointer may rest on a button, whose words hide another
        return self.download(label)

    def chosen_ids(self) -> list[str]:
        """The ids of the chosen cases, out of their file."""
        return [row["id"] for row in csv.DictReader(self.download("IDs (CSV)").decode().splitlines())]


@pytest.fixture(scope="module")
def tab(open_lasting_page: Any, demo_app_url: str, table: LatentTable) -> MapsPage:
    """A tab whose cases are pointed at; no menu opens there, for closing one moves the maps below it."""
    return MapsPage(open_lasting_page, demo_app_url, table)


@pytest.fixture(scope="module")
def menus_tab(open_lasting_page: Any, demo_app_url: str, table: LatentTable) -> MapsPage:
    """A tab whose menus are opened."""
    return MapsPage(open_lasting_page, demo_app_url, table)


def test_every_card_shows_its_own_case_after_filter_choice_and_page_change(tab: MapsPage, table: LatentTable) -> None:
    rows = np.random.default_rng(0).choice(len(table), 6, replace=False).tolist()
    for row in rows[:3]:
        tab.assert_card_is_of_the_ringed_case(row)
    tab.lasso()
    for row in rows[3:5]:
        tab.assert_card_is_of_the_ringed_case(row)
    chosen = tab.chosen_ids()
    assert 0 < len(chosen) < len(table)
    tab.page.get_by_role("link", name="Start").click()
    tab.page.get_by_text("What did the model learn").wait_for()
    tab.page.get_by_role("link", name="Maps").click()
    tab.page.locator(".lm-stage").first.wait_for()
    tab.page.get_by_text(re.compile(rf"{len(chosen)} cases chosen")).wait_for()
    assert tab.errors == []


def test_a_double_click_opens_that_case_in_traverse(tab: MapsPage, table: LatentTable) -> None:
    tab.wait()
    row = int(tab.hover(int(table.row_of("phantom-000121")))["row"])
    tab.page.mouse.dblclick(*tab.places()[row])
    expect(tab.page.locator(".pv-panel-original")).to_contain_text(str(table.ids[row]), timeout=60_000)
    assert tab.errors == []


def test_the_files_are_what_they_say(menus_tab: MapsPage, table: LatentTable) -> None:
    menus_tab.open_menu("Take these maps")
    assert menus_tab.take("PNG").startswith(b"\x89PNG")
    svg = menus_tab.take("SVG")
    told = read_provenance(svg).provenance
    assert (told.kind, told.settings["methods"]) == ("map", ["pca", "pls"])
    assert told.view["query"]["left"] == ["PCA"]
    numbers = list(csv.DictReader(menus_tab.take("Numbers (CSV)").decode().splitlines()))
    assert [row["case"] for row in numbers] == [case_token(case) for case in table.ids.tolist()]
    np.testing.assert_allclose(
        [float(row["x_pca"]) for row in numbers], menus_tab.points_in_z[:, 0], rtol=1e-5, atol=1e-6
    )
    rows = list(csv.DictReader(menus_tab.take("All cases (CSV)").decode().splitlines()))
    assert [row["id"] for row in rows] == table.ids.tolist()
    np.testing.assert_allclose([float(row["PCA x"]) for row in rows], menus_tab.points_in_z[:, 0], rtol=1e-5)
    assert read_provenance(menus_tab.take("Linked page (HTML)")).provenance.view == told.view
    assert menus_tab.errors == []


def test_the_biplot_has_a_menu_of_its_own(menus_tab: MapsPage) -> None:
    menus_tab.page.keyboard.press("Escape")
    expect(menus_tab.page.get_by_role("button", name="PNG", exact=True)).to_have_count(0)
    menus_tab.open_menu("PLS biplot")
    told = read_provenance(menus_tab.take("PDF")).provenance
    assert (told.kind, told.settings["target"]) == ("biplot", "effusion")
    assert menus_tab.errors == []


def test_in_a_cohort_only_its_cases_answer_and_leave(open_page: Any, demo_app_url: str, table: LatentTable) -> None:
    tab = MapsPage(open_page, demo_app_url, table, cohort=COHORT)
    belongs = (table.labels == 1) & (table.split == "test")
    for row in np.flatnonzero(belongs)[[3, 30]].tolist():
        assert belongs[tab.assert_card_is_of_the_ringed_case(row)]
    tab.lasso()
    chosen = tab.chosen_ids()
    assert len(chosen) > 0
    assert set(chosen) <= set(table.ids[belongs].tolist())
    assert tab.errors == []


def test_a_slow_map_says_how_far_it_is_can_be_cancelled_and_begun_again(
    open_page: Any, demo_app_url: str, table: LatentTable
) -> None:
    tab = MapsPage(open_page, demo_app_url, table, is_measured=False, left="t-SNE", map_seed="7")  # no other test's map
    tab.page.get_by_role("button", name="Cancel").first.click()
    tab.page.get_by_text("t-SNE was cancelled; PCA is drawn instead").wait_for()
    tab.page.get_by_role("button", name="Try again").click()
    tab.page.get_by_text(re.compile(r"t-SNE \(PCA until then\): .+ about \d+")).first.wait_for()
    tab.page.get_by_text("Sizes of groups and the gaps between them mean little").wait_for(timeout=180_000)
    expect(tab.page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=60_000)  # what is measured, too
    assert tab.errors == []
