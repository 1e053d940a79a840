"""What an interrupted training by epochs goes on from: one file per model, written after each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from xaae_core.checkpoints import read_training_state, write_training_state
from xaae_core.errors import CheckpointError, TrainingError
from xaae_core.training.run_state import signature_differences

_FORMAT = 1


@dataclass
class EpochState:
    """A training after an epoch; it grows with each.

    Attributes:
        signature: what the training is (settings, model, data), as `run_signature` makes it.
        epoch: epochs that have ended.
        waiting: of them, how many since the best.
        best_epoch: number of the epoch of lowest test loss, from 1.
        best_loss: that loss.
        best: its weights.
        rows: what each epoch measured.
        model: the weights of now.
        optimizer: the optimizer's state, plain.
        memory: what the model remembers besides its weights.
        generators: states of the user's generators.
        checkpoints: names of the checkpoint files.
    """

    signature: str
    epoch: int = 0
    waiting: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    best: dict[str, Tensor] = field(default_factory=dict)
    rows: list[dict[str, float]] = field(default_factory=list)
    model: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    generators: list[Tensor] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)


def state_path(folder: Path, name: str) -> Path:
    """Where the state of the model of this name is kept."""
    return folder / f"{name}_training_state.pth"


def write_epoch_state(folder: Path, name: str, state: EpochState) -> None:
    """Write the state, whole or not at all."""
    entries = {entry.name: getattr(state, entry.name) for entry in fields(state)}
    write_training_state(state_path(folder, name), {"format": _FORMAT, **entries})


def remove_epoch_state(folder: Path, name: str) -> None:
    """Forget the training: it has ended."""
    state_path(folder, name).unlink(missing_ok=True)


def read_epoch_state(folder: Path, name: str, signature: str) -> EpochState | None:
    """The state that an interrupted training left in the folder; None without one.

    Raises:
        TrainingError: it is another training's, or cannot be read.
    """
    path = state_path(folder, name)
    if not path.exists():
        return None
    remedy = "give resume=False to start over, or another folder or name"
    try:
        raw = read_training_state(path)
        if raw.pop("format", None) != _FORMAT:
            raise TrainingError(f"{path} was written by another version of this tool: {remedy}")
        state = EpochState(**raw)
    except (CheckpointError, TypeError) as error:
        raise TrainingError(f"{path} cannot be resumed from ({error}): {remedy}") from error
    if state.signature != signature:
        raise TrainingError(
            f"{path} is the unfinished training of another model, other settings or other data "
            f"({signature_differences(state.signature, signature)}): {remedy}"
        )
    return state
