"""The one place that turns a picture file into pixels, for training, the command line and the app alike."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

import numpy as np
from PIL import Image

from xaae_core.data.frames import check_frame, split_frame
from xaae_core.data.opened_picture import OpenedPicture
from xaae_core.data.picture_files import open_picture_file
from xaae_core.data.windows import Window, check_window
from xaae_core.errors import ImageError

if TYPE_CHECKING:
    from torch import Tensor

    from xaae_core.data.signals.signal_data import SignalData

ImageSource: TypeAlias = "str | PathLike[str] | bytes | BinaryIO"
Resize: TypeAlias = Literal["pad", "squash"]
Pixels: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"

MAX_FILE_BYTES = 512 * 1024**2
"""Largest file that is opened; above the largest permitted picture without compression."""


@dataclass(frozen=True, eq=False)
class ImageData:
    """One picture as a model takes it.

    Attributes:
        pixels: float32 [C, H, W] in [0, 1], C = 1 (grey) or 3 (RGB); read-only.
        name: the file's name, or what the caller called the picture.
        source_size: (height, width) of the upright picture before resizing, in pixels.
        bits: bits per channel of the source.
        notes: what was left out or changed while reading, one sentence each.
    """

    pixels: Pixels
    name: str
    source_size: tuple[int, int]
    bits: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageHeader:
    """What a picture file says of itself before it is decoded.

    Attributes:
        size: (height, width) in pixels, as stored (before an EXIF rotation).
        channels: 1 for grey, 3 for colour or a palette.
        n_frames: number of frames, pages or slices.
        patient: digest that all DICOM files of one PatientID share; "" where there is none.
    """

    size: tuple[int, int]
    channels: int
    n_frames: int = 1
    patient: str = ""


def read_image(
    source: ImageSource,
    *,
    channels: int | None = None,
    size: tuple[int, int] | None = None,
    resize: Resize = "pad",
    window: Window | None = None,
    name: str | None = None,
) -> ImageData:
    """Read one picture safely: one frame, upright, without alpha, resized, scaled to [0, 1].

    A path may end in `#n`: frame, page or slice n of the file, from 0. Without it a DICOM or NIfTI volume gives its
    middle one, other files their first, with a note. Colour becomes grey by luma (0.299 R + 0.587 G + 0.114 B), grey
    becomes colour by repeating. Resizing is PIL's antialiased bilinear filter: unlike bicubic or Lanczos it draws no
    bright rims beside edges.

    Args:
        source: a path, the file's bytes, or a seekable binary stream (an upload); never closed.
        channels: 1, 3, or None for what the file holds.
        size: (height, width) to resize to; None keeps the picture's own.
        resize: "pad" keeps the proportions and adds black borders, "squash" does not.
        window: (centre, width) of the grey scale of DICOM and NIfTI in their own units (Hounsfield for CT), see
            `apply_window`; None: as the file says. Other files have no units and are read as they are.
        name: what messages call the picture; by default the file's name.

    Raises:
        ImageError: missing, empty, not a picture, damaged, too large, too small, without such a frame; the message
            names it.
    """
    _check_options(channels, size, resize)
    check_window(window)
    name = name or _name_of(source)
    with _opened(source, name) as (picture, frame):
        decoded = picture.decode(frame, window)
    array = _with_channels(decoded.array, channels)
    if size is not None:
        array = fit_to_size(array, size, resize=resize)
    if array.dtype == np.uint8:
        array = array.astype(np.float32) / np.float32(255)
    pixels = np.atleast_3d(np.clip(array, 0, 1)).transpose(2, 0, 1)  # [C, H, W]
    if channels == 3 and len(pixels) == 1:
        pixels = np.repeat(pixels, 3, axis=0)
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    height, width = decoded.array.shape[:2]
    return ImageData(pixels, name, (height, width), decoded.bits, decoded.notes)


def fit_to_size(
    array: np.ndarray[Any, Any], size: tuple[int, int], *, resize: Resize, is_nearest: bool = False
) -> np.ndarray[Any, Any]:
    """Bring pixels [H, W] or [H, W, 3] to another size, as `read_image` does.

    Args:
        array: uint8 or float32.
        size: (height, width) in pixels.
        resize: "pad" keeps the proportions and adds zeros around, "squash" does not.
        is_nearest: take the nearest pixel and mix none, for masks; otherwise the antialiased bilinear filter.
    """
    resample = Image.Resampling.NEAREST if is_nearest else Image.Resampling.BILINEAR
    return _padded(array, size, resample) if resize == "pad" else _resized(array, size, resample)


def read_images(
    sources: Sequence[ImageSource], *, channels: int, size: tuple[int, int], resize: Resize = "pad"
) -> Pixels:
    """Read several pictures as one batch, float32 [N, C, H, W] in [0, 1].

    Raises:
        ImageError: at the first picture that cannot be read.
    """
    batch = np.empty((len(sources), channels, *size), np.float32)
    for row, source in zip(batch, sources, strict=True):
        row[:] = read_image(source, channels=channels, size=size, resize=resize).pixels
    return batch


def inspect_image(source: ImageSource, *, name: str | None = None) -> ImageHeader:
    """Read and check the header alone, some 0.1 ms; damage further on in the file is not seen.

    Raises:
        ImageError: missing, empty, not a picture, a damaged header, too large, too small, without such a frame.
    """
    name = name or _name_of(source)
    with _opened(source, name) as (picture, frame):
        check_frame(frame, picture.n_frames, name)
        return ImageHeader(picture.size, picture.channels, picture.n_frames, picture.patient)


def to_tensor(image: "ImageData | SignalData") -> "Tensor":
    """A writable copy of the pixels as a float32 tensor [C, H, W] in [0, 1]."""
    import torch

    return torch.from_numpy(image.pixels.copy())


def _check_options(channels: int | None, size: tuple[int, int] | None, resize: str) -> None:
    if channels not in (None, 1, 3):
        raise ValueError(f"channels is {channels!r}; expected 1, 3 or None")
    if size is not None and min(size) < 1:
        raise ValueError(f"size is {size!r}; expected (height, width) of at least 1 px")
    if resize not in ("pad", "squash"):
        raise ValueError(f"resize is {resize!r}; expected 'pad' or 'squash'")


def _name_of(source: ImageSource) -> str:
    if isinstance(source, bytes):
        return "uploaded picture"
    if isinstance(source, str | PathLike):
        return Path(source).name
    return Path(str(getattr(source, "name", "uploaded picture"))).name


@contextmanager
def _opened(source: ImageSource, name: str) -> Iterator[tuple[OpenedPicture, int | None]]:
    """The picture, its header read, and the frame that is asked for; the file is of a permitted length."""
    if isinstance(source, str | PathLike):
        path = split_frame(source)
        if not os.path.isfile(path.file):
            raise ImageError(f"{name}: there is no such file at {path.file.parent}: check the path")
        try:
            _check_length(os.path.getsize(path.file), name)
            with open(path.file, "rb") as file:
                yield open_picture_file(file, name, file_name=path.file.name), path.frame
        except OSError as error:
            raise ImageError(f"{name}: the file cannot be read ({error.strerror}): check it") from error
        return
    stream = BytesIO(source) if isinstance(source, bytes) else source
    _check_length(stream.seek(0, 2), name)
    stream.seek(0)
    yield open_picture_file(stream, name), None


def _check_length(n_bytes: int, name: str) -> None:
    if n_bytes == 0:
        raise ImageError(f"{name}: the file is empty (0 bytes): copy or export it again")
    if n_bytes > MAX_FILE_BYTES:
        raise ImageError(
            f"{name}: {n_bytes / 1024**2:,.0f} MB; at most {MAX_FILE_BYTES // 1024**2} MB are opened: "
            "save it smaller or as PNG"
        )


def _with_channels(array: np.ndarray[Any, Any], channels: int | None) -> np.ndarray[Any, Any]:
    """Colour to grey where grey is asked for; deep pictures are grey already."""
    if channels == 1 and array.ndim == 3:
        return np.asarray(Image.fromarray(array).convert("L"))
    return array


def _resized(array: np.ndarray[Any, Any], size: tuple[int, int], resample: Image.Resampling) -> np.ndarray[Any, Any]:
    if array.shape[:2] == size:
        return array
    height, width = size
    return np.asarray(Image.fromarray(array).resize((width, height), resample))


def _padded(array: np.ndarray[Any, Any], size: tuple[int, int], resample: Image.Resampling) -> np.ndarray[Any, Any]:
    height, width = array.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    inner_height = min(size[0], max(1, round(height * scale)))
    inner_width = min(size[1], max(1, round(width * scale)))
    top, left = (size[0] - inner_height) // 2, (size[1] - inner_width) // 2
    framed = np.zeros((*size, *array.shape[2:]), array.dtype)
    framed[top : top + inner_height, left : left + inner_width] = _resized(array, (inner_height, inner_width), resample)
    return framed
