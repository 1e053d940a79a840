"""DeepLift: how each unit's change from the baseline is passed back to the pixels."""

from __future__ import annotations

import warnings
from typing import cast

from torch import nn

from analysis.attributions.model_trace import ModelTrace
from analysis.attributions.problem import Explained, Method, Problem, ScoreModule
from analysis.attributions.targets import Target
from analysis.attributions.twins import twin_of
from xaae_core.models.latent_model import LatentModel

_RECURRENT = ("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell")


def explain(problem: Problem) -> Explained:
    """DeepLift's rescale rule, summed over channels; on a copy of the modules, because captum hangs hooks on them.

    Source: Shrikumar et al. 2017; captum `DeepLift`.
    """
    from captum.attr import DeepLift

    twin = twin_of(cast(nn.Module, problem.model))
    scored = ScoreModule(twin, problem.counted(problem.target.scorer(cast(LatentModel, twin))))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting forward, backward hooks")
        shares = DeepLift(scored).attribute(
            problem.images.clone().requires_grad_(),
            baselines=problem.baselines,
            additional_forward_args=problem.context or None,
        )  # [B, C, H, W]
    return Explained(
        shares.detach().sum(dim=1), {}, "part of the target's change from the baseline, unit by unit", is_complete=True
    )


def find_obstacle(trace: ModelTrace, target: Target, model: object) -> str | None:
    """Why DeepLift's rules do not cover what runs."""
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

    if not trace.is_module:
        return f"DeepLift needs a torch module, not a {type(model).__name__}"
    if trace.loose:
        return f"DeepLift sees modules only, and {', '.join(trace.loose)} is called as a function"
    unruled = sorted({kind.__name__ for kind in trace.kinds.values() if kind not in SUPPORTED_NON_LINEAR})
    if unruled:
        named = ", ".join(f"{name} (recurrent)" if name in _RECURRENT else name for name in unruled)
        return f"DeepLift has no rule for {named}"
    reused = sorted(name for name, calls in trace.activations.items() if calls > 1)
    if reused:
        named = ", ".join(reused[:3]) + (f" and {len(reused) - 3} more" if len(reused) > 3 else "")
        return f"DeepLift needs each activation to run once, and {named} runs several times"
    return None


METHOD = Method("deep_lift", explain, compares=True, n_passes=lambda _settings, _size: 2, obstacle=find_obstacle)
