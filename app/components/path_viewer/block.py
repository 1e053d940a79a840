"""The block of bytes that a path is sent as: ``XPV1``, the length of the header (uint32), the header, the frames."""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Literal

MAGIC = b"XPV1"
Kind = Literal["original", "decoded", "edit"]


def pack_block(header: Mapping[str, object], frames: Iterable[tuple[Kind, int, bytes]]) -> bytes:
    """Make the block; equal headers and frames give equal bytes.

    Args:
        header: JSON-ready values; ``images`` and ``digest`` are added: where each frame lies, and what names the block.
        frames: kind, step and bytes of each frame.
    """
    entries, body, offset = [], [], 0
    for kind, step, data in frames:
        entries.append({"kind": kind, "step": step, "offset": offset, "length": len(data), "crc": zlib.crc32(data)})
        body.append(data)
        offset += len(data)
    whole = {**header, "images": entries}
    text = json.dumps(whole, sort_keys=True, allow_nan=False).encode()
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()  # the frames are in it by their checksums
    text = json.dumps({"digest": digest, **whole}, sort_keys=True, allow_nan=False).encode()
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *body])
