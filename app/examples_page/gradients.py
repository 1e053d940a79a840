"""What is computed when asked: which training cases helped and which harmed, by gradients; and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.examples import ExampleImportance
from analysis.examples.influence import DampedInverse, InfluenceMode, TruncatedSeries, measure_influence
from analysis.examples.sample_losses import SampleLoss
from analysis.examples.samples import Samples, TensorSamples, samples_of
from analysis.examples.steps import CancelledError
from analysis.examples.time_estimate import TimeEstimate, estimate_seconds
from analysis.examples.tracin import trace_training
from app.background import Report, WorkCancelledError
from app.examples_page.controls import GradientChoice
from app.examples_page.scene import ExampleScene
from app.training_pictures import (
    ReadPicture,
    drawn_for_gradients,
    explained_picture,
    loss_called,
    read_training_pictures,
)
from xaae_core.errors import ExamplesError, XaaeError
from xaae_core.latents import LatentTable
from xaae_core.models.model_abilities import has_decoder

REMEDY = "name the folder that holds the cases of the training now"
_LOSS_REMEDY = "choose how well it is drawn, under How"  # offered wherever the model can draw
_PROBED = 8
_TRIED = 40
"""Files that are tried to find so many pictures for the estimate."""
_MODES: dict[str, InfluenceMode] = {"influence": DampedInverse(), "influence_series": TruncatedSeries()}


@dataclass(frozen=True, eq=False)
class ProbeSamples:
    """A few cases that stand for many: only the first can be taken.

    Attributes:
        probe: those that were read.
        ids: of all cases.
    """

    probe: TensorSamples
    ids: NDArray[np.str_]

    def take(self, start: int, stop: int) -> tuple[Tensor, Tensor | None]:
        """See `Samples`."""
        return self.probe.take(start, stop)


class GradientWork:
    """Weighs the searched cases for one case by their gradients; works in a thread.

    Attributes:
        scene: the case and the searched cases.
        choice: what is compared.
        trace: states of the model along its training, for "traced".
        stage: what it is at, for the progress.
    """

    def __init__(self, scene: ExampleScene, choice: GradientChoice, trace: Sequence[Path] = ()) -> None:
        self.scene, self.choice = scene, choice
        self.trace = tuple(trace) if choice.method == "traced" else ()
        self.stage = "reading the cases of the training"
        self._pictures = scene.pictures  # made here: the thread has no session

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Names the question: model, case, searched cases and settings."""
        return (self.scene.subject.key, *self.estimate_key)

    @property
    def estimate_key(self) -> tuple[object, ...]:
        """Names what the time depends on: everything but the case."""
        return (*self.scene.searched.key, self.choice, self.trace, self._places)

    def __call__(self, report: Report) -> ExampleImportance:
        """Read the pictures, and compare.

        Raises:
            ExamplesError: too few pictures, or a loss that the model does not have.
            CheckpointError: a state of the training that cannot be read.
            WorkCancelledError: nobody waits any more.
        """
        cases = read_training_pictures(
            *(self.scene.searched.table, self._read),
            with_labels=self._has_labels, limit=self.choice.limit, remedy=REMEDY, progress=report,
        )  # fmt: skip
        self.stage = "comparing gradients"
        try:
            found = self._compare(cases.samples, report)
        except CancelledError as stopped:
            raise WorkCancelledError("cancelled") from stopped
        return replace(found, notes=(*found.notes, *cases.notes()))

    def estimate(self, report: Report) -> TimeEstimate:
        """How long it will take, measured on a few cases; raises as the work itself."""
        table = self.scene.searched.table
        drawn = drawn_for_gradients(table, with_labels=self._has_labels, limit=self.choice.limit)
        started = time.perf_counter()
        probe = probe_samples(table, drawn, self._read, with_labels=self._has_labels)
        reading = (time.perf_counter() - started) / len(probe.ids)
        report(1, 2)
        found = estimate_seconds(
            *(self._model, cast(Samples, ProbeSamples(probe, table.ids[drawn])), self._test()),
            loss=self._loss, mode=_MODES.get(self.choice.method), n_checkpoints=len(self.trace),
            parameters=self.choice.parameters,
        )  # fmt: skip
        return replace(found, seconds=found.seconds + reading * len(drawn))

    @property
    def _places(self) -> tuple[str, str]:
        from app import state

        return str(state.data_folder()), str(state.pictures_folder())

    @property
    def _has_labels(self) -> bool:
        return self.choice.loss == "label"

    @property
    def _model(self) -> nn.Module:
        return cast(nn.Module, self.scene.workspace.checkpoint.model)

    @cached_property
    def _loss(self) -> SampleLoss:
        return loss_called(self.choice.loss, self.scene.workspace.checkpoint.model, remedy=_LOSS_REMEDY)

    def _read(self, place: int) -> NDArray[np.float32]:
        return self._pictures.read(int(self.scene.searched.rows[place]))

    def _test(self) -> TensorSamples:
        subject = self.scene.subject
        if subject.pixels is None:
            raise ExamplesError(f"{subject.name} is not there: {REMEDY}")
        model = self.scene.workspace.checkpoint.model
        return explained_picture(model, subject.pixels, subject.id, self.choice.loss, remedy=_LOSS_REMEDY)

    def _compare(self, train: TensorSamples, report: Report) -> ExampleImportance:
        test, choice = self._test(), self.choice
        mode = _MODES.get(choice.method)
        if mode is not None:
            return measure_influence(
                *(self._model, train, test),
                loss=self._loss, mode=mode, parameters=choice.parameters, progress=report,
            )  # fmt: skip
        return trace_training(
            *(self._model, train, test),
            loss=self._loss, checkpoints=list(self.trace), parameters=choice.parameters, progress=report,
        )  # fmt: skip


