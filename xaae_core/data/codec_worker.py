"""A program of its own that decodes compressed DICOM frames; started by `codec_process`, run as a script.

GDCM ends its process (C++ terminate) and OpenJPEG takes any amount of memory when a codestream is damaged. Here that
ends this program only. It imports nothing of this package, so that it starts in a quarter of a second.

A request is three lengths (little-endian uint32: 4 bytes each) of two JSON-or-bytes parts: 8 bytes with the lengths of
the options (JSON) and of the codestream, then both. A reply has the same form: description (JSON; empty: it could not
be decoded) and the pixels.
"""

import contextlib
import json
import os
import struct
import sys
from typing import Any, BinaryIO

MAX_MEMORY = 6 * 1024**3
"""Address space in bytes: above what 64 megapixels in three 32-bit channels and their copies need."""

LENGTHS = struct.Struct("<II")


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer one request after the other until the other side closes the pipe."""
    while True:
        head = requests.read(LENGTHS.size)
        if len(head) < LENGTHS.size:
            return
        n_options, n_codestream = LENGTHS.unpack(head)
        options, codestream = json.loads(requests.read(n_options)), requests.read(n_codestream)
        try:
            described, pixels = decode_frame(codestream, **options)
        except Exception:  # whatever a codec raises, the other side only needs to know that it failed
            described, pixels = b"", b""
        replies.write(LENGTHS.pack(len(described), len(pixels)) + described)
        replies.write(pixels)
        replies.flush()


def decode_frame(codestream: bytes, *, syntax: str, plugin: str, **options: Any) -> tuple[bytes, bytes]:
    """Decode one frame with pydicom; returns its description as JSON and its pixels.

    Args:
        codestream: the compressed frame.
        syntax: UID of the transfer syntax.
        plugin: name of the decoder, "gdcm" or "pylibjpeg".
        **options: image pixel elements by pydicom's names (`rows`, `bits_stored`, …).
    """
    import numpy as np
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder

    options["pixel_keyword"] = "PixelData"
    wrapped = encapsulate([codestream])
    array, properties = get_decoder(syntax).as_array(wrapped, index=0, decoding_plugin=plugin, **options)
    described = {
        "shape": array.shape,
        "dtype": array.dtype.str,
        "photometric_interpretation": str(properties["photometric_interpretation"]),
    }
    return json.dumps(described).encode(), np.ascontiguousarray(array).tobytes()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has the limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


if __name__ == "__main__":
    import warnings

    _limit_memory()
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a codec prints must not get between the replies
    serve(sys.stdin.buffer, answers)
