"""A part of a page that fails says why; the rest of the page and the session stay."""

from __future__ import annotations

import logging
from types import TracebackType

import streamlit as st

from app.plain_text import plain
from xaae_core.errors import XaaeError

_log = logging.getLogger("xaae.app")


class explained:  # noqa: N801  (used as a statement: with explained("This path"): …)
    """Show an error inside the block as a message in its place.

    Errors a user can mend show their own text, which names the remedy. Others are logged whole for the
    engineer and shown in one line: a traceback tells a clinician nothing and may show paths.

    Args:
        what: the part of the page, as the beginning of a sentence that goes on with "failed".
    """

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Explain; Streamlit's own control flow is no `Exception` and passes through."""
        if not isinstance(error, Exception):
            return False
        if isinstance(error, XaaeError):
            st.error(f"{self._what} failed: {plain(str(error))}")
        elif isinstance(error, MemoryError):
            st.error(
                f"{self._what} needs more memory than this computer has free: choose fewer steps or a smaller model."
            )
        else:
            _log.error("%s failed", self._what, exc_info=error)
            found = plain(f"{type(error).__name__}: {error}"[:200])
            st.error(
                f"{self._what} failed unexpectedly ({found}). Your session is kept: change the setting you changed "
                "last, or choose another case or model. The log of the app says more."
            )
        return True
