"""Values of frozen dataclasses as JSON values beside arrays, and back; nothing is ever run that a file names."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from xaae_core.errors import FigureError, XaaeError

PACKAGES = ("analysis", "xaae_core")
"""Whose frozen dataclasses are kept and made again."""
DEEPEST = 40
_CLASS = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", re.ASCII)
_SCALARS = {
    name: getattr(np, name)
    for name in ("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                 "float16", "float32", "float64")
}  # fmt: skip
Keep = Callable[[Any], str]
"""Puts an array, or bytes, beside the values; returns the name that fetches it."""
Fetch = Callable[[str], Any]


def encode_value(value: Any, keep: Keep, *, packages: Sequence[str] = PACKAGES, where: str = "figure") -> Any:
    """A value as JSON values.

    Args:
        value: None, bool, int, float, str, bytes, a NumPy array or number, a tuple, list, set or table of these, or a
            frozen dataclass of these.
        keep: takes arrays and bytes.
        packages: whose dataclasses may be kept.
        where: what messages call it.

    Raises:
        FigureError: something else, or too deep a nesting.
    """
    return _Encoder(keep, tuple(packages)).encode(value, where, 0)


def decode_value(raw: Any, fetch: Fetch, *, packages: Sequence[str] = PACKAGES) -> Any:
    """The value that `encode_value` took.

    Args:
        raw: JSON values.
        fetch: gives arrays and bytes by their names.
        packages: whose frozen dataclasses may be made; nothing else is ever imported or called.

    Raises:
        FigureError: not of that form, or naming what is no frozen dataclass of these packages.
    """
    return _Decoder(fetch, tuple(packages)).decode(raw, 0)


class _Encoder:
    def __init__(self, keep: Keep, packages: tuple[str, ...]) -> None:
        self._keep, self._packages = keep, packages

    def encode(self, value: Any, where: str, depth: int) -> Any:
        _check_depth(depth, where)
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if kind is list:
            return self._all(value, where, depth)
        if kind in (tuple, set, frozenset):
            items = value if kind is tuple else sorted(value, key=repr)
            return {kind.__name__: self._all(items, where, depth)}
        if kind in (dict, MappingProxyType):
            return {"table": [self._all(pair, f"{where}[{pair[0]!r}]", depth) for pair in value.items()]}
        if kind is bytes:
            return {"bytes": self._keep(value)}
        if isinstance(value, np.str_):
            return str(value)
        if kind.__name__ in _SCALARS or isinstance(value, np.bool_):
            name = "bool_" if isinstance(value, np.bool_) else kind.__name__
            return {"number": [name, self.encode(value.item(), where, depth + 1)]}
        if kind is np.ndarray:
            return self._array(value, where, depth)
        return self._dataclass(value, where, depth)

    def _all(self, values: Sequence[Any], where: str, depth: int) -> list[Any]:
        return [self.encode(each, where, depth + 1) for each in values]

    def _array(self, values: Any, where: str, depth: int) -> dict[str, Any]:
        if not values.dtype.hasobject:
            return {"array": self._keep(values)}
        return {"objects": [list(values.shape), self._all(list(values.ravel()), where, depth)]}

    def _dataclass(self, value: Any, where: str, depth: int) -> dict[str, Any]:
        kind = type(value)
        if not _is_frozen_dataclass(kind) or kind.__module__.partition(".")[0] not in self._packages:
            raise FigureError(
                f"{where} is of the type {kind.__module__}.{kind.__qualname__}, which cannot be kept; expected texts, "
                f"numbers, arrays, lists and tables of them, or a frozen dataclass of {' or '.join(self._packages)}"
            )
        named = [entry.name for entry in fields(kind) if entry.init]
        kept = {name: self.encode(getattr(value, name), f"{where}.{name}", depth + 1) for name in named}
        return {"is": f"{kind.__module__}:{kind.__qualname__}", "fields": kept}


class _Decoder:
    def __init__(self, fetch: Fetch, packages: tuple[str, ...]) -> None:
        self._fetch, self._packages = fetch, packages
        self._kinds: dict[str, type] = {}

    def decode(self, raw: Any, depth: int) -> Any:
        _check_depth(depth, "a value")
        if raw is None or isinstance(raw, bool | int | float | str):
            return raw
        if isinstance(raw, list):
            return self._all(raw, depth)
        if set(raw) == {"is", "fields"}:
            return self._dataclass(raw["is"], raw["fields"], depth)
        if len(raw) != 1:
            raise FigureError(f"an entry {', '.join(map(str, raw))[:80]} means nothing here")
        ((tag, content),) = raw.items()
        read = getattr(self, f"_read_{tag}", None) if tag in _TAGS else None
        if read is None:
            raise FigureError(f"an entry “{tag[:40]}” means nothing here")
        return read(content, depth)

    def _all(self, values: Any, depth: int) -> list[Any]:
        if not isinstance(values, list):
            raise FigureError(f"expected a list of values, found {type(values).__name__}")
        return [self.decode(each, depth + 1) for each in values]

    def _read_float(self, content: Any, depth: int) -> float:
        if content not in ("nan", "inf", "-inf"):
            raise FigureError(f"{content!r:.40} is no number")
        return float(content)

    def _read_tuple(self, content: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self._all(content, depth))

    def _read_set(self, content: Any, depth: int) -> set[Any]:
        return set(self._all(content, depth))

    def _read_frozenset(self, content: Any, depth: int) -> frozenset[Any]:
        return frozenset(self._all(content, depth))

    def _read_table(self, content: Any, depth: int) -> dict[Any, Any]:
        return dict(self._all(content, depth))

    def _read_number(self, content: Any, depth: int) -> Any:
        name, value = self._all(content, depth)
        return _SCALARS[name](value)

    def _read_array(self, content: Any, depth: int) -> Any:
        return self._fetched(content, np.ndarray)

    def _read_bytes(self, content: Any, depth: int) -> bytes:
        found: bytes = self._fetched(content, bytes)
        return found

    def _read_objects(self, content: Any, depth: int) -> Any:
        shape, values = content
        flat = np.empty(len(values), dtype=object)
        flat[:] = self._all(values, depth)
        return flat.reshape([int(length) for length in shape])

    def _fetched(self, name: Any, kind: type) -> Any:
        found = self._fetch(str(name))
        if not isinstance(found, kind):
            raise FigureError(f"“{name}” is no {kind.__name__}")
        return found

    def _dataclass(self, named: Any, content: Any, depth: int) -> Any:
        kind = self._kinds.get(named) if isinstance(named, str) else None
        if kind is None:
            kind = self._kinds[named] = find_dataclass(named, self._packages)
        known = {entry.name for entry in fields(kind) if entry.init}
        if not isinstance(content, Mapping) or not set(content) <= known:
            raise FigureError(f"“{named}” has entries that this version does not know: update the tool")
        values = {name: self.decode(each, depth + 1) for name, each in content.items()}
        try:
            return kind(**values)
        except XaaeError:
            raise
        except Exception as error:  # whatever a class makes of nonsense
            raise FigureError(f"“{named}” cannot be made of its entries ({error})") from error


_TAGS = ("float", "tuple", "set", "frozenset", "table", "number", "array", "bytes", "objects")


def find_dataclass(named: Any, packages: Sequence[str] = PACKAGES) -> type:
    """The frozen dataclass of "module:name".

    Raises:
        FigureError: not of these packages, not there, or something else than a frozen dataclass.
    """
    found = _CLASS.fullmatch(named) if isinstance(named, str) else None
    if found is None or found[1].partition(".")[0] not in packages:
        raise FigureError(f"it names “{str(named)[:80]}”; only parts of {' and '.join(packages)} are made again")
    try:
        kind: Any = importlib.import_module(found[1])
        for step in found[2].split("."):
            kind = vars(kind)[step]
    except (ImportError, KeyError, TypeError) as error:
        raise FigureError(f"this version has no “{named}”: update the tool, or export the figure anew") from error
    if not _is_frozen_dataclass(kind) or f"{kind.__module__}:{kind.__qualname__}" != named:
        raise FigureError(f"“{named}” is nothing that a figure is made of")
    return kind


def _is_frozen_dataclass(kind: Any) -> bool:
    parameters = vars(kind).get("__dataclass_params__") if isinstance(kind, type) and is_dataclass(kind) else None
    return parameters is not None and bool(parameters.frozen)


def _check_depth(depth: int, where: str) -> None:
    if depth > DEEPEST:
        raise FigureError(f"{where} is nested deeper than {DEEPEST} levels")
