"""What a NIfTI file says of its volume, checked against itself and the limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any, BinaryIO

import numpy as np

from xaae_core.data.damage import volume_damage_reported
from xaae_core.errors import ImageError

MAX_VOLUME_BYTES = 2 * 1024**3
"""Largest volume that is opened, in bytes without compression; a slice takes far less."""

_MAX_SIDE = 32_767  # of NIfTI-1, and enough for NIfTI-2
_MAX_OFFSET = 16 * 1024**2  # bytes before the voxels: the header and what others put behind it
_UNEQUAL = 0.01  # relative difference of a voxel's sides from which on a slice looks stretched


@dataclass(frozen=True)
class VolumeFacts:
    """A volume and how it lies.

    Attributes:
        shape: as stored, at least three axes; only the first of each axis after the third is used.
        dtype: of a voxel, with its byte order.
        offset: place of the first voxel, in bytes.
        slope: of stored to scaled values.
        intercept: of stored to scaled values.
        axes: canonical axis (0 x, 1 y, 2 z) of each of the first three stored axes.
        flips: 1 where a stored axis runs like its canonical one, −1 against it.
        display_range: (`cal_min`, `cal_max`), the scaled values that are meant to be black and white; None without.
        notes: what a reader should know.
    """

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    offset: int
    slope: float
    intercept: float
    axes: tuple[int, int, int]
    flips: tuple[int, int, int]
    display_range: tuple[float, float] | None
    notes: tuple[str, ...]

    @property
    def is_colour(self) -> bool:
        """Whether voxels are RGB."""
        return self.dtype.names is not None

    @property
    def canonical_shape(self) -> tuple[int, int, int]:
        """Number of voxels towards the right, the front and the head."""
        x, y, z = (self.shape[self.stored_axis(axis)] for axis in range(3))
        return x, y, z

    @property
    def volume_bytes(self) -> int:
        """Length of the first volume."""
        return prod(self.shape[:3]) * self.dtype.itemsize

    @property
    def end(self) -> int:
        """Length that a file without compression has at least."""
        return self.offset + prod(self.shape) * self.dtype.itemsize

    def stored_axis(self, canonical: int) -> int:
        """The stored axis of a canonical one."""
        return self.axes.index(canonical)


def read_volume_facts(source: BinaryIO, version: int, name: str) -> VolumeFacts:
    """Read the header.

    Args:
        source: at the first byte of the header, without compression.
        version: 1 or 2, of the format.
        name: what messages call the picture.

    Raises:
        ImageError: damaged, a kind of voxel that is no grey or colour, or above a limit.
    """
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    reader: Any = Nifti1Header if version == 1 else Nifti2Header
    # check=False: nibabel would print its findings; what matters is checked below. What others put behind the header
    # (extensions, among them whole DICOM headers) is not read.
    with volume_damage_reported(name, "its header"), np.errstate(all="ignore"):
        header = reader(source.read(reader.sizeof_hdr), check=False)
        shape = _shape_of(header)
        offset = int(header.get_data_offset())
        slope, intercept = header.get_slope_inter()
        lows = float(header["cal_min"]), float(header["cal_max"])
        dtype = header.get_data_dtype()
        axes, flips = _orientation(header)
        if not reader.sizeof_hdr <= offset <= _MAX_OFFSET:
            raise ValueError("place of the voxels")
    _check_voxels(dtype, shape, name)
    return VolumeFacts(
        shape=shape,
        dtype=dtype,
        offset=offset,
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        axes=axes,
        flips=flips,
        display_range=lows if all(map(isfinite, lows)) and lows[1] > lows[0] else None,
        notes=tuple(_notes(header, shape, axes)),
    )


def _shape_of(header: Any) -> tuple[int, ...]:
    n_axes = int(header["dim"][0])
    sides = [int(side) for side in header["dim"][1 : n_axes + 1]]
    if not 2 <= n_axes <= 7 or not all(1 <= side <= _MAX_SIDE for side in sides):
        raise ValueError("dimensions")
    return (*sides, *[1] * (3 - n_axes))


def _orientation(header: Any) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Canonical axis and direction of each stored axis; raises ValueError for axes that are not there."""
    from nibabel import orientations

    find_axes: Any = orientations.io_orientation
    found = find_axes(header.get_best_affine())  # [3, 2], NaN for a dropped axis
    if not np.isfinite(found).all():
        raise ValueError("orientation")
    (a, b, c), (up, vp, wp) = found[:, 0].astype(int).tolist(), found[:, 1].astype(int).tolist()
    return (a, b, c), (up, vp, wp)


def _check_voxels(dtype: "np.dtype[Any]", shape: tuple[int, ...], name: str) -> None:
    is_colour = dtype.names is not None and tuple(dtype.names[:3]) == ("R", "G", "B")
    if not is_colour and (dtype.kind not in "iuf" or dtype.itemsize > 8):
        raise ImageError(f"{name}: its voxels are {dtype}; expected whole or real numbers, or RGB: save it as one")
    n_bytes = prod(shape[:3]) * dtype.itemsize
    if n_bytes > MAX_VOLUME_BYTES:
        raise ImageError(
            f"{name}: its volume takes {n_bytes / 1024**2:,.0f} MB; at most {MAX_VOLUME_BYTES // 1024**2:,} MB are "
            "opened: save it with fewer or smaller voxels"
        )


def _notes(header: Any, shape: tuple[int, ...], axes: tuple[int, int, int]) -> Iterator[str]:
    n_volumes = prod(shape[3:])
    if n_volumes > 1:
        yield f"only the first of {n_volumes:,} volumes is used"
    if int(header["qform_code"]) == 0 and int(header["sform_code"]) == 0:
        yield "it does not say how the body lies in it: left and right may be swapped"
    sides = [abs(float(header["pixdim"][1 + axes.index(axis)])) for axis in (0, 1)]
    if min(sides) > 0 and abs(sides[0] / sides[1] - 1) > _UNEQUAL:
        yield f"its pixels are not square ({sides[0]:g} × {sides[1]:g}) and are not stretched"
