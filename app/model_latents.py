"""A table of latents together with the model that made it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.latents import LatentTable


def latents_of_model(opened: Checkpoint, path: Path) -> LatentTable:
    """Read a table of latents, if this checkpoint made it.

    Raises:
        LatentTableError: not a table, or one of another checkpoint.
    """
    from xaae_core.latents import read_latents

    table = read_latents(path)
    check_model(opened, table)
    return table


def files_of_training_latents(opened: Checkpoint) -> list[Path]:
    """Where latents of the cases that a model was trained on may lie: beside its file, and among the demo's."""
    from xaae_core.demo import demo_latents

    beside = opened.path.with_name(opened.path.stem + ".latents.parquet")
    return [file for file in (beside, demo_latents()) if file.is_file()]


def training_latents_of(opened: Checkpoint) -> LatentTable | None:
    """The latents of the cases that a model was trained on, if they lie with it; None without."""
    from xaae_core.latents import read_latents

    tables = (read_latents(file) for file in files_of_training_latents(opened))
    return next((table for table in tables if table.checkpoint_sha256 == opened.sha256), None)


def check_model(opened: Checkpoint, table: LatentTable) -> None:
    """Raise LatentTableError if another checkpoint made a table, or if z has another length."""
    from xaae_core.errors import LatentTableError

    if table.checkpoint_sha256 and table.checkpoint_sha256 != opened.sha256:
        raise LatentTableError(
            f"the table of latents was made with another checkpoint ({table.checkpoint_sha256[:12]}…, not "
            f"{opened.sha256[:12]}… of {opened.path.name}): open that model, or write the table anew with xaae extract"
        )
    if table.z.shape[1] != opened.model.encoding_dims:
        raise LatentTableError(
            f"the table of latents has z of {table.z.shape[1]}, the model's has {opened.model.encoding_dims}: "
            "write it anew with xaae extract"
        )
