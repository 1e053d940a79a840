"""From a PathPayload to the one block of bytes the browser is sent; no picture passes a lossy encoder.

Greyscale pictures are PNG (level 1), colour pictures lossless WebP: the smaller and faster of the two for each,
measured on smooth 256×256 frames (PNG 22–40 KB in 1–2 ms against WebP 38–55 KB in 2–3 ms for grey; for colour WebP
wins on both).
"""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.components.path_viewer.block import Kind, pack_block
from app.components.path_viewer.colours import change_colours
from app.components.path_viewer.path_facts import PathPayloadError
from app.components.path_viewer.payload import PathPayload

_LIMITS = (5, 10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 255)  # round ends for the colour bar
_N_THREADS = 4  # PIL releases the interpreter lock while it compresses


@dataclass(frozen=True)
class EncodedPath:
    """A path as the browser is sent it.

    Attributes:
        path_id: of the payload.
        fingerprint: of the payload it was made from.
        start: where the viewer opens, in SD.
        blob: the bytes; equal payloads give equal bytes.
        change_limit: end of the colour scale, in grey levels.
        pictures: compressed pictures by digest of their pixels, for the next, fuller payload of the same path.
    """

    path_id: str
    fingerprint: str
    start: float
    blob: bytes = field(repr=False)
    change_limit: float
    pictures: dict[bytes, bytes] = field(repr=False)


def grey_levels(pixels: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn model pixels into the grey levels that are shown: 0 is 0, 1 is 255, nothing in between is stretched.

    Args:
        pixels: [..., C, H, W] in [0, 1] with C = 1 or 3.

    Returns:
        uint8 [..., H, W] for one channel, [..., H, W, 3] for three.

    Raises:
        PathPayloadError: for other channel counts, values that are not finite, or values outside [0, 1].
    """
    values = np.asarray(pixels)
    if values.ndim < 3 or values.shape[-3] not in (1, 3):
        raise PathPayloadError(f"pixels have shape {values.shape}; expected [..., C, H, W] with 1 or 3 channels")
    low, high = float(values.min()), float(values.max())
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # written so that NaN fails
        raise PathPayloadError(f"pixels run from {low} to {high}; expected [0, 1]: clip or rescale all frames alike")
    levels = np.rint(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8)
    return levels[..., 0, :, :] if levels.shape[-3] == 1 else np.moveaxis(levels, -3, -1)


def encode_picture(pixels: NDArray[np.uint8]) -> tuple[str, bytes]:
    """Compress one picture without loss.

    Args:
        pixels: uint8 [H, W] or [H, W, 3].

    Returns:
        The media type and the file's bytes.
    """
    is_grey = pixels.ndim == 2
    file = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if is_grey:
        picture.save(file, format="PNG", compress_level=1)
    else:
        picture.save(file, format="WEBP", lossless=True, quality=20, method=0)
    return ("image/png" if is_grey else "image/webp"), file.getvalue()


def change_limit(payload: PathPayload, *, at_least: float = 0.0) -> tuple[float, bool]:
    """End of the colour scale: the 99.5th percentile of the change in the step that changes most, rounded up.

    Args:
        payload: the path; for colour the change is the mean of the three channels. Its own limit wins.
        at_least: the scale already shown for this path, in grey levels; it never shrinks while steps arrive.

    Returns:
        The limit in grey levels, and whether some pixel goes beyond it.
    """
    base = payload.frames[payload.origin].astype(np.int16)
    highest, largest = 0.0, 0.0
    for k in np.flatnonzero(payload.is_computed):
        change = np.abs(_channel_mean(payload.frames[k].astype(np.int16) - base))
        highest = max(highest, float(np.percentile(change, 99.5)))
        largest = max(largest, float(change.max()))
    chosen = max(at_least, next(end for end in _LIMITS if end >= highest))
    limit = float(payload.change_limit or chosen)
    return limit, largest > limit


def _channel_mean(change: NDArray[np.int16]) -> NDArray[np.floating] | NDArray[np.int16]:
    return change.mean(axis=-1) if change.ndim == 3 else change


def encode_path(payload: PathPayload, *, start: float = 0.0, previous: EncodedPath | None = None) -> EncodedPath:
    """Make the block of bytes for a path.

    Args:
        payload: the path, complete or in part.
        start: where the viewer opens, in SD; it has no effect on a viewer that is open already.
        previous: an earlier encoding; its pictures are reused, and its colour scale is kept when it is wider, so
            that the scale of a path never shrinks while steps arrive.

    Returns:
        The encoded path.
    """
    previous = previous if previous is not None and previous.path_id == payload.path_id else None
    limit, is_clipped = change_limit(payload, at_least=0.0 if previous is None else previous.change_limit)
    wanted = _wanted_pictures(payload)
    pictures = _compressed([pixels for _, _, pixels in wanted], {} if previous is None else previous.pictures)
    frames = [(kind, step, data) for (kind, step, _), (_, data) in zip(wanted, pictures, strict=True)]
    header = payload.words() | {
        "size": list(payload.original.shape[:2]),
        "channels": 1 if payload.original.ndim == 2 else 3,
        "media_type": "image/png" if payload.original.ndim == 2 else "image/webp",
        "change_limit": limit,
        "change_clipped": is_clipped,
        "change_colours": change_colours().ravel().tolist(),
        "start": start,
    }
    return EncodedPath(
        path_id=payload.path_id,
        fingerprint=payload.fingerprint,
        start=start,
        blob=pack_block(header, frames),
        change_limit=limit,
        pictures=dict(pictures),
    )


def _wanted_pictures(payload: PathPayload) -> list[tuple[Kind, int, NDArray[np.uint8]]]:
    wanted: list[tuple[Kind, int, NDArray[np.uint8]]] = [("original", payload.origin, payload.original)]
    for k in np.flatnonzero(payload.is_computed).tolist():
        wanted.append(("decoded", k, payload.frames[k]))
        wanted.append(("edit", k, payload.on_original[k]))
    return wanted


def _compressed(pictures: list[NDArray[np.uint8]], known: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Digest of the pixels and compressed bytes of each picture, taking from ``known`` what is there."""

    def compress(pixels: NDArray[np.uint8]) -> tuple[bytes, bytes]:
        digest = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest()
        return digest, known.get(digest) or encode_picture(pixels)[1]

    with ThreadPoolExecutor(_N_THREADS) as threads:
        return list(threads.map(compress, pictures))
