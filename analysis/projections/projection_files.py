"""Maps on disk: Parquet, whole or not there, bit for bit what was written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.map_quality import MapQuality
from analysis.projections.projection import METHODS, LinearPlane, Method, Projection
from xaae_core.atomic_files import atomic_path
from xaae_core.errors import ProjectionError

_META = b"xaae_projection"
_FORMAT = 3
_QUALITY = "quality:"
_META_FIELDS = ("method", "seed", "axes", "notes", "checkpoint_sha256", "data_fingerprint")
_LIBRARIES: dict[Method, tuple[str, ...]] = {
    "umap": ("umap-learn", "numba", "pynndescent", "scikit-learn", "scipy", "numpy"),
    "tsne": ("openTSNE", "numba", "pynndescent", "scikit-learn", "numpy"),
    "pca": ("numpy",),
    "pls": ("numpy",),
}


def projection_key(z_digest: str, method: Method, *, seed: int, **parameters: object) -> str:
    """A name for a map on disk: the same data, settings and versions of the libraries give the same name.

    Args:
        z_digest: digest of the latents, see `LatentTable`.
        method: how the map is made.
        seed: of everything random.
        parameters: further settings, as JSON knows them.

    Returns:
        64 hexadecimal digits.
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    versions = {name: metadata.version(name) for name in _LIBRARIES[method]}
    named = {"format": _FORMAT, "z": z_digest, "method": method, "seed": seed, "parameters": parameters}
    return hashlib.sha256(json.dumps({**named, "versions": versions}, sort_keys=True).encode()).hexdigest()


def write_projection(projection: Projection, path: str | Path) -> Path:
    """Write a map as Parquet, whole or not at all; returns the path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "id": pa.array(projection.ids.tolist(), pa.string()),
        "x": pa.array(projection.points[:, 0]),
        "y": pa.array(projection.points[:, 1]),
        "placed": pa.array(projection.placed),
    }
    meta: dict[str, Any] = {name: _plain(getattr(projection, name)) for name in _META_FIELDS}
    meta |= {"format": _FORMAT, "parameters": {name: _plain(v) for name, v in projection.parameters.items()}}
    if projection.plane is not None:
        meta["plane"] = {"centre": projection.plane.centre.tolist(), "weights": projection.plane.weights.tolist()}
    if projection.quality is not None:
        values = {entry.name: getattr(projection.quality, entry.name) for entry in fields(MapQuality)}
        columns |= {_QUALITY + name: pa.array(value) for name, value in values.items() if np.ndim(value)}
        meta["quality"] = {name: _plain(value) for name, value in values.items() if not np.ndim(value)}
    arrow = pa.table(columns).replace_schema_metadata({_META: json.dumps(meta).encode()})
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd")
    return Path(path)


def read_projection(path: str | Path) -> Projection:
    """Read a map that `write_projection` wrote.

    Raises:
        ProjectionError: no such file, not Parquet, or not a map.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:  # not read_table, which opens folders and reads "a=1" in the path as data
            arrow = file.read()
        meta = json.loads((arrow.schema.metadata or {})[_META])
        if meta["format"] != _FORMAT or meta["method"] not in METHODS:
            raise ValueError(f"format {meta['format']}, method {meta['method']}")
        columns = {name: arrow[name].combine_chunks() for name in arrow.column_names}
        return Projection(
            points=np.stack([_numbers(columns[name], np.float32) for name in ("x", "y")], axis=1),
            ids=np.array(columns["id"].to_pylist(), dtype=np.str_),
            parameters=meta["parameters"],
            quality=_quality(meta, columns),
            axes=(str(meta["axes"][0]), str(meta["axes"][1])),
            notes=tuple(meta["notes"]),
            placed=_numbers(columns["placed"], np.bool_),
            plane=_plane(meta),
            **{name: meta[name] for name in ("method", "seed", "checkpoint_sha256", "data_fingerprint")},
        )
    except (OSError, pa.ArrowException, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ProjectionError(f"{Path(path).name} is not a map ({error}): make it anew with xaae project") from error


def _quality(meta: dict[str, Any], columns: dict[str, Any]) -> MapQuality | None:
    if "quality" not in meta:
        return None
    arrays: dict[str, Any] = {
        name.removeprefix(_QUALITY): _numbers(values) for name, values in columns.items() if name.startswith(_QUALITY)
    }
    return MapQuality(**meta["quality"], **arrays)


def _plane(meta: dict[str, Any]) -> LinearPlane | None:
    if "plane" not in meta:
        return None
    centre, weights = (np.array(meta["plane"][name], dtype=np.float64) for name in ("centre", "weights"))
    return LinearPlane(centre, weights)


def _numbers(array: Any, kind: Any = None) -> NDArray[Any]:
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    if kind is not None and values.dtype != kind:
        raise ValueError(f"a column of {values.dtype}, expected {np.dtype(kind)}")
    return values.copy()


def _plain(value: Any) -> Any:
    """A number or text as JSON knows it."""
    return value.item() if isinstance(value, np.generic) else value
