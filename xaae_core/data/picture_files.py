"""Tells the kinds of picture files apart by what is in them, and opens each with its own reader."""

from typing import BinaryIO

from xaae_core.data import dicom, nifti
from xaae_core.data.decoding import FORMATS, open_raster
from xaae_core.data.dicom import is_dicom, open_dicom
from xaae_core.data.nifti import is_nifti, open_nifti
from xaae_core.data.opened_picture import OpenedPicture
from xaae_core.errors import ImageError

_START = 1024  # bytes that tell every kind


def open_picture_file(stream: BinaryIO, name: str, *, file_name: str = "") -> OpenedPicture:
    """Open a picture of any kind: its header is read and checked, no pixel is decoded.

    DICOM goes first: a DICOM file may begin like a TIFF, so that viewers of microscope slides open it too.

    Args:
        stream: seekable, at its beginning; it must stay open until the picture is decoded.
        name: what error messages call the picture.
        file_name: the file's own name, whose ending tells kinds that the contents do not; `name` where left out.

    Raises:
        ImageError: no kind of picture that is known, a damaged header, above a limit.
    """
    start = stream.read(_START)
    stream.seek(0)
    if is_dicom(start):
        return open_dicom(stream, name)
    if is_nifti(start):
        return open_nifti(stream, name)
    picture = open_raster(stream, name)
    if picture is not None:
        return picture
    ending = (file_name or name).lower()
    if ending.endswith(tuple(dicom.SUFFIXES)):
        return open_dicom(stream, name)
    if ending.endswith((*nifti.SUFFIXES, ".gz")):
        return open_nifti(stream, name)  # says what it is instead
    raise ImageError(
        f"{name}: the file does not begin like any picture this tool opens; "
        f"expected {', '.join((*FORMATS, 'DICOM', 'NIfTI'))}: export it as PNG"
    )
