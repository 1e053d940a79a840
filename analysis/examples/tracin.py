"""TracIn: how much a training case's own steps helped another case, added up over checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from analysis.examples.gradient_comparison import State, compare_gradients, factored_gradients, n_steps_of
from analysis.examples.importance import ExampleImportance
from analysis.examples.loss_gradients import MEMORY, LossGradients
from analysis.examples.loss_weights import Weights
from analysis.examples.parameter_choice import ParameterChoice
from analysis.examples.projected_gradients import gradients_for
from analysis.examples.sample_losses import SampleLoss
from analysis.examples.samples import Samples
from analysis.examples.steps import Progress, Steps
from analysis.examples.unfinished import complete
from xaae_core.checkpoints import read_state_dict

CheckpointSource = str | Path | Mapping[str, Tensor]


def trace_training(
    model: nn.Module,
    train: Samples,
    test: Samples,
    *,
    loss: SampleLoss,
    checkpoints: Sequence[CheckpointSource] = (),
    learning_rates: float | Sequence[float] = 1.0,
    parameters: ParameterChoice = "auto",
    memory: int = MEMORY,
    seed: int = 0,
    progress: Progress | None = None,
    keep_finished: bool = False,
    finished: ExampleImportance | None = None,
    device: torch.device | str | None = None,
) -> ExampleImportance:
    """Σ over checkpoints of learning rate · ⟨∇L(explained case), ∇L(training case)⟩.

    Above 0 a step on the training case lowered the explained case's loss (helpful), below 0 it raised it (harmful).

    Args:
        model: left as it is.
        train: the training cases.
        test: the explained cases.
        loss: of each case.
        checkpoints: files or tensors by name, each read once and safely; the present weights alone if empty.
        learning_rates: of each checkpoint, or one for all.
        parameters: whose gradients; see `choose_parameters`.
        memory: bytes that gradients may take at once.
        seed: of the projection, with parameters="projected".
        progress: called with (done, all); an exception it raises cancels.
        keep_finished: when cancelled, return what is finished, if anything is.
        finished: what was, of an earlier call with the same settings: only the rest is computed.
        device: where to compute; where the model is if None.

    Raises:
        CheckpointError: a checkpoint that cannot be read.
        WrongModelError: one of another model.
        ExamplesError: a loss that this model or these cases do not have.
        ValueError: as many learning rates as there are not checkpoints.

    Source: Pruthi et al. 2020, TracInCP; Crabbé & van der Schaar 2022 for the loss without labels.
    """
    if finished is not None:
        rest = partial(
            trace_training, model, loss=loss, checkpoints=checkpoints, learning_rates=learning_rates,
            parameters=parameters, memory=memory, seed=seed, progress=progress, keep_finished=keep_finished,
            device=device,
        )  # fmt: skip
        return complete(finished, train, test, rest)
    gradients = gradients_for(model, loss, parameters=parameters, memory=memory, device=device, seed=seed)
    rates = _rates(learning_rates, max(1, len(checkpoints)))
    weights = weights_of(gradients, checkpoints)
    n_steps = n_steps_of(gradients, train, test, len(weights)) + len(weights) * len(test.ids)
    steps = Steps(progress, n_steps)
    own = factored_gradients(gradients, steps)
    states = [State(state, rate, own) for state, rate in zip(weights, rates, strict=True)]
    compared = compare_gradients(gradients, states, train, test, steps=steps, keep_finished=keep_finished)
    return compared.to_importance(
        train, test, "TracIn",
        {"loss": loss.name, "checkpoints": len(checkpoints), "parameters": gradients.choice,
         "n_parameters": gradients.n_parameters},
        gradients.notes + (() if checkpoints else ("of the final weights alone: no checkpoints were given",)),
    )  # fmt: skip


def weights_of(gradients: LossGradients, checkpoints: Sequence[CheckpointSource]) -> list[Weights]:
    """The states of the model at checkpoints, or its present one where there are none."""
    return [_weights(gradients, source, n) for n, source in enumerate(checkpoints, start=1)] or [gradients.weights()]


def _rates(rates: float | Sequence[float], n: int) -> list[float]:
    values = [float(rates)] * n if isinstance(rates, int | float) else [float(rate) for rate in rates]
    if len(values) != n:
        raise ValueError(f"{len(values)} learning rates for {n} checkpoints: expected one, or one for each")
    return values


def _weights(gradients: LossGradients, source: CheckpointSource, number: int) -> Weights:
    if isinstance(source, str | Path):
        return gradients.weights(read_state_dict(source), name=Path(source).name)
    return gradients.weights(source, name=f"checkpoint {number}")
