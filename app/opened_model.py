"""Opening a checkpoint for the pages and the commands: a model of signals becomes one of pictures, a row a channel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xaae_core.checkpoints import Checkpoint, load_checkpoint


def open_checkpoint(path: str | Path) -> Checkpoint:
    """Open a checkpoint; raises as `load_checkpoint`."""
    from xaae_core.models.signal_pictures import as_picture_model

    opened = load_checkpoint(path)
    return replace(opened, model=as_picture_model(opened.model))
