"""Reads what a DICOM file says of its picture, and of the rest only what is needed; no pixel is read.

Elements about the patient are skipped on disk, except the PatientID, which leaves this module as a digest.
"""

import hashlib
import math
import re
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from xaae_core.data.damage import element_damage_reported
from xaae_core.errors import ImageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAX_INFLATED_BYTES = 512 * 1024**2
"""Most that a deflated file may become, in bytes: what a file without compression may have."""

MARK_PLACE, MARK = 128, b"DICM"
"""Where a DICOM file says that it is one (PS3.10, 7.1)."""

_KEYWORDS = (
    *("SOPClassUID", "Modality", "PatientID", "EncryptedAttributesSequence", "PixelPresentation"),
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelAspectRatio", "PixelSpacing"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence", "PresentationLUTShape"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
)
_OVERLAY_ROWS = tuple(range(0x60000010, 0x60200010, 0x20000))  # one per overlay group, PS3.3 C.9.2
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_DEFLATED = "1.2.840.10008.1.2.1.99"
_FROM_PYDICOM = re.compile(r"pydicom\b")


@dataclass(frozen=True)
class DicomHeader:
    """The elements of a DICOM file that its picture needs, and where its pixels begin.

    Attributes:
        elements: pydicom's data set of them; converting one may raise, so take them through the methods.
        stream: what the pixels are read from: the file, or its inflated contents.
        pixels_at: place of the pixel data element in `stream`; None without one.
        syntax: UID of the transfer syntax; "" where the file does not say.
        is_marked: whether the file says of itself that it is DICOM.
        name: what messages call the picture.
    """

    elements: "Dataset"
    stream: BinaryIO
    pixels_at: int | None
    syntax: str
    is_marked: bool
    name: str

    def whole(self, keyword: str) -> int | None:
        """A whole number, None where the element is missing or empty; raises ImageError for anything else."""
        with element_damage_reported(self.name, keyword):
            value = self.elements.get(keyword)
            return None if value is None or value == "" else int(value)

    def text(self, keyword: str) -> str:
        """One word in capitals, "" where the element is missing; raises ImageError for a list."""
        with element_damage_reported(self.name, keyword):
            value = self.elements.get(keyword)
            if value is not None and not isinstance(value, str):
                raise ValueError(keyword)
            return (value or "").strip().upper()

    def items(self, keyword: str) -> Sequence["Dataset"]:
        """The items of a sequence, () where it is missing; raises ImageError for anything else."""
        with element_damage_reported(self.name, keyword):
            value = self.elements.get(keyword)
            if value and not hasattr(value[0], "get_item"):
                raise ValueError(keyword)
            return tuple(value) if value else ()

    @property
    def patient(self) -> str:
        """BLAKE2b digest (16 hex digits) of the PatientID; "" without one."""
        element = self.elements.get_item("PatientID")
        value = getattr(element, "value", None) or b""
        raw = value if isinstance(value, bytes) else str(value).encode()
        raw = raw.strip(b" \0")
        return hashlib.blake2b(raw, digest_size=8).hexdigest() if raw else ""

    @property
    def has_overlays(self) -> bool:
        """Whether drawings lie over the picture."""
        return any(tag in self.elements for tag in _OVERLAY_ROWS)


def read_numbers(elements: "Dataset", keyword: str, name: str) -> tuple[float, ...]:
    """The numbers of an element, () where it is missing or empty; raises ImageError for what are none."""
    with element_damage_reported(name, keyword):
        value = elements.get(keyword)
        if value is None or value == "":
            return ()
        values = [value] if isinstance(value, int | float | str) else list(value)
        numbers = tuple(float(number) for number in values)
        if not all(map(math.isfinite, numbers)):
            raise ValueError(keyword)
        return numbers


def read_header(stream: BinaryIO, name: str) -> DicomHeader:
    """Read the elements before the pixels.

    Args:
        stream: seekable, at its beginning, with or without the mark of a DICOM file.
        name: what messages call the picture.

    Raises:
        ImageError: the elements cannot be read.
    """
    _hush_pydicom()
    from pydicom.filereader import read_dataset, read_partial, read_preamble

    with element_damage_reported(name, "its header"):
        is_marked = read_preamble(stream, force=True) is not None
        meta = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
        syntax = str(meta.get("TransferSyntaxUID") or "")
        if syntax == _DEFLATED:
            stream = _inflated(stream, name)
            elements = read_dataset(stream, False, True, stop_when=_at_pixels, specific_tags=_wanted_tags())
        else:
            stream.seek(0)
            elements = read_partial(stream, stop_when=_at_pixels, force=True, specific_tags=_wanted_tags())
            if not syntax:
                syntax = _guessed_syntax(elements)
        place = stream.tell()
        is_there = bool(stream.read(1))
        stream.seek(place)
    return DicomHeader(elements, stream, place if is_there else None, syntax, is_marked, name)


def _at_pixels(tag: int, vr: str | None, length: int) -> bool:
    return tag in _PIXELS


@cache
def _wanted_tags() -> list[Any]:
    from pydicom.datadict import tag_for_keyword

    return [tag_for_keyword(keyword) for keyword in _KEYWORDS] + list(_OVERLAY_ROWS)


def _guessed_syntax(elements: "Dataset") -> str:
    """The transfer syntax that the elements were read with, for a file that does not name one."""
    is_implicit, is_little_endian = elements.original_encoding
    if is_implicit:
        return "1.2.840.10008.1.2"
    return "1.2.840.10008.1.2.1" if is_little_endian else "1.2.840.10008.1.2.2"


def _inflated(stream: BinaryIO, name: str) -> BinaryIO:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflater.decompress(stream.read(), MAX_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        raise ImageError(
            f"{name}: its deflated contents are larger than {MAX_INFLATED_BYTES // 1024**2} MB: "
            "export it without deflating"
        )
    return BytesIO(data)


def _hush_pydicom() -> None:
    """Keep pydicom's warnings from the user: what matters of them is refused or becomes a note of our own.

    One filter, put in front of all others once: the context manager of `warnings` is not safe in threads.
    """
    filters: Sequence[Any] = warnings.filters
    if not filters or filters[0][3] != _FROM_PYDICOM:
        warnings.filterwarnings("ignore", module=_FROM_PYDICOM.pattern)
