"""Per-case gradients as the factors that each layer makes them of, whose inner products need few gradients laid down.

The gradient of a linear layer's weights is the outer product d ⊗ a of what came back and what went in, so
⟨d₁⊗a₁, d₂⊗a₂⟩ = ⟨d₁, d₂⟩·⟨a₁, a₂⟩: in + out numbers a case instead of in · out. Of a convolution it is a sum of such
products over places; those of the explained cases are laid down once, those of the others a few at a time, just before
they are multiplied. One ordinary pass forward and backward over the whole batch gives the factors.

Source: Goodfellow 2015, "Efficient per-example gradient computations"; Rochette et al. 2019 for convolutions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from analysis.examples.layer_windows import WindowFactor
from analysis.examples.narrow_convolutions import NarrowConvolutions

_KNOWN = (nn.Linear, nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d)


class NotLayeredError(Exception):
    """A chosen parameter is not in a layer whose factors are known, or a layer runs more or less than once."""


@dataclass(frozen=True, eq=False)
class Factors:
    """Gradients of B cases in factors.

    Attributes:
        pairs: (d, a) of linear weights, [B, out] and [B, in].
        rows: gradients of other parameters, laid down [B, P_i].
        windows: of convolutions' weights, not laid down yet.
    """

    pairs: tuple[tuple[Tensor, Tensor], ...]
    rows: tuple[Tensor, ...]
    windows: tuple[WindowFactor, ...] = ()

    def __len__(self) -> int:
        return len((self.rows or (self.windows[0].d if self.windows else self.pairs[0][0],))[0])

    def laid_down(self) -> Factors:
        """The same, with the gradients of convolutions laid down before the other rows."""
        return Factors(self.pairs, (*(window.rows() for window in self.windows), *self.rows))

    def products(self, others: Factors) -> Tensor:
        """Inner products [B, B'] with other cases' gradients; these cases' own are laid down if they are not."""
        mine = self.laid_down() if self.windows else self
        n = len(others.windows)
        parts = [_windowed(rows, other) for rows, other in zip(mine.rows[:n], others.windows, strict=True)]
        parts += [rows @ other.T for rows, other in zip(mine.rows[n:], others.rows, strict=True)]
        for (d, a), (other_d, other_a) in zip(mine.pairs, others.pairs, strict=True):
            parts.append((d @ other_d.T).mul_(a @ other_a.T))
        total = parts[0]
        for part in parts[1:]:
            total += part
        return total


def _windowed(rows: Tensor, other: WindowFactor) -> Tensor:
    """Inner products [B, B'] of rows [B, P_i] with a convolution's, a few of which are laid down at a time."""
    made = torch.empty(len(rows), len(other), dtype=rows.dtype, device=rows.device)
    for start, some in other.parts():
        made[:, start : start + len(some)] = rows @ some.T
    return made


def join_factors(parts: Sequence[Factors]) -> Factors:
    """The factors of several batches of cases, laid down, as one."""
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
        with NarrowConvolutions():
            losses = run()
    finally:
        for hook in hooks:
            hook.remove()
    if seen.keys() != asked.keys() or any(passed.is_spoilt for passed in seen.values()):
        raise NotLayeredError
    back = torch.autograd.grad(losses.sum(), [seen[owner].edge for owner in asked])
    made = _Made([], [], [])
    for owner, d in zip(asked, back, strict=True):
        made.add(modules[owner], seen[owner], asked[owner], d.detach())
    return Factors(tuple(made.pairs), tuple(made.rows), tuple(made.windows))


@dataclass(eq=False)
class _Pass:
    """What went through a layer."""

    entered: Tensor
    version: int
    edge: GradientEdge
    statistics: tuple[Tensor, Tensor] | None
    n_calls: int = 1

    @property
    def is_spoilt(self) -> bool:
        """Whether the layer ran again, or its input was overwritten later."""
        return self.n_calls != 1 or self.entered._version != self.version


def _note(owner: str, seen: dict[str, _Pass]) -> Callable[..., None]:
    def note(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        if owner in seen:
            seen[owner].n_calls += 1
            return
        if not output.requires_grad:
            raise NotLayeredError
        mean, variance = getattr(module, "running_mean", None), getattr(module, "running_var", None)
        statistics = None if mean is None or variance is None else (mean.detach(), variance.detach())
        entered = inputs[0].detach()
        # The edge stays that of this very output, also where an in-place ReLU overwrites it.
        seen[owner] = _Pass(entered, entered._version, get_gradient_edge(output), statistics)

    return note


@dataclass(frozen=True, eq=False)
class _Made:
    """Factors as they come, layer by layer."""

    pairs: list[tuple[Tensor, Tensor]]
    rows: list[Tensor]
    windows: list[WindowFactor]

    def add(self, layer: nn.Module, passed: _Pass, own: set[str], d: Tensor) -> None:
        """Those of a layer whose output had the gradients d.

        Raises:
            NotLayeredError: a layer whose factors are not known.
        """
        a = passed.entered
        if isinstance(layer, nn.Linear) and a.ndim == 2:
            if "weight" in own:
                self.pairs.append((d, a))
            if "bias" in own:
                self.rows.append(d)
        elif isinstance(layer, nn.Conv2d) and layer.groups == 1 and not isinstance(layer.padding, str):
            if layer.padding_mode != "zeros" or a.ndim != 4:
                raise NotLayeredError
            if "weight" in own:
                self.windows.append(WindowFactor.of(layer, d, a))
            if "bias" in own:
                self.rows.append(d.sum(dim=(2, 3)))
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and passed.statistics is not None and a.ndim in (2, 4):
            self.rows.extend(_of_batch_norm(layer, passed.statistics, own, d, a))
        else:
            raise NotLayeredError


def _of_batch_norm(
    layer: nn.BatchNorm1d | nn.BatchNorm2d, statistics: tuple[Tensor, Tensor], own: set[str], d: Tensor, a: Tensor
) -> Iterator[Tensor]:
    mean, variance = statistics
    places = tuple(range(2, a.ndim))
    summed = d.sum(dim=places) if places else d
    if "weight" in own:
        product = d * a
        entered = product.sum(dim=places) if places else product
        yield (entered - mean * summed) * torch.rsqrt(variance + layer.eps)
    if "bias" in own:
        yield summed
