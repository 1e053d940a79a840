"""What the browser fetches beside the pages: large arrays, and what a case under the pointer looks like.

A page sends the address of such a thing only. The address holds 128 random or content bits, which nobody else knows,
and works as long as a page keeps the `Served` object: the session's end is the end of its addresses.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from xaae_core.errors import XaaeError

_KEPT = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
_GONE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class CaseSource(Protocol):
    """The cases of a table as a page shows them under the pointer."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def words(self, row: int) -> Mapping[str, object]:
        """What is known of the case in a row: id, name, lines."""
        ...

    def picture(self, row: int) -> bytes:
        """Its picture as a small PNG; raises XaaeError where it cannot be read."""
        ...


@dataclass(frozen=True, eq=False)
class Served:
    """Something the browser can fetch while this object is kept.

    Attributes:
        url: its address, relative to the root of the app.
        content: the bytes; b"" of cases.
        mime: what the bytes are.
        cases: the cases; None of bytes.
    """

    url: str
    content: bytes = b""
    mime: str = "application/octet-stream"
    cases: CaseSource | None = None


_SERVED: WeakValueDictionary[str, Served] = WeakValueDictionary()


def serve_bytes(content: bytes, mime: str = "application/octet-stream") -> Served:
    """Offer bytes to the browser; the same bytes have the same address, so it fetches them once."""
    url = f"xaae/blob/{hashlib.blake2b(content, digest_size=16, key=_KEY).hexdigest()}"
    served = _SERVED.get(url) or Served(url, content, mime)
    _SERVED[url] = served
    return served


def serve_cases(cases: CaseSource) -> Served:
    """Offer the cases: `<url>/<row>.json` are the words of a row, `<url>/<row>.png` is its picture."""
    served = Served(f"xaae/cases/{secrets.token_hex(16)}", cases=cases)
    _SERVED[served.url] = served
    return served


def blob_answer(request: Request) -> Response:
    """The bytes of an address."""
    served = _SERVED.get(f"xaae/blob/{request.path_params['digest']}")
    if served is None:
        return _gone()
    return Response(served.content, media_type=served.mime, headers=_KEPT)


def words_answer(request: Request) -> Response:
    """The words of a row."""
    cases, row = _case_of(request)
    if cases is None:
        return _gone()
    return JSONResponse({"row": row, **cases.words(row)}, headers=_KEPT)


def picture_answer(request: Request) -> Response:
    """The picture of a row."""
    cases, row = _case_of(request)
    if cases is None:
        return _gone()
    try:
        return Response(cases.picture(row), media_type="image/png", headers=_KEPT)
    except XaaeError as error:
        return JSONResponse({"row": row, "error": str(error)}, status_code=404, headers=_GONE)


def routes() -> list[Route]:
    """What main.py serves beside the pages. Functions that wait for a file run in threads of their own."""
    return [
        Route("/xaae/blob/{digest}", blob_answer),
        Route("/xaae/cases/{token}/{row:int}.json", words_answer),
        Route("/xaae/cases/{token}/{row:int}.png", picture_answer),
    ]


_KEY = secrets.token_bytes(16)  # an address cannot be computed from a file that one already has


def _case_of(request: Request) -> tuple[CaseSource | None, int]:
    served = _SERVED.get(f"xaae/cases/{request.path_params['token']}")
    row: int = request.path_params["row"]
    cases = served.cases if served is not None else None
    return (cases if cases is not None and row < len(cases) else None), row


def _gone() -> Response:
    return JSONResponse({"error": "this address is no longer served: load the page again"}, 404, headers=_GONE)
