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
