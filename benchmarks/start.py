"""From the launch of the process to the first usable page: the app against an empty Streamlit page."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.browser import PATIENCE_MS, WINDOW, chromium
from benchmarks.comparison import Comparison, take_turns
from benchmarks.servers import free_port, our_app, plain_app, serving


@dataclass(frozen=True)
class Goal:
    """A page and what on it shows that it can be used.

    Attributes:
        name: for the table.
        path: of the page's address.
        usable: selector of what must be on screen.
    """

    name: str
    path: str
    usable: str


START_PAGE = Goal("start page", "/", "[data-testid=stHeading] h1")
TRAVERSE_PAGE = Goal("traverse page", "/traverse", ".pv[data-ready] canvas[data-panel=decoded]")
EMPTY_PAGE = Goal("empty page", "/", "[data-testid=stHeading] h1")


def seconds_to(browser: Browser, goal: Goal, command: Callable[[int], list[str]], cache: Path) -> float:
    """Seconds from launching a server to the goal in a fresh tab of a fresh profile."""
    port = free_port()
    with serving(command(port), port, cache=cache) as server:
        context = browser.new_context(viewport=WINDOW)
        try:
            page = context.new_page()
            page.goto(server.url + goal.path)
            page.locator(goal.usable).first.wait_for(timeout=PATIENCE_MS)
            return time.perf_counter() - server.launched
        finally:
            context.close()


def compare(browser: Browser, goal: Goal, *, repeats: int) -> Comparison:
    """One page of the app against the empty page."""
    with tempfile.TemporaryDirectory() as cache:
        first = seconds_to(browser, goal, our_app, Path(cache))
        seconds = take_turns(
            lambda: seconds_to(browser, goal, our_app, Path(cache)),
            lambda: seconds_to(browser, EMPTY_PAGE, empty_app, Path(cache)),
            repeats=repeats,
        )
    return Comparison(
        f"launch to {goal.name}",
        "xaae app, its cache warm",
        "streamlit run of a page with nothing but a title",
        *seconds,
        f"headless Chromium already running; the very first start, with an empty cache, took {first:.3g} s",
    )


def empty_app(port: int) -> list[str]:
    """The command line of the empty page."""
    return plain_app("empty_page.py", port)


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file."""
    with chromium() as browser:
        return [compare(browser, goal, repeats=1 if is_quick else 7) for goal in (START_PAGE, TRAVERSE_PAGE)]
