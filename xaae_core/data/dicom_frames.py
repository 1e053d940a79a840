"""Reads one frame of a DICOM file as it is stored: whole numbers, or RGB where the codec gives colour."""

from io import BytesIO
from struct import unpack
from typing import Any, BinaryIO

import numpy as np
from PIL import JpegImagePlugin

from xaae_core.data.codec_process import DecodedFrame, decode_elsewhere
from xaae_core.data.codestreams import Codestream, inspect_codestream
from xaae_core.data.damage import element_damage_reported
from xaae_core.data.dicom_header import DicomHeader
from xaae_core.data.dicom_pixels import BIG_ENDIAN, EXPLICIT, JPEG, JPEG_2000, NATIVE, RLE, PixelFacts
from xaae_core.errors import ImageError

_JPEG_LOSSLESS = "1.2.840.10008.1.2.4.57"
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_ADOBE_MARKER = bytes.fromhex("ffee000e") + b"Adobe" + bytes([0, 100, 0, 0, 0, 0])  # the transform follows
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
    if facts.bits_allocated == 1:
        return _read_bits(stream, facts, index, name)
    extra = {"pixel_vr": facts.vr} if facts.vr else {}
    return _by_pydicom(stream, facts, index, name, EXPLICIT if facts.syntax != BIG_ENDIAN else BIG_ENDIAN, **extra)


def _read_bits(stream: BinaryIO, facts: PixelFacts, index: int, name: str) -> DecodedFrame:
    """Samples of one bit each; a frame may begin within a byte (PS3.5, 8.1.1), where pydicom reads a byte too few."""
    n_pixels = facts.size[0] * facts.size[1]
    place, skipped = divmod(index * n_pixels, 8)
    stream.seek(place, 1)
    with element_damage_reported(name, "its pixels"):
        packed = np.frombuffer(stream.read((skipped + n_pixels + 7) // 8), np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[skipped : skipped + n_pixels]
        return DecodedFrame(bits.reshape(facts.size), facts.photometric)


def _by_pydicom(
    source: BinaryIO, facts: PixelFacts, index: int, name: str, syntax: str, *, plugin: str = "", **extra: Any
) -> DecodedFrame:
    from pydicom.pixels.decoders.base import get_decoder

    with element_damage_reported(name, "its pixels"):
        array, properties = get_decoder(syntax).as_array(
            source,
            index=index,
            decoding_plugin=plugin,
            **{**facts.options(), "pixel_keyword": facts.kind, "correct_unused_bits": False, **extra},
        )
        return DecodedFrame(_without_unused_bits(array, facts), str(properties["photometric_interpretation"]))


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
    with element_damage_reported(name, "the order of its compressed frames"):
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
    with element_damage_reported(name, "the order of its compressed frames"):
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
    if facts.syntax == RLE:
        if len(codestream) > 2 * facts.frame_bytes + _RLE_SLACK:
            raise ImageError(f"{name}: its compressed pixels are longer than the picture can need: export it again")
        return _by_pydicom(_wrapped(codestream, name), facts, 0, name, RLE, plugin="pydicom", number_of_frames=1)
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
        return _decode_jpeg(codestream, found, facts, name)
    # pydicom does not let GDCM have lossy JPEG of 12 bits; under the name of a lossless one it decodes it rightly,
    # as it takes the process from the codestream.
    syntax = _JPEG_LOSSLESS if facts.syntax in JPEG else facts.syntax
    plugin = "pylibjpeg" if facts.syntax in JPEG_2000 else "gdcm"
    options = {**facts.options(), "number_of_frames": 1}
    return decode_elsewhere(codestream, syntax=syntax, plugin=plugin, name=name, **options)


def _decode_jpeg(codestream: bytes, found: Codestream, facts: PixelFacts, name: str) -> DecodedFrame:
    """JPEG of 8 bits, decoded like any JPEG file. Whether its colours are YCbCr the codestream knows better."""
    if facts.samples == 1:
        photometric, start = facts.photometric, codestream[:2]
    else:
        is_ycc = facts.photometric.startswith("YBR") if found.is_ycc is None else found.is_ycc
        # What an Adobe marker says, PIL's decoder follows; one that is there already comes later and wins.
        photometric, start = "RGB", codestream[:2] + _ADOBE_MARKER + bytes([is_ycc])
    with element_damage_reported(name, "its compressed pixels"):
        picture = JpegImagePlugin.JpegImageFile(BytesIO(start + codestream[2:]))
        return DecodedFrame(np.asarray(picture.convert("L" if facts.samples == 1 else "RGB")), photometric)


def _wrapped(codestream: bytes, name: str) -> BinaryIO:
    """One frame as the only one, as pydicom's decoders take it."""
    from pydicom.encaps import encapsulate

    with element_damage_reported(name, "its compressed pixels"):
        return BytesIO(encapsulate([codestream]))
