"""What a killed training needs to go on: one file, written after each epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from xaae_core.checkpoints import read_training_state, write_training_state
from xaae_core.errors import CheckpointError, TrainingError

STATE_NAME = "training_state.pth"
_FORMAT = 1
_SHOWN = 5


@dataclass(frozen=True)
class RunState:
    """A training after an epoch.

    Attributes:
        signature: what the run is (settings, model, data), as `run_signature` makes it.
        phase: name of the phase.
        epoch: the epoch that has ended, from 0.
        is_phase_over: whether the phase ended with it.
        best_epoch: the phase's epoch of lowest selection loss, from 0.
        best_loss: that loss.
        rows: rows of the history so far.
        model: the model's tensors.
        optimizer: the optimizer's state, plain.
        callbacks: state of the phase's callbacks by name.
        scaler: state of mixed precision; empty without.
    """

    signature: str
    phase: str
    epoch: int
    is_phase_over: bool
    best_epoch: int
    best_loss: float
    rows: list[dict[str, Any]]
    model: dict[str, Tensor]
    optimizer: dict[str, Any]
    callbacks: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)


def write_state(folder: Path, state: RunState) -> None:
    """Write the state, whole or not at all."""
    entries = {name: getattr(state, name) for name in RunState.__dataclass_fields__}
    write_training_state(folder / STATE_NAME, {"format": _FORMAT, **to_plain(entries)})


def remove_state(folder: Path) -> None:
    """Forget the run: it has ended, or is not wanted."""
    (folder / STATE_NAME).unlink(missing_ok=True)


def read_state(folder: Path, signature: str) -> RunState | None:
    """The state a killed run left in the folder, or None.

    Raises:
        TrainingError: it is another run's, or cannot be read.
    """
    path = folder / STATE_NAME
    if not path.exists():
        return None
    remedy = "give resume=False to start over (the old state is then removed), or another models_dir"
    try:
        raw = read_training_state(path)
        if raw.pop("format", None) != _FORMAT:
            raise TrainingError(f"{path} was written by another version of this tool: {remedy}")
        state = RunState(**raw)
    except (CheckpointError, TypeError) as error:
        raise TrainingError(f"{path} cannot be resumed from ({error}): {remedy}") from error
    if state.signature != signature:
        differences = signature_differences(state.signature, signature)
        raise TrainingError(
            f"{folder} holds the unfinished training of another run ({differences}): "
            f"call with the settings and data it was started with, {remedy}"
        )
    return state


def run_signature(settings: Mapping[str, Any], model: nn.Module, data: Mapping[str, Any]) -> str:
    """What decides a run's course, as JSON text; equal for equal calls.

    Args:
        settings: the training's settings, as JSON values.
        model: the model; its class, arguments, shapes and frozen parameters count, its weights do not.
        data: what is known of the data (sizes, batch size, classes, fingerprint).
    """
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    frozen = sorted(name for name, parameter in model.named_parameters() if not parameter.requires_grad)
    said = {
        "settings": dict(settings),
        "data": dict(data),
        "model": {
            "kind": type(model).__name__,
            **getattr(model, "arguments", {}),
            "shapes": shapes,
            "frozen": frozen,
        },
    }
    return json.dumps(said, sort_keys=True)


def to_plain(value: Any) -> Any:
    """Nested lists, dicts, numbers, strings and CPU tensors only, as `read_training_state` demands."""
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    if isinstance(value, str | bytes | bool | int | float | None):
        return value
    return [to_plain(entry) for entry in value]


def signature_differences(old: str, new: str) -> str:
    """In words, what differs between two signatures of `run_signature`."""
    before, now = _flat(json.loads(old)), _flat(json.loads(new))
    keys = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    said = [f"{key} was {before.get(key)}, is {now.get(key)}" for key in keys[:_SHOWN]]
    return "; ".join(said) + (f"; and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else "")


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    flat = {}
    for group, entries in value.items():
        flat.update({f"{group}.{key}" if group != "settings" else key: entry for key, entry in entries.items()})
    return flat
