"""Figures kept in one file: a zip of JSON and arrays, without pickles; read back, they draw the same bytes.

`figures.json` holds {"format", "schema", "figures"}: frozen dataclasses by their names with the fields they are made
of (`archive_values`); arrays are .npy files and bytes .bin files beside it, each content once. The same figures give
the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

from numpy.lib import format as npy

from analysis.figures.archive_values import PACKAGES, decode_value, encode_value
from analysis.figures.figure import Drawing, Figure
from analysis.provenance.provenance import Provenance
from xaae_core.errors import FigureError, XaaeError

SCHEMA = 1
"""Raised when an older version of this tool could not read what a newer one writes."""
FORMAT = "xaae figures"
MAX_BYTES = 512 * 2**20
MAX_UNPACKED = 2 * 2**30
MAX_TREE = 128 * 2**20
MAX_MEMBERS = 50_000
_TREE = "figures.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, KeyError,
           TypeError, AttributeError, OverflowError, MemoryError)  # fmt: skip


def write_archive(figures: Sequence[Figure], *, packages: Sequence[str] = PACKAGES) -> bytes:
    """Figures as the bytes of one file.

    Args:
        figures: any number; also none.
        packages: whose frozen dataclasses drawings may hold.

    Raises:
        FigureError: a drawing that holds something else.
    """
    parts: dict[str, bytes] = {}

    def keep(content: Any) -> str:
        packed, ending = (content, "bin") if isinstance(content, bytes) else (_npy_bytes(content), "npy")
        name = f"{hashlib.sha256(packed).hexdigest()[:32]}.{ending}"
        parts[name] = packed
        return name

    trees = []
    for place, figure in enumerate(figures, start=1):
        where = f"figure {place} ({figure.drawing.kind})"
        trees.append(encode_value(figure, keep, packages=packages, where=where))
    tree = {"format": FORMAT, "schema": SCHEMA, "figures": trees}
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
    return _zipped({_TREE: text, **dict(sorted(parts.items()))})


def read_archive(content: bytes, *, name: str = "this file", packages: Sequence[str] = PACKAGES) -> tuple[Figure, ...]:
    """The figures that `write_archive` was given.

    Args:
        content: the file.
        name: what messages call it.
        packages: whose frozen dataclasses are made again.

    Raises:
        FigureError: another kind of file, a damaged, too large or too deep one, one of a newer version, or one that
            names anything else than frozen dataclasses of `packages`.
    """
    if len(content) > MAX_BYTES:
        raise FigureError(f"{name} has {len(content):,} bytes; kept figures have at most {MAX_BYTES:,}")
    try:
        return _read(content, name, tuple(packages))
    except XaaeError as error:
        if isinstance(error, FigureError) and str(error).startswith(name):
            raise
        raise FigureError(f"{name} cannot be read: {error}. {_REMEDY}") from error
    except RecursionError as error:
        raise FigureError(f"{name} cannot be read: its entries are nested too deep. {_REMEDY}") from error
    except _DAMAGE as error:
        told = f"{type(error).__name__}: {error}"[:120]
        raise FigureError(f"{name} cannot be read: it is damaged ({told}). {_REMEDY}") from error


_REMEDY = "Use the file as this tool saved it, or copy it again"


def _read(content: bytes, name: str, packages: tuple[str, ...]) -> tuple[Figure, ...]:
    if not content.startswith(b"PK"):
        raise FigureError(f"{name} holds no figures of this tool: expected a file that it saved")
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        _check_members(file)
        tree = _read_tree(file, name)
        cached: dict[str, Any] = {}

        def fetch(member: str) -> Any:
            if member not in cached:
                packed = file.read(member)
                cached[member] = packed if member.endswith(".bin") else _array(packed)
            return cached[member]

        made = [decode_value(each, fetch, packages=packages) for each in tree["figures"]]
    for place, figure in enumerate(made, start=1):
        if not _is_figure(figure):
            raise FigureError(f"its entry {place} is no figure")
    return tuple(made)


def _check_members(file: zipfile.ZipFile) -> None:
    members = file.infolist()
    if len(members) > MAX_MEMBERS:
        raise FigureError(f"it has {len(members):,} parts; expected at most {MAX_MEMBERS:,}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        raise FigureError(f"it unpacks to {unpacked:,} bytes; expected at most {MAX_UNPACKED:,}")


def _read_tree(file: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if _TREE not in file.namelist():
        raise FigureError(f"{name} holds no figures of this tool: expected a file that it saved")
    if file.getinfo(_TREE).file_size > MAX_TREE:
        raise FigureError(f"its {_TREE} has more than {MAX_TREE:,} bytes")
    tree = json.loads(file.read(_TREE).decode("utf-8", "surrogatepass"))
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise FigureError(f"{name} holds no figures of this tool: expected a file that it saved")
    schema = tree.get("schema")
    if type(schema) is int and schema > SCHEMA:
        raise FigureError(
            f"{name} was saved by a newer version of this tool (its figures are of version {schema}, this one reads "
            f"up to {SCHEMA}): update the tool with pip install --upgrade xaae"
        )
    if schema != SCHEMA or not isinstance(tree.get("figures"), list):
        raise FigureError("its list of figures is damaged")
    return tree


def _is_figure(value: Any) -> bool:
    """Whether the parts that every page relies on are what they should be."""
    if not isinstance(value, Figure) or not isinstance(value.provenance, Provenance):
        return False
    Provenance.from_json(value.provenance.to_json(), "its figure")  # raises where an entry is of another type
    return isinstance(value.drawing, Drawing) and all(
        isinstance(text, str) for text in (value.title, value.note, value.caption)
    )


def _npy_bytes(values: Any) -> bytes:
    file = io.BytesIO()
    npy.write_array(file, values, allow_pickle=False)
    return file.getvalue()


def _array(packed: bytes) -> Any:
    """The array of an .npy file whose header promises no more than there is; nothing is allocated before."""
    file = io.BytesIO(packed)
    major, _ = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(packed) - file.tell():
        raise FigureError("one of its arrays is damaged")
    file.seek(0)
    return npy.read_array(file, allow_pickle=False)


def _zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)  # no time of making: the same figures, the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return file.getvalue()
