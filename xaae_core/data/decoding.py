"""Everyday picture files (PNG, JPEG, TIFF …); every limit is checked before a pixel is decoded."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from xaae_core.data.damage import DAMAGE, damage_reported
from xaae_core.data.frames import check_frame
from xaae_core.data.opened_picture import DecodedPicture, check_size
from xaae_core.data.windows import Window
from xaae_core.errors import ImageError

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WebP")
"""The file formats that are opened here; nothing else reaches a decoder of PIL's."""

WINDOW_UNUSED = (
    "a window was asked for, but only grey of DICOM and NIfTI has the units for one: its grey is used as it is"
)
"""Note on a picture that a window cannot be applied to."""

# Classes, not PIL.Image.open: that one compares with a global limit of its own before the size can be
# named, and it warns through a global filter, which threads of one app would share.
_SIGNATURES: tuple[tuple[bytes, int, type[ImageFile.ImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, PngImagePlugin.PngImageFile),
    (b"\xff\xd8\xff", 0, JpegImagePlugin.JpegImageFile),
    (b"II*\x00", 0, TiffImagePlugin.TiffImageFile),
    (b"MM\x00*", 0, TiffImagePlugin.TiffImageFile),
    (b"II+\x00", 0, TiffImagePlugin.TiffImageFile),
    (b"MM\x00+", 0, TiffImagePlugin.TiffImageFile),
    (b"GIF87a", 0, GifImagePlugin.GifImageFile),
    (b"GIF89a", 0, GifImagePlugin.GifImageFile),
    (b"WEBP", 8, WebPImagePlugin.WebPImageFile),
    (b"BM", 0, BmpImagePlugin.BmpImageFile),
)
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_BITS_PER_SAMPLE, _PHOTOMETRIC, _MIN_IS_WHITE = 258, 262, 0  # TIFF 6.0, sections 8 and 4


class RasterFile:
    """An opened PNG, JPEG, TIFF, BMP, GIF or WebP; see `OpenedPicture`. Made by `open_raster`."""

    patient = ""

    def __init__(self, picture: ImageFile.ImageFile, name: str) -> None:
        self._picture, self._name = picture, name

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) as stored, before an EXIF rotation."""
        width, height = self._picture.size
        return height, width

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour or a palette, by the header alone."""
        return 3 if _has_colour(self._picture) else 1

    @cached_property
    def n_frames(self) -> int:
        """Number of frames or pages; for TIFF and GIF their headers are walked through."""
        with damage_reported(self._name):
            return int(getattr(self._picture, "n_frames", 1))

    def decode(self, frame: int | None, window: Window | None) -> DecodedPicture:
        """Decode one frame, the first by default: upright by its EXIF tag, alpha composited on black.

        Black, because a viewer shows transparent areas as absent, black is "nothing" in a radiograph and is
        the colour of our own borders, and because the colours hidden under alpha 0 may be what somebody
        removed on purpose (a patient's name). CMYK and the like become RGB without a colour profile.

        Integer pictures of more than 8 bits are divided by the full range of their stored depth (65,535; 4,095
        for 12-bit TIFF), never by their own maximum, so that grey means the same in every picture.

        Raises:
            ImageError: damaged or truncated data, a mode without a conversion, values outside the range, no such
                frame.
        """
        picture, name = self._picture, self._name
        notes = [] if window is None else [WINDOW_UNUSED]
        if frame is not None:
            check_frame(frame, self.n_frames, name)
        with damage_reported(name):
            if frame:
                picture.seek(frame)
                check_size(self.size, name)  # pages may differ
                _refuse_lab(picture, name)
            notes += _frame_notes(picture) if frame is None else ()
            notes += _depth_notes(picture)
            picture.load()
            upright = _upright(picture, notes)
            if picture.mode in _DEEP_MODES:
                array, bits = _deep_array(picture, upright, name, notes), _stored_bits(picture)
            else:
                array, bits = _shallow_array(upright, _has_colour(picture), notes), 8
        return DecodedPicture(array, bits, tuple(notes))


