"""SimCLR's training: two random views of each picture, brought together; resumable after each epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from xaae_core.atomic_files import remove_abandoned
from xaae_core.checkpoints import save_checkpoint
from xaae_core.errors import AutoencoderError, TrainingError
from xaae_core.kept_heap import kept_heap
from xaae_core.models.simclr import SimCLR, draw_view_of_size
from xaae_core.training.epoch_state import EpochState, read_epoch_state, remove_epoch_state, write_epoch_state
from xaae_core.training.progress import TrainingProgress
from xaae_core.training.run_state import run_signature, to_plain
from xaae_core.training.seeds import seed_for, seeded

if TYPE_CHECKING:
    from xaae_core.training.epoch_fit import OnEpoch

LEARNING_RATE_END = 1e-3


@dataclass(frozen=True, kw_only=True)
class ContrastiveSettings:
    """How SimCLR is trained, under the names of lfxai's configuration.

    Attributes:
        batch_size: pictures of a batch, at least 2; each gives two views. A smaller last batch is left out.
        epochs: number of epochs.
        learning_rate: of stochastic gradient descent at the beginning; it falls to 0.001 along half a cosine.
        momentum: Nesterov's, above 0.
        weight_decay: of all weights.
        temperature: see `SimCLR.nt_xent`.
        log_interval: the weights are written every so many epochs, and at the end.
        workers: processes that read pictures.
        data_dir: folder of CIFAR-10, where no pictures are given.
        backbone: a name for the files.

    Raises:
        TrainingError: a number out of range.
    """

    batch_size: int
    epochs: int
    learning_rate: float = 0.6
    momentum: float = 0.9
    weight_decay: float = 1e-6
    temperature: float = 0.5
    log_interval: int = 50
    workers: int = 0
    data_dir: str = "data/cifar10"
    backbone: str = "resnet18"

    def __post_init__(self) -> None:
        least = {"batch_size": 2, "epochs": 1, "log_interval": 1, "workers": 0, "weight_decay": 0}
        for name, limit in least.items():
            if getattr(self, name) < limit:
                raise TrainingError(f"{name} is {getattr(self, name)}; expected at least {limit}")
        for name in ("learning_rate", "momentum", "temperature"):
            if getattr(self, name) <= 0:
                raise TrainingError(f"{name} is {getattr(self, name)}; expected a number above 0")

    @classmethod
    def from_args(cls, args: Mapping[str, Any] | Any) -> ContrastiveSettings:
        """From a mapping or an object with attributes; what it does not have keeps its default.

        Raises:
            TrainingError: batch_size or epochs are not given.
        """
        has = args.__contains__ if isinstance(args, Mapping) else lambda name: hasattr(args, name)
        get = args.__getitem__ if isinstance(args, Mapping) else lambda name: getattr(args, name)
        given = {entry.name: get(entry.name) for entry in fields(cls) if has(entry.name)}
        missing = [entry.name for entry in fields(cls) if entry.default is MISSING and entry.name not in given]
        if missing:
            raise TrainingError(f"the settings have no {', '.join(missing)}: SimCLR.fit needs args.{missing[0]}")
        return cls(**given)


@dataclass(frozen=True)
class ContrastiveHistory:
    """A contrastive training that has ended.

    Attributes:
        losses: mean loss of each epoch.
        files: weights that were written, in order.
    """

    losses: tuple[float, ...]
    files: tuple[Path, ...]


class TwoViews(Dataset[Tensor]):
    """Two random views [2, 3, H, W] of each picture of a data set.

    Args:
        images: pictures, or (picture, label); each a tensor [3, H, W] in [0, 1] or an image of Pillow.
        size: (height, width) of the views.
    """

    def __init__(self, images: Any, size: tuple[int, int]) -> None:
        from torchvision import transforms

        self.images = images
        self.to_tensor = transforms.ToTensor()
        self.draw_view = draw_view_of_size(size)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        entry = self.images[index]
        picture = entry[0] if isinstance(entry, tuple | list) else entry
        pixels = picture if isinstance(picture, Tensor) else self.to_tensor(picture)
        return torch.stack([self.draw_view(pixels), self.draw_view(pixels)])


@kept_heap()
def fit_contrastive(
    model: SimCLR,
    settings: ContrastiveSettings,
    device: torch.device | str,
    *,
    images: Any,
    save_dir: Path,
    seed: int,
    resume: bool,
    on_epoch: OnEpoch | None = None,
) -> ContrastiveHistory:
    """Train SimCLR; arguments as `SimCLR.fit`. The model ends in eval mode with the last weights.

    lfxai multiplies the learning rate with its schedule instead of following it, so that it starts at its square.

    Returns:
        The losses, and the files `simclr_<backbone>_epoch<n>.safetensors`.

    Raises:
        TrainingError: no pictures, fewer than a batch, a loss that is not finite, or the state of another training.
    """
    if isinstance(images, Tensor):
        _require_finite(model, images)
    views = TwoViews(_cifar10(settings.data_dir) if images is None else images, model.input_size)
    loader = DataLoader(views, settings.batch_size, shuffle=True, num_workers=settings.workers, drop_last=True)
    if len(loader) == 0:
        raise TrainingError(
            f"{len(views)} pictures for batches of {settings.batch_size}; give more pictures or a smaller batch_size"
        )
    model.to(device)
    optimizer = torch.optim.SGD(
        model.parameters(),
        settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
        nesterov=True,
    )
    state = _take_up(model, optimizer, settings, save_dir, {"pictures": len(views), "seed": seed}, resume)
    model.checkpoints_files = [save_dir / name for name in state.checkpoints]
    while state.epoch < settings.epochs:
        started = time.perf_counter()
        with seeded(seed_for(seed, "contrastive", state.epoch + 1)):
            loss = _train_epoch(model, loader, optimizer, settings, state.epoch)
        _keep(model, optimizer, settings, state, loss, save_dir)
        if on_epoch is not None:
            seconds = time.perf_counter() - started
            losses = {"train_loss": loss}
            on_epoch(TrainingProgress(model.name, state.epoch, settings.epochs, losses, seconds=seconds))
    remove_epoch_state(save_dir, model.name)
    model.eval()
    return ContrastiveHistory(tuple(row["train_loss"] for row in state.rows), tuple(model.checkpoints_files))


def _train_epoch(
    model: SimCLR,
    loader: DataLoader[Tensor],
    optimizer: torch.optim.Optimizer,
    settings: ContrastiveSettings,
    epoch: int,
) -> float:
    model.train()
    device = next(model.parameters()).device
    n_steps = settings.epochs * len(loader)
    total = 0.0
    for number, views in enumerate(loader):
        step = epoch * len(loader) + number
        for group in optimizer.param_groups:
            group["lr"] = model.lr = model.get_lr(step, n_steps, settings.learning_rate, LEARNING_RATE_END)
        _, projections = model(views.flatten(0, 1).to(device))  # [2 B, 3, H, W], views of a picture side by side
        loss = model.nt_xent(projections, settings.temperature)
        if not math.isfinite(value := loss.item()):
            raise TrainingError(f"the loss of epoch {epoch + 1} is {value}: look for NaN, or lower the learning rate")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += value
    return total / len(loader)


def _take_up(
    model: SimCLR,
    optimizer: torch.optim.Optimizer,
    settings: ContrastiveSettings,
    folder: Path,
    data: Mapping[str, Any],
    resume: bool,
) -> EpochState:
    """The state to begin from: an interrupted training's, or none."""
    plain = {name: value for name, value in asdict(settings).items() if name not in ("workers", "data_dir")}
    signature = run_signature(plain, model, data)
    folder.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder)
    found = read_epoch_state(folder, model.name, signature) if resume else None
    if found is None:
        return EpochState(signature)
    model.load_state_dict(found.model)
    optimizer.load_state_dict(found.optimizer)
    return found


