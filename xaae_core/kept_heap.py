"""Memory that a training has freed stays with the process for its next step, instead of going back to the system.

Each step of a training frees what it has computed, and asks for as much again. glibc hands large blocks back to the
system, which has to give them again page by page: of a step of a small convolutional model on a CPU that can be a
quarter of the time. This is what the guides of PyTorch advise another allocator for.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_… of malloc.h
_NEVER = 2**31 - 1
_LARGE = (2**30, 2**25)
"""Blocks below are kept: a gibibyte, or what older versions of glibc take at most."""

_lock = Lock()
_n_holders = 0


@contextmanager
def kept_heap() -> Iterator[None]:
    """While this lasts, memory that is freed stays with the process; afterwards what is free goes back.

    It may be nested, and be entered by several threads at a time; it also decorates a function. With another C library
    than glibc (macOS, Windows, Alpine) nothing happens. The thresholds are then those at which glibc's own adaptation
    ends: 32 MiB for blocks of their own, twice that for trimming.

    Source: mallopt(3).
    """
    _hold(+1)
    try:
        yield
    finally:
        _hold(-1)


def is_heap_kept() -> bool:
    """Whether some `kept_heap` lasts and has an effect here."""
    return _n_holders > 0 and _glibc() is not None


def _hold(change: int) -> None:
    global _n_holders  # the heap is the process's, and so is its count
    with _lock:
        was_held = _n_holders > 0
        _n_holders += change
        library = _glibc()
        if library is None or was_held == (_n_holders > 0):
            return
        if _n_holders:
            _keep(library)
        else:
            _give_back(library)


def _keep(library: ctypes.CDLL) -> None:
    any(library.mallopt(_MMAP_THRESHOLD, size) for size in _LARGE)  # the first that is taken
    library.mallopt(_TRIM_THRESHOLD, _NEVER)


def _give_back(library: ctypes.CDLL) -> None:
    library.mallopt(_MMAP_THRESHOLD, _LARGE[-1])
    library.mallopt(_TRIM_THRESHOLD, 2 * _LARGE[-1])
    library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is glibc."""
    try:
        is_glibc = bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError):  # Windows has no confstr, other systems not this name
        return None
    return ctypes.CDLL(None) if is_glibc else None
