"""A Streamlit server, headless Chromium, and sessions without a browser, for tests of what a reader sees."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.app.cli_folders import write_model, write_pictures
from tests.app.session import Session
from tests.app.tab_look import TabLook

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 60
PATIENCE_MS = 20_000  # two test files share two cores: what comes at once on a quiet machine may take seconds

StartServer = Callable[..., str]
OpenPage = Callable[..., Page]
OpenSession = Callable[..., Session]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"streamlit did not start at {url}: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def streamlit_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """``streamlit_server(app_path, *script_arguments, environment={...})`` starts an app once and gives its URL."""
    running: dict[tuple[object, ...], tuple[str, subprocess.Popen[bytes]]] = {}

    def start(app_path: Path | str, *arguments: str, environment: dict[str, str] | None = None) -> str:
        key = (str(app_path), arguments, tuple(sorted((environment or {}).items())))
        if key in running and running[key][1].poll() is None:
            return running[key][0]
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            sys.executable, "-m", "streamlit", "run", str(app_path), "--server.port", str(port),
            "--server.address", "127.0.0.1", "--server.headless", "true", "--server.fileWatcherType", "none",
            "--browser.gatherUsageStats", "false", *(["--", *arguments] if arguments else []),
        ]  # fmt: skip
        log = tmp_path_factory.mktemp("streamlit") / "log.txt"
        settings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **(environment or {})}
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=settings)
        running[key] = (url, process)
        _wait_until_healthy(url, process, log)
        return url

    yield start
    for _, process in running.values():
        process.terminate()
    for _, process in running.values():
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def demo_app_url(streamlit_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app with the demo in it, for all files whose tests do not mind what others have computed there."""
    cache = tmp_path_factory.mktemp("demo_cache")
    settings = {"XAAE_CACHE": str(cache), "XAAE_CHECKPOINT": "", "XAAE_DATA": "", "XAAE_MODELS": str(cache / "none")}
    return streamlit_server(ROOT / "app" / "main.py", environment=settings)


@pytest.fixture
def demo_in_empty_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A session opens the demo, and keeps what it keeps in folders of the test's own."""
    for name in ("XAAE_CHECKPOINT", "XAAE_DATA", "XAAE_PICTURES", "XAAE_OPENED"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XAAE_CACHE", "XAAE_MODELS", "XAAE_RUNS"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Headless Chromium for one test file.

    Not for the whole session: while Playwright runs, the main thread counts as inside an event loop, and tests in
    other files that start one of their own would fail.
    """
    known = map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))
    executable = next(filter(None, known), None)  # the shell draws no window of its own: a sixth less of the CPU
    if executable is None:
        pytest.skip("no chromium on the PATH; install Debian's chromium package to run the browser tests")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def _opening(chromium: Browser) -> Iterator[OpenPage]:
    """Opens tabs, each in a profile of its own, and closes them."""
    contexts = []

    def open_one(url: str = "about:blank", *, before: Callable[[Page], None] | None = None, **options: Any) -> Page:
        look = TabLook(**options)
        context = chromium.new_context(
            viewport={"width": look.width, "height": look.height}, color_scheme=look.colour_scheme,
            reduced_motion=look.reduced_motion,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        if before is not None:
            before(page)
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """``open_page(url, width=1280, height=800, colour_scheme="light")`` opens a fresh tab in a fresh profile."""
    with _opening(chromium) as open_one:
        yield open_one


@pytest.fixture(scope="module")
def open_lasting_page(chromium: Browser) -> Iterator[OpenPage]:
    """As ``open_page``; its tabs stay open until the file's last test, which spares loading the app again."""
    with _opening(chromium) as open_one:
        yield open_one


@pytest.fixture
def chromium_page(open_page: OpenPage) -> Page:
    """A blank tab, 1280×800, light."""
    return open_page()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a model of 48 px that nobody trained: classes bright and dark."""
    return write_model(tmp_path_factory.mktemp("tiny_model") / "tiny.safetensors")


@pytest.fixture(scope="session")
def tiny_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for it: 12 pictures of each class. Do not change it."""
    return write_pictures(tmp_path_factory.mktemp("tiny_pictures") / "squares", per_class=12)


@pytest.fixture
def open_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenSession:
    """``open_session(page, checkpoint=…, data=…)`` opens a page in a new session; the demo without a checkpoint."""
    for name in ("XAAE_CHECKPOINT", "XAAE_DATA", "XAAE_PICTURES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XAAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XAAE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XAAE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XAAE_BROWSE", str(tmp_path))
    torch.set_num_threads(1)

    def start(
        page: str = "start.py", *, checkpoint: Path | None = None, data: Path | None = None, **address: str
    ) -> Session:
        if checkpoint is not None:
            monkeypatch.setenv("XAAE_CHECKPOINT", str(checkpoint))
        if data is not None:
            monkeypatch.setenv("XAAE_DATA", str(data))
        session = Session(**address).run()
        return session.go(page) if page != "start.py" else session

    return start
