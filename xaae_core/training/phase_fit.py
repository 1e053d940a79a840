"""One phase's fit: epochs, best weights, early stopping, a state on disk after each epoch."""

from __future__ import annotations

import math
import time
from dataclasses import is_dataclass
from functools import partial
from typing import Any

import torch
from fastai.callback.core import Callback
from fastai.callback.progress import ProgressCallback
from fastai.callback.schedule import ParamScheduler  # noqa: F401  its module gives Learner fit_one_cycle
from fastai.learner import Learner
from fastai.torch_core import to_device
from torch.utils._pytree import tree_leaves

from xaae_core.errors import TrainingError
from xaae_core.kept_heap import kept_heap
from xaae_core.model_card import ModelCard
from xaae_core.training.gradient_steps import AccumulateGradients
from xaae_core.training.history import write_history
from xaae_core.training.metrics import MeanTrainLoss
from xaae_core.training.mixed_precision import mixed_precision, precision_closed
from xaae_core.training.phase import Phase
from xaae_core.training.phase_files import load_best, write_best
from xaae_core.training.phase_learner import PhaseLearner
from xaae_core.training.progress import BatchProgress, OnBatch, TrainingProgress
from xaae_core.training.randomness import SeedEpochs
from xaae_core.training.run import Run
from xaae_core.training.run_state import RunState, write_state


class TellBatches(Callback):
    """Tell somebody of every training batch, when everything of it is done."""

    order = 90
    run_valid = False

    def __init__(self, phase: Phase, on_batch: OnBatch) -> None:
        self.phase, self.on_batch = phase, on_batch

    def after_batch(self) -> None:
        """Tell of one batch."""
        self.on_batch(BatchProgress(self.phase.name, self.epoch + 1, self.phase.n_epochs, self.iter + 1, self.n_iter))


def make_learner(run: Run, phase: Phase) -> PhaseLearner:
    """A learner with the phase's loss and metrics."""
    learn = run.processes.learner_type()(
        run.dls,
        run.model,
        loss_func=phase.loss,
        opt_func=run.opt_func,
        lr=phase.lr_max,
        metrics=list(phase.metrics),
        path=run.folder,
        model_dir=".",
    )
    learn.forward = phase.forward
    if not run.has_bar:
        learn.remove_cb(ProgressCallback)
        learn.logger = _say_nothing
    return learn


