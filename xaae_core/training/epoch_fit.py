"""One plain training loop for every model that trains by epochs: the best weights kept, resumable to the bit."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from xaae_core.atomic_files import remove_abandoned
from xaae_core.checkpoints import save_checkpoint
from xaae_core.errors import TrainingError
from xaae_core.kept_heap import kept_heap
from xaae_core.models.epoch_training import EpochTraining, Loader
from xaae_core.training.epoch_checks import check_fit
from xaae_core.training.epoch_state import EpochState, read_epoch_state, remove_epoch_state, write_epoch_state
from xaae_core.training.fused_adam import build_adam
from xaae_core.training.progress import BatchProgress, OnBatch, TrainingProgress
from xaae_core.training.run_state import run_signature, to_plain
from xaae_core.training.seeds import seed_for, seeded

_log = logging.getLogger(__name__)
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-5


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """How a model is trained.

    Attributes:
        n_epoch: epochs at most.
        patience: epochs in a row without a lower test loss after which the training stops; None: it never does.
        checkpoint_interval: after the first epoch and then every so many, the weights of the moment are kept as
            `<name>_checkpoint<n>.safetensors` and listed in the model's `checkpoints_files`; below 1: never.
        seed: of all that is drawn; each epoch draws from a seed of its own, so that a resumed training draws alike.
            Generators that were given to a loader or a pretext task go on from where they were.
        resume: take up a training that was interrupted in the same folder; False: start over.

    Raises:
        TrainingError: fewer than one epoch, or a patience below 1.
    """

    n_epoch: int = 30
    patience: int | None = 10
    checkpoint_interval: int = -1
    seed: int = 0
    resume: bool = True

    def __post_init__(self) -> None:
        if self.n_epoch < 1 or (self.patience is not None and self.patience < 1):
            raise TrainingError(f"n_epoch={self.n_epoch}, patience={self.patience}; expected at least 1 of each")


@dataclass(frozen=True)
class FitHistory:
    """A training that has ended.

    Attributes:
        rows: what each epoch measured by name (`train_loss`, `test_loss`, …), and its number, `epoch`, from 1.
        best_epoch: number of the epoch of lowest test loss, whose weights the model has now.
        is_stopped_early: whether patience ran out.
    """

    rows: tuple[dict[str, float], ...]
    best_epoch: int
    is_stopped_early: bool


OnEpoch = Callable[[TrainingProgress], None]


def fit_epochs(
    model: EpochTraining,
    device: torch.device | str,
    train_loader: Loader,
    test_loader: Loader,
    *,
    save_dir: Path | str | None,
    settings: FitSettings,
    on_epoch: OnEpoch | None = None,
    on_batch: OnBatch | None = None,
) -> FitHistory:
    """Train a model with Adam (learning rate 1e-3, weight decay 1e-5) and keep the weights of the best epoch.

    Args:
        model: it is moved to the device, and ends in eval mode with the weights of lowest test loss.
        device: where to train.
        train_loader: batches (inputs, labels).
        test_loader: batches that choose the best epoch.
        save_dir: folder of the files (`model.save`, checkpoints, the state to resume from); None writes nothing.
        settings: see `FitSettings`.
        on_epoch: told of each epoch that has ended; an exception ends the training, which can then be resumed.
        on_batch: told of each training batch; likewise.

    Returns:
        What the epochs measured.

    Raises:
        TrainingError: loaders that cannot be trained with (`xaae_core.training.epoch_checks`), a loss that is not
            finite, or the state of another training in the folder.
    """
    return _Fit(model, device, train_loader, test_loader, save_dir, settings, on_epoch, on_batch).run()


@dataclass
class _Fit:
    model: EpochTraining
    device: torch.device | str
    train_loader: Loader
    test_loader: Loader
    save_dir: Path | str | None
    settings: FitSettings
    on_epoch: OnEpoch | None
    on_batch: OnBatch | None
    folder: Path | None = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)
    state: EpochState = field(init=False)

    @kept_heap()
    def run(self) -> FitHistory:
        self.model.to(self.device)
        loaders = {"train_loader": self.train_loader, "test_loader": self.test_loader}
        check_fit(self.model, self.device, loaders, self._generators(), seed=self.settings.seed)
        self.folder = None if self.save_dir is None else Path(self.save_dir)
        self.model.lr = LEARNING_RATE
        self.optimizer = build_adam(self.model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self._take_up()
        while self.state.epoch < self.settings.n_epoch and not self._is_patience_over():
            self._run_epoch()
        self.model.load_state_dict(self.state.best)
        self.model.eval()
        if self.folder is not None:
            remove_epoch_state(self.folder, self.model.name)
        return FitHistory(tuple(self.state.rows), self.state.best_epoch, self._is_patience_over())

    def _is_patience_over(self) -> bool:
        return self.settings.patience is not None and self.state.waiting >= self.settings.patience

    def _signature(self) -> str:
        settings = {key: value for key, value in asdict(self.settings).items() if key not in ("n_epoch", "resume")}
        loaders = {"train": self.train_loader, "test": self.test_loader}
        sizes = {f"{name}_{what}": size for name, of in loaders.items() for what, size in _sizes(of).items()}
        return run_signature(settings, self.model, sizes | {"generators": len(self._generators())})

    def _take_up(self) -> None:
        """Begin where the folder's interrupted training was, or at the beginning."""
        self.model.checkpoints_files = []
        self.state = EpochState(self._signature())
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(self.folder)
        name, signature = self.model.name, self.state.signature
        found = read_epoch_state(self.folder, name, signature) if self.settings.resume else None
        if found is None:
            return
        self.state = found
        self.model.load_state_dict(found.model)
        self.optimizer.load_state_dict(found.optimizer)
        self.model.set_training_memory(found.memory)
        for generator, there in zip(self._generators(), found.generators, strict=True):
            generator.set_state(there)
        self.model.checkpoints_files = [self.folder / name for name in found.checkpoints]

    def _generators(self) -> list[torch.Generator]:
        """The generators that the user gave, each once."""
        given = [*self.model.generators()]
        for loader in (self.train_loader, self.test_loader):
            given += [getattr(loader, "generator", None), getattr(getattr(loader, "sampler", None), "generator", None)]
        return list({id(one): one for one in given if isinstance(one, torch.Generator)}.values())

    def _run_epoch(self) -> None:
        started = time.perf_counter()
        number = self.state.epoch + 1
        with seeded(seed_for(self.settings.seed, "train", number)):
            told = _Told(self.train_loader, self._batch_teller(number))
            train_loss = float(self.model.train_epoch(self.device, told, self.optimizer))
        with seeded(seed_for(self.settings.seed, "test", 0)):  # the same draws in each, so that epochs compare
            measured = self.model.measure_epoch(self.device, self.test_loader)
        if not math.isfinite(measured["loss"]):
            raise TrainingError(f"the test loss of epoch {number} is {measured['loss']}: look for NaN in the test data")
        is_best = measured["loss"] < self.state.best_loss
        losses = {"train_loss": train_loss} | {f"test_{name}": value for name, value in measured.items()}
        self._keep(number, {"epoch": number} | losses, is_best)
        self._tell(
            TrainingProgress(
                self.model.name,
                number,
                self.settings.n_epoch,
                losses,
                is_best,
                time.perf_counter() - started,
            )
        )

    def _keep(self, number: int, row: dict[str, float], is_best: bool) -> None:
        state = self.state
        state.epoch = number
        state.rows.append(row)
        state.waiting = 0 if is_best else state.waiting + 1
        if is_best:
            state.best_epoch, state.best_loss = number, row["test_loss"]
            state.best = to_plain(self.model.state_dict())
        if self.folder is None:
            return
        if is_best:
            self.model.save(self.folder)
        self._keep_checkpoint(number, self.folder)
        state.model = to_plain(self.model.state_dict())
        state.optimizer = to_plain(self.optimizer.state_dict())
        state.memory = self.model.training_memory()
        state.generators = [generator.get_state() for generator in self._generators()]
        state.checkpoints = [path.name for path in self.model.checkpoints_files]
        write_epoch_state(self.folder, self.model.name, state)

    def _keep_checkpoint(self, number: int, folder: Path) -> None:
        interval = self.settings.checkpoint_interval
        if interval < 1 or (number - 1) % interval:
            return
        path = folder / f"{self.model.name}_checkpoint{1 + (number - 1) // interval}.safetensors"
        save_checkpoint(self.model, path, self.model.card())
        self.model.checkpoints_files.append(path)

    def _tell(self, progress: TrainingProgress) -> None:
        said = ", ".join(f"{name} {value:.4g}" for name, value in progress.losses.items())
        _log.info("%s: epoch %d of %d: %s", progress.phase, progress.epoch, progress.n_epochs, said)
        if self.on_epoch is not None:
            self.on_epoch(progress)

    def _batch_teller(self, epoch: int) -> Callable[[int], None]:
        def tell(batch: int) -> None:
            if self.on_batch is not None:
                n_batches = len(self.train_loader)
                self.on_batch(BatchProgress(self.model.name, epoch, self.settings.n_epoch, batch, n_batches))

        return tell


class _Told:
    """A loader that says when one of its batches has been used."""

    def __init__(self, loader: Loader, tell: Callable[[int], None]) -> None:
        self.loader, self.tell = loader, tell
        self.dataset = loader.dataset

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        for number, batch in enumerate(self.loader, 1):
            yield batch
            self.tell(number)


def _sizes(loader: Loader) -> dict[str, int]:
    return {"batches": len(loader), "cases": len(loader.dataset)}
