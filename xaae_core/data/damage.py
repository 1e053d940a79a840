"""Turns what decoders raise on damaged files into one kind of error with a remedy."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from xaae_core.data.opened_picture import MAX_MEGAPIXELS
from xaae_core.errors import ImageError

# What the decoders of PIL, pydicom and nibabel are known to raise on damaged input (see the fuzzing tests).
# RuntimeError has NotImplementedError and RecursionError below it.
DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@contextmanager
def damage_reported(name: str, part: str = "") -> Iterator[None]:
    """Raise ImageError for anything that reading a damaged file raises inside.

    Args:
        name: what the message calls the picture.
        part: says what could not be read, instead of the decoder's own words: for files whose elements may be about
            a patient, as those words may quote them.

    Raises:
        ImageError: damaged or truncated, or not enough memory.
    """
    try:
        yield
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name}: {error}; at most {MAX_MEGAPIXELS} megapixels are read: shrink it first") from error
    except MemoryError as error:
        raise ImageError(f"{name}: there is not enough memory to decode it: shrink it first") from error
    except DAMAGE as error:
        reason = f"{part} cannot be read" if part else str(error) or type(error).__name__
        raise ImageError(
            f"{name}: the file is damaged or truncated ({reason}): save or copy it again, or leave it out"
        ) from (None if part else error)


@contextmanager
def element_damage_reported(name: str, part: str) -> Iterator[None]:
    """Raise ImageError for anything that pydicom raises inside; see `damage_reported`."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    with damage_reported(name, part):
        try:
            yield
        except (BytesLengthException, InvalidDicomError):
            raise ValueError(part) from None  # the words of the first quote the element


@contextmanager
def volume_damage_reported(name: str, part: str) -> Iterator[None]:
    """Raise ImageError for anything that nibabel raises inside; see `damage_reported`."""
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    with damage_reported(name, part):
        try:
            yield
        except (HeaderDataError, ImageFileError, WrapStructError) as error:
            raise ValueError(part) from error
