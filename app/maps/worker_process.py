"""The server's side of the process that computes maps: starting it, talking to it, ending it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from app.maps.estimates import worker_threads
from app.maps.failures import exit_words
from xaae_core.errors import ProjectionError

_SAID_BYTES = 4000
_SAID_LINES = 3
_PATIENCE_SECONDS = 2.0
_HEARING_SECONDS = 0.4
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Not numba's: what NN-descent finds depends on the number of threads, and must be what `xaae project` finds."""


class WorkerProcess:
    """A running worker.

    `cancel` and `kill` may be called by any thread; everything else by the one that started it, which must live as long
    as the worker is to live.

    Raises:
        ProjectionError: it cannot be started.
    """

    def __init__(self) -> None:
        self._sending = threading.Lock()
        self._begun = self._answered = -1
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `end`)
        threads = str(worker_threads())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "app.maps.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={**dict.fromkeys(_THREAD_VARIABLES, threads), **os.environ},  # unless the person who started said
            )
        except OSError as error:
            self._log.close()
            raise ProjectionError(
                f"the process that computes maps cannot be started ({error.strerror}): close other programs, then ask "
                "for the map once more"
            ) from error

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def send(self, order: Mapping[str, Any]) -> None:
        """Give it an order; that it has ended shows when its replies are read."""
        assert self._process.stdin is not None  # a pipe, see __init__
        with self._sending, suppress(OSError, ValueError):  # ended, or closed already
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    def replies(self, number: int) -> Iterator[dict[str, Any]]:
        """What it says to the order with a number, the last reply included; stops early where the worker has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                reply = json.loads(line)
            except ValueError:
                return  # it ended in the middle of a line
            if reply.get("number") == number:
                self._begun = number
                if is_end(reply):
                    self._answered = number
                yield reply
                if is_end(reply):
                    return

    def cancel(self, number: int) -> None:
        """End an order: kindly where the worker hears of it at once, so that it stays warm, else with its process."""
        self.send({"cancel": number})
        alarm = threading.Timer(_HEARING_SECONDS, self._kill_unless_answered, [number])
        alarm.daemon = True
        alarm.start()

    def _kill_unless_answered(self, number: int) -> None:
        if self._begun >= number > self._answered:  # it hears of one that it has not begun before it begins it
            self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> str:
        """End it, if it has not ended, and take its exit status; returns what became of it, for people."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            code = self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        said = self._last_words()
        self._log.close()
        return f"{exit_words(code)}{said}"

    def _last_words(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _SAID_BYTES))
        lines = [line.strip() for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return f". The last it said: {' / '.join(lines[-_SAID_LINES:])}" if lines else ""


def is_end(reply: Mapping[str, Any]) -> bool:
    """Whether a reply is the last to its order."""
    return "done" in reply or "error" in reply