def _keep(
    model: SimCLR,
    optimizer: torch.optim.Optimizer,
    settings: ContrastiveSettings,
    state: EpochState,
    loss: float,
    folder: Path,
) -> None:
    state.epoch += 1
    state.rows.append({"epoch": state.epoch, "train_loss": loss})
    if state.epoch % settings.log_interval == 0 or state.epoch == settings.epochs:
        path = folder / f"simclr_{settings.backbone}_epoch{state.epoch}.safetensors"
        model.checkpoints_files.append(save_checkpoint(model, path, model.card()))
    state.model, state.optimizer = to_plain(model.state_dict()), to_plain(optimizer.state_dict())
    state.checkpoints = [path.name for path in model.checkpoints_files]
    write_epoch_state(folder, model.name, state)


def _require_finite(model: SimCLR, images: Tensor) -> None:
    try:
        model.require_inputs(images, "the pictures")
    except AutoencoderError as error:
        raise TrainingError(str(error)) from error


def _cifar10(folder: str) -> Any:
    from torchvision.datasets import CIFAR10

    try:
        return CIFAR10(folder, train=True, download=False)
    except (RuntimeError, OSError) as error:
        raise TrainingError(
            f"{folder} holds no CIFAR-10 (cifar-10-batches-py): put it there, or give SimCLR.fit(…, images=…) your "
            "own pictures; nothing is downloaded"
        ) from error
