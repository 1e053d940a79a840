"""`TracIn` and `InfluenceFunctions` under lfxai's names: by gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from analysis.examples.importance import ExampleImportance
from analysis.examples.influence import TruncatedSeries, measure_influence
from analysis.examples.lfxai_base import ExampleBasedExplainer
from analysis.examples.parameter_choice import ParameterChoice
from analysis.examples.sample_losses import LossFunction, OutputLoss
from analysis.examples.samples import TensorSamples, count_repeats, samples_of, samples_of_loader
from analysis.examples.tracin import trace_training
from xaae_core.errors import ExamplesError


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
        drawn = samples_of_loader(islice(train_loader_replacement, max(1, recursion_depth)))
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


def _as_tensor(found: ExampleImportance) -> Tensor:
    return torch.tensor(found.scores, dtype=torch.float32)
