"""The settings of a training as a file beside its results, so that it can be read, repeated and changed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from app.training.request import TrainingRequest
from xaae_core.atomic_files import write_text_atomically
from xaae_core.errors import TrainingError

if TYPE_CHECKING:
    from xaae_core.data.image_dataset import ImageDataset

SETTINGS_NAME = "settings.toml"


def write_request(out: Path, request: TrainingRequest, dataset: ImageDataset) -> Path:
    """Write a request to OUT/settings.toml, with the name of the data for the reader; returns the path."""
    about = {"data_name": dataset.name, "data_fingerprint": dataset.fingerprint, "cases": len(dataset)}
    out.mkdir(parents=True, exist_ok=True)
    head = "# Settings of a training; `xaae train DATA --out FOLDER --settings THIS_FILE` repeats it.\n"
    return write_text_atomically(out / SETTINGS_NAME, head + tomli_w.dumps({**request.to_mapping(), "about": about}))


def read_request(path: Path) -> TrainingRequest:
    """Read a settings file.

    Raises:
        TrainingError: not TOML, unknown settings, or values that cannot be used.
    """
    return TrainingRequest.from_mapping(read_settings_values(path))


def read_settings_values(path: Path) -> Mapping[str, Any]:
    """The settings of a file as they are written, without what it says about the data; raises TrainingError."""
    return {name: value for name, value in _read(path).items() if name != "about"}


def read_about(path: Path) -> Mapping[str, Any]:
    """What a settings file says about the data: "data_name", "data_fingerprint", "cases"; raises TrainingError."""
    about = _read(path).get("about", {})
    return about if isinstance(about, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TrainingError(f"{path.name} is not a settings file ({error}): expected TOML, name = value") from error
