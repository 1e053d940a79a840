"""The cases of the open data folder, to choose one from."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app import state
from app.components.case_strip import CaseEntry, CaseStripState, case_strip, make_thumbnail
from app.workspace import Case, Workspace
from xaae_core.errors import XaaeError
from xaae_core.latents import LatentTable


def choose_case(workspace: Workspace, case: Case | None, *, layout: Literal["strip", "grid"]) -> CaseStripState | None:
    """Draw the cases; returns what was chosen, None without a data folder. Call it inside a fragment."""
    latents = workspace.latents
    if latents is None:
        return None
    name_of = workspace.names
    id_of = {name: case_id for case_id, name in name_of.items()}
    is_listed = case is not None and state.uploaded() is None
    picked = case_strip(
        entries_of(workspace, latents),
        lambda names: thumbnails_of(workspace, {name: id_of[name] for name in names}),
        selected=case.name if case is not None and is_listed else None,
        key=f"cases_{layout}",
        class_names=latents.classes,
        source=f"{latents.checkpoint_sha256}:{latents.data_fingerprint}",
        layout=layout,
    )
    shown = tuple(id_of[name] for name in picked.shown)
    state.remember_shown(shown)
    return CaseStripState(id_of.get(picked.selected or ""), picked.is_new, shown)


def entries_of(workspace: Workspace, latents: LatentTable) -> list[CaseEntry]:
    """What is written under each thumbnail."""
    classes = workspace.classes
    chances, best = latents.probabilities, latents.predictions
    entries = []
    for row, case_id in enumerate(latents.ids.tolist()):
        label = workspace.label_of(row) or None
        # A label that the model does not know can neither be met nor missed.
        is_compared = 0 <= best[row] < len(classes) and (label is None or label in classes)
        entries.append(
            CaseEntry(
                id=workspace.names[case_id],
                label=label,
                prediction=classes[best[row]] if is_compared else None,
                probability=float(chances[row, best[row]]) if is_compared else None,
                split=str(latents.split[row]),
            )
        )
    return entries


def neighbour(workspace: Workspace, case: Case, offset: int) -> str | None:
    """Id of the case before (−1) or after (+1) the open one among those the strip shows, around the ends."""
    if workspace.latents is None or len(workspace.latents) == 0:
        return None
    ids = workspace.latents.ids.tolist()
    shown = [case_id for case_id in state.shown() if case_id in workspace.names] or ids
    if case.id in shown:
        return str(shown[(shown.index(case.id) + offset) % len(shown)])
    # Hidden by the search or the filter: the next one that is shown, in the order of the folder.
    place = ids.index(case.id) if case.id in workspace.names else (-1 if offset > 0 else 0)
    ahead = [ids[(place + offset * step) % len(ids)] for step in range(1, len(ids) + 1)]
    kept = set(shown)
    return next(str(case_id) for case_id in ahead if case_id in kept)


def thumbnails_of(workspace: Workspace, id_of: Mapping[str, str]) -> dict[str, NDArray[np.uint8]]:
    """Small pictures by the names in `id_of`; one that cannot be read any more is left out."""
    assert workspace.latents is not None  # choose_case asked
    pictures: dict[str, NDArray[np.uint8]] = {}
    for name, case_id in id_of.items():
        with suppress(XaaeError):
            image = workspace.read_case(workspace.latents.row_of(case_id))
            pictures[name] = make_thumbnail(image.pixels)
    return pictures
