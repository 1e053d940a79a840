"""NIfTI volumes as pictures: axial slices, shown as radiology shows them.

A volume is turned, without resampling, to the canonical axes (x towards the patient's right, y towards the front, z
towards the head: RAS+ of nibabel) that lie closest to its own. Slice n counts from the feet. In the picture the
front of the patient is at the top and the right of the patient at the left, as if seen from the feet, as axial slices
are stored in DICOM too.
"""

import os
import zlib
from gzip import GzipFile
from typing import Any, BinaryIO, cast

import numpy as np

from xaae_core.data.damage import volume_damage_reported
from xaae_core.data.frames import check_frame, middle_frame
from xaae_core.data.nifti_header import VolumeFacts, read_volume_facts
from xaae_core.data.opened_picture import DecodedPicture, check_size
from xaae_core.data.windows import Grey, Window, apply_window, scale_range
from xaae_core.errors import ImageError

SUFFIXES = frozenset({".nii", ".nii.gz"})
"""Endings of NIfTI files."""

_GZIP = b"\x1f\x8b"
_SINGLE = (b"n+1\0", b"n+2\0")
_PAIR = (b"ni1\0", b"ni2\0")
_CHUNK = 8 * 1024**2  # bytes read at once where a whole volume is measured

_ranges: dict[tuple[int, int, int, int], tuple[float, float]] = {}
_MOST_RANGES = 4096


