"""What went wrong with a map, in words, and as the error that callers know."""

from __future__ import annotations

import errno

from xaae_core import errors
from xaae_core.errors import ProjectionError, XaaeError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def failure_words(error: Exception, cache: str) -> str:
    """What went wrong, for people, and what can be done; errors they can mend as they are.

    Args:
        error: what was raised.
        cache: the folder in which maps are kept.
    """
    if isinstance(error, XaaeError | ValueError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return f"the disk is full: free some space where {cache} is, then ask for the map once more"
    if isinstance(error, OSError):
        return f"the map cannot be kept in {cache} ({error.strerror or error}): see that it can be written to"
    if isinstance(error, MemoryError):
        return "the map needs more memory than is free: lay out fewer cases, or close other programs"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def error_named(name: str, words: str) -> Exception:
    """The error that the worker met: of the same type where it is one that users cause; else a ProjectionError."""
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, XaaeError):
        return kind(words)
    return ValueError(words) if name == "ValueError" else ProjectionError(words)


def exit_words(code: int) -> str:
    """Why the worker has ended, from its exit code (negative: the signal that ended it), and what can be done."""
    if code in (-9, 137):
        return (
            "the process that computes maps was ended by the system (signal 9), most likely because the memory ran "
            "out: close other programs or lay out fewer cases, then ask for the map once more"
        )
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return f"the process that computes maps has ended {how} in the middle of a map: ask for it once more"
