"""Gradients of each case's loss, many at once, without touching the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from analysis.examples.graph_bytes import count_graph_bytes
from analysis.examples.layer_factors import Factors, NotLayeredError, find_factors, join_factors
from analysis.examples.loss_weights import Weights
from analysis.examples.model_twin import differentiating, twin_of
from analysis.examples.parameter_choice import ParameterChoice, choose_parameters
from analysis.examples.sample_losses import LossModule, SampleLoss
from xaae_core.errors import WrongModelError
from xaae_core.models.latent_model import LatentModel

MEMORY = 2**30
"""Bytes that gradients may take at once, unless told otherwise: 1 GiB."""
_MOST_AT_ONCE = 128
_ONE_BY_ONE = "cases were taken one by one: this model has an operation that cannot be vectorised"
_KEY = "model."


class LossGradients:
    """Gradients of a loss with respect to part of a model's parameters.

    The model stays as it is: the work is done on a copy of its modules in eval mode, and weights are handed to it
    call by call.

    Args:
        model: any module.
        loss: of each case.
        parameters: see `choose_parameters`.
        device: where to compute; where the model is if None.
        memory: bytes that gradients and what they need may take at once.

    Attributes:
        choice: the part of the model that was chosen.
        n_parameters: P.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: SampleLoss,
        *,
        parameters: ParameterChoice = "auto",
        device: torch.device | str | None = None,
        memory: int = MEMORY,
    ) -> None:
        self.choice, self._names = choose_parameters(model, parameters)
        own = dict(model.named_parameters())
        self.device = torch.device(device) if device is not None else own[self._names[0]].device
        self._state = {name: value.detach() for name, value in (*own.items(), *model.named_buffers())}
        self._shapes = [own[name].shape for name in self._names]
        self._sizes = [own[name].numel() for name in self._names]
        self._dtype = own[self._names[0]].dtype
        self.n_parameters = sum(self._sizes)
        self.memory = memory
        self._module = LossModule(twin_of(model), loss).eval()
        self._is_through_z = isinstance(model, LatentModel) and self.choice in ("encoder", "last_block", "projected")
        self._is_vectorised = True
        self._is_layered: bool | None = None  # not known yet
        self._activations: int | None = None

    @property
    def is_vectorised(self) -> bool:
        """False where the model could not be vectorised and cases were taken one by one."""
        return self._is_vectorised

    @property
    def dtype(self) -> torch.dtype:
        """Of the gradients."""
        return self._dtype

    @property
    def row_length(self) -> int:
        """Numbers of a case's row: P."""
        return self.n_parameters

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of them, a sentence each."""
        told = f"gradients of {self.n_parameters:,} parameters ({self.choice})"
        return (told,) if self._is_vectorised else (told, _ONE_BY_ONE)

    def weights(self, state: Mapping[str, Tensor] | None = None, *, name: str = "checkpoint") -> Weights:
        """The model's present weights, or those of a checkpoint.

        Args:
            state: tensors by name; what is not among them keeps its present value (as `strict=False`).
            name: of the checkpoint, for the message.

        Raises:
            WrongModelError: a chosen parameter is not in it, or a tensor has another shape.
        """
        taken = dict(self._state)
        if state is not None:
            missing = [key for key in self._names if key not in state]
            wrong = [key for key in state.keys() & taken.keys() if state[key].shape != taken[key].shape]
            if missing or wrong:
                raise WrongModelError(
                    f"{name} does not fit the model: missing {missing[:5] or 'nothing'}, of another shape "
                    f"{wrong[:5] or 'nothing'}: give checkpoints of this very model"
                )
            taken |= {key: value.to(taken[key].dtype) for key, value in state.items() if key in taken}
        moved = {key: value.to(self.device) for key, value in taken.items()}
        theta = torch.cat([moved.pop(key).flatten() for key in self._names])
        return Weights(theta, moved)

    def losses(self, weights: Weights, theta: Tensor, x: Tensor, y: Tensor | None) -> Tensor:
        """Losses [B], differentiable in theta [P]."""
        return self._run(weights, theta, x, y)

    def _run(
        self,
        weights: Weights,
        theta: Tensor,
        x: Tensor,
        y: Tensor | None,
        z: Tensor | None = None,
        *,
        is_encoding: bool = False,
    ) -> Tensor:
        named = zip(self._names, torch.split(theta, self._sizes), self._shapes, strict=True)
        state = {_KEY + name: part.view(shape) for name, part, shape in named}
        state |= {_KEY + name: value for name, value in weights.others.items()}
        made: Tensor = functional_call(self._module, state, (x, y, z), {"is_encoding": is_encoding})
        return made

    def rows(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The gradient of each case [B, P]."""
        return torch.cat(list(self.row_parts(weights, x, y)))

    def row_parts(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> Iterator[Tensor]:
        """The gradients [b, P] of some cases after others."""
        x, y = self._moved(x, y)
        for part in self._parts(x, y, self.rows_at_once(x)):
            with differentiating():
                made = self._some_rows(weights, *part)
            yield made

    def factors(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> Factors | None:
        """The gradients of cases in the factors of their layers, convolutions' laid down [B, P_i].

        None where this model's are not known.
        """
        if not self.is_layered(weights, x, y):
            return None
        return join_factors([part.laid_down() for part in self.factor_parts(weights, x, y)])

    def is_layered(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> bool:
        """Whether this model's gradients are known in factors; found out once, on two cases."""
        if self._is_layered is None:
            try:
                self._is_layered = self._factors_hold(weights, *self._moved(x[:2], None if y is None else y[:2]))
            except NotLayeredError:
                self._is_layered = False
        return self._is_layered

    def factor_parts(self, weights: Weights, x: Tensor, y: Tensor | None = None) -> Iterator[Factors]:
        """The factors of some cases after others, of a model that `is_layered`."""
        x, y = self._moved(x, y)
        for part in self._parts(x, y, self._factored_at_once(x)):
            yield self._factors(weights, *part)

    def dot(self, weights: Weights, x: Tensor, y: Tensor | None, vectors: Tensor | Factors) -> Tensor:
        """Inner products [V, B] of vectors [V, P], or of factors of V cases, with each case's gradient.

        Few vectors on many parameters go through the gradient of a gradient, where no case's own gradient is ever
        laid down; else gradients are made row by row and multiplied.
        """
        if isinstance(vectors, Factors):
            return torch.cat([vectors.products(part) for part in self.factor_parts(weights, x, y)], dim=1)
        x, y = self._moved(x, y)
        if len(vectors) <= 2 or (self.n_parameters > 4_000_000 and len(vectors) <= 8):
            with differentiating():
                parts = [self._products(weights, *part, vectors) for part in self._parts(x, y, self.graph_cases(x))]
            return torch.cat(parts, dim=1)
        return torch.cat([vectors @ rows.T for rows in self.row_parts(weights, x, y)], dim=1)

    def rows_at_once(self, x: Tensor) -> int:
        """Cases whose gradients fit into a third of the memory budget together, at most 128."""
        each = 2 * self.n_parameters * self._dtype.itemsize + self.activation_bytes(x)
        return max(1, min(_MOST_AT_ONCE, self.memory // (3 * each)))

    def _factored_at_once(self, x: Tensor) -> int:
        """Cases of one pass that keeps every layer's input and output, in a quarter of the budget."""
        return max(1, min(4 * _MOST_AT_ONCE, self.memory // (24 * self.activation_bytes(x))))

    def graph_cases(self, x: Tensor) -> int:
        """Cases whose doubly differentiable graph fits into half of the memory budget."""
        return max(1, min(4 * _MOST_AT_ONCE, self.memory // (2 * 3 * self.activation_bytes(x))))

    def activation_bytes(self, x: Tensor) -> int:
        """What a backward pass of one case needs kept; counted in one pass."""
        if self._activations is None:
            weights, one = self.weights(), x[:1].to(self.device)
            y = torch.zeros(1, dtype=torch.long, device=self.device)
            theta = weights.theta.clone().requires_grad_()
            self._activations = count_graph_bytes(lambda: self.losses(weights, theta, one, y))
        return self._activations

    def _moved(self, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
        return x.to(self.device), None if y is None else y.to(self.device)

    def _parts(self, x: Tensor, y: Tensor | None, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        for start in range(0, len(x), size):
            yield x[start : start + size], None if y is None else y[start : start + size]

    def _factors(self, weights: Weights, x: Tensor, y: Tensor | None) -> Factors:
        with differentiating():
            theta = weights.theta.clone().requires_grad_()
            return find_factors(self._module.model, self._names, lambda: self.losses(weights, theta, x, y))

    def _factors_hold(self, weights: Weights, x: Tensor, y: Tensor | None) -> bool:
        """Whether factors give the products that gradients give: a model may use its weights in other ways too."""
        made = self._factors(weights, x, y)
        if not self._stand_alone(weights, x, y):
            return False
        expected = self._one_by_one(weights, x, y)
        return bool((made.products(made) - expected).abs().max() <= 1e-3 * expected.abs().max().clamp_min(1e-30))

    def _one_by_one(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        """Inner products [B, B] of gradients taken one by one."""
        rows = weights.theta.new_empty(len(x), self.n_parameters)
        for row, part in zip(rows, self._parts(x, y, 1), strict=True):
            row.copy_(self._one_row(weights, *part))
        return rows @ rows.T

    def _stand_alone(self, weights: Weights, x: Tensor, y: Tensor | None) -> bool:
        """Whether the model can be vectorised, so that no case of a batch can decide what happens to another."""

        def loss(one: Tensor, label: Tensor | None) -> Tensor:
            return self.losses(weights, weights.theta, one[None], None if label is None else label[None])[0]

        try:
            with torch.no_grad():
                vmap(loss, (0, None if y is None else 0))(x, y)
        except RuntimeError as error:
            self._check_memory(error)
            self._is_vectorised = False
        return self._is_vectorised

    def _some_rows(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        if self._is_vectorised and len(x) > 1:
            try:
                return self._vectorised_rows(weights, x, y)
            except RuntimeError as error:
                self._check_memory(error)
                self._is_vectorised = False  # an operation that vmap does not know: one by one, and the same numbers
        return torch.stack([self._one_row(weights, *part) for part in self._parts(x, y, 1)])

    @staticmethod
    def _check_memory(error: RuntimeError) -> None:
        """Raise what is no question of vectorising."""
        if isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error):
            raise error

    def _vectorised_rows(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        if self._is_through_z:
            return self._rows_through_z(weights, x, y)

        def loss(theta: Tensor, one: Tensor, label: Tensor | None) -> Tensor:
            return self.losses(weights, theta, one[None], None if label is None else label[None])[0]

        rows: Tensor = vmap(grad(loss), (None, 0, None if y is None else 0))(weights.theta, x, y)
        return rows

    def _rows_through_z(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        """The head and the decoder, whose parameters are not asked for, as one batch; then each case's encoder."""
        with torch.no_grad():
            z = self._run(weights, weights.theta, x, y, is_encoding=True)
        z.requires_grad_()
        (pull,) = torch.autograd.grad(self._run(weights, weights.theta, x, y, z).sum(), z)

        def pulled(theta: Tensor, one: Tensor, by: Tensor) -> Tensor:
            return (self._run(weights, theta, one[None], None, is_encoding=True)[0] * by).sum()

        rows: Tensor = vmap(grad(pulled), (None, 0, 0))(weights.theta, x, pull)
        return rows

    def _one_row(self, weights: Weights, x: Tensor, y: Tensor | None) -> Tensor:
        theta = weights.theta.clone().requires_grad_()
        return torch.autograd.grad(self.losses(weights, theta, x, y).sum(), theta)[0]

    def _products(self, weights: Weights, x: Tensor, y: Tensor | None, vectors: Tensor) -> Tensor:
        """Jv through d/du of (uᵀJ)v: forward-mode derivatives by two reverse passes.

        Source: Townsend 2017, "A new trick for calculating Jacobian vector products".
        """
        theta = weights.theta.clone().requires_grad_()
        losses = self.losses(weights, theta, x, y)
        u = torch.zeros_like(losses, requires_grad=True)
        (pulled,) = torch.autograd.grad(losses, theta, u, create_graph=True)
        rows = [torch.autograd.grad(pulled, u, vector, retain_graph=True)[0] for vector in vectors.to(self.device)]
        return torch.stack(rows).detach()
