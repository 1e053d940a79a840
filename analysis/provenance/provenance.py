"""What a figure knows of its own making."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Self

from xaae_core.errors import ProvenanceError

SCHEMA = 1
"""Raised when an older version of this tool could not restore a view that a newer one describes."""
_PACKAGES = ("xaae", "torch", "captum", "umap-learn", "scikit-learn", "opentsne")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Everything that a figure was made of, as JSON values; no names of patients, no paths of the machine.

    Attributes:
        kind: what is drawn: "path", "map", "attribution", "examples", "training", …
        view: what a page needs to show the same again: its name as "page", and its settings.
        checkpoint_sha256: digest of the model's file; "" without a model.
        checkpoint_name: its name, for people.
        data_fingerprint: digest of the data; "" without data.
        data_name: their name, for people.
        case_ids: the cases that are drawn, by their stable ids.
        direction: target, method and quality of the direction, where there is one.
        seed: of everything random; None where nothing is.
        settings: everything else that decides the drawing.
        versions: of the packages that made it.
        created: time of making, ISO 8601 in UTC.
        schema: version of this description.
    """

    kind: str
    view: dict[str, Any] = field(default_factory=dict)
    checkpoint_sha256: str = ""
    checkpoint_name: str = ""
    data_fingerprint: str = ""
    data_name: str = ""
    case_ids: tuple[str, ...] = ()
    direction: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    created: str = ""
    schema: int = SCHEMA

    def stamped(self) -> Self:
        """The same with the time and the versions of now, where it has none yet."""
        created = self.created or datetime.now(UTC).isoformat(timespec="seconds")
        return replace(self, created=created, versions=self.versions or dict(_versions()))

    def to_table(self) -> dict[str, Any]:
        """The description as a table of JSON values."""
        table: dict[str, Any] = json.loads(self.to_json())
        return table

    def to_json(self) -> str:
        """The description as JSON text, the same for the same content.

        Raises:
            ProvenanceError: something that JSON cannot hold.
        """
        try:
            return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ProvenanceError(
                f"the provenance of this {self.kind} figure cannot be written: {error}. Expected texts, finite "
                "numbers, lists and tables of them"
            ) from error

    @classmethod
    def from_json(cls, text: str, source: str) -> Self:
        """The description that `to_json` wrote.

        Args:
            text: JSON.
            source: what messages call it.

        Raises:
            ProvenanceError: no such description, or one of a newer version.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ProvenanceError(f"{source}: its provenance is damaged ({error})") from error
        if not isinstance(raw, dict):
            raise ProvenanceError(f"{source}: its provenance is damaged: expected a table of entries")
        schema = raw.get("schema")
        if type(schema) is int and schema > SCHEMA:
            raise ProvenanceError(
                f"{source} was made by a newer version of this tool (its provenance is of version {schema}, this one "
                f"reads up to {SCHEMA}): update the tool with pip install --upgrade xaae"
            )
        known = {entry.name for entry in fields(cls)}
        wrong = sorted(name for name in known if name in raw and not _fits(name, raw[name]))
        if "kind" not in raw or wrong:
            raise ProvenanceError(
                f"{source}: these entries of its provenance cannot be used: {', '.join(wrong) or 'kind (missing)'}"
            )
        values = {name: value for name, value in raw.items() if name in known}
        return cls(**{**values, "case_ids": tuple(values.get("case_ids", ()))})

    @property
    def digest(self) -> str:
        """SHA-256 of the description, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def differences(self, now: Mapping[str, str]) -> tuple[str, ...]:
        """What is not as it was, a sentence each.

        Args:
            now: "checkpoint_sha256" and "data_fingerprint" of what is open; what is missing is not compared.
        """
        said = []
        for name, words, remedy in _COMPARED:
            then, current = getattr(self, name), now.get(name, "")
            if then and current and then != current:
                said.append(f"the {words} is another: {then[:12]}… then, {current[:12]}… now; {remedy}")
        return tuple(said)


_COMPARED = (
    ("checkpoint_sha256", "model", "the drawing will differ"),
    ("data_fingerprint", "data set", "cases may be missing, or their places in z other"),
)
_TEXTS = ("kind", "checkpoint_sha256", "checkpoint_name", "data_fingerprint", "data_name", "created")


def _fits(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name == "case_ids":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if name == "seed":
        return value is None or type(value) is int
    if name == "schema":
        return type(value) is int and value >= 1
    return isinstance(value, dict) and _is_finite(value)


def _is_finite(value: object) -> bool:
    """Whether no number in it is NaN or infinite; Python's JSON lets them pass."""
    if isinstance(value, dict):
        return all(_is_finite(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_finite(each) for each in value)
    return not isinstance(value, float) or math.isfinite(value)


@cache
def _versions() -> Mapping[str, str]:
    """The packages' versions, looked up once: it takes as long as encoding a small figure."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