class PhaseFit:
    """Fits a phase, from its start or from a state, and keeps its books.

    Args:
        run: the training.
        phase: the phase.
        rows: the history of the phases before.
        state: of this phase, when it was interrupted.
    """

    def __init__(self, run: Run, phase: Phase, rows: list[dict[str, Any]], state: RunState | None) -> None:
        self.run, self.phase, self.state = run, phase, state
        self.learn = make_learner(run, phase)
        self.rows = list(state.rows if state else rows)
        self.best_loss = state.best_loss if state else math.inf
        self.best_epoch = state.best_epoch if state else -1
        self._train_loss = MeanTrainLoss()

    @kept_heap()
    def fit(self) -> Learner:
        """Run the epochs that are left; the model ends with the best weights of the phase."""
        run, state, learn = self.run, self.state, self.learn
        learn.create_opt()
        if state is not None:
            self._restore(state)
        if state is None or not state.is_phase_over:
            learn.first_epoch = state.epoch + 1 if state else 0
            learn.epoch_ended = self._end_epoch
            self._started = time.perf_counter()
            try:
                callbacks = self._callbacks()
                with run.processes.fitting(learn), precision_closed(callbacks):
                    learn.fit_one_cycle(self.phase.n_epochs, lr_max=self.phase.lr_max, cbs=callbacks)
            except RuntimeError as error:  # a loss may refuse NaN before the epoch's end shows it
                if not (broken := self._not_finite()):
                    raise
                raise self._divergence(f"{broken} are no longer finite") from error
            learn.first_epoch, learn.epoch_ended = 0, None
        load_best(run.folder, self.phase, run.model)
        run.model.eval()
        return learn

    def card(self) -> ModelCard:
        """The card of the best epoch."""
        rows = [row for row in self.rows if row["phase"] == self.phase.name]
        return self.run.card(self.phase, rows[self.best_epoch])

    def _callbacks(self) -> list[Callback]:
        run = self.run
        callbacks = [
            SeedEpochs(run.settings.seed, self.phase.name),
            AccumulateGradients(run.settings.grad_accum, run.processes),
            self._train_loss,
            *self.phase.callbacks,
        ]
        if run.on_batch is not None:
            callbacks.append(TellBatches(self.phase, run.on_batch))
        if torch.device(run.dls.device).type == "cuda" and self.phase.may_use_half:
            callbacks += mixed_precision(self.state.scaler if self.state else {})
        return callbacks

    def _restore(self, state: RunState) -> None:
        """Weights, optimizer, callbacks and, if the kill came before it, the best weights' file."""
        self.run.model.load_state_dict(state.model)
        self.learn.opt.load_state_dict(to_device(state.optimizer, self.run.dls.device))
        for callback in self.phase.remembering:
            callback.resume_from(state.callbacks[callback.name])
        self.run.write(partial(self._mend_files, state))

    def _mend_files(self, state: RunState) -> None:
        if state.best_epoch == state.epoch:
            write_best(self.run.folder, self.phase, state.model, self.card())
        write_history(self.run.folder, self.rows, self.run.columns)

    def _end_epoch(self, epoch: int) -> bool:
        """Book an epoch; returns whether the phase is over."""
        row = self.run.processes.agree(self._row(epoch))
        self.rows.append(row)
        is_best = row["selection_loss"] < self.best_loss
        if is_best:
            self.best_loss, self.best_epoch = row["selection_loss"], epoch
        is_over = epoch + 1 >= self.phase.n_epochs or epoch - self.best_epoch >= self.run.settings.patience
        self.run.write(partial(self._write, epoch, is_over=is_over, is_best=is_best))
        if self.run.on_progress is not None:
            losses = {name: value for name, value in row.items() if name not in ("phase", "epoch", "seconds")}
            self.run.on_progress(
                TrainingProgress(self.phase.name, epoch + 1, self.phase.n_epochs, losses, is_best, row["seconds"])
            )
        return is_over

    def _write(self, epoch: int, *, is_over: bool, is_best: bool) -> None:
        """The state first: it is the truth that a resumed run makes the other files from."""
        learn, run = self.learn, self.run
        scaler = getattr(learn, "scaler", None)
        callbacks = {callback.name: callback.state() for callback in self.phase.remembering}
        state = RunState(
            signature=run.signature_text,
            phase=self.phase.name,
            epoch=epoch,
            is_phase_over=is_over,
            best_epoch=self.best_epoch,
            best_loss=self.best_loss,
            rows=self.rows,
            model=run.model.state_dict(),
            optimizer=learn.opt.state_dict(),
            callbacks=callbacks,
            scaler=scaler.state_dict() if scaler is not None else {},
        )
        write_state(run.folder, state)
        if is_best:
            write_best(run.folder, self.phase, run.model.state_dict(), self.card())
        write_history(run.folder, self.rows, run.columns)

    def _divergence(self, symptom: str) -> TrainingError:
        return TrainingError(
            f"the {self.phase.name} phase diverged in epoch {self.learn.epoch + 1}: {symptom}; expected finite "
            f"numbers: lower lr_max (now {self.run.settings.lr_max}) and start over with resume=False"
        )

    def _not_finite(self) -> str:
        """What the training has driven beyond all numbers, as the beginning of a sentence; "" where nothing is."""
        answers = vars(self.learn.pred).values() if is_dataclass(self.learn.pred) else tree_leaves(self.learn.pred)
        for words, tensors in (("weights", self.run.model.state_dict().values()), ("the model's answers", answers)):
            if not all(bool(torch.isfinite(each).all()) for each in tensors if isinstance(each, torch.Tensor)):
                return words
        return ""

    def _row(self, epoch: int) -> dict[str, Any]:
        """The epoch's row of the history."""
        recorder = self.learn.recorder
        names = [name for name in recorder.metric_names[1:] if name != "time"]
        measured = dict(zip(names, recorder.values[-1], strict=True))
        measured = {name: float(value) for name, value in measured.items() if value is not None}
        now = time.perf_counter()
        seconds, self._started = now - self._started, now
        selection_loss = self.phase.selection_loss(measured)
        if not (math.isfinite(measured["valid_loss"]) and math.isfinite(selection_loss)):
            raise self._divergence(f"its validation loss is {measured['valid_loss']}")
        return {
            "phase": self.phase.name,
            "epoch": epoch + 1,
            **measured,
            "selection_loss": selection_loss,
            "train_loss": self._train_loss.value,
            "seconds": round(seconds, 3),
        }


def _say_nothing(row: object) -> None:
    """A logger for learners without a progress bar."""
