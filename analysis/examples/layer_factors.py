"""Per-case gradients as the factors that each layer makes them of, whose inner products need no gradient laid down.

The gradient of a linear layer's weights is the outer product d ⊗ a of what came back and what went in, so
⟨d₁⊗a₁, d₂⊗a₂⟩ = ⟨d₁, d₂⟩·⟨a₁, a₂⟩: in + out numbers a case instead of in · out. One ordinary forward and backward pass
over the whole batch gives them; no case is run alone.

Source: Goodfellow 2015, "Efficient per-example gradient computations"; Rochette et al. 2019 for convolutions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_KNOWN = (nn.Linear, nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d)


class NotLayeredError(Exception):
    """A chosen parameter is not in a layer whose factors are known, or a layer runs more or less than once."""


@dataclass(frozen=True, eq=False)
class Factors:
    """Gradients of B cases in factors.

    Attributes:
        pairs: (d, a) of linear weights, [B, out] and [B, in].
        rows: gradients of other parameters, laid down [B, P_i].
    """

    pairs: tuple[tuple[Tensor, Tensor], ...]
    rows: tuple[Tensor, ...]

    def __len__(self) -> int:
        return len((self.rows or self.pairs[0])[0])

    def products(self, others: Factors) -> Tensor:
        """Inner products [B, B'] with other cases' gradients."""
        total = sum((mine @ other.T for mine, other in zip(self.rows, others.rows, strict=True)), torch.tensor(0.0))
        for (d, a), (other_d, other_a) in zip(self.pairs, others.pairs, strict=True):
            total = total + (d @ other_d.T) * (a @ other_a.T)
        return torch.as_tensor(total)


def join_factors(parts: Sequence[Factors]) -> Factors:
    """The factors of several batches of cases as one."""
    if len(parts) == 1:
        return parts[0]
    pairs = zip(*(part.pairs for part in parts), strict=True)
    return Factors(
        tuple((torch.cat([d for d, _ in layer]), torch.cat([a for _, a in layer])) for layer in pairs),
        tuple(torch.cat(layer) for layer in zip(*(part.rows for part in parts), strict=True)),
    )


def find_factors(model: nn.Module, names: Iterable[str], run: Callable[[], Tensor]) -> Factors:
    """The factors of a batch of cases.

    Args:
        model: whose layers run; hooks are hung on them for the call alone.
        names: of the parameters that are asked for.
        run: runs the model and gives the losses [B], with a graph to every layer's output.

    Raises:
        NotLayeredError: see there.
    """
    modules = dict(model.named_modules())
    asked: dict[str, set[str]] = {}
    for name in names:
        owner, _, own = name.rpartition(".")
        asked.setdefault(owner, set()).add(own)
    if not all(isinstance(modules[owner], _KNOWN) for owner in asked):
        raise NotLayeredError
    seen: dict[str, _Pass] = {}
    hooks = [modules[owner].register_forward_hook(_note(owner, seen)) for owner in asked]
    try:
        losses = run()
    finally:
        for hook in hooks:
            hook.remove()
    if seen.keys() != asked.keys() or any(passed.is_spoilt for passed in seen.values()):
        raise NotLayeredError
    back = torch.autograd.grad(losses.sum(), [seen[owner].output for owner in asked])
    pairs: list[tuple[Tensor, Tensor]] = []
    rows: list[Tensor] = []
    for (owner, parts), d in zip(asked.items(), back, strict=True):
        if not parts <= {"weight", "bias"}:
            raise NotLayeredError
        _add_layer(modules[owner], seen[owner], parts, d.detach(), pairs, rows)
    return Factors(tuple(pairs), tuple(rows))


@dataclass(eq=False)
class _Pass:
    """What went through a layer."""

    entered: Tensor
    version: int
    output: Tensor
    statistics: tuple[Tensor, Tensor] | None
    n_calls: int = 1

    @property
    def is_spoilt(self) -> bool:
        """Whether the layer ran again, or its input was overwritten later."""
        return self.n_calls != 1 or self.entered._version != self.version


def _note(owner: str, seen: dict[str, _Pass]) -> Callable[..., Tensor]:
    def note(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        if owner in seen:
            seen[owner].n_calls += 1
            return output
        mean, variance = getattr(module, "running_mean", None), getattr(module, "running_var", None)
        statistics = None if mean is None or variance is None else (mean.detach(), variance.detach())
        entered = inputs[0].detach()
        seen[owner] = _Pass(entered, entered._version, output, statistics)
        return output.clone()  # an in-place ReLU after it must not overwrite what is differentiated

    return note


def _add_layer(
    layer: nn.Module,
    passed: _Pass,
    own: set[str],
    d: Tensor,
    pairs: list[tuple[Tensor, Tensor]],
    rows: list[Tensor],
) -> None:
    a = passed.entered
    if isinstance(layer, nn.Linear) and a.ndim == 2:
        if "weight" in own:
            pairs.append((d, a))
        if "bias" in own:
            rows.append(d)
    elif isinstance(layer, nn.Conv2d) and layer.groups == 1 and not isinstance(layer.padding, str):
        if layer.padding_mode != "zeros":
            raise NotLayeredError
        if "weight" in own:
            columns = F.unfold(a, layer.kernel_size, layer.dilation, layer.padding, layer.stride)  # [B, C·k², L]
            rows.append(torch.bmm(d.flatten(2), columns.transpose(1, 2)).flatten(1))
        if "bias" in own:
            rows.append(d.sum(dim=(2, 3)))
    elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and passed.statistics is not None and a.ndim in (2, 4):
        mean, variance = (values.view(1, -1, *([1] * (a.ndim - 2))) for values in passed.statistics)
        places = tuple(range(2, a.ndim))
        if "weight" in own:
            scaled = d * (a - mean) * torch.rsqrt(variance + layer.eps)
            rows.append(scaled.sum(dim=places) if places else scaled)
        if "bias" in own:
            rows.append(d.sum(dim=places) if places else d)
    else:
        raise NotLayeredError
