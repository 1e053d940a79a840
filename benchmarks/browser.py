"""Headless Chromium, for the benchmarks that measure what a reader sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ViewportSize, sync_playwright

_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
]  # fmt: skip
WINDOW: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_MS = 300_000


class NoBrowserError(RuntimeError):
    """There is no Chromium to measure with."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser; raises NoBrowserError without Chromium on the PATH."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        raise NoBrowserError("no chromium on the PATH: install Debian's chromium package to measure in the browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
