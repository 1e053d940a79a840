"""The case strip as a reader meets it: the right picture over each id, whatever is searched, filtered or turned."""

import time
from typing import Any

import pytest
from playwright.sync_api import expect

from app.components.case_strip import CaseFilter
from tests.app.apps.case_pictures import WITHOUT_PICTURE, coded_entry
from tests.app.case_strip_tab import DEMO, StripTab

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.app.kept_tab"]


@pytest.fixture
def demo_url(streamlit_server: Any) -> str:
    return str(streamlit_server(DEMO))


@pytest.mark.parametrize("layout", ["strip", "grid"])
def test_every_picture_is_the_one_of_the_id_under_it(same_tab: Any, demo_url: str, layout: str) -> None:
    tab = StripTab(same_tab, demo_url, layout=layout, n=200)
    tab.wait_pictures(n_without=1)
    shown = tab.shown()
    assert len(shown) == 60
    assert shown.pop(f"case-{WITHOUT_PICTURE:04d}") is None
    assert shown == {coded_entry(k).id: k for k in range(60) if k != WITHOUT_PICTURE}
    assert tab.errors == []


def test_pages_searches_and_filters_never_mix_pictures(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, layout="grid", n=200, page=20, slow=250)
    turn, search = tab.page.locator(".cs-next"), tab.page.locator(".cs-search")

    def chip(name: str) -> None:
        tab.page.locator(f".cs-chip[data-choice='{name}']").click()

    def next_page() -> None:
        if turn.is_visible() and turn.is_enabled():
            turn.click()

    moves = [next_page, next_page, lambda: chip("misclassified"), lambda: search.fill("case-01"), next_page]
    moves += [lambda: chip("class:effusion"), lambda: search.fill("9"), lambda: search.fill(""), lambda: chip("all")]
    for move in [*moves, *[next_page] * 4]:
        move()
        tab.assert_right_pictures()
        tab.page.wait_for_timeout(130)  # about when a request leaves: answers come late, and to another page
        tab.assert_right_pictures()
    tab.wait_pictures()
    assert tab.shown() == {f"case-{k:04d}": k for k in range(80, 100)}
    assert tab.errors == []


def test_a_click_selects_what_was_clicked_after_a_page_a_filter_and_a_search(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, layout="grid", n=200, page=20)
    tab.cell("case-0007").click()
    tab.expect_report(r"selected case-0007 heard case-0007 shown 200 next case-0008")
    tab.page.locator(".cs-next").click()
    tab.wait_pictures()
    tab.cell("case-0033").click()
    tab.expect_report(r"selected case-0033 heard case-0033")
    tab.page.locator(".cs-chip[data-choice='misclassified']").click()
    tab.page.locator(".cs-search").fill("01")
    expect(tab.page.locator(".cs-count")).to_have_text("10 of 200 shown")
    tab.wait_pictures()
    tab.cell("case-0124").click()
    tab.expect_report(r"selected case-0124 heard case-0124 shown 10 next case-0135")
    expect(tab.page.locator(".cs-selected")).to_have_attribute("data-id", "case-0124")
    expect(tab.page.locator("[aria-selected=true]")).to_have_count(1)
    tab.assert_right_pictures()


def test_new_pictures_of_the_same_ids_replace_the_old_on_every_page(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=60, page=20)
    for turn in (".cs-next", ".cs-previous"):
        tab.page.locator(turn).click()
        tab.wait_pictures(n_without=int(turn == ".cs-previous"))
    tab.page.get_by_role("button", name="other pictures").click()
    deadline = time.monotonic() + 10
    while tab.shown()["case-0000"] != 1000 and time.monotonic() < deadline:
        tab.page.wait_for_timeout(50)
    tab.wait_pictures(n_without=1)
    tab.assert_right_pictures(offset=1000)
    tab.page.locator(".cs-next").click()
    tab.wait_pictures()
    assert tab.shown() == {f"case-{k:04d}": k + 1000 for k in range(20, 40)}


def test_another_cohort_keeps_the_search_and_shows_its_own_pictures(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=100, page=20, selected="case-0003")
    tab.page.locator(".cs-search").fill("case-01")
    expect(tab.page.locator(".cs-count")).to_have_text("0 of 100 shown")
    tab.expect_report("shown 0")
    tab.page.get_by_role("button", name="later cohort").click()
    expect(tab.page.locator(".cs-count")).to_have_text("50 of 100 shown")
    tab.wait_pictures()
    assert tab.shown() == {f"case-{k:04d}": k for k in range(100, 120)}
    expect(tab.page.locator(".cs-away").first).to_have_text("case-0003 is not among these")


