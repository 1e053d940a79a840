"""A tab that a test file keeps: each test loads its page anew in it, for half the work of a fresh tab.

A test file says ``pytest_plugins = ["tests.app.kept_tab"]`` and asks for ``same_tab`` where it would for ``open_page``.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.app.tab_look import TabLook

OpenPage = Callable[..., Page]


class KeptTab:
    """Opens addresses in one tab; between two tests it is blank, and as if nobody had touched it."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page()

    def open(self, url: str, *, before: Callable[[Page], None] | None = None, **options: Any) -> Page:
        look = TabLook(**options)
        self.page.set_viewport_size({"width": look.width, "height": look.height})
        self.page.emulate_media(color_scheme=look.colour_scheme, reduced_motion=look.reduced_motion)
        if before is not None:
            before(self.page)  # it goes on listening after its test, to no one's harm
        self.page.goto(url)
        return self.page

    def leave(self) -> None:
        """Nothing that the last test left behind, pointer and keys included, is there in the next."""
        self.page.unroute_all(behavior="ignoreErrors")
        if self.page.url != "about:blank":
            self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.goto("about:blank")
        self.page.mouse.up()
        for key in ("Shift", "Control", "Alt"):
            self.page.keyboard.up(key)
        self.page.mouse.move(0, 0)


@pytest.fixture(scope="module")
def kept_tab(chromium: Browser) -> Iterator[KeptTab]:
    tab = KeptTab(chromium)
    yield tab
    tab.page.context.close()


@pytest.fixture
def same_tab(kept_tab: KeptTab) -> Iterator[OpenPage]:
    """``same_tab(url, width=1280, …)`` as ``open_page``, in the tab of the test before; once or more in a test."""
    yield kept_tab.open
    kept_tab.leave()
