"""Whether a table of weights is a model's own, and the model filled with it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from xaae_core.errors import DamagedCheckpointError, WrongModelError

_SHOWN = 6


def fill_model(model: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Load a table of weights into a model; nothing is loaded unless everything fits and is finite.

    Raises:
        WrongModelError: as `compare_weights`.
        DamagedCheckpointError: NaN or infinite values.
    """
    compare_weights(model, {key: (tuple(value.shape), value.dtype) for key, value in state.items()}, name)
    for key, value in state.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise DamagedCheckpointError(
                f"{name}: {key} holds NaN or infinite values: the training diverged or the file is damaged"
            )
    is_empty = any(value.is_meta for value in model.state_dict().values())
    model.load_state_dict(dict(state), assign=is_empty)


def compare_weights(model: nn.Module, found: Mapping[str, tuple[tuple[int, ...], object]], name: str) -> None:
    """Raise WrongModelError, listing every difference, unless names, shapes and types are the model's."""
    wanted = {key: (tuple(value.shape), value.dtype) for key, value in model.state_dict().items()}
    both = sorted(wanted.keys() & found.keys())
    parts = [
        ("missing", sorted(wanted.keys() - found.keys())),
        ("unexpected", sorted(found.keys() - wanted.keys())),
        (
            "of another shape",
            [f"{k} {found[k][0]} instead of {wanted[k][0]}" for k in both if found[k][0] != wanted[k][0]],
        ),
    ]
    if any(keys for _, keys in parts):
        said = "; ".join(f"{len(keys)} {what} ({_few(keys)})" for what, keys in parts if keys)
        raise WrongModelError(
            f"{name} holds the weights of another model than {type(model).__name__}: {said}. "
            "Open it with the model it was trained as."
        )
    retyped = [f"{k} {found[k][1]} instead of {wanted[k][1]}" for k in both if found[k][1] != wanted[k][1]]
    if retyped:
        raise WrongModelError(
            f"{name} holds numbers of another type: {len(retyped)} tensors ({_few(retyped)}): save the model in float32"
        )


def _few(names: list[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
