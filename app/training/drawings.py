"""What a training draws on its way: validation pictures after each epoch, and maps of the codes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.training.one_phase_way import FILE_STEM, OnePhaseWay
from app.training.request import TrainingRequest


@dataclass(frozen=True)
class Sample:
    """Validation pictures and what was drawn from their codes after an epoch.

    Attributes:
        phase: name of the phase.
        epoch: number within it, from 1.
        path: a PNG, originals above, decoded pictures below.
    """

    phase: str
    epoch: int
    path: Path


@dataclass(frozen=True)
class LatentFigure:
    """A picture of the codes after a phase.

    Attributes:
        kind: "tsne" or "pls".
        phase: name of the phase.
        path: a PNG.
    """

    kind: Literal["tsne", "pls"]
    phase: str
    path: Path


def latent_figures(folder: Path, request: TrainingRequest) -> tuple[LatentFigure, ...]:
    """The pictures of the codes that are there so far, in the order of training.

    Args:
        folder: of the training's own files.
        request: what is trained.
    """
    if request.is_xaaenet:
        found = [
            LatentFigure("tsne", "adversarial", folder / "tsne_xaaenet_adv.png"),
            LatentFigure("tsne", "autoencoder", folder / "tsne_xaaenet_ae.png"),
            LatentFigure("pls", "classifier", folder / "pls_xaaenet_classif.png"),
        ]
    else:
        kinds: tuple[Literal["tsne", "pls"], ...] = ("tsne", "pls")
        phase = next(iter(OnePhaseWay(request).phases()), "")
        found = [LatentFigure(kind, phase, folder / f"{kind}_{FILE_STEM}.png") for kind in kinds]
    return tuple(figure for figure in found if figure.path.is_file())
