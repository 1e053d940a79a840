"""What a DICOM file says of its pixels, checked against itself, the file's length and the limits."""

from dataclasses import dataclass, replace
from math import ceil
from struct import unpack
from typing import Any, Literal

from xaae_core.data.damage import element_damage_reported
from xaae_core.data.dicom_header import DicomHeader
from xaae_core.data.dicom_refusals import no_pixels_error
from xaae_core.data.opened_picture import check_size
from xaae_core.errors import ImageError

MAX_FRAMES = 100_000
"""Most frames that a file may say it has."""

PixelKind = Literal["PixelData", "FloatPixelData", "DoubleFloatPixelData"]
_KINDS: dict[int, PixelKind] = {0x08: "FloatPixelData", 0x09: "DoubleFloatPixelData", 0x10: "PixelData"}
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"UN")
_UNDEFINED = 0xFFFFFFFF

IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN, RLE = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",
)
NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})
JPEG = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70))
JPEG_LS = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (80, 81))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))
COMPRESSED = JPEG | JPEG_LS | JPEG_2000 | {RLE}

_BITS: dict[PixelKind, tuple[int, ...]] = {
    "PixelData": (1, 8, 16, 32),
    "FloatPixelData": (32,),
    "DoubleFloatPixelData": (64,),
}
_PHOTOMETRIC = {
    1: ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"),
    3: ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"),
}


@dataclass(frozen=True)
class PixelFacts:
    """What a file says of its pixels, checked against itself and the limits.

    Attributes:
        kind: whole numbers, or real ones in 32 or 64 bits.
        size: (height, width).
        samples: 1 or 3.
        n_frames: at least 1.
        photometric: photometric interpretation, as written.
        planar: 1 where each channel is stored by itself.
        bits_allocated: bits that a sample takes.
        bits_stored: bits of it that hold the value.
        high_bit: the uppermost of them, from 0.
        is_signed: whether values may be below 0.
        syntax: UID of the transfer syntax.
        vr: value representation of the pixels, "" where the file does not say.
        place: of the first byte of the value in the stream.
        length: of the value in bytes; None for compressed pixels.
        notes: what was found and does not matter much.
    """

    kind: PixelKind
    size: tuple[int, int]
    samples: int
    n_frames: int
    photometric: str
    planar: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    syntax: str
    vr: str
    place: int
    length: int | None
    notes: tuple[str, ...] = ()

    @property
    def frame_bytes(self) -> float:
        """Bytes of one frame without compression; a part of a byte remains where a sample is one bit."""
        n_samples = self.size[0] * self.size[1] * self.samples
        if self.photometric == "YBR_FULL_422":
            n_samples = n_samples // 3 * 2
        return n_samples * self.bits_allocated / 8

    def options(self) -> dict[str, Any]:
        """The elements by pydicom's names, as its decoders take them."""
        return {
            "rows": self.size[0],
            "columns": self.size[1],
            "samples_per_pixel": self.samples,
            "number_of_frames": self.n_frames,
            "photometric_interpretation": self.photometric,
            "planar_configuration": self.planar,
            "bits_allocated": self.bits_allocated,
            "bits_stored": self.bits_stored,
            "pixel_representation": int(self.is_signed),
        }


def find_pixels(header: DicomHeader) -> PixelFacts:
    """Check everything about the pixels that can be known without reading them.

    Raises:
        ImageError: there are none, elements are missing or contradict each other or the file's length, the transfer
            syntax is not supported, or the picture is above a limit.
    """
    if header.pixels_at is None:
        raise no_pixels_error(header)
    kind, vr, place, length = _pixel_element(header, header.pixels_at)
    facts = _read_facts(header, kind, vr, place, length)
    check_size(facts.size, header.name)
    _check_syntax(facts, header.name)
    _check_values(facts, header.name)
    return facts if facts.length is None else _with_length_checked(facts, header)


def _pixel_element(header: DicomHeader, place: int) -> tuple[PixelKind, str, int, int | None]:
    """Kind, value representation, place and length of the value; the length is None where it is not defined."""
    order = ">" if header.syntax == BIG_ENDIAN else "<"
    with element_damage_reported(header.name, "the beginning of its pixels"):
        header.stream.seek(place)
        start = header.stream.read(12)
        _, number = unpack(f"{order}HH", start[:4])
        # Lengths are even, so that the first letter of a VR, an odd number, cannot be one.
        is_explicit = start[4:6] in _LONG_VRS
        (length,) = unpack(f"{order}L", start[8:12] if is_explicit else start[4:8])
        kind = _KINDS[number]
    vr = start[4:6].decode() if is_explicit else ""
    return kind, vr, place + (12 if is_explicit else 8), None if length == _UNDEFINED else length


