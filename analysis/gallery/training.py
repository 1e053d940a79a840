"""Training one model of the catalogue on a gallery's cases, resumable, with its progress."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis.gallery.cases import GalleryCases
from analysis.gallery.settings import GallerySettings
from xaae_core.models.catalogue import build_catalogued
from xaae_core.models.model_entry import ModelEntry
from xaae_core.ms_ssim import SMALLEST_SIDE
from xaae_core.training.seeds import seed_for, seeded

if TYPE_CHECKING:
    from xaae_core.training.progress import BatchProgress

Progress = Callable[[int, int], None]
PREFERRED_SIDE = 32
_XAAENET_SHARE = 0.5
"""Epochs of xAAEnet's phases together, as a share of the others' one: each of its steps costs several of theirs."""
_PHASES = ("adversarial", "autoencoder", "classifier")
_PHASE_EPOCHS = ("epochs_adv", "epochs_ae", "epochs_classif")
_OF_PRESET = ("ae_recons_weight", "ae_adv_weight", "lr_max_factor", "mask_ratio", "noise_std")
_XAAENET_WEIGHTS = {"classif_recons_weight": 0.85, "classif_class_weight": 0.1, "classif_adv_weight": 0.05}
"""Of the last phase: with the reference's 0.001 for the classes some hundred steps leave the classifier at chance, or
the wrong way round; with the preset's 0.38 an early epoch that draws badly is the best."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model after training, in evaluation mode.

    Attributes:
        model: with its best weights, on the CPU.
        n_epochs: that were trained, all phases together.
        seconds: that they took, also those before an interruption.
    """

    model: nn.Module
    n_epochs: int
    seconds: float


def cases_for(entry: ModelEntry, cases: GalleryCases) -> GalleryCases | None:
    """The cases at a size that the model takes; None where it takes none of them.

    The size that they have comes first, then 32 × 32, then the model's others.
    """
    if entry.takes(cases.size, cases.channels):
        return cases
    if cases.form is not None:
        return None
    sides = [PREFERRED_SIDE, *(height for height, _ in entry.sizes)]
    return next((cases.sized(side) for side in sides if entry.takes((side, side), cases.channels)), None)


def sees_labels(entry: ModelEntry, cases: GalleryCases) -> bool:
    """Whether a model is shown the classes: it learns them, or makes its pairs of them."""
    return entry.learns_labels or (entry.feed == "pairs" and cases.factors is None)


def hints_of(entry: ModelEntry, cases: GalleryCases) -> str:
    """What a model is shown of the labels or the factors, in words; "" if nothing."""
    if entry.learns_labels:
        return "It learned with the labels that the linear probe asks for."
    if entry.feed == "pairs" and cases.factors is not None:
        return "It learned from pairs that differ in one factor, without being told in which."
    if entry.feed == "pairs":
        return (
            "It learned from pairs of one class: to that extent it has seen the labels that the linear probe asks for."
        )
    return ""


def build_for(entry: ModelEntry, cases: GalleryCases, settings: GallerySettings) -> nn.Module:
    """The untrained model for cases of its size; the same seed gives the same weights."""
    is_small = min(cases.size) < SMALLEST_SIDE
    network = {"recons_metric": "ssim"} if entry.name == "xaaenet" and is_small else {}  # MS-SSIM needs more
    options = {"beta": settings.beta} if settings.beta is not None and "beta" in entry.option_names else {}
    with seeded(seed_for(settings.seed, "weights", 0)):
        return build_catalogued(
            entry.name,
            size=cases.size,
            channels=cases.channels,
            dims=settings.dims if entry.dims else None,
            classes=len(cases.classes),
            form=cases.form,
            n_data=len(cases.rows("train")),
            network=network,
            **options,
        )


def train_entry(
    entry: ModelEntry,
    cases: GalleryCases,
    settings: GallerySettings,
    folder: Path,
    *,
    progress: Progress | None = None,
) -> TrainedModel:
    """Train a model by the one function for all of them; stopped, the same call in the same folder goes on.

    Args:
        entry: the model.
        cases: at the size that it takes.
        settings: see `GallerySettings`.
        folder: of the training's own files.
        progress: called with (steps done, all).

    Raises:
        TrainingError: as `xaae_core.training.train_model`.
    """
    from xaae_core.training.train_model import train_model

    model = build_for(entry, cases, settings)
    n_cases = len(cases.rows("train"))
    n_epochs = settings.n_epochs(n_cases)
    plan = _plan_of(entry, cases, n_epochs)
    lengths = dict(zip(_PHASES, (plan.get(name, 0) for name in _PHASE_EPOCHS), strict=True))
    n_all = sum(lengths.values()) or n_epochs

    def tell(step: BatchProgress) -> None:
        before = sum(lengths[name] for name in _PHASES[: _PHASES.index(step.phase)]) if step.phase in _PHASES else 0
        if progress is not None:
            progress((before + step.epoch - 1) * step.n_batches + step.batch, n_all * step.n_batches)

    learn = train_model(
        model,
        _loaders(entry, cases, settings),
        models_dir=folder,
        lr_max=settings.lr_max,
        grad_accum=1,
        patience=n_epochs,
        seed=settings.seed,
        save_tsne=False,
        save_pls=False,
        extract_latent=False,
        progress_bar=False,
        device="cpu",
        on_batch=tell,
        **plan,
    )
    seconds = _seconds_of_epochs(folder / "history.csv")
    return TrainedModel(learn.model.cpu().eval(), len(seconds), sum(seconds))


def _plan_of(entry: ModelEntry, cases: GalleryCases, n_epochs: int) -> dict[str, Any]:
    """Epochs, and what only xAAEnet's three phases have: those of the preset "standard", as long as the others here."""
    if entry.name != "xaaenet":
        return {"epochs": n_epochs}
    from xaae_core.training.presets import STANDARD

    training = STANDARD.training
    scale = _XAAENET_SHARE * n_epochs / sum(training[name] for name in _PHASE_EPOCHS)
    plan = {name: training[name] for name in _OF_PRESET} | _XAAENET_WEIGHTS
    plan |= {name: max(1, round(scale * training[name])) for name in _PHASE_EPOCHS}
    return plan | {"patch_size": 4} if cases.form is None else plan


