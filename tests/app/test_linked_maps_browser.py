"""The linked maps as a reader meets them: the right picture beside each point, the same cases lit in both maps."""

import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from app.components.linked_maps import points_in_polygon
from tests.app.apps.case_pictures import SHAPE, decode_number
from tests.app.apps.drawn_maps import drawn_codes, drawn_points
from tests.app.linked_maps_tab import APP, SLOW_DOWN, MapsTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]


@pytest.fixture
def demo_url(streamlit_server: Any) -> str:
    return str(streamlit_server(APP))


def some_rows(rows: np.ndarray, count: int = 4) -> list[int]:
    return [int(row) for row in np.random.default_rng(len(rows)).choice(rows, count, replace=False)]


def test_every_case_shows_its_own_picture_whatever_was_changed(same_tab: Any, demo_url: str) -> None:
    tab = MapsTab(same_tab, demo_url)

    def check(rows: np.ndarray | None = None) -> None:
        for panel in (0, 1):
            among = tab.inside(panel) if rows is None else np.intersect1d(tab.inside(panel), rows)
            at = tab.points(panel)
            for row in some_rows(among, 2):
                tab.assert_own_picture(row, panel, at=at)

    check()
    box = tab.stages.first.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + 200, box["y"] + 260)
    for _ in range(4):
        tab.page.mouse.wheel(0, -120)
    check()
    x, y = box["x"] + 240, box["y"] + 240
    tab.page.mouse.move(x, y)
    tab.page.mouse.down(button="right")
    tab.page.mouse.move(x + 40, y + 25, steps=4)
    tab.page.mouse.up(button="right")
    check()
    tab.legend(1).click()
    check()
    tab.press_button("by score")
    check()
    tab.press_button("narrow")
    check(np.flatnonzero(np.arange(tab.n) % 3 != 0))
    tab.press_button("other map")
    tab.methods[1] = "pca"
    check(np.flatnonzero(np.arange(tab.n) % 3 != 0))
    assert tab.errors == []
    assert {address.split("/")[2] for address in tab.addresses if address.startswith("http")} == {
        demo_url.split("/")[2]
    }


def test_the_card_says_that_it_has_no_picture_and_never_shows_another_case_while_answers_come_late(
    same_tab: Any, demo_url: str
) -> None:
    tab = MapsTab(same_tab, demo_url)
    without = tab.hover(17)
    assert (without["name"], without["frame"]) == ("case-0017", "Its drawing could not be loaded.")
    tab.page.mouse.move(5, 5)
    random = np.random.default_rng(0)

    def late(route: Any) -> None:
        time.sleep(float(random.uniform(0, 0.12)))
        route.continue_()

    tab.page.route("**/xaae/cases/**", late)
    at = tab.points()
    seen = 0
    for row in some_rows(tab.inside(), 25):
        tab.page.mouse.move(*at[row])
        for wait in (0, 70, 60):
            tab.page.wait_for_timeout(wait)
            found = tab.card()
            assert found["rings"][0] == found["rings"][1]
            if found["isShown"]:
                assert found["row"] == found["rings"][0]
                assert found["name"] in ("…", f"case-{int(found['row']):04d}")
                if found["levels"].size:
                    seen += 1
                    assert decode_number(found["levels"].reshape(SHAPE)) == int(found["row"])
    assert seen > 0


def test_selections_grey_the_rest_in_both_maps_and_add_take_away_invert_and_come_back(
    same_tab: Any, demo_url: str
) -> None:
    tab = MapsTab(same_tab, demo_url)
    before = [tab.colours(panel) for panel in (0, 1)]
    tab.drag(tab.circle(x=0.62, y=0.5, radius=0.2))
    tab.report(r"selected [1-9]\d* .* new True .* gesture lasso")
    lit = points_in_polygon(drawn_points(tab.n, "tsne"), tab.polygon())
    assert 20 < lit.sum() < tab.n - 20
    assert tab.rows() == np.flatnonzero(lit).tolist()
    expect(tab.page.locator(".lm-count")).to_have_text(f"{lit.sum()} of {tab.n} cases selected")
    counts = np.bincount(np.minimum(drawn_codes(tab.n)[lit], 4), minlength=5)
    all_counts = np.bincount(np.minimum(drawn_codes(tab.n), 4), minlength=5)
    for level in range(4):
        expect(tab.legend(level).locator(".lm-entry-count")).to_have_text(f"{counts[level]} / {all_counts[level]}")
    tab.page.mouse.move(5, 5)
    for panel in (0, 1):
        assert_greyed_not_hidden(tab, panel, lit, before[panel])
    tab.stages.first.focus()
    tab.page.keyboard.press("Escape")
    tab.report("selected 0 ")
    assert_selections_add_and_come_back(tab)
    assert tab.errors == []


