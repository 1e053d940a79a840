"""The cases of the open data folder, to choose one from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app import cached
from app.components.case_strip import CaseEntry, CaseStripState, case_strip, make_thumbnail
from app.workspace import Case, Workspace
from xaae_core.errors import ImageError
from xaae_core.latents import LatentTable


def choose_case(workspace: Workspace, case: Case | None, *, layout: Literal["strip", "grid"]) -> CaseStripState | None:
    """Draw the cases; returns what was chosen, None without a data folder. Call it inside a fragment."""
    latents = workspace.latents
    if latents is None:
        return None
    return case_strip(
        entries_of(latents, workspace.checkpoint.card.target),
        lambda ids: thumbnails_of(workspace, ids),
        selected=case.id if case is not None else None,
        key=f"cases_{layout}",
        class_names=latents.classes,
        source=f"{latents.checkpoint_sha256}:{latents.data_fingerprint}",
        layout=layout,
    )


def entries_of(latents: LatentTable, target: str) -> list[CaseEntry]:
    """What is written under each thumbnail."""
    has_model = latents.probabilities.shape[1] > 0
    index = latents.classes.index(target) if target in latents.classes else 0
    names = latents.classes
    return [
        CaseEntry(
            id=str(latents.ids[row]),
            label=names[latents.labels[row]] if latents.labels[row] >= 0 else "",
            prediction=names[latents.predictions[row]] if has_model else "",
            probability=float(latents.probabilities[row, index]) if has_model else None,
            split=str(latents.split[row]),
        )
        for row in range(len(latents))
    ]


def thumbnails_of(workspace: Workspace, ids: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
    """Small pictures of some cases; one that cannot be read any more is left out."""
    assert workspace.latents is not None  # choose_case asked
    model, card = workspace.checkpoint.model, workspace.checkpoint.card
    pictures: dict[str, Any] = {}
    for case_id in ids:
        path = workspace.path_of(case_id)
        try:
            image = cached.picture_at(cached.stamp(path), model.input_channels, model.input_size, card.resize)
        except ImageError:
            continue
        pictures[case_id] = make_thumbnail(image.pixels)
    return pictures
