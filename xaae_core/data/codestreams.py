"""What the header of a JPEG, JPEG-LS or JPEG 2000 codestream says, read before a decoder sees it."""

import struct
from dataclasses import dataclass

_JPEG_START, _JPEG_2000_START = b"\xff\xd8\xff", b"\xff\x4f\xff\x51"
_NO_FRAME_HEADERS = frozenset({0xC4, 0xC8, 0xCC})  # in the range of frame headers: tables, reserved, arithmetic coding
_JPEG_LS, _LOSSLESS = 0xF7, frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_APP0, _APP14 = 0xE0, 0xEE
_BOXES = 4096  # bytes: a JPEG 2000 file that was put in whole has its boxes before the codestream


@dataclass(frozen=True)
class Codestream:
    """The picture that a codestream claims to hold.

    Attributes:
        size: (height, width) in pixels.
        samples: channels.
        precision: bits per sample.
        is_lossless_jpeg: JPEG process 14 or JPEG-LS, which everyday decoders do not know.
        is_ycc: of JPEG in colour, whether its samples are YCbCr and not RGB; None where nothing in it tells.
    """

    size: tuple[int, int]
    samples: int
    precision: int
    is_lossless_jpeg: bool = False
    is_ycc: bool | None = None


def inspect_codestream(data: bytes) -> Codestream | None:
    """Read the frame header; None where there is none to be found.

    Sources: ITU-T T.81 annex B.2.2 (JPEG), T.872 clause 6.5.3 (the Adobe marker), T.87 annex C.2.2 (JPEG-LS), T.800
    annex A.5.1 (JPEG 2000).
    """
    try:
        if data.startswith(_JPEG_START):
            return _inspect_jpeg(data)
        start = data.find(_JPEG_2000_START, 0, _BOXES)
        return _inspect_jpeg_2000(data, start) if start >= 0 else None
    except (struct.error, IndexError):
        return None


def _inspect_jpeg(data: bytes) -> Codestream | None:
    place, is_ycc = 2, None
    while data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if (0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_HEADERS) or marker == _JPEG_LS:
            precision, height, width, samples = struct.unpack_from(">BHHB", data, place + 4)
            is_ycc = _told_by_channels(data[place + 10 : place + 10 + 3 * samples]) if is_ycc is None else is_ycc
            return Codestream((height, width), samples, precision, marker in _LOSSLESS or marker == _JPEG_LS, is_ycc)
        (length,) = struct.unpack_from(">H", data, place + 2)
        if marker == _APP14 and data[place + 4 : place + 9] == b"Adobe":
            is_ycc = data[place + 15] == 1
        elif marker == _APP0 and data[place + 4 : place + 8] == b"JFIF":
            is_ycc = True
        place += 2 + length
    return None


def _told_by_channels(channels: bytes) -> bool | None:
    """Whether three channels are YCbCr, by their names, or because colour is sampled more coarsely than brightness."""
    names, sampling = channels[::3], channels[1::3]
    if names.upper() == b"RGB":
        return False
    return True if len(sampling) == 3 and sampling[0] != sampling[1] else None


def _inspect_jpeg_2000(data: bytes, start: int) -> Codestream:
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    (samples,) = struct.unpack_from(">H", data, start + 40)
    return Codestream((bottom - top, right - left), samples, (data[start + 42] & 0x7F) + 1)