def _read_facts(header: DicomHeader, kind: PixelKind, vr: str, place: int, length: int | None) -> PixelFacts:
    rows, columns, samples, bits = map(header.whole, ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated"))
    photometric = header.text("PhotometricInterpretation")
    given = {"Rows": rows, "Columns": columns, "SamplesPerPixel": samples, "BitsAllocated": bits}
    missing = [element for element, value in given.items() if not value]
    missing += [] if photometric else ["PhotometricInterpretation"]
    if missing or rows is None or columns is None or samples is None or bits is None:
        raise ImageError(f"{header.name}: it has pixels, but does not say their {', '.join(missing)}: export it again")
    n_frames, stored, high = map(header.whole, ("NumberOfFrames", "BitsStored", "HighBit"))
    stored = bits if stored is None else stored
    return PixelFacts(
        kind=kind,
        size=(rows, columns),
        samples=samples,
        n_frames=1 if n_frames is None else n_frames,
        photometric=photometric,
        planar=header.whole("PlanarConfiguration") or 0,
        bits_allocated=bits,
        bits_stored=stored,
        high_bit=stored - 1 if high is None else high,
        is_signed=bool(header.whole("PixelRepresentation")),
        syntax=header.syntax,
        vr=vr,
        place=place,
        length=length,
    )


def _check_syntax(facts: PixelFacts, name: str) -> None:
    from pydicom.uid import UID

    if facts.syntax not in NATIVE | COMPRESSED:
        known = UID(facts.syntax).name  # of an unknown one: itself
        raise ImageError(
            f"{name}: its transfer syntax, {known if known != facts.syntax else 'one that is not in the standard'}, "
            "is not supported: export it without compression, or as JPEG 2000, JPEG-LS or RLE"
        )
    is_compressed = facts.syntax in COMPRESSED
    if is_compressed != (facts.length is None):
        says, is_so = ("compressed", "not") if is_compressed else ("not compressed", "compressed")
        raise ImageError(f"{name}: its header says that the pixels are {says}, but they are {is_so}: export it again")


def _check_values(facts: PixelFacts, name: str) -> None:
    """Refuse what contradicts itself or has no meaning here; only numbers are quoted."""
    colours = _PHOTOMETRIC.get(facts.samples, ())
    is_real = facts.kind != "PixelData"
    for is_right, found, expected in (
        (bool(colours), f"{facts.samples} samples a pixel", "1 or 3"),
        (facts.photometric in colours, "its photometric interpretation", f"one of {', '.join(colours)}"),
        (
            facts.bits_allocated in _BITS[facts.kind] and (facts.bits_allocated > 1 or facts.samples == 1),
            f"{facts.bits_allocated} bits allocated",
            " or ".join(map(str, _BITS[facts.kind])),
        ),
        (1 <= facts.bits_stored <= facts.bits_allocated, f"{facts.bits_stored} bits stored", "no more than allocated"),
        (
            facts.bits_stored - 1 <= facts.high_bit < facts.bits_allocated,
            f"high bit {facts.high_bit}",
            "one in which the stored bits have room",
        ),
        (facts.planar in (0, 1), f"planar configuration {facts.planar}", "0 or 1"),
        (1 <= facts.n_frames <= MAX_FRAMES, f"{facts.n_frames:,} frames", f"1 to {MAX_FRAMES:,}"),
        (not is_real or facts.photometric == "MONOCHROME2", "real numbers in colour or inverted", "MONOCHROME2"),
    ):
        if not is_right:
            raise ImageError(f"{name}: {found} cannot be read; expected {expected}: export it again")


def _with_length_checked(facts: PixelFacts, header: DicomHeader) -> PixelFacts:
    """Pixels without compression must be as long as the picture is, and be there."""
    length, name = facts.length or 0, header.name
    if not length:
        raise ImageError(f"{name}: its pixel data are empty (0 bytes): export or copy it again")
    wanted = ceil(facts.frame_bytes * facts.n_frames)
    if facts.photometric == "YBR_FULL_422" and length >= wanted // 2 * 3:
        facts = replace(facts, photometric="YBR_FULL", notes=("it stores its colours in full, though it says 4:2:2",))
        wanted = wanted // 2 * 3
    n_left = header.stream.seek(0, 2) - facts.place
    if n_left < min(length, wanted):
        raise ImageError(
            f"{name}: the file is damaged or truncated ({n_left:,} of {length:,} bytes of pixels are there): "
            "save or copy it again, or leave it out"
        )
    if length < wanted:
        rows, columns = facts.size
        raise ImageError(
            f"{name}: its pixel data have the wrong length, {length:,} bytes; {facts.n_frames:,} × {columns:,} × "
            f"{rows:,} px of {facts.samples} × {facts.bits_allocated} bits take {wanted:,}: export it again"
        )
    if length > wanted + 1:  # one byte makes the length even
        extra = f"{length - wanted:,} bytes after its pixels are not used"
        return replace(facts, notes=(*facts.notes, extra))
    return facts