class NiftiFile:
    """An opened NIfTI volume; see `OpenedPicture`. Made by `open_nifti`."""

    patient = ""

    def __init__(self, stream: BinaryIO, source: BinaryIO, facts: VolumeFacts, name: str) -> None:
        self._stream, self._source, self._facts, self._name = stream, source, facts, name

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of a slice: front to back, right to left."""
        width, height, _ = self._facts.canonical_shape
        return height, width

    @property
    def channels(self) -> int:
        """1 for grey, 3 for volumes of colours."""
        return 3 if self._facts.is_colour else 1

    @property
    def n_frames(self) -> int:
        """Number of axial slices."""
        return self._facts.canonical_shape[2]

    def decode(self, frame: int | None, window: Window | None) -> DecodedPicture:
        """Decode one axial slice, the middle one by default; of a file without compression only that is read.

        Args:
            frame: number of the slice from the feet, from 0.
            window: (centre, width) in the units of the scaled values; else `cal_min` to `cal_max` of the file, else
                the range of the whole volume, so that all slices of it share one scale.

        Raises:
            ImageError: truncated or damaged, no such slice.
        """
        facts = self._facts
        check_frame(frame, self.n_frames, self._name)
        index, note = middle_frame(frame, self.n_frames, kind="slice")
        notes = [*filter(None, [note]), *facts.notes]
        plane = self._read_slice(index)
        if facts.is_colour:
            return DecodedPicture(np.stack([plane[colour] for colour in "RGB"], axis=-1), 8, tuple(notes))
        if plane.dtype.kind == "f" and not np.isfinite(plane).all():
            notes.append("what is no number is shown as black")
        grey = np.nan_to_num(self._grey_of(plane, window, notes), copy=False)
        return DecodedPicture(np.ascontiguousarray(grey), facts.dtype.itemsize * 8, tuple(notes))

    def _read_slice(self, index: int) -> np.ndarray[Any, Any]:
        """Scaled values [H, W] of a slice, as it is shown."""
        from nibabel import arrayproxy

        facts = self._facts
        place: list[Any] = [slice(None)] * 3 + [0] * (len(facts.shape) - 3)
        axis = facts.stored_axis(2)
        place[axis] = index if facts.flips[axis] > 0 else facts.shape[axis] - 1 - index
        spec = (facts.shape, facts.dtype, facts.offset, facts.slope, facts.intercept)
        with volume_damage_reported(self._name, "its voxels"), np.errstate(all="ignore"):
            open_array: Any = arrayproxy.ArrayProxy
            plane = np.asarray(open_array(self._source, spec, mmap=False)[tuple(place)])  # [two stored axes]
        across, deep = facts.stored_axis(0), facts.stored_axis(1)
        if across > deep:
            plane = plane.T  # [x, y]
        # A picture begins at the right and at the front, where canonical axes end.
        return plane[:: -facts.flips[across], :: -facts.flips[deep]].T  # [H, W]

    def _grey_of(self, plane: np.ndarray[Any, Any], window: Window | None, notes: list[str]) -> Grey:
        if window is not None:
            return apply_window(plane, window)
        if self._facts.display_range is not None:
            return scale_range(plane, *self._facts.display_range)
        low, high = self._volume_range()
        notes.append(
            f"the file does not say how to show it: the range of its whole volume, {low:g} to {high:g}, is black to "
            "white, so that grey means something else in another file; a window would not"
        )
        return scale_range(plane, low, high)

    def _volume_range(self) -> tuple[float, float]:
        """Least and greatest scaled value of the first volume; remembered for files on disk."""
        key = _file_key(self._stream)
        if key in _ranges:
            return _ranges[key]
        with volume_damage_reported(self._name, "its voxels"):
            low, high = _measure(self._source, self._facts)
        if key is not None and len(_ranges) < _MOST_RANGES:
            _ranges[key] = low, high
        return low, high


def is_nifti(start: bytes) -> bool:
    """Whether the first bytes of a file, some 1,000, are those of a NIfTI volume, compressed with gzip or not."""
    return _magic(start) in _SINGLE + _PAIR


def open_nifti(stream: BinaryIO, name: str) -> NiftiFile:
    """Read the header and refuse what must not be decoded; no voxel is read.

    Args:
        stream: seekable; it must stay open until the picture is decoded.
        name: what messages call the picture.

    Raises:
        ImageError: damaged or truncated, another kind of volume, or above a limit.
    """
    stream.seek(0)
    start = stream.read(1024)
    stream.seek(0)
    magic = _magic(start)
    is_compressed = start.startswith(_GZIP)
    if magic in _PAIR:
        raise ImageError(f"{name}: it is one of a pair of files (.hdr and .img): save both as one, .nii or .nii.gz")
    if magic not in _SINGLE:
        found = "compressed with gzip, and what is in it is" if is_compressed else "by its name a NIfTI volume, but is"
        raise ImageError(f"{name}: it is {found} not a NIfTI volume: unpack it first, or check what it is")
    source = cast(BinaryIO, GzipFile(fileobj=stream, mode="rb")) if is_compressed else stream
    facts = read_volume_facts(source, 1 if magic == _SINGLE[0] else 2, name)
    width, height, _ = facts.canonical_shape
    check_size((height, width), name)
    if not is_compressed:
        n_bytes = stream.seek(0, os.SEEK_END)
        if n_bytes < facts.end:
            raise ImageError(
                f"{name}: the file is damaged or truncated ({n_bytes:,} of {facts.end:,} bytes are there): "
                "save or copy it again, or leave it out"
            )
    return NiftiFile(stream, source, facts, name)


def _magic(start: bytes) -> bytes:
    """The four bytes that name the kind of volume, where it has them; anything else otherwise."""
    if start.startswith(_GZIP):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, 1024)
        except zlib.error:
            return b""
    return start[4:8] if start[4:8] in (_SINGLE[1], _PAIR[1]) else start[344:348]


def _file_key(stream: BinaryIO) -> tuple[int, int, int, int] | None:
    """Names the contents of a file on disk; None for an upload."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _measure(source: BinaryIO, facts: VolumeFacts) -> tuple[float, float]:
    """Range of the first volume, read in pieces; (0, 0) where no voxel is a number."""
    source.seek(facts.offset)
    n_left, ends = facts.volume_bytes, []
    while n_left:
        data = source.read(min(n_left, _CHUNK - _CHUNK % facts.dtype.itemsize))
        if not data or len(data) % facts.dtype.itemsize:
            raise EOFError("fewer voxels than the header says")
        n_left -= len(data)
        values = np.frombuffer(data, facts.dtype)
        values = values[np.isfinite(values)] if facts.dtype.kind == "f" else values
        if len(values):
            ends += [float(values.min()), float(values.max())]
    low, high = sorted(end * facts.slope + facts.intercept for end in (min(ends, default=0), max(ends, default=0)))
    return low, high
