"""A text in a GIF: a comment extension (GIF89a, 24)."""

from __future__ import annotations

from collections.abc import Iterator

from xaae_core.errors import ProvenanceError

_MARK = b"xaae:provenance "
_COMMENT = b"\x21\xfe"


def embed(file: bytes, text: str) -> bytes:
    """The file with this text, and no other of ours; "" removes it."""
    head, blocks = _parts(file)
    kept = [block for block in blocks if not _comment(block).startswith(_MARK)]
    ours = [_COMMENT + _packed(_MARK + text.encode())] if text else []
    return head + b"".join([*ours, *kept]) + b"\x3b"


def extract(file: bytes) -> str:
    """Our text; "" without one."""
    comments = (_comment(block) for block in _parts(file)[1])
    found = next((comment for comment in comments if comment.startswith(_MARK)), _MARK)
    return found.removeprefix(_MARK).decode("utf-8", "replace")


def drawing(file: bytes) -> bytes:
    """What is drawn: everything but comments."""
    head, blocks = _parts(file)
    return head + b"".join(block for block in blocks if not block.startswith(_COMMENT))


def _parts(file: bytes) -> tuple[bytes, list[bytes]]:
    """The header with the global palette, and the blocks after it."""
    try:
        start = 13 + _palette(file[10])
        return file[:start], list(_blocks(file, start))
    except IndexError as error:
        raise ProvenanceError("the GIF is truncated: it has no end. Copy it again") from error


def _blocks(file: bytes, place: int) -> Iterator[bytes]:
    while file[place] != 0x3B:
        start, kind = place, file[place]
        if kind == 0x21:
            place += 2
        elif kind == 0x2C:
            place += 11 + _palette(file[place + 9])  # the descriptor, its palette, the least code size
        else:
            raise ProvenanceError(f"the GIF is damaged at byte {place}: expected a block. Copy it again")
        while file[place]:
            place += file[place] + 1
        place += 1
        yield file[start:place]


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _comment(block: bytes) -> bytes:
    """The text of a comment extension; b"" of other blocks."""
    if not block.startswith(_COMMENT):
        return b""
    text, place = b"", 2
    while block[place]:
        text += block[place + 1 : place + 1 + block[place]]
        place += block[place] + 1
    return text


def _packed(text: bytes) -> bytes:
    """Sub-blocks of at most 255 bytes, ended by an empty one."""
    parts = [text[start : start + 255] for start in range(0, len(text), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
