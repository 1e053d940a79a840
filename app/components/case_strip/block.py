"""The one block of bytes the browser is sent: the words of all cases, the pictures of those it lacks.

The block: ``XCS1``, the length of the header (uint32, little endian), the header (JSON), the catalogue (deflated
JSON, the same bytes until a case changes), the pictures (PNG) one after the other. The browser keeps pictures by the
row of their case in one catalogue, and asks for what it lacks; so a picture is sent once, and only when it is seen.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.components.case_strip.entries import CaseEntry, CaseFilter, Catalogue
from app.components.case_strip.thumbnails import encode_thumbnail

MAGIC = b"XCS1"
LARGEST_PAGE = 60

Layout = Literal["strip", "grid"]
Thumbnails = Callable[[Sequence[str]], Mapping[str, NDArray[np.uint8]]]


@dataclass(frozen=True)
class Request:
    """What the browser asked for.

    Attributes:
        ticket: names the request; the same ticket is answered once.
        rows: rows of the catalogue whose pictures it lacks.
        filter: what it shows.
    """

    ticket: str
    rows: tuple[int, ...]
    filter: CaseFilter


@dataclass(frozen=True)
class Settings:
    """How the cases are laid out.

    Attributes:
        key: names the strip; what it showed is found again under this name.
        layout: "strip" (one row) or "grid".
        page_size: thumbnails on one page.
        height: of the grid's scrolling part, in pixels.
    """

    key: str
    layout: Layout
    page_size: int
    height: int


@dataclass(frozen=True)
class Answer:
    """A block and what it answers.

    Attributes:
        catalogue: the words in it.
        ticket: of the request whose pictures were sent; "" before the first.
        selected: the case outlined.
        filter: what the browser shows.
        settings: the layout.
        blob: the bytes.
    """

    catalogue: Catalogue
    ticket: str
    selected: str | None
    filter: CaseFilter
    settings: Settings
    blob: bytes = field(repr=False)


def read_request(value: object, catalogue: Catalogue, n_cases: int, page_size: int) -> Request | None:
    """The browser's request; None if there is none, or if it belongs to another catalogue.

    Args:
        value: what the browser sent; nothing about it is trusted.
        catalogue: the cases as they are now.
        n_cases: rows in it.
        page_size: the most rows that are answered.
    """
    if not isinstance(value, dict) or value.get("catalogue") != catalogue.digest:
        return None
    rows, wanted = value.get("rows"), value.get("filter")
    if not isinstance(rows, list) or not isinstance(wanted, dict):
        return None
    known = [row for row in rows if isinstance(row, int) and 0 <= row < n_cases]
    choice, query = (str(wanted.get(name, default)) for name, default in (("choice", "all"), ("query", "")))
    return Request(str(value.get("ticket", "")), tuple(known[:page_size]), CaseFilter(choice, query))


def first_page(
    entries: Sequence[CaseEntry], wanted: CaseFilter, selected: str | None, page_size: int
) -> tuple[int, ...]:
    """Rows of the page that opens: the one with the selected case, or the first (strip.js does the same)."""
    shown = [row for row, entry in enumerate(entries) if wanted.matches(entry)]
    place = next((k for k, row in enumerate(shown) if entries[row].id == selected), 0)
    start = place - place % page_size
    return tuple(shown[start : start + page_size])


def make_block(
    entries: Sequence[CaseEntry],
    rows: Sequence[int],
    thumbnails: Thumbnails,
    *,
    catalogue: Catalogue,
    ticket: str,
    selected: str | None,
    wanted: CaseFilter,
    settings: Settings,
) -> Answer:
    """Make the block of bytes.

    Args:
        entries: all cases.
        rows: those whose pictures are sent.
        thumbnails: gives the pictures of some ids; an id it leaves out is shown as having no picture.
        catalogue: the words of all cases.
        ticket: of the request answered.
        selected: the case to outline.
        wanted: the filter with which a fresh browser opens.
        settings: the layout.

    Returns:
        The block and what it answers.
    """
    ids = [entries[row].id for row in rows]
    pictures = thumbnails(ids) if ids else {}
    images, missing, body = [], [], []
    offset = len(catalogue.packed)
    for row, case_id in zip(rows, ids, strict=True):
        if case_id not in pictures:
            missing.append(row)
            continue
        data = encode_thumbnail(case_id, pictures[case_id])
        images.append({"row": row, "id": case_id, "offset": offset, "length": len(data)})
        body.append(data)
        offset += len(data)
    header = {
        "catalogue": catalogue.digest,
        "catalogue_length": len(catalogue.packed),
        "ticket": ticket,
        "selected": selected,
        "filter": {"choice": wanted.choice, "query": wanted.query},
        "key": settings.key,
        "layout": settings.layout,
        "page_size": settings.page_size,
        "height": settings.height,
        "images": images,
        "missing": missing,
    }
    blob = _with_header(header, b"".join([catalogue.packed, *body]))
    return Answer(catalogue, ticket, selected, wanted, settings, blob)


def _with_header(header: dict[str, object], body: bytes) -> bytes:
    text = json.dumps(header, sort_keys=True, allow_nan=False).encode()
    digest = hashlib.blake2b(text + body, digest_size=16).hexdigest()
    text = json.dumps({"digest": digest, **header}, sort_keys=True, allow_nan=False).encode()
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, body])
