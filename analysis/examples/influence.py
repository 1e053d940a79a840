"""Influence functions: what a training case did to another case's loss, through the curvature of the training loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.examples.curvature import Eigenpairs, Hessian, apply_function, find_eigenpairs
from analysis.examples.damped_inverse import choose_damping, solve_damped
from analysis.examples.gradient_comparison import State, compare_gradients, n_steps_of, plain_gradients
from analysis.examples.importance import ExampleImportance
from analysis.examples.loss_gradients import MEMORY, LossGradients
from analysis.examples.loss_weights import Weights
from analysis.examples.parameter_choice import ParameterChoice
from analysis.examples.projected_influence import measure_projected_influence
from analysis.examples.sample_losses import SampleLoss
from analysis.examples.samples import Samples
from analysis.examples.steps import Progress, Steps
from analysis.examples.unfinished import complete
from xaae_core.errors import ExamplesError


@dataclass(frozen=True)
class TruncatedSeries:
    """lfxai's estimator: v ← g + (1 − damp)·v − Hv/scale from v = g, `depth` times; then v / (scale·N).

    Attributes:
        depth: T.
        damp: damping of each step.
        scale: H is divided by it; the series needs eigenvalues of H below twice the scale.
        is_exact: step by step, instead of the same polynomial of H by Lanczos up to `tolerance`.
        tolerance: relative change at which Lanczos ends.
    """

    depth: int = 100
    damp: float = 1e-3
    scale: float = 1000.0
    is_exact: bool = False
    tolerance: float = 1e-5

    def polynomial(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Σ_{t=0..T} (1 − damp − x/scale)^t of eigenvalues x."""
        base = 1 - self.damp - np.asarray(values, np.float64) / self.scale
        total = np.ones_like(base)
        for _ in range(self.depth):
            total = 1 + base * total
        return total


@dataclass(frozen=True)
class DampedInverse:
    """(H + λI)⁻¹, by conjugate gradients.

    Attributes:
        damping: λ; chosen from the spectrum's ends if None (see `choose_damping`).
        tolerance: relative residual at which they end.
        most_steps: products a case, at most.
    """

    damping: float | None = None
    tolerance: float = 1e-4
    most_steps: int = 200


InfluenceMode = TruncatedSeries | DampedInverse
ModeName = Literal["series", "inverse"]
_MOST_LANCZOS = 64
_FEWEST_PAIRS, _MOST_PAIRS = 16, 60


def measure_influence(
    model: nn.Module,
    train: Samples,
    test: Samples,
    *,
    loss: SampleLoss,
    mode: InfluenceMode | None = None,
    curvature_cases: Samples | None = None,
    counts: NDArray[Any] | None = None,
    n_train: int | None = None,
    parameters: ParameterChoice = "auto",
    memory: int = MEMORY,
    seed: int = 0,
    progress: Progress | None = None,
    keep_finished: bool = False,
    finished: ExampleImportance | None = None,
    device: torch.device | str | None = None,
) -> ExampleImportance:
    """⟨∇L(explained case), f(H)·∇L(training case)⟩ / N, with f(H) one of two estimators of H⁻¹.

    Above 0 the training case lowered the explained case's loss: without it, the loss would be higher by about so much.
    As f(H) is symmetric it is applied to the explained cases, and each training case costs one product.

    Args:
        model: left as it is.
        train: the training cases.
        test: the explained cases.
        loss: of each case.
        mode: `TruncatedSeries` (lfxai's) or `DampedInverse`; the latter if None.
        curvature_cases: whose mean loss H is of; the training cases if None.
        counts: how often each of those counts.
        n_train: N; the number of training cases if None.
        parameters: whose gradients and curvature; see `choose_parameters`. Of "projected" ones the damped inverse is
            another estimator, see `measure_projected_influence`.
        memory: bytes that gradients may take at once.
        seed: of the search for eigenvalues.
        progress: called with (done, all); an exception it raises cancels.
        keep_finished: when cancelled, return what is finished, if anything is.
        finished: what was, of an earlier call with the same settings: only the rest is computed, with its damping.
        device: where to compute; where the model is if None.

    Raises:
        ExamplesError: a loss that this model or these cases do not have, a damping too small, or a series of
            projected gradients.

    Source: Koh & Liang 2017; Crabbé & van der Schaar 2022 for the loss without labels.
    """
    asked = mode or DampedInverse()
    if finished is not None:
        if isinstance(asked, DampedInverse) and asked.damping is None and "damping" in finished.parameters:
            asked = replace(asked, damping=float(finished.parameters["damping"]))
        rest = partial(
            measure_influence, model, loss=loss, mode=asked, counts=counts, n_train=n_train or len(train.ids),
            curvature_cases=curvature_cases or train, parameters=parameters, memory=memory, seed=seed,
            progress=progress, keep_finished=keep_finished, device=device,
        )  # fmt: skip
        return complete(finished, train, test, rest)
    if parameters == "projected":
        if isinstance(asked, TruncatedSeries) or counts is not None:
            raise ExamplesError(
                "projected gradients have no Hessian, so no series of it and no counts: take the damped inverse, or "
                'parameters="last_block"'
            )
        return measure_projected_influence(
            *(model, train, test),
            loss=loss, damping=asked.damping, curvature_cases=curvature_cases, n_train=n_train, memory=memory,
            seed=seed, progress=progress, keep_finished=keep_finished, device=device,
        )  # fmt: skip
    gradients = LossGradients(model, loss, parameters=parameters, memory=memory, device=device)
    weights = gradients.weights()
    n_pairs = n_pairs_of(gradients, len(test.ids))
    n_steps = n_steps_of(gradients, train, test, 1) + len(test.ids)
    steps = Steps(progress, n_steps)
    cases = train if curvature_cases is None else curvature_cases
    hessian = Hessian(gradients, weights, cases, counts=counts, poll=steps.advance)
    solver = _Solver(hessian, asked, n_pairs, gradients, steps, seed)
    scale = asked.scale if isinstance(asked, TruncatedSeries) else 1.0
    state = State(weights, 1 / (scale * (n_train or len(train.ids))), solver.vectors)
    compared = compare_gradients(gradients, [state], train, test, steps=steps, keep_finished=keep_finished)
    settings: dict[str, float | int | str] = {
        "loss": loss.name,
        **solver.settings(),
        "curvature_cases": len(cases.ids),
        "parameters": gradients.choice,
        "n_parameters": gradients.n_parameters,
    }
    name = "influence (truncated series)" if isinstance(asked, TruncatedSeries) else "influence (damped inverse)"
    return compared.to_importance(train, test, name, settings, gradients.notes + solver.notes())


