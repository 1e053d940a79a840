"""How figures of training cases were made, as their files keep it: one description for the pages and the commands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xaae_core.case_tokens import short_token

if TYPE_CHECKING:
    from analysis.examples import ExampleImportance
    from analysis.provenance.provenance import Provenance
    from app.views import View
    from xaae_core.checkpoints import Checkpoint


def example_provenance(
    checkpoint: Checkpoint,
    *,
    view: View,
    data_fingerprint: str,
    case_ids: Sequence[str],
    methods: Sequence[str],
    used: Sequence[ExampleImportance] = (),
    settings: Mapping[str, Any] | None = None,
    kind: str = "examples",
) -> Provenance:
    """Describe how a sheet of cases was made.

    Args:
        checkpoint: the model.
        view: what shows it again.
        data_fingerprint: of the searched cases.
        case_ids: of all that are drawn, the explained one first; their tokens are kept.
        methods: by the names that commands give them.
        used: what the methods found: their parameters are kept.
        settings: further ones.
        kind: of the drawing, "examples" or "labels".
    """
    from analysis.provenance.making import provenance_of

    seeds = [value for one in used for name, value in one.parameters.items() if name == "seed"]
    return provenance_of(
        kind,
        checkpoint,
        view=view.to_json(),
        data_fingerprint=data_fingerprint,
        case_ids=tuple(dict.fromkeys(case_ids)),
        seed=int(seeds[0]) if seeds else None,
        settings={
            "methods": list(dict.fromkeys(methods)),
            "parameters": {one.method: _finite(one.parameters) for one in used},
            **(settings or {}),
        },
    )


def method_names(importance: ExampleImportance | None) -> tuple[str, ...]:
    """The command's name of the gradient method that found helpful and harmful cases; () of none."""
    if importance is None:
        return ()
    if importance.method.startswith("TracIn"):
        return ("tracin",)
    return ("influence_series",) if "series" in importance.method else ("influence",)


def tile_name(case_id: str) -> str:
    """What a case is called below its picture."""
    return f"case {short_token(case_id)}"


def _finite(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if not isinstance(value, float) or math.isfinite(value)}
