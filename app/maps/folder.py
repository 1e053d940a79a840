"""The files that are kept for one matrix of latents: the latents, their neighbours, and their maps."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.map_stability import MapStability
from analysis.neighbours import NeighbourGraph
from analysis.projections import Projection, read_projection, write_projection
from app.maps.requests import N_NEIGHBOURS, MapRequest
from xaae_core.atomic_files import atomic_path
from xaae_core.errors import ProjectionError

FOLDER_NAME = "maps"
_CHUNK_BYTES = 1 << 24
_OF_NEIGHBOURS = ("numpy", "pynndescent", "scikit-learn")

_Result = TypeVar("_Result")


def digest_latents(z: NDArray[Any]) -> str:
    """SHA-256 of a matrix: its type, shape and bytes; 0.3 s for 1,000,000 × 128."""
    digest = hashlib.sha256(f"{z.dtype.str} {z.shape}".encode())
    digest.update(np.ascontiguousarray(z).data)
    return digest.hexdigest()


class LatentsGoneError(ProjectionError):
    """The kept latents were removed or damaged; whoever has them can keep them once more."""


class MapFolder:
    """Everything on disk about one matrix of latents. Files are written whole or not at all; damaged ones are removed.

    Args:
        cache: the cache folder.
        digest: of the latents, see `digest_latents`.
    """

    def __init__(self, cache: Path, digest: str) -> None:
        self.cache, self.digest = cache, digest
        self.path = cache / FOLDER_NAME / digest[:16]
        self.latents = self.path / "z.npy"

    def map_file(self, request: MapRequest) -> Path:
        """Where a map is kept, with its quality once that is measured."""
        return self.path / f"{request.method}-{request.key(self.digest)[:16]}.parquet"

    def stability_file(self, request: MapRequest) -> Path:
        """Where the stability of a map is kept."""
        return self.path / f"stability-{request.method}-{request.key(self.digest)[:16]}.npz"

    def neighbours_file(self, k: int = N_NEIGHBOURS) -> Path:
        """Where the k nearest neighbours are kept."""
        versions = " ".join(f"{name} {metadata.version(name)}" for name in _OF_NEIGHBOURS)
        return self.path / f"neighbours-{k}-{hashlib.sha256(versions.encode()).hexdigest()[:8]}.npz"

    def write_latents(self, z: NDArray[Any]) -> None:
        """Keep the latents for the process that computes, if they are not kept already; raises OSError."""
        if self.latents.is_file() and self.latents.stat().st_size == z.nbytes + len(_head(z)):
            touch(self.latents)
            return
        with atomic_path(self.latents) as temporary, temporary.open("wb") as file:
            file.write(_head(z))
            content = np.ascontiguousarray(z).data.cast("B")
            for start in range(0, len(content), _CHUNK_BYTES):
                file.write(content[start : start + _CHUNK_BYTES])  # unlike np.save, tells when the disk is full

    def read_latents(self) -> NDArray[np.float32]:
        """The kept latents, as a read-only view of the file.

        Raises:
            LatentsGoneError: they are not there, or damaged; then they are removed.
        """
        try:
            z: NDArray[np.float32] = np.load(self.latents, mmap_mode="r", allow_pickle=False)
            if digest_latents(z) == self.digest:
                return z
        except (OSError, ValueError, EOFError):
            pass
        self.latents.unlink(missing_ok=True)
        raise LatentsGoneError(f"{self.latents} was removed or damaged: ask for the map once more")

    def write_map(self, projection: Projection, request: MapRequest) -> None:
        """Keep a map; raises OSError."""
        write_projection(projection, self.map_file(request))

    def read_map(self, request: MapRequest) -> Projection | None:
        """A kept map; None where there is none, or only a damaged one."""
        return _read(self.map_file(request), read_projection)

    def write_stability(self, stability: MapStability, request: MapRequest) -> None:
        """Keep a map's stability; raises OSError."""
        _write_arrays(self.stability_file(request), stability)

    def read_stability(self, request: MapRequest) -> MapStability | None:
        """A map's kept stability; None where there is none, or only a damaged one."""
        return _read(self.stability_file(request), lambda path: MapStability(**_read_arrays(path, MapStability)))

    def write_neighbours(self, graph: NeighbourGraph, k: int) -> None:
        """Keep the k nearest neighbours, which are fewer where there are few cases; raises OSError."""
        _write_arrays(self.neighbours_file(k), graph)

    def read_neighbours(self, k: int = N_NEIGHBOURS) -> NeighbourGraph | None:
        """The kept k nearest neighbours; None where there are none, or only damaged ones."""
        return _read(self.neighbours_file(k), lambda path: NeighbourGraph(**_read_arrays(path, NeighbourGraph)))


def touch(path: Path) -> None:
    """Note that a file was used: those that were not for longest are dropped first."""
    with suppress(OSError):
        os.utime(path)


def _read(path: Path, read: Callable[[Path], _Result]) -> _Result | None:
    if not path.is_file():
        return None
    try:
        result = read(path)
    except MemoryError:
        raise  # the file may be good
    except Exception:  # whatever a damaged file makes its reader raise: it is computed anew
        with suppress(OSError):
            path.unlink()
        return None
    touch(path)
    return result


def _write_arrays(path: Path, result: Any) -> None:
    """A dataclass of arrays, numbers and texts, as .npz."""
    arrays = {entry.name: np.asarray(getattr(result, entry.name)) for entry in fields(result)}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read_arrays(path: Path, kind: Any) -> dict[str, Any]:
    """What `_write_arrays` wrote; the check sums of the archive are compared on the way."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {entry.name: archive[entry.name] for entry in fields(kind)}
    return {name: array.item() if array.ndim == 0 else array for name, array in arrays.items()}


def _head(z: NDArray[Any]) -> bytes:
    """How a .npy file of this matrix begins."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(np.ascontiguousarray(z)))
    return head.getvalue()