def test_the_browser_and_python_agree_on_what_is_shown(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=200, page=5)
    entries = [coded_entry(k) for k in range(200)]
    for choice in ("all", "class:effusion", "class:no effusion", "unlabelled", "misclassified"):
        tab.page.locator(".cs-menu").select_option(choice)
        for query in ("", " 01", "NO Eff", "case-01", "zzz"):
            tab.page.locator(".cs-search").fill(query)
            n = sum(CaseFilter(choice, query).matches(entry) for entry in entries)
            expected = "200 cases" if n == 200 else f"{n} of 200 shown"
            expect(tab.page.locator(".cs-count")).to_have_text(expected)
            tab.expect_report(rf"shown {n} ")


def test_the_keyboard_reaches_moves_turns_and_chooses(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, layout="grid", n=50, page=20)
    press = tab.page.keyboard.press
    tab.page.locator(".cs-search").focus()
    press("ArrowDown")
    expect(tab.cell("case-0000")).to_be_focused()
    expect(tab.page.locator(".cs-cell[tabindex='0']")).to_have_count(1)
    for _ in range(3):
        press("ArrowRight")
    press("ArrowLeft")
    expect(tab.cell("case-0002")).to_be_focused()
    press("ArrowDown")
    below, above = tab.page.locator(".cs-cell:focus").bounding_box(), tab.cell("case-0002").bounding_box()
    assert below is not None
    assert above is not None
    assert below["x"] == above["x"]
    assert below["y"] > above["y"]
    press("Home")
    press("End")
    expect(tab.cell("case-0019")).to_be_focused()
    press("ArrowRight")  # over the end of the page
    expect(tab.cell("case-0020")).to_be_focused()
    press("PageDown")
    expect(tab.cell("case-0040")).to_be_focused()
    press("Enter")
    tab.expect_report("selected case-0040 heard case-0040")
    expect(tab.cell("case-0040")).to_be_focused()
    press("ArrowRight")
    press(" ")
    tab.expect_report("selected case-0041 heard case-0041")
    tab.wait_pictures()
    tab.assert_right_pictures()


def test_typing_searches_and_wakes_no_shortcut_of_streamlit(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=50)
    tab.page.wait_for_timeout(500)
    runs = tab.report("runs")
    tab.cell("case-0001").focus()
    tab.page.keyboard.press("r")  # Streamlit's own: rerun
    tab.page.wait_for_timeout(700)
    assert tab.report("runs") == runs
    tab.page.locator(".cs-search").press_sequentially("rc-r")
    tab.expect_report("shown 0 ")
    assert tab.page.get_by_role("dialog").count() == 0
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator(".cs-count")).to_have_text("50 cases")
    tab.page.locator(".cs-search").fill("0042")
    tab.page.keyboard.press("Enter")  # the only one left
    tab.expect_report("selected case-0042 heard case-0042")


def test_the_selected_case_never_vanishes_silently(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=200, page=20, selected="case-0058")
    expect(tab.page.locator(".cs-selected")).to_be_in_viewport()  # it opens on its page
    away = tab.page.locator(".cs-controls .cs-away")
    expect(away).to_be_hidden()
    tab.page.locator(".cs-next").click()
    expect(away).to_have_text("Show selected case-0058")
    tab.page.locator(".cs-search").fill("zzz")
    expect(tab.page.locator(".cs-empty")).to_contain_text("No id or label has “zzz” in it.")
    away.click()
    expect(tab.page.locator(".cs-selected")).to_have_attribute("data-id", "case-0058")
    expect(tab.page.locator(".cs-count")).to_have_text("200 cases")
    for _ in range(2):  # from outside: the page follows
        before = tab.report("selected")
        tab.page.get_by_role("button", name="next case").click()
        tab.expect_report(f"selected case-{int(before[-4:]) + 1:04d} ")
    expect(tab.page.locator(".cs-selected")).to_have_attribute("data-id", "case-0060")
    expect(tab.page.locator(".cs-selected")).to_be_in_viewport()
    tab.wait_pictures()
    tab.assert_right_pictures()


