"""Decodes compressed DICOM frames in another process, because damaged ones can end the process they are decoded in."""

import atexit
import json
import os
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.data.codec_worker import LENGTHS
from xaae_core.errors import ImageError

TIMEOUT = 60.0
"""Seconds after which a frame is given up; 64 megapixels of JPEG 2000 take some 15 on one core."""


@dataclass(frozen=True)
class DecodedFrame:
    """A frame as its codec gave it.

    Attributes:
        array: [H, W] or [H, W, samples], integers.
        photometric: photometric interpretation that the samples have now.
    """

    array: np.ndarray[Any, Any]
    photometric: str


def decode_elsewhere(codestream: bytes, *, syntax: str, plugin: str, name: str, **options: Any) -> DecodedFrame:
    """Decode one frame in a process of its own, which stays for the next one (0.3 s to start, then some 1 ms each).

    Args:
        codestream: the compressed frame.
        syntax: UID of the transfer syntax.
        plugin: pydicom's name of the decoder, "gdcm" or "pylibjpeg".
        name: what messages call the picture.
        **options: image pixel elements by pydicom's names, JSON values.

    Raises:
        ImageError: it cannot be decoded, takes longer than `TIMEOUT`, or no process can be started.
    """
    try:
        worker = _take_worker()
    except OSError as error:
        raise ImageError(
            f"{name}: the process that decodes its pixels could not be started ({error.strerror}): free memory, or "
            "export it without compression"
        ) from error
    try:
        described, pixels = worker.ask(json.dumps({"syntax": syntax, "plugin": plugin, **options}).encode(), codestream)
    except (OSError, ValueError, struct.error):  # it has died of this frame, or was stopped
        worker.stop()
        raise ImageError(_damaged(name)) from None
    _give_back(worker)
    if not described:
        raise ImageError(_damaged(name))
    facts = json.loads(described)
    array = np.frombuffer(pixels, np.dtype(facts["dtype"])).reshape(facts["shape"])
    return DecodedFrame(array, facts["photometric_interpretation"])


def _damaged(name: str) -> str:
    return (
        f"{name}: the file is damaged or truncated (its compressed pixels cannot be decoded): "
        "save or copy it again, or leave it out"
    )


class _Worker:
    """A running decoder; used by one thread at a time."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        script = Path(__file__).with_name("codec_worker.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script)],  # -P: the script's folder is no place to import from
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, options: bytes, codestream: bytes) -> tuple[bytes, bytes]:
        """Description and pixels; raises OSError or struct.error when the process ends meanwhile."""
        assert self._process.stdin is not None  # both are pipes, see __init__
        assert self._process.stdout is not None
        alarm = threading.Timer(TIMEOUT, self._process.kill)
        alarm.start()
        try:
            self._process.stdin.write(LENGTHS.pack(len(options), len(codestream)) + options + codestream)
            self._process.stdin.flush()
            n_described, n_pixels = LENGTHS.unpack(self._process.stdout.read(LENGTHS.size))
            described, pixels = self._process.stdout.read(n_described), self._process.stdout.read(n_pixels)
            if len(pixels) < n_pixels:
                raise EOFError("the decoder ended in the middle of its reply")
            return described, pixels
        except EOFError as error:
            raise OSError(str(error)) from error
        finally:
            alarm.cancel()

    def is_usable(self) -> bool:
        """Whether it runs and is this process's own: a forked one must leave its parent's pipes alone."""
        return self._owner == os.getpid() and self._process.poll() is None

    def stop(self) -> None:
        """End the process and take its exit status."""
        self._process.kill()
        self._process.communicate()


_idle: list[_Worker] = []
_lock = threading.Lock()


def _take_worker() -> _Worker:
    """An idle decoder, or a new one: as many run as threads decode at the same time."""
    with _lock:
        while _idle:
            worker = _idle.pop()
            if worker.is_usable():
                return worker
    return _Worker()


def _give_back(worker: _Worker) -> None:
    with _lock:
        _idle.append(worker)


def _stop_all() -> None:
    while _idle:
        worker = _idle.pop()
        if worker.is_usable():
            worker.stop()


def _renew_lock() -> None:
    """In a forked process: another thread of the parent may have held the lock, and has gone."""
    global _lock
    _lock = threading.Lock()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
