"""A text in an HTML page: a meta element of our own name in its head."""

from __future__ import annotations

import html
import re

from xaae_core.errors import ProvenanceError

NAME = "xaae-provenance"
_OWN = re.compile(rf'<meta name="{NAME}" content="([^"]*)">')
_PLACE = "</title>\n"


def embed(file: bytes, text: str) -> bytes:
    """The page with this text, and no other of ours; "" removes it. All else stays as it is, letter for letter."""
    source = _OWN.sub("", _decoded(file))
    if not text:
        return source.encode()
    head, place, rest = source.partition(_PLACE)
    if not place:
        raise ProvenanceError("the page has no title with a line's end behind it: it is damaged")
    return f'{head}{place}<meta name="{NAME}" content="{html.escape(text)}">{rest}'.encode()


def extract(file: bytes) -> str:
    """Our text; "" without one."""
    found = _OWN.search(_decoded(file))
    return "" if found is None else html.unescape(found[1])


def drawing(file: bytes) -> bytes:
    """What is drawn: everything but our text, whatever way lines end."""
    return _OWN.sub("", _decoded(file)).replace("\r\n", "\n").encode()


def _decoded(file: bytes) -> str:
    try:
        return file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProvenanceError(f"the page is not written in UTF-8 ({error}). Copy it again") from error
