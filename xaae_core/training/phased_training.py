"""What every training consists of: a folder that is held, phases one after the other, and the latents at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from fastai.learner import Learner
from torch import nn

from xaae_core.atomic_files import remove_abandoned
from xaae_core.checkpoints import file_sha256
from xaae_core.devices import default_device
from xaae_core.errors import TrainingError
from xaae_core.training.folder_lock import folder_locked
from xaae_core.training.latent_extraction import extract_loader_latents, save_loader_latents
from xaae_core.training.phase import Phase
from xaae_core.training.phase_files import FigureSettings, save_phase
from xaae_core.training.phase_fit import PhaseFit, make_learner
from xaae_core.training.processes import Processes, join_processes
from xaae_core.training.randomness import randomness_kept
from xaae_core.training.run import Run
from xaae_core.training.run_state import read_state, remove_state


@contextmanager
def training_held(model: nn.Module, dls: Any, folder: Path, device: str | torch.device | None) -> Iterator[Processes]:
    """Hold a folder and the loaders for a training of a model; afterwards everything but its weights is as before.

    Args:
        model: its frozen parameters stay frozen.
        dls: fastai `DataLoaders`; they are moved to where the training shall run, and the model follows them.
        folder: where the training's files go.
        device: where to train; the loaders' device, or the best there is, if None.

    Yields:
        The processes that train together.
    """
    processes = _placed(dls, device)
    lock = processes.held_by_main(partial(folder_locked, folder))
    with processes.guarded(), lock, randomness_kept(dls), _trainable_kept(model):
        processes.only_main(partial(remove_abandoned, folder))
        yield processes


def train_phases(
    run: Run, phases: Sequence[Phase], figures: FigureSettings, *, resume: bool, latents: Path | None
) -> Learner:
    """Run the phases that are left, each from the best weights of the one before, and write the latents.

    Args:
        run: the training.
        phases: in order; those of no epochs are skipped.
        figures: which figures are drawn after them.
        resume: go on with an unfinished training of this folder; False starts over and removes it.
        latents: file of the table of latents; None: no table.

    Returns:
        The learner of the last phase; its model holds the best weights, in eval mode.

    Raises:
        TrainingError: see `train_xaaenet`.
    """
    if not resume:
        run.write(partial(remove_state, run.folder))
    state = read_state(run.folder, run.signature_text)
    rows = list(state.rows) if state else []
    n_done = [phase.name for phase in phases].index(state.phase) if state else 0
    learn = None
    for phase in phases[n_done:]:
        if phase.n_epochs == 0:
            continue
        fit = PhaseFit(run, phase, rows, state if state and state.phase == phase.name else None)
        learn = fit.fit()
        rows = fit.rows
        run.write(partial(save_phase, run, phase, fit.card(), figures))
    if latents is not None:
        run.write(partial(_save_latents, run, phases[-1], latents))
    run.write(partial(remove_state, run.folder))
    return learn or make_learner(run, phases[-1])


def known_class(name: str | None, classes: Sequence[str]) -> str:
    """The class that "+" means, "" for the second; raises TrainingError if the data have no such class."""
    if name is not None and name not in classes:
        raise TrainingError(f'pls_target_class is "{name}"; expected one of {", ".join(classes)}')
    return name or ""


def is_watched() -> bool:
    """Whether somebody sees progress bars: a notebook or a terminal."""
    return "ipykernel" in sys.modules or sys.stdout.isatty()


def _save_latents(run: Run, last: Phase, path: Path) -> None:
    table = extract_loader_latents(
        run.model,
        run.dls,
        classes=run.data.classes,
        checkpoint_sha256=file_sha256(run.folder / f"{last.fname}.safetensors") if last.n_epochs else "",
        data_fingerprint=run.data.fingerprint,
    )
    save_loader_latents(table, path)


@contextmanager
def _trainable_kept(model: nn.Module) -> Iterator[None]:
    """Frozen parameters are as before when the training ends, however it ends."""
    trainable = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    try:
        yield
    finally:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(trainable[name])
            parameter.grad = None


def _placed(dls: Any, device: str | torch.device | None) -> Processes:
    """Join the processes and move the loaders where the training shall run; the model follows them."""
    wanted = device or getattr(dls, "device", None)
    processes = join_processes(wanted)
    dls.to(processes.device or torch.device(wanted or default_device()))
    return processes
