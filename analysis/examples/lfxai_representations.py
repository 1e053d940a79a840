"""`NearestNeighbours` and `SimplEx` under lfxai's names: by representations alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from analysis.examples.lfxai_base import ExampleBasedExplainer
from analysis.examples.model_twin import twin_of
from analysis.examples.sample_losses import LossFunction, represent
from analysis.examples.samples import TensorSamples, samples_of, samples_of_loader
from analysis.examples.simplex import fit_simplex

_ADAM_RATE = 1e-3
_NEAREST = 1e-12
_BATCH = 256


class _RepresentationExplainer(ExampleBasedExplainer):
    """Explains by representations alone."""

    def __init__(self, model: nn.Module, loss_f: LossFunction | None = None, X_train: Tensor | None = None) -> None:
        super().__init__(model, X_train, loss_f)

    def _representations(self, samples: TensorSamples, device: torch.device | str | None) -> Tensor:
        """[N, D] on the CPU, computed on `device` (the model's own if None) in eval mode."""
        twin = twin_of(self.model).eval()
        if device is None:
            device = next((value.device for value in self.model.parameters()), torch.device("cpu"))
        else:
            twin = _moved_twin(self.model, device)
        with torch.inference_mode():
            made = [represent(twin, x.to(device)).cpu() for x in torch.split(samples.x, _BATCH)]
        return torch.cat(made).clone()


class NearestNeighbours(_RepresentationExplainer):
    """1 / ‖h − H‖² ("DKNN"); of two equal representations 10¹², not infinity."""

    def attribute(self, X_test: Tensor, train_idx: Sequence[int], batch_size: int = 500, **kwargs: Any) -> Tensor:
        """Importance [N_test, len(train_idx)]; `batch_size` changes nothing."""
        return self._compare(self._train(train_idx), samples_of(X_test), None)

    def attribute_loader(
        self,
        device: torch.device | str,
        train_loader: Iterable[Any],
        test_loader: Iterable[Any],
        batch_size: int = 50,
        **kwargs: Any,
    ) -> Tensor:
        """Importance [N_test, N_train]; `batch_size` changes nothing."""
        return self._compare(samples_of_loader(train_loader), samples_of_loader(test_loader), device)

    def _compare(self, train: TensorSamples, test: TensorSamples, device: torch.device | str | None) -> Tensor:
        h_train, h_test = self._representations(train, device), self._representations(test, device)
        rows = [((h[None] - h_train) ** 2).sum(dim=1) for h in h_test]  # as differences: exact for near ones
        return 1 / torch.stack(rows).clamp_min(_NEAREST)

    def __str__(self) -> str:
        """See `ExampleBasedExplainer`."""
        return "DKNN"


class SimplEx(_RepresentationExplainer):
    """Mixture weights, see `analysis.examples.simplex.fit_simplex`."""

    def attribute(
        self,
        X_test: Tensor,
        train_idx: Sequence[int],
        learning_rate: float = 1,
        batch_size: int = 50,
        **kwargs: Any,
    ) -> Tensor:
        """Weights [N_test, len(train_idx)].

        Args:
            X_test: test inputs [N_test, …].
            train_idx: rows of X_train.
            learning_rate: in units of Adam's 0.001, which is what lfxai always runs with, whatever it is given; so
                the documented default 1 is its path.
            batch_size: changes nothing.
            **kwargs: not looked at.
        """
        return self._fit(self._train(train_idx), samples_of(X_test), None, learning_rate)

    def attribute_loader(
        self,
        device: torch.device | str,
        train_loader: Iterable[Any],
        test_loader: Iterable[Any],
        batch_size: int = 50,
        *,
        learning_rate: float = 1,
        **kwargs: Any,
    ) -> Tensor:
        """Weights [N_test, N_train]; see `attribute`."""
        return self._fit(samples_of_loader(train_loader), samples_of_loader(test_loader), device, learning_rate)

    @staticmethod
    def compute_weights(batch_representations: Tensor, train_representations: Tensor, n_epoch: int = 1000) -> Tensor:
        """Weights [B, N_train] of representations [B, D] and [N_train, D]."""
        return fit_simplex(batch_representations.detach(), train_representations.detach(), n_epoch=n_epoch).clone()

    def _fit(
        self, train: TensorSamples, test: TensorSamples, device: torch.device | str | None, learning_rate: float
    ) -> Tensor:
        if not learning_rate > 0:
            raise ValueError(f"learning_rate is {learning_rate}; expected a number above 0")
        h_train, h_test = self._representations(train, device), self._representations(test, device)
        return fit_simplex(h_test, h_train, learning_rate=_ADAM_RATE * learning_rate).clone()

    def __str__(self) -> str:
        """See `ExampleBasedExplainer`."""
        return "SimplEx"


def _moved_twin(model: nn.Module, device: torch.device | str) -> nn.Module:
    """A copy of the modules on another device; the model's own tensors stay where they are."""
    twin = twin_of(model)
    for module in twin.modules():
        for name, value in list(module._parameters.items()):
            if value is not None:
                module._parameters[name] = nn.Parameter(value.detach().to(device), requires_grad=False)
        for name, buffer in list(module._buffers.items()):
            if buffer is not None:
                module._buffers[name] = buffer.to(device)
    return twin.eval()