def assert_greyed_not_hidden(tab: MapsTab, panel: int, lit: np.ndarray, before: np.ndarray) -> None:
    """At a point of its own, a selected case keeps its colour and another is grey, and not the ground."""
    at = tab.points(panel)
    distance = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 1e9 * np.eye(tab.n)
    known = drawn_codes(tab.n) < 4
    alone = (distance.min(axis=1) > 16) & known
    now = tab.colours(panel)
    channels = now.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].astype(int)
    spread = channels.max(axis=1) - channels.min(axis=1)
    assert (alone & ~lit).sum() > 5
    assert (spread[alone & ~lit] < 12).all()  # grey
    assert (channels[alone & ~lit].mean(axis=1) < 225).all()  # darker than the ground, 250
    assert (spread[alone & lit] > 30).all()
    assert (before[alone] != now[alone])[~lit[alone]].all()


def assert_selections_add_and_come_back(tab: MapsTab) -> None:
    """They add, take away, invert and come back, from none on."""
    codes = drawn_codes(tab.n)
    lit = np.zeros(tab.n, dtype=bool)

    def check() -> None:
        tab.report(f"selected {lit.sum()} ")
        assert tab.rows() == np.flatnonzero(lit).tolist()

    tab.legend(3).click()
    lit |= codes == 3
    check()
    tab.legend(2).click(modifiers=["Shift"])
    lit |= codes == 2
    check()
    tab.drag(tab.circle(x=0.6, radius=0.15), key="Alt")
    tab.report(f"selected (?!{lit.sum()} )")
    now = np.isin(np.arange(tab.n), tab.rows())
    assert now.sum() > 0
    assert not (now & ~lit).any()
    lit = now
    tab.page.locator(".lm-invert").click()
    lit = ~lit
    check()
    tab.page.locator(".lm-undo").click()
    lit = ~lit
    check()
    row = int(np.flatnonzero(~lit)[0])
    tab.click(row, 1, keys="Control")
    lit[row] = True
    check()
    tab.page.keyboard.press("Escape")
    lit[:] = False
    check()
    tab.page.keyboard.press("r")
    tab.drag(tab.circle(radius=0.2)[[0, 20, 30]])
    tab.report("gesture rectangle")
    assert tab.rows() == np.flatnonzero(points_in_polygon(drawn_points(tab.n, "tsne"), tab.polygon())).tolist()


def test_cases_outside_the_cohort_are_seen_but_neither_pointed_at_nor_selected(same_tab: Any, demo_url: str) -> None:
    tab = MapsTab(same_tab, demo_url)
    tab.legend(0).click()
    tab.report("selected [1-9]")
    tab.press_button("narrow")
    cohort = np.arange(tab.n) % 3 != 0
    lit = cohort & (drawn_codes(tab.n) == 0)
    tab.report(f"selected {lit.sum()} ")
    expect(tab.page.locator(".lm-count")).to_have_text(f"{lit.sum()} of {cohort.sum()} cases selected")
    tab.drag(tab.circle(radius=0.38))
    tab.report(r"selected \d+ .* new True")
    assert tab.rows()
    assert cohort[tab.rows()].all()
    at = tab.points()
    for row in some_rows(np.intersect1d(tab.inside(), np.flatnonzero(~cohort)), 5):
        tab.page.mouse.move(*at[row])
        tab.settle()
        ring = tab.card()["rings"][0]
        assert ring == "" or cohort[int(ring)]
    assert (tab.colours()[np.intersect1d(tab.inside(), np.flatnonzero(~cohort))] != 0xFFFAFAFA).mean() > 0.99
    tab.press_button("wide")
    assert tab.errors == []