def probe_samples(
    table: LatentTable, drawn: NDArray[np.int64], read: ReadPicture, *, with_labels: bool
) -> TensorSamples:
    """The first few cases whose pictures can be read, to time them.

    Raises:
        ExamplesError: no two can be read, among the first of them.
    """
    images, kept, reasons = [], [], []
    for row in drawn[:_TRIED].tolist():
        try:
            images.append(torch.from_numpy(read(row).copy()))
            kept.append(row)
        except XaaeError as error:
            reasons.append(str(error))
        if len(kept) == _PROBED:
            break
    if len(kept) < 2:
        raise ExamplesError(
            f"of {len(drawn)} training cases no two can be read; comparing gradients needs at "
            f"least 2: {REMEDY}. The first: {(reasons or ['none has a label'])[0]}"
        )
    labels = torch.from_numpy(table.labels[kept].copy()) if with_labels else None
    return samples_of(torch.stack(images), labels, table.ids[kept].tolist())


def trace_of(checkpoint: Path) -> tuple[Path, ...]:
    """States that the training kept beside the model, the oldest first; () without any."""
    return tuple(sorted(checkpoint.parent.glob("training/*.safetensors"), key=lambda path: path.stat().st_mtime))


def reconstruction_problem(scene: ExampleScene) -> str:
    """Why there is no reconstruction to compare; "" where there is one."""
    if has_decoder(scene.workspace.checkpoint.model):
        return ""
    return "The model has no decoder, so there is no reconstruction to compare."


def label_problem(scene: ExampleScene) -> str:
    """Why there is no loss of labels to compare; "" where there is one."""
    model, table = scene.workspace.checkpoint.model, scene.searched.table
    if model.classes == 1 or scene.workspace.checkpoint.card.task != "classes":
        return "The model predicts numbers, so there is no classification to compare."
    if not scene.workspace.classes:
        return "The model has no classes, so there is no classification to compare."
    if not (table.labels >= 0).any():
        return "The searched cases have no labels, so there is no classification to compare."
    if tuple(table.classes[: model.classes]) != tuple(scene.workspace.classes) or table.labels.max() >= model.classes:
        return "The searched cases' labels are not the model's classes, so there is no classification to compare."
    return ""
