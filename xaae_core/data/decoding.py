"""Turns the bytes of one picture file into an array; every limit is checked before a pixel is decoded."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

from xaae_core.errors import ImageError

MAX_MEGAPIXELS = 64
"""Largest picture that is decoded, in millions of pixels (a 16-bit one then takes 256 MB as float32)."""

MIN_SIDE = 16
"""Smallest height and width in pixels; below it there is nothing to encode."""

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WebP")
"""The file formats that are opened; nothing else reaches a decoder."""

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
# What PIL's decoders are known to raise on damaged input (see the fuzzing test).
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_BITS_PER_SAMPLE, _PHOTOMETRIC, _MIN_IS_WHITE = 258, 262, 0  # TIFF 6.0, sections 8 and 4


@dataclass(frozen=True)
class DecodedPicture:
    """The first frame of a picture file, upright, without alpha, at its own size and depth.

    Attributes:
        array: [H, W] grey or [H, W, 3] RGB; uint8 in 0…255, or float32 in [0, 1] for deep pictures.
        bits: 8, or the bits per channel of a deep picture (12, 16, 32).
        notes: what was left out or changed, one sentence each.
    """

    array: np.ndarray[Any, Any]
    bits: int
    notes: tuple[str, ...]


def open_picture(stream: BinaryIO, name: str) -> ImageFile.ImageFile:
    """Read the header of a picture and refuse what must not be decoded; no pixel is decoded.

    Args:
        stream: seekable, at its beginning; it must stay open until the picture is decoded.
        name: what error messages call the picture.

    Raises:
        ImageError: not one of `FORMATS`, a damaged header, too large or too small.
    """
    start = stream.read(16)
    stream.seek(0)
    for signature, offset, reader in _SIGNATURES:
        if start[offset : offset + len(signature)] == signature:
            with _damage_reported(name):
                picture = reader(stream, name)
            _check_size(picture.size, name)
            if picture.mode == "LAB":  # PIL has no conversion from it
                raise ImageError(f"{name}: colours are stored as CIE L*a*b*: export it as RGB")
            return picture
    raise ImageError(
        f"{name}: the file does not begin like any picture this tool opens; "
        f"expected {', '.join(FORMATS)}: export it as PNG"
    )


def has_colour(picture: ImageFile.ImageFile) -> bool:
    """Whether the picture is stored in colour (or with a palette), by its header alone."""
    return picture.mode not in _GREY_MODES | _DEEP_MODES


def decode_picture(picture: ImageFile.ImageFile, name: str) -> DecodedPicture:
    """Decode an opened picture: first frame, upright by its EXIF tag, alpha composited on black.

    Black, because a viewer shows transparent areas as absent, black is "nothing" in a radiograph and is
    the colour of our own borders, and because the colours hidden under alpha 0 may be what somebody
    removed on purpose (a patient's name). CMYK and the like become RGB without a colour profile.

    Integer pictures of more than 8 bits are divided by the full range of their stored depth (65,535; 4,095
    for 12-bit TIFF), never by their own maximum, so that grey means the same in every picture.

    Raises:
        ImageError: damaged or truncated data, a mode without a conversion, values outside the range.
    """
    with _damage_reported(name):
        notes = list(_frame_notes(picture))
        notes.extend(_depth_notes(picture))
        picture.load()
        upright = _upright(picture, notes)
        if picture.mode in _DEEP_MODES:
            array, bits = _deep_array(picture, upright, name, notes), _stored_bits(picture)
        else:
            array, bits = _shallow_array(upright, has_colour(picture), notes), 8
    return DecodedPicture(array, bits, tuple(notes))


@contextmanager
def _damage_reported(name: str) -> Iterator[None]:
    try:
        yield
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name}: {error}; at most {MAX_MEGAPIXELS} megapixels are read: shrink it first") from error
    except MemoryError as error:
        raise ImageError(f"{name}: there is not enough memory to decode it: shrink it first") from error
    except _DAMAGE as error:
        raise ImageError(
            f"{name}: the file is damaged or truncated ({error or type(error).__name__}): "
            "save or copy it again, or leave it out"
        ) from error


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise ImageError(
            f"{name}: {width:,} × {height:,} px are {width * height / 1e6:,.0f} megapixels; at most "
            f"{MAX_MEGAPIXELS} megapixels are read: shrink it, for example to 4,096 px on the longer side"
        )
    if min(size) < MIN_SIDE:
        raise ImageError(
            f"{name}: {width:,} × {height:,} px; at least {MIN_SIDE} px on each side are needed: "
            "use the picture at its original size"
        )


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
    except _DAMAGE:  # the pixels are decoded already: a damaged tag is no reason to lose them
        notes.append("its EXIF data are damaged, so it is shown as stored, perhaps turned or mirrored")
        return picture


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _shallow_array(picture: Image.Image, colour: bool, notes: list[str]) -> np.ndarray[Any, Any]:
    mode = "RGB" if colour else "L"
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