def test_thousands_of_cases_stay_quick_and_each_picture_is_sent_once(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=5000)
    tab.wait_pictures(n_without=1)
    assert tab.report("sent") == "60"
    started = time.perf_counter()
    tab.page.locator(".cs-search").fill("case-49")
    expect(tab.page.locator(".cs-count")).to_have_text("100 of 5,000 shown")
    assert time.perf_counter() - started < 1.0  # some 0.2 s; the bound is for a busy machine
    tab.wait_pictures()
    tab.expect_report("sent 120 ")
    tab.page.locator(".cs-search").fill("")
    expect(tab.page.locator(".cs-count")).to_have_text("5,000 cases")
    tab.expect_report("shown 5000 ")
    tab.received.clear()
    tab.cell("case-0003").click()
    tab.expect_report("selected case-0003 .* sent 120 ")  # coming back and choosing sent no picture again
    tab.page.wait_for_timeout(300)
    assert sum(tab.received) < 60_000
    tab.assert_right_pictures()


def test_coming_back_to_the_page_finds_the_filter_the_page_and_the_pictures(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, n=200, page=20)
    tab.page.locator(".cs-menu").select_option("class:effusion")
    tab.page.locator(".cs-next").click()
    tab.expect_report("shown 78 ")
    tab.wait_pictures()
    before, sent = tab.shown(), tab.report("sent")
    assert "case-0050" in before
    tab.page.get_by_text("elsewhere").click()
    expect(tab.page.locator(".cs")).to_have_count(0)
    tab.page.get_by_text("elsewhere").click()
    expect(tab.page.locator(".cs-count")).to_have_text("78 of 200 shown")
    tab.wait_pictures()
    assert tab.shown() == before
    tab.page.wait_for_timeout(500)
    assert (tab.report("shown"), tab.report("sent")) == ("78", sent)


def test_being_taken_off_the_page_loses_neither_the_focus_nor_the_place(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, layout="grid", n=200, page=20, blink=1)
    tab.page.locator(".cs-search").fill("case-01")
    expect(tab.page.locator(".cs-count")).to_have_text("100 of 200 shown")
    tab.page.locator(".cs-next").click()
    tab.wait_pictures()
    tab.cell("case-0125").focus()
    for number in (125, 126):
        tab.page.keyboard.press("Enter")
        expect(tab.page.get_by_text("off the page")).to_be_visible()
        expect(tab.page.get_by_text("off the page")).to_be_hidden()
        expect(tab.cell(f"case-{number:04d}")).to_be_focused()
        tab.expect_report(f"selected case-{number:04d} heard case-{number:04d} shown 100 ")
        tab.page.keyboard.press("ArrowRight")
    expect(tab.page.locator(".cs-search")).to_have_value("case-01")
    tab.wait_pictures()
    tab.assert_right_pictures()


def test_without_cases_it_says_what_to_do(same_tab: Any, demo_url: str) -> None:
    tab = StripTab(same_tab, demo_url, layout="grid", n=0)
    expect(tab.page.locator(".cs-count")).to_have_text("0 cases")
    expect(tab.page.locator(".cs-empty")).to_contain_text("There are no cases here.")
    assert tab.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_says_each_case_in_words_and_pictures_keep_their_shape_on_dark_in_both_themes(
    same_tab: Any, demo_url: str, scheme: str
) -> None:
    tab = StripTab(same_tab, demo_url, scheme=scheme, n=30, selected="case-0003")
    tab.wait_pictures(n_without=1)

    def style(selector: str, name: str) -> str:
        found = tab.page.locator(selector).first.evaluate("(node, name) => getComputedStyle(node)[name]", name)
        return str(found)

    assert style(".cs-frame", "backgroundColor") == "rgb(11, 12, 14)"
    assert style(".cs-picture", "objectFit") == "contain"
    assert "rgb(217, 115, 13)" in style(".cs-selected .cs-frame", "boxShadow")
    text = [int(v) for v in style(".cs", "color").removeprefix("rgb(").removesuffix(")").split(",")]
    assert (sum(text) < 3 * 128) == (scheme == "light")
    expect(tab.cell("case-0003").locator(".cs-differs")).to_have_text("called effusion")  # a word, not a colour
    expect(tab.cell("case-0000").locator(".cs-agrees")).to_be_visible()
    box = tab.page.locator(".cs").bounding_box()
    assert box is not None
    assert box["height"] <= 130

    sentence = "case-0003, labelled no effusion, wrongly called effusion with probability 0.66, test set"
    expect(tab.page.get_by_role("option", name=sentence)).to_have_attribute("title", sentence)
    expect(tab.page.get_by_role("option", name="case-0028, no label")).to_be_attached()
    assert tab.errors == []