def test_a_selection_from_elsewhere_causes_no_runs_and_is_not_lost_when_the_page_runs_before_it_is_there(
    same_tab: Any, demo_url: str
) -> None:
    tab = MapsTab(same_tab, demo_url)
    tab.press_button("pass every tenth")
    tab.report("selected 30 ")
    expect(tab.page.locator(".lm-count")).to_have_text("30 of 300 cases selected")
    runs = tab.report(r"runs (\d+)")[1]
    tab.page.wait_for_timeout(800)
    assert tab.report(r"runs (\d+)")[1] == runs
    tab.legend(1).click()
    n_effusion = int((drawn_codes(tab.n) == 1).sum())
    tab.report(f"selected {n_effusion} .* new True")
    tab.press_button("by score")  # the page still passes the old mask: the reader's choice is newer
    tab.report(f"selected {n_effusion} .* new False")
    expect(tab.page.locator(".lm-count")).to_have_text(f"{n_effusion} of 300 cases selected")
    tab.press_button("pass nothing")
    tab.report("selected 0 ")
    expect(tab.page.locator(".lm-count")).to_have_text("300 cases")
    expect(tab.page.locator(".lm-legend-name")).to_have_text("score along effusion")

    tab.page.evaluate(SLOW_DOWN, 1500)
    for name in ("pass every tenth", "by label"):
        tab.page.get_by_role("button", name=name, exact=True).click()
        tab.page.wait_for_timeout(500)
    expect(tab.page.locator(".lm-legend-name")).to_have_text("label")
    expect(tab.page.locator(".lm-count")).to_have_text("30 of 300 cases selected")
    assert tab.errors == []


def test_a_double_click_opens_a_case_and_what_was_done_outlives_a_turn_to_another_page(
    same_tab: Any, demo_url: str
) -> None:
    tab = MapsTab(same_tab, demo_url)
    tab.legend(1).click()
    tab.report("selected [1-9]")
    row = some_rows(tab.inside())[0]
    tab.page.mouse.dblclick(*tab.points()[row])
    tab.report(f"opened {row} ")
    tab.page.wait_for_timeout(700)
    tab.report(f"selected {(drawn_codes(tab.n) == 1).sum()} ")
    tab.page.mouse.move(5, 5)
    expect(tab.page.locator(".lm-card")).to_be_hidden()
    other = some_rows(tab.inside())[1]
    tab.click(other)
    tab.report("selected 1 ")
    tab.page.get_by_role("button", name="Open this case").click()
    tab.report(f"opened {other} ")

    n = int((drawn_codes(tab.n) == 2).sum())
    tab.legend(2).click()
    tab.report(f"selected {n} ")
    tab.stages.first.focus()
    tab.page.keyboard.press("+")
    tab.settle()
    view = tab.stages.first.get_attribute("data-view")
    toggle = tab.page.get_by_text("elsewhere", exact=True).last
    toggle.click()
    expect(tab.page.locator(".lm")).to_have_count(0)
    toggle.click()
    tab.page.locator(".lm[data-ready]").wait_for()
    expect(tab.page.locator(".lm-count")).to_have_text(f"{n} of 300 cases selected")
    tab.settle()
    assert tab.stages.first.get_attribute("data-view") == view


def test_a_lasso_over_many_points_gives_exactly_those_inside(same_tab: Any, demo_url: str) -> None:
    tab = MapsTab(same_tab, demo_url, n=205_000)  # DENSE_FROM is 200,000
    expect(tab.stages.first).to_have_attribute("data-mode", "density")
    tab.drag(tab.circle(x=0.6, y=0.5, radius=0.2))
    tab.report(r"selected [1-9]\d* .* gesture lasso")
    lit = points_in_polygon(drawn_points(tab.n, "tsne"), tab.polygon())
    assert lit.sum() > 10_000
    tab.report(f"selected {lit.sum()} ")
    for row in some_rows(np.intersect1d(tab.inside(), np.arange(60_000)), 3):
        tab.assert_pictured(row)
    tab.page.locator(".lm-density").click()
    expect(tab.stages.first).to_have_attribute("data-mode", "points")
    assert tab.errors == []