class _Solver:
    """f(H)·g of explained cases, and what it took."""

    def __init__(
        self, hessian: Hessian, mode: InfluenceMode, n_pairs: int, gradients: LossGradients, steps: Steps, seed: int
    ) -> None:
        self._hessian, self._mode, self._n_pairs, self._seed = hessian, mode, n_pairs, seed
        self._gradients, self._plain = gradients, plain_gradients(gradients, steps)
        self._pairs: Eigenpairs | None = None
        self._error = 0.0
        self._damping = 0.0

    def vectors(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        """f(H)·g [T, P]."""
        own = self._plain(weights, x, y)
        if isinstance(self._mode, TruncatedSeries) and (self._mode.is_exact or self._n_pairs < 2):
            return self._series(own, self._mode)
        if self._pairs is None:
            self._pairs = find_eigenpairs(self._hessian, n_steps=self._n_pairs, seed=self._seed)
        made = [self._some(part, self._mode, self._pairs) for part in torch.split(own, self._at_once())]
        return torch.cat(made)

    def settings(self) -> dict[str, float | int | str]:
        """What the estimator ran with."""
        if isinstance(self._mode, TruncatedSeries):
            found = {"depth": self._mode.depth, "damp": self._mode.damp, "scale": self._mode.scale}
        else:
            found = {"damping": self._damping}
        return {**found, "hessian_products": self._hessian.n_products, "error": self._error}

    def notes(self) -> tuple[str, ...]:
        """How near the estimator is to what it names."""
        if isinstance(self._mode, DampedInverse):
            chosen = "chosen from the spectrum" if self._mode.damping is None else "as asked for"
            return (f"damping {self._damping:.3g} ({chosen}); the solutions' largest residual is {self._error:.1e}",)
        if self._pairs is None:
            return ("the series was added up term by term",)
        notes = [f"the series' polynomial by Lanczos; the last step changed it by {self._error:.1e}"]
        if self._pairs.highest > self._mode.scale * (2 - self._mode.damp):
            notes.append(
                f"the series diverges: H has an eigenvalue of {self._pairs.highest:.3g}, above twice the scale "
                f"{self._mode.scale:.3g}: raise the scale"
            )
        return tuple(notes)

    def _series(self, own: Tensor, mode: TruncatedSeries) -> Tensor:
        total = own
        for _ in range(mode.depth):
            total = own + (1 - mode.damp) * total - self._hessian(total) / mode.scale
        return total

    def _some(self, own: Tensor, mode: InfluenceMode, pairs: Eigenpairs) -> Tensor:
        if isinstance(mode, TruncatedSeries):
            applied = apply_function(
                *(self._hessian, mode.polynomial, own),
                pairs=pairs, tolerance=mode.tolerance, most_steps=_MOST_LANCZOS,
            )  # fmt: skip
            self._error = max(self._error, applied.change)
            return applied.vectors
        self._damping = choose_damping(pairs) if mode.damping is None else mode.damping
        solved = solve_damped(
            *(self._hessian, own),
            damping=self._damping, pairs=pairs, tolerance=mode.tolerance, most_steps=mode.most_steps,
        )  # fmt: skip
        self._error = max(self._error, solved.residual)
        return solved.vectors

    def _at_once(self) -> int:
        """Cases whose Krylov bases (or, for the inverse, four vectors) fit into a third of the budget."""
        vectors = _MOST_LANCZOS // 2 if isinstance(self._mode, TruncatedSeries) else 5
        each = vectors * self._gradients.n_parameters * self._gradients.dtype.itemsize
        return max(1, self._gradients.memory // (3 * each))


def n_pairs_of(gradients: LossGradients, n_test: int) -> int:
    """Steps of the search for eigenpairs: more where many explained cases profit, at most 60.

    Its vectors must fit into a third of the budget.
    """
    each = gradients.n_parameters * gradients.dtype.itemsize
    wanted = int(np.clip(2 * n_test, _FEWEST_PAIRS, _MOST_PAIRS))
    return int(min(wanted, gradients.n_parameters, gradients.memory // (3 * each)))
