"""Reads one frame of a DICOM file as it is stored: whole numbers, or RGB where the codec gives colour."""

from io import BytesIO
from struct import unpack
from typing import Any, BinaryIO

import numpy as np

from xaae_core.data.codec_process import DecodedFrame, decode_elsewhere
from xaae_core.data.codestreams import inspect_codestream
from xaae_core.data.damage import damage_reported
from xaae_core.data.dicom_header import DicomHeader
from xaae_core.data.dicom_pixels import BIG_ENDIAN, EXPLICIT, JPEG, JPEG_2000, NATIVE, RLE, PixelFacts
from xaae_core.errors import ImageError

_JPEG_LOSSLESS = "1.2.840.10008.1.2.4.57"
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_RLE_SLACK = 64 * 1024  # bytes that a run-length code may be longer than twice its picture


def read_frame(header: DicomHeader, facts: PixelFacts, index: int) -> DecodedFrame:
    """The samples of one frame; of a file without compression only that frame is read.

    Args:
        header: see `read_header`.
        facts: see `find_pixels`.
        index: of the frame, from 0; it must be there.

    Returns:
        [H, W] integers or reals, or [H, W, 3] with the photometric interpretation they have now.

    Raises:
        ImageError: truncated, damaged, or another picture than the header says.
    """
    if facts.syntax in NATIVE:
        return _read_native(header.stream, facts, index, header.name)
    return _decode(_read_codestream(header, facts, index), facts, header.name)


def _read_native(stream: BinaryIO, facts: PixelFacts, index: int, name: str) -> DecodedFrame:
    stream.seek(facts.place)
    extra = {"pixel_vr": facts.vr} if facts.vr else {}
    return _by_pydicom(stream, facts, index, name, EXPLICIT if facts.syntax != BIG_ENDIAN else BIG_ENDIAN, **extra)


def _by_pydicom(
    source: BinaryIO, facts: PixelFacts, index: int, name: str, syntax: str, *, plugin: str = "", **extra: Any
) -> DecodedFrame:
    from pydicom.pixels.decoders.base import get_decoder

    with damage_reported(name, "its pixels"):
        array, properties = get_decoder(syntax).as_array(
            source,
            index=index,
            decoding_plugin=plugin,
            **{**facts.options(), "pixel_keyword": facts.kind, "correct_unused_bits": False, **extra},
        )
        if facts.syntax not in JPEG:
            array = _without_unused_bits(array, facts)
        return DecodedFrame(array, str(properties["photometric_interpretation"]))


def _without_unused_bits(array: np.ndarray[Any, Any], facts: PixelFacts) -> np.ndarray[Any, Any]:
    """Samples without the bits above and below theirs, in which older files keep overlays (PS3.5, 8.1.1)."""
    if facts.kind != "PixelData" or facts.bits_stored == facts.bits_allocated:
        return array
    native = array.astype(array.dtype.newbyteorder("="))
    above = facts.bits_allocated - 1 - facts.high_bit
    shifted = np.left_shift(native, above, dtype=native.dtype)
    return np.right_shift(shifted, facts.bits_allocated - facts.bits_stored, dtype=native.dtype)


def _read_codestream(header: DicomHeader, facts: PixelFacts, index: int) -> bytes:
    """The compressed bytes of one frame."""
    from pydicom.encaps import get_frame

    stream, name = header.stream, header.name
    stream.seek(facts.place)
    _check_fragments(stream, name)
    stream.seek(facts.place)
    with damage_reported(name, "the order of its compressed frames"):
        offsets = [header.elements.get(f"ExtendedOffsetTable{part}") for part in ("", "Lengths")]
        return get_frame(
            stream,
            index,
            number_of_frames=facts.n_frames,
            extended_offsets=(offsets[0], offsets[1]) if all(offsets) else None,
        )


def _check_fragments(stream: BinaryIO, name: str) -> None:
    """Walk over the lengths of all fragments: each must end within the file, and one must hold something."""
    place, end, longest = stream.tell(), stream.seek(0, 2), 0
    with damage_reported(name, "the order of its compressed frames"):
        is_table = True
        while place + 8 <= end:
            stream.seek(place)
            group, element, length = unpack("<HHL", stream.read(8))
            if (group << 16 | element) == _END:
                break
            if (group << 16 | element) != _ITEM:
                raise ValueError("no item")
            place += 8 + length
            longest = longest if is_table else max(longest, length)
            is_table = False
        if place > end:
            raise EOFError("fragment ends behind the file")
    if not longest:
        raise ImageError(f"{name}: its pixel data are empty (0 bytes): export or copy it again")


def _decode(codestream: bytes, facts: PixelFacts, name: str) -> DecodedFrame:
    from pydicom.encaps import encapsulate

    if facts.syntax == RLE:
        if len(codestream) > 2 * facts.frame_bytes + _RLE_SLACK:
            raise ImageError(f"{name}: its compressed pixels are longer than the picture can need: export it again")
        wrapped = BytesIO(encapsulate([codestream]))
        return _by_pydicom(wrapped, facts, 0, name, RLE, plugin="pydicom", number_of_frames=1)
    found = inspect_codestream(codestream)
    if found is None:
        raise ImageError(
            f"{name}: the file is damaged or truncated (its compressed pixels have no header): copy it again"
        )
    if (found.size, found.samples) != (facts.size, facts.samples):
        raise ImageError(
            f"{name}: its compressed picture is {found.size[1]:,} × {found.size[0]:,} px of {found.samples} samples, "
            f"but its header says {facts.size[1]:,} × {facts.size[0]:,} px of {facts.samples}: export it again"
        )
    if facts.syntax in JPEG and not found.is_lossless_jpeg and found.precision == 8:  # as every JPEG file is read
        wrapped = BytesIO(encapsulate([codestream]))
        return _by_pydicom(wrapped, facts, 0, name, facts.syntax, plugin="pillow", number_of_frames=1)
    # pydicom does not let GDCM have lossy JPEG of 12 bits; under the name of a lossless one it decodes it rightly,
    # as it takes the process from the codestream.
    syntax = _JPEG_LOSSLESS if facts.syntax in JPEG else facts.syntax
    plugin = "pylibjpeg" if facts.syntax in JPEG_2000 else "gdcm"
    options = {**facts.options(), "number_of_frames": 1}
    return decode_elsewhere(codestream, syntax=syntax, plugin=plugin, name=name, **options)