def _seconds_of_epochs(history: Path) -> list[float]:
    """How long each epoch of all phases took, also those before an interruption."""
    with history.open(encoding="utf-8", newline="") as file:
        return [float(epoch["seconds"]) for epoch in csv.DictReader(file)]


def _loaders(entry: ModelEntry, cases: GalleryCases, settings: GallerySettings) -> Any:
    """Loaders of cases; of pairs that differ in one known factor, where the model learns from such."""
    from xaae_core.data.case_loaders import CasesInMemory, loaders_of_cases

    parts = {}
    for number, part in enumerate(("train", "valid")):
        x, y = cases.of(part)  # type: ignore[arg-type]  # of the tuple above
        if entry.feed == "pairs" and cases.factors is not None:
            x, y = pairs_of_one_factor(x, y, cases.factors[cases.rows(part)], seed=settings.seed + number)  # type: ignore[arg-type]
        parts[part] = CasesInMemory(x, y, cases.classes)
    n_cases = len(cases.rows("train"))
    return loaders_of_cases(
        parts["train"],
        parts["valid"],
        batch_size=settings.batch_size(n_cases),
        seed=settings.seed,
        name=cases.name,
        fingerprint=cases.sha256,
    )


def pairs_of_one_factor(
    x: Tensor, y: np.ndarray[Any, Any], factors: np.ndarray[Any, Any], *, seed: int
) -> tuple[Tensor, np.ndarray[Any, Any]]:
    """As many pairs [N, 2, …] as there are cases [N, …], each differing in one factor of [N, K], by chance.

    Both cases of a pair are from these, so that none of another part is seen. Each case is the first of one pair; its
    partner is drawn from those that differ from it in the one factor drawn, in another factor where there is none.

    Source: Locatello et al. 2020, "Weakly-supervised disentanglement without compromises": k = 1.
    """
    rng = np.random.default_rng(seed)
    partners = np.arange(len(x))
    undecided = np.ones(len(x), bool)
    orders = rng.random(factors.shape).argsort(axis=1)  # the factors of each case in the order they are tried
    for attempt in range(factors.shape[1]):
        for factor in range(factors.shape[1]):
            rows = np.flatnonzero(undecided & (orders[:, attempt] == factor))
            found = _partners_in(factors, factor, rows, rng)
            partners[rows] = found
            undecided[rows] = found == rows
    pairs = torch.stack((x, x[torch.from_numpy(partners)]), dim=1)
    kept = np.flatnonzero(~undecided)
    return pairs[torch.from_numpy(kept)], y[kept]


def _partners_in(
    factors: np.ndarray[Any, Any], factor: int, rows: np.ndarray[Any, Any], rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """For each row one that differs from it in this factor alone; the row itself where there is none."""
    others = np.delete(factors, factor, axis=1)
    group = np.unique(others, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group)
    starts = np.cumsum(counts) - counts
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group))
    size, start = counts[group[rows]], starts[group[rows]]
    step = 1 + (rng.random(len(rows)) * np.maximum(size - 1, 1)).astype(np.int64)  # never back to the row itself
    return np.where(size > 1, order[start + (place[rows] - start + step) % size], rows)
