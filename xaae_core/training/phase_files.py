"""What a phase leaves in the models folder: weights, cards, figures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaae_core.checkpoints import read_state_dict, save_checkpoint, write_card, write_training_state
from xaae_core.errors import CheckpointError, TrainingError
from xaae_core.latents import LatentTable
from xaae_core.model_card import ModelCard
from xaae_core.training.latent_extraction import extract_loader_latents
from xaae_core.training.latent_figures import save_latent_pls_figure, save_latent_tsne_figure
from xaae_core.training.phase import Phase
from xaae_core.training.run import Run
from xaae_core.training.run_state import to_plain

_FEWEST_FOR_TSNE = 5


@dataclass(frozen=True)
class FigureSettings:
    """Which figures are drawn after the phases, and how; the fields are `train_xaaenet`'s arguments."""

    save_tsne: bool
    tsne_max_points: int
    tsne_perplexity: float
    save_pls: bool
    pls_target_class: str | None
    pls_max_points: int
    show_latent_figures: bool | None

    def __post_init__(self) -> None:
        if self.save_tsne and (self.tsne_perplexity <= 0 or self.tsne_max_points < _FEWEST_FOR_TSNE):
            raise TrainingError(
                f"tsne_perplexity={self.tsne_perplexity}, tsne_max_points={self.tsne_max_points}; expected a "
                f"perplexity above 0 and at least {_FEWEST_FOR_TSNE} points: change them or give save_tsne=False"
            )
        if self.save_pls and self.pls_max_points < 3:
            raise TrainingError(f"pls_max_points is {self.pls_max_points}; expected at least 3, or save_pls=False")


def write_best(folder: Path, phase: Phase, tensors: Mapping[str, Tensor], card: ModelCard) -> None:
    """Write the best weights so far as `<fname>.pth` with the card beside it."""
    write_card(folder / f"{phase.fname}.json", card)
    write_training_state(folder / f"{phase.fname}.pth", to_plain(tensors))


def load_best(folder: Path, phase: Phase, model: nn.Module) -> None:
    """Put the phase's best weights into the model.

    Raises:
        TrainingError: the file is gone or damaged.
    """
    path = folder / f"{phase.fname}.pth"
    try:
        model.load_state_dict(dict(read_state_dict(path)))
    except CheckpointError as error:
        raise TrainingError(
            f"the best weights of the {phase.name} phase cannot be read ({error}): put {path.name} back, or give "
            "resume=False to start over"
        ) from error


def save_phase(run: Run, phase: Phase, card: ModelCard, figures: FigureSettings) -> None:
    """Write the finished phase's safetensors and figures; the model holds the best weights."""
    save_checkpoint(run.model, run.folder / f"{phase.fname}.safetensors", card)
    if "pls" in phase.figures and figures.save_pls:
        _try_figure(lambda: _draw_pls(run, phase, figures))
    if "tsne" in phase.figures and figures.save_tsne:
        _try_figure(lambda: _draw_tsne(run, phase, figures))


def _draw_tsne(run: Run, phase: Phase, figures: FigureSettings) -> None:
    z = _valid_latents(run).z
    n_points = min(len(z), figures.tsne_max_points)
    if n_points < _FEWEST_FOR_TSNE:
        raise ValueError(f"{n_points} validation images; expected at least {_FEWEST_FOR_TSNE}")
    save_latent_tsne_figure(
        torch.from_numpy(z.copy()),
        run.folder / f"tsne_{phase.fname}.png",
        phase.name,
        z.shape[1],
        max_points=figures.tsne_max_points,
        perplexity=min(figures.tsne_perplexity, (n_points - 1) / 3),
        show=figures.show_latent_figures,
    )


def _draw_pls(run: Run, phase: Phase, figures: FigureSettings) -> None:
    _pls_validation_latent_after_phase(
        run,
        run.folder / f"pls_{phase.fname}.png",
        class_names=run.data.classes,
        target_class=figures.pls_target_class,
        phase=phase.name,
        max_points=figures.pls_max_points,
        show=figures.show_latent_figures,
    )


def _pls_validation_latent_after_phase(
    learn: Any, save_path: str | Path, *, class_names: Sequence[str] | None = None, **options: Any
) -> Path:
    """The PLS biplot of the validation z of any learner (or run): the reference promises it after every phase.

    Args:
        learn: has `model` and `dls`.
        save_path: the PNG to write.
        class_names: names of the classes; the loaders' vocabulary if None.
        **options: for `save_latent_pls_figure`.
    """
    names = class_names or [str(name) for name in learn.dls.vocab]
    table = _valid_latents(learn)
    goal = table.columns[table.target_name] if table.target_name else table.labels
    z, targets = torch.from_numpy(table.z.copy()), torch.from_numpy(goal.copy())
    return save_latent_pls_figure(z, targets, save_path, class_names=names, **options)


def _valid_latents(source: Any) -> LatentTable:
    """Latents of the validation images of something with `model` and `dls`."""
    return extract_loader_latents(source.model, source.dls, parts=("valid",))


def _try_figure(draw: Callable[[], None]) -> None:
    """A figure that cannot be drawn must not cost the training it illustrates."""
    try:
        draw()
    except ValueError as error:
        warnings.warn(f"the figure of the latent space was left out: {error}", UserWarning, stacklevel=4)
