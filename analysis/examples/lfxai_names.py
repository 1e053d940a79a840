"""Example-based explanations under the names of Label-Free XAI (`lfxai`), and right where it is wrong.

As there, `attribute` and `attribute_loader` return a tensor [N_test, N_train]. Otherwise than there every explained
case gets its row, whatever the batch size; a loader may have batches of any size, is read once, and each of its cases
counts as one; checkpoints are read once and never unpickled blindly; nothing is written to `save_dir`; the model is
left as it was; what is returned carries no graph.

Source: Crabbé & van der Schaar 2022; the interface of lfxai 0.1.1.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from analysis.examples.importance import ExampleImportance
from analysis.examples.influence import TruncatedSeries, measure_influence
from analysis.examples.loss_gradients import twin_of
from analysis.examples.parameter_choice import ParameterChoice
from analysis.examples.sample_losses import LossFunction, OutputLoss, represent
from analysis.examples.samples import TensorSamples, count_repeats, samples_of, samples_of_loader
from analysis.examples.simplex import fit_simplex
from analysis.examples.tracin import trace_training
from xaae_core.errors import ExamplesError

_ADAM_RATE = 1e-3
_NEAREST = 1e-12
_BATCH = 256


class ExampleBasedExplainer(abc.ABC):
    """What all four have in common.

    Args:
        model: with an `encoder`, or one of this tool's models.
        X_train: training inputs [N, …]; `attribute` needs them.
        loss_f: a scalar of (input, output).
        **kwargs: not looked at.
    """

    def __init__(self, model: nn.Module, X_train: Tensor | None, loss_f: LossFunction | None, **kwargs: Any) -> None:
        self.model = model
        self.X_train = X_train
        self.loss_f = loss_f

    @abc.abstractmethod
    def attribute(self, X_test: Tensor, train_idx: Sequence[int], **kwargs: Any) -> Tensor:
        """Importance [N_test, len(train_idx)] of training rows for test inputs [N_test, …]."""

    @abc.abstractmethod
    def __str__(self) -> str:
        """The name of the method."""

    def _train(self, train_idx: Sequence[int] | Tensor | None = None) -> TensorSamples:
        if self.X_train is None:
            raise ExamplesError(f"{self} has no training cases: give X_train, or use attribute_loader")
        if train_idx is None:
            return samples_of(self.X_train)
        rows = torch.as_tensor(train_idx, dtype=torch.long)
        n = len(self.X_train)
        wrong = rows[(rows < -n) | (rows >= n)].tolist()
        if wrong:
            raise ExamplesError(f"train_idx names {wrong[:5]}, but X_train has {n} rows, 0 to {n - 1}")
        return samples_of(self.X_train[rows])


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


class _GradientExplainer(ExampleBasedExplainer):
    """Explains by gradients.

    Args:
        model: as in the base.
        loss_f: a scalar of (input, output).
        save_dir: lfxai's place for thousands of files; nothing is written here.
        X_train: training inputs.
        parameters: whose gradients; lfxai's are the encoder's.
    """

    def __init__(
        self,
        model: nn.Module,
        loss_f: LossFunction,
        save_dir: Path | str,
        X_train: Tensor | None = None,
        *,
        parameters: ParameterChoice = "encoder",
    ) -> None:
        super().__init__(model, X_train, loss_f)
        self.save_dir = Path(save_dir)
        self.parameters: ParameterChoice = parameters

    @property
    def _loss(self) -> OutputLoss:
        return OutputLoss(self.loss_f)


class TracIn(_GradientExplainer):
    """TracInCP over `model.checkpoints_files`, see `analysis.examples.tracin.trace_training`."""

    def attribute(self, X_test: Tensor, train_idx: Sequence[int], learning_rate: float = 1, **kwargs: Any) -> Tensor:
        """Importance [N_test, len(train_idx)], times `learning_rate`."""
        return self._trace(self._train(train_idx), samples_of(X_test), learning_rate)

    def attribute_loader(
        self, device: torch.device | str, train_loader: Iterable[Any], test_loader: Iterable[Any], **kwargs: Any
    ) -> Tensor:
        """Importance [N_test, N_train]; `learning_rate` may be given, 1 if not."""
        return self._trace(
            samples_of_loader(train_loader),
            samples_of_loader(test_loader),
            float(kwargs.get("learning_rate", 1)),
            device,
        )

    def _trace(
        self, train: TensorSamples, test: TensorSamples, rate: float, device: torch.device | str | None = None
    ) -> Tensor:
        files = list(getattr(self.model, "checkpoints_files", ()))
        if not files:
            raise ExamplesError(
                f"model.checkpoints_files of {type(self.model).__name__} is empty: TracIn follows the training through "
                "its checkpoints; list their files there, or use trace_training, which takes the final weights alone"
            )
        return _as_tensor(
            trace_training(
                *(self.model, train, test),
                loss=self._loss,
                checkpoints=files,
                learning_rates=rate,
                parameters=self.parameters,
                device=device,
            )
        )

    def __str__(self) -> str:
        """See `ExampleBasedExplainer`."""
        return "TracIn"


class InfluenceFunctions(_GradientExplainer):
    """lfxai's truncated LiSSA series, see `analysis.examples.influence`; the damped inverse is `measure_influence`.

    lfxai draws a few training cases for H at each step; here H is of all that it draws from, so the result is what
    its random one is on average.
    """

    def attribute(
        self,
        X_test: Tensor,
        train_idx: Sequence[int],
        batch_size: int = 1,
        damp: float = 1e-3,
        scale: float = 1000,
        recursion_depth: int = 100,
        **kwargs: Any,
    ) -> Tensor:
        """Influence [N_test, len(train_idx)], divided by the length of X_train; `batch_size` changes nothing."""
        everything = self._train()
        return self._influence(
            self._train(train_idx),
            samples_of(X_test),
            everything,
            TruncatedSeries(depth=recursion_depth, damp=damp, scale=scale),
            len(everything.ids),
        )

    def attribute_loader(
        self,
        device: torch.device | str,
        train_loader: Iterable[Any],
        test_loader: Iterable[Any],
        train_loader_replacement: Iterable[Any],
        recursion_depth: int = 100,
        damp: float = 1e-3,
        scale: float = 1000,
        **kwargs: Any,
    ) -> Tensor:
        """Influence [N_test, N_train], divided by N_train.

        H is of what `train_loader_replacement` gives in `recursion_depth` batches (or in fewer, where it ends before
        and lfxai stops with an error).
        """
        train = samples_of_loader(train_loader)
        drawn = samples_of_loader(_first(train_loader_replacement, max(1, recursion_depth)))
        return self._influence(
            train,
            samples_of_loader(test_loader),
            drawn,
            TruncatedSeries(depth=recursion_depth, damp=damp, scale=scale),
            len(train.ids),
            device,
        )

    def _influence(
        self,
        train: TensorSamples,
        test: TensorSamples,
        drawn: TensorSamples,
        mode: TruncatedSeries,
        n_train: int,
        device: torch.device | str | None = None,
    ) -> Tensor:
        cases, counts = count_repeats(drawn)
        return _as_tensor(
            measure_influence(
                *(self.model, train, test),
                loss=self._loss,
                mode=mode,
                curvature_cases=cases,
                counts=counts,
                n_train=n_train,
                parameters=self.parameters,
                device=device,
            )
        )

    def __str__(self) -> str:
        """See `ExampleBasedExplainer`."""
        return "Influence Functions"


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


def _first(batches: Iterable[Any], n: int) -> Iterable[Any]:
    from itertools import islice

    return islice(batches, n)


def _as_tensor(found: ExampleImportance) -> Tensor:
    return torch.tensor(found.scores, dtype=torch.float32)
