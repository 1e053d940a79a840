"""Streamlit servers that live as long as a `with` block."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = Path(__file__).parent / "apps"
START_SECONDS = 120
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        url: its address.
        launched: when its process was started, by `time.perf_counter`.
    """

    url: str
    launched: float


def our_app(port: int) -> list[str]:
    """The command line of the project's app."""
    return [str(Path(sys.executable).with_name("xaae")), "app", "--port", str(port)]


def plain_app(name: str, port: int) -> list[str]:
    """The command line of an app of `benchmarks/apps`."""
    return [sys.executable, "-m", "streamlit", "run", str(APPS / name), "--server.port", str(port)]


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], port: int, *, cache: Path) -> Iterator[Server]:
    """Run a server, wait until it answers, end it (and only it).

    Args:
        command: what starts it; it runs in the project's folder, with the project's Streamlit settings.
        port: where it listens.
        cache: folder for the app's own cache.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XAAE_CACHE": str(cache)}
    with tempfile.TemporaryFile() as log:
        launched = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment, start_new_session=True)
        try:
            url = f"http://127.0.0.1:{port}"
            if not _answers(url, process):
                log.seek(0)
                raise RuntimeError(f"{' '.join(command)} did not answer: {log.read()[-2000:].decode(errors='replace')}")
            yield Server(url, launched)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server says that it is healthy before it dies or patience does."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(_POLL_SECONDS)
    return False
