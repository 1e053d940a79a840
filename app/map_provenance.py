"""How maps were made, as their files keep it: one description for the page and the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.directions import Direction
from analysis.projections import Projection
from analysis.provenance import Provenance
from analysis.provenance.making import provenance_of
from app.views import View
from xaae_core.checkpoints import Checkpoint
from xaae_core.latents import LatentTable


def map_provenance(
    kind: str,
    table: LatentTable,
    projections: Sequence[Projection],
    *,
    view: View,
    checkpoint: Checkpoint | None = None,
    direction: Direction | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Provenance:
    """Describe how a figure of maps was made.

    The cases are all those of the table, which its fingerprint names: their tokens are not listed.

    Args:
        kind: of the drawing, "map" or "biplot".
        table: the cases.
        projections: the maps; their methods are cited.
        view: what restores it.
        checkpoint: the model; None where only its table is open.
        direction: that is drawn.
        settings: further settings.
    """
    first = projections[0]
    told = provenance_of(
        kind,
        checkpoint,
        view=view.to_json(),
        data_fingerprint=table.data_fingerprint,
        direction=direction,
        seed=first.seed,
        settings={
            "methods": [each.method for each in projections],
            "maps": [{"method": each.method, "seed": each.seed, "parameters": dict(each.parameters)}
                     for each in projections],
            "cases": len(table),
            "placed": first.n_placed,
            **(settings or {}),
        },
    )  # fmt: skip
    return told if told.checkpoint_sha256 else replace(told, checkpoint_sha256=table.checkpoint_sha256)