def open_raster(stream: BinaryIO, name: str) -> RasterFile | None:
    """Read the header of a picture and refuse what must not be decoded; None for another kind of file.

    Args:
        stream: seekable, at its beginning; it must stay open until the picture is decoded.
        name: what error messages call the picture.

    Raises:
        ImageError: a damaged header, too large or too small.
    """
    start = stream.read(16)
    stream.seek(0)
    for signature, offset, reader in _SIGNATURES:
        if start[offset : offset + len(signature)] == signature:
            with damage_reported(name):
                picture = reader(stream, name)
            opened = RasterFile(picture, name)
            check_size(opened.size, name)
            _refuse_lab(picture, name)
            return opened
    return None


def _has_colour(picture: ImageFile.ImageFile) -> bool:
    return picture.mode not in _GREY_MODES | _DEEP_MODES


def _refuse_lab(picture: ImageFile.ImageFile, name: str) -> None:
    if picture.mode == "LAB":  # PIL has no conversion from it
        raise ImageError(f"{name}: colours are stored as CIE L*a*b*: export it as RGB")


def _frame_notes(picture: ImageFile.ImageFile) -> Iterator[str]:
    if getattr(picture, "is_animated", False):
        yield f"only the first of {getattr(picture, 'n_frames', 'several')} frames or pages is used"


def _depth_notes(picture: ImageFile.ImageFile) -> Iterator[str]:
    # PIL holds colour and grey-with-alpha at 8 bits a channel only; the raw mode in the tile tells.
    tiles = [str(argument) for tile in picture.tile for argument in _as_tuple(tile[3])]
    if picture.mode not in _DEEP_MODES and any(";16" in argument for argument in tiles):
        yield "16 bits per channel are read as 8: save it as 16-bit grey without alpha to keep them"


def _upright(picture: ImageFile.ImageFile, notes: list[str]) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except DAMAGE:  # the pixels are decoded already: a damaged tag is no reason to lose them
        notes.append("its EXIF data are damaged, so it is shown as stored, perhaps turned or mirrored")
        return picture


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _shallow_array(picture: Image.Image, colour: bool, notes: list[str]) -> np.ndarray[Any, Any]:
    mode = "RGB" if colour else "L"
    if picture.mode == "CMYK":
        notes.append("its colours are CMYK and were converted without a colour profile: they may be off")
    if not picture.has_transparency_data:
        return np.asarray(picture.convert(mode))
    with_alpha = picture.convert("RGBA")
    alpha = with_alpha.getchannel("A")
    flat = Image.new(mode, picture.size)
    flat.paste(with_alpha.convert(mode), mask=alpha)
    if np.asarray(alpha).min() < 255:
        notes.append("transparent areas are shown as black")
    return np.asarray(flat)


def _deep_array(
    picture: ImageFile.ImageFile, upright: Image.Image, name: str, notes: list[str]
) -> np.ndarray[Any, Any]:
    values = np.asarray(upright)
    full = 1.0 if picture.mode == "F" else float((1 << min(_stored_bits(picture), 16)) - 1)
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high) and low >= 0 and high <= full):
        raise ImageError(
            f"{name}: its values run from {low:g} to {high:g}; expected 0 to {full:g} for a picture of "
            f"mode {picture.mode}: rescale the values before saving, or save it as 16-bit PNG"
        )
    if 0 < high <= full / 16 and picture.mode != "F":
        notes.append(
            f"its brightest value is {high:.0f} of {full:.0f}, so it is almost black: "
            "12-bit values should be multiplied by 16 before saving"
        )
    array = values.astype(np.float32) / np.float32(full)
    return 1 - array if _tiff_tag(picture, _PHOTOMETRIC) == _MIN_IS_WHITE else array


def _stored_bits(picture: ImageFile.ImageFile) -> int:
    bits = _as_tuple(_tiff_tag(picture, _BITS_PER_SAMPLE))[0]
    return bits if isinstance(bits, int) else 16


def _tiff_tag(picture: ImageFile.ImageFile, tag: int) -> object:
    tags: Any = getattr(picture, "tag_v2", {})
    return tags.get(tag)
