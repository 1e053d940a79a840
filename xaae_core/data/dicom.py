"""DICOM files as pictures.

Grey is on a scale that means the same in every picture: a window asked for, else the file's own lookup table or
window, else the full range of its stored bits; never the brightest and darkest value of the picture itself.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from xaae_core.data.decoding import WINDOW_UNUSED
from xaae_core.data.dicom_colour import colour_to_rgb, palette_to_rgb
from xaae_core.data.dicom_frames import read_frame
from xaae_core.data.dicom_grey import read_grey_steps, to_grey
from xaae_core.data.dicom_header import MARK, MARK_PLACE, DicomHeader, read_header, read_numbers
from xaae_core.data.dicom_pixels import PixelFacts, find_pixels
from xaae_core.data.dicom_refusals import enveloped_error, is_enveloped
from xaae_core.data.frames import check_frame, middle_frame
from xaae_core.data.opened_picture import DecodedPicture
from xaae_core.data.windows import Window
from xaae_core.errors import ImageError

SUFFIXES = frozenset({".dcm", ".dicom"})
"""Endings of files that are read as DICOM even without its mark."""

_UNEQUAL = 0.01  # relative difference of a pixel's sides from which on the picture looks stretched


class DicomFile:
    """An opened DICOM file; see `OpenedPicture`. Made by `open_dicom`."""

    def __init__(self, header: DicomHeader, facts: PixelFacts) -> None:
        self._header, self._facts = header, facts

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self._facts.size

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour or a palette."""
        return 1 if self._facts.photometric.startswith("MONOCHROME") else 3

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self._facts.n_frames

    @property
    def patient(self) -> str:
        """Digest of the PatientID; "" without one."""
        return self._header.patient

    def decode(self, frame: int | None, window: Window | None) -> DecodedPicture:
        """Decode one frame, the middle one by default.

        Args:
            frame: from 0.
            window: (centre, width) in the units after rescale, such as Hounsfield units; grey only.

        Raises:
            ImageError: truncated or damaged, no such frame, an element that cannot be understood.
        """
        header, facts = self._header, self._facts
        check_frame(frame, facts.n_frames, header.name)
        index, note = middle_frame(frame, facts.n_frames)
        stored = read_frame(header, facts, index)
        if self.channels == 1:
            steps = read_grey_steps(header, facts, index)
            array, notes = to_grey(stored.array, facts, steps, window, header.name)
        elif facts.photometric == "PALETTE COLOR":
            array, notes = palette_to_rgb(stored.array, facts, header)
        else:
            array, notes = colour_to_rgb(stored, facts, header.name)
        bits = facts.bits_stored if self.channels == 1 else 8
        first = [WINDOW_UNUSED] if window is not None and self.channels == 3 else []
        return DecodedPicture(array, bits, (*filter(None, [note]), *first, *facts.notes, *notes, *_remarks(header)))


def is_dicom(start: bytes) -> bool:
    """Whether the first bytes of a file, at least 132, are those of DICOM, or of an envelope around it."""
    return start[MARK_PLACE : MARK_PLACE + len(MARK)] == MARK or is_enveloped(start)


def open_dicom(stream: BinaryIO, name: str) -> DicomFile:
    """Read the header and refuse what must not or cannot be decoded; no pixel is read.

    Args:
        stream: seekable; it must stay open until the picture is decoded.
        name: what messages call the picture; nothing of the patient gets into them.

    Raises:
        ImageError: no picture in it (says what it is), encrypted, a transfer syntax that is not supported, damaged,
            truncated, above a limit.
    """
    stream.seek(0)
    if is_enveloped(stream.read(64)):
        raise enveloped_error(name)
    stream.seek(0)
    header = read_header(stream, name)
    return DicomFile(header, find_pixels(header))


def _remarks(header: DicomHeader) -> Iterator[str]:
    """What the file says and the picture does not show."""
    if header.has_overlays:
        yield "drawings that lie over the picture (overlays) are not shown"
    if header.text("PixelPresentation") in ("COLOR", "MIXED"):
        yield "colours that it adds to its grey are not shown"
    if header.text("PresentationLUTShape") == "INVERSE" and header.text("PhotometricInterpretation") == "MONOCHROME2":
        yield "it says both that white is high and that its grey is inverted; it is not inverted"
    for element in ("PixelSpacing", "PixelAspectRatio"):
        sides: tuple[float, ...] = ()
        with suppress(ImageError):  # no reason to lose the picture
            sides = read_numbers(header.elements, element, header.name)
        if len(sides) == 2 and min(sides) > 0 and abs(sides[0] / sides[1] - 1) > _UNEQUAL:
            yield f"its pixels are not square ({sides[0]:g} to {sides[1]:g}) and are not stretched"
            return
