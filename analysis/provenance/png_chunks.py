"""A text in a PNG: an international text chunk (PNG 1.2, 4.2.3.3)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from xaae_core.errors import ProvenanceError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"xaae:provenance"
_DRAWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")


def embed(file: bytes, text: str) -> bytes:
    """The file with this text, and no other of ours; "" removes it."""
    chunks = [(kind, data) for kind, data in _chunks(file) if not _is_ours(kind, data)]
    if text:
        content = _KEYWORD + b"\0\0\0\0\0" + text.encode()  # not compressed, no language, no translated keyword
        chunks.insert(1, (b"iTXt", content))
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def extract(file: bytes) -> str:
    """Our text; "" without one."""
    found = next((data for kind, data in _chunks(file) if _is_ours(kind, data)), b"")
    return found[len(_KEYWORD) + 5 :].decode("utf-8", "replace")


def drawing(file: bytes) -> bytes:
    """What is drawn: size, palette and pixels."""
    return b"".join(kind + data for kind, data in _chunks(file) if kind in _DRAWN)


def _is_ours(kind: bytes, data: bytes) -> bool:
    return kind == b"iTXt" and data.startswith(_KEYWORD + b"\0")


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place + 12 <= len(file):
        (length,) = struct.unpack_from(">I", file, place)
        kind, data = file[place + 4 : place + 8], file[place + 8 : place + 8 + length]
        place += 12 + length
        if place > len(file):
            break
        yield kind, data
        if kind == b"IEND":
            return
    raise ProvenanceError("the PNG is truncated: it has no end. Copy it again")
