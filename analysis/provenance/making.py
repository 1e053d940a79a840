"""The provenance of what was made with a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.directions import Direction
from analysis.provenance.provenance import Provenance
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import Checkpoint


def provenance_of(
    kind: str,
    checkpoint: Checkpoint | None,
    *,
    view: Mapping[str, Any] | None = None,
    data_fingerprint: str = "",
    case_ids: Sequence[str] = (),
    direction: Direction | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Provenance:
    """Describe how a figure was made.

    Args:
        kind: of its drawing.
        checkpoint: the model; None where none was used.
        view: what restores it, see `app.views.View.to_json`; None where no page shows it.
        data_fingerprint: of the cases' table (`LatentTable.data_fingerprint`); "" without one.
        case_ids: ids of the cases that are drawn; their tokens are kept (`case_token`), the ids are not.
        direction: that was moved along or drawn.
        seed: of everything random.
        settings: everything else that decides the drawing: JSON values; "method" or "methods" are cited.
    """
    model = {} if checkpoint is None else model_facts(checkpoint)
    return Provenance(
        kind=kind,
        view=dict(view or {}),
        checkpoint_sha256="" if checkpoint is None else checkpoint.sha256,
        checkpoint_name="" if checkpoint is None else checkpoint.card.name,
        data_fingerprint=data_fingerprint,
        data_name="" if checkpoint is None else checkpoint.card.data_name,
        case_ids=tuple(case_token(case) for case in case_ids),
        direction={} if direction is None else direction_facts(direction),
        seed=seed,
        settings={**model, **(settings or {})},
    )


def model_facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """Kind, family, classes and latent dimensions of a model as JSON values; a kind without families has none."""
    family = checkpoint.card.arguments.get("family")
    return {
        "model": checkpoint.card.kind,
        **({"family": family} if isinstance(family, str) else {}),
        "classes": list(checkpoint.card.classes),
        "latent_dims": int(checkpoint.model.encoding_dims),
    }


def direction_facts(direction: Direction) -> dict[str, Any]:
    """Target, method and quality of a direction as JSON values; what is not known is left out."""
    known = {
        "target": direction.target,
        "method": direction.method,
        "n_cases": int(direction.n_cases),
        "quality_name": direction.quality_name,
        "quality": _finite(direction.quality),
        "quality_low": _finite(direction.quality_interval[0]),
        "quality_high": _finite(direction.quality_interval[1]),
        "cone_degrees": _finite(direction.cone_degrees),
        "p_value": _finite(direction.p_value),
        "n_permutations": int(direction.n_permutations),
        "dimension": direction.dimension,
    }
    return {name: value for name, value in known.items() if value is not None}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
