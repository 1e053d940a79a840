"""From a data folder to a finished model with its latents and its held-out figures.

A run has three stages, and a kill in any of them loses at most an epoch of the first or the whole of a later, short
one: the phases of `train_xaaenet` or `train_autoencoder`, which resume by themselves; the phases that a preset adds,
which start over from `training/trained.safetensors`; the measuring, which starts over from `model.safetensors` without
its latents.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.terminal import finite
from app.training.parts import build_loaders
from app.training.request import TrainingRequest
from app.training.settings import write_request
from app.training.way import TrainingPlace, Way, way_of
from xaae_core.atomic_files import remove_abandoned
from xaae_core.errors import TrainingError
from xaae_core.training.folder_lock import folder_locked
from xaae_core.training.processes import Processes, join_processes

if TYPE_CHECKING:
    from analysis.evaluation.quality import Quality
    from analysis.evaluation.verdict import Verdict
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.data.recipes import CaseRecipe
    from xaae_core.latents import LatentTable
    from xaae_core.model_card import ModelCard
    from xaae_core.training import TrainingProgress
    from xaae_core.training.progress import OnBatch

    Report = Callable[[TrainingProgress], None] | None

MODEL_NAME = "model.safetensors"
LATENTS_NAME = "model.latents.parquet"
TRAINING_FOLDER = "training"
TRAINED_NAME = "trained.safetensors"
EVALUATION_NAME = "evaluation.json"
LOCK_NAME = ".run.lock"


@dataclass(frozen=True)
class FinishedTraining:
    """What a training leaves behind.

    Attributes:
        checkpoint: the model, with its card.
        latents: the table of all splits.
        quality: figures of the test split, or of valid where there is no test; of a model that learned no labels, those
            of a linear probe on its z.
        is_probe: whether they are a probe's.
        verdict: whether it is good enough to explain.
    """

    checkpoint: Path
    latents: Path
    quality: Quality
    is_probe: bool
    verdict: Verdict


@dataclass(frozen=True)
class _Hooks:
    """Whom a training tells what happens."""

    on_progress: Report
    on_batch: OnBatch | None
    on_built: Callable[[Any, Any], None] | None

    def tell_built(self, model: Any, loaders: Any) -> None:
        """Tell of the model before it is trained."""
        if self.on_built is not None:
            self.on_built(model, loaders)


def run_training(
    dataset: ImageDataset,
    out: Path,
    request: TrainingRequest,
    *,
    resume: bool = True,
    on_progress: Report = None,
    on_batch: OnBatch | None = None,
    on_built: Callable[[Any, Any], None] | None = None,
) -> FinishedTraining:
    """Train a model on a checked data set and write it, its latents and its held-out figures.

    Args:
        dataset: see `read_dataset` and `check_images`.
        out: folder of the results; made if absent.
        request: what is trained, and how.
        resume: go on with an unfinished run of the folder; False starts over.
        on_progress: called after each epoch; an exception it raises ends the training, which can be resumed.
        on_batch: called after each training batch; so does this.
        on_built: called once with the model, which is trained in place, and the loaders.

    Raises:
        TrainingError: settings or data that cannot be trained with, or a folder that holds a finished model.
    """
    request.target_in(dataset)  # refused before there is a folder
    processes = join_processes()
    with processes.guarded(), processes.held_by_main(partial(folder_locked, out, name=LOCK_NAME)):
        processes.only_main(partial(remove_abandoned, out))
        hooks = _Hooks(on_progress, on_batch, on_built)
        return _run(dataset, out, request, resume=resume, hooks=hooks, processes=processes)


def _run(
    dataset: ImageDataset, out: Path, request: TrainingRequest, *, resume: bool, hooks: _Hooks, processes: Processes
) -> FinishedTraining:
    """See `run_training`; the folder is held, in several processes by the main one."""
    from xaae_core.model_card import card_for

    target, way = request.target_in(dataset), way_of(request)
    model: Any = processes.only_main(partial(way.build, dataset)) or way.build(dataset)
    card = card_for(
        model,
        name=out.resolve().name,
        **_learned(model, dataset, target),
        resize=request.resize,
        window=list(request.window) if request.window else None,
        training=way.settings(dataset),
        data_name=dataset.name,
        data_fingerprint=dataset.fingerprint,
    )
    if not (resume and processes.ask_main(partial(_take_up, model, out / MODEL_NAME, card))):
        place = TrainingPlace(
            folder=out / TRAINING_FOLDER,
            resume=resume,
            processes=processes,
            target=target,
            on_progress=hooks.on_progress,
            on_batch=hooks.on_batch,
        )
        _train(dataset, model, card, out, way, place, hooks)
    elif processes.ask_main((out / LATENTS_NAME).exists):
        raise _taken(out)
    return processes.ask_main(partial(_measure, dataset, model, card, target, out))


def _learned(model: Any, dataset: ImageDataset, target: str) -> dict[str, Any]:
    """What a card says of the labels that the model learns; nothing of a model that learns none."""
    if not model.classes:
        return {}
    return {"classes": dataset.classes or (target,), "target": target, "task": dataset.task}


def _train(
    dataset: ImageDataset, model: Any, card: ModelCard, out: Path, way: Way, place: TrainingPlace, hooks: _Hooks
) -> None:
    """Train a model and write it; every earlier result of the folder is gone then."""
    from xaae_core.checkpoints import save_checkpoint

    processes, trained = place.processes, place.folder / TRAINED_NAME
    if place.resume and processes.ask_main((out / MODEL_NAME).exists):
        raise _taken(out)
    processes.only_main(partial(write_request, out, way.request, dataset))
    loaders = build_loaders(dataset, model, way.request)
    processes.only_main(partial(hooks.tell_built, model, loaders))
    is_trained = place.resume and processes.ask_main(partial(_take_up, model, trained, card))
    if place.resume and not is_trained and processes.ask_main(trained.exists):
        raise TrainingError(
            f"{out} holds an unfinished training with other settings or data: call with those it was started with, "
            "name another folder, or give --no-resume to train anew"
        )
    if is_trained:
        model.to(loaders.device).requires_grad_(True)
    else:
        processes.only_main(partial(trained.unlink, missing_ok=True))
        way.train(model, loaders, dataset, place)
        processes.only_main(partial(save_checkpoint, model, trained, card))
    way.finish(model, loaders, dataset, place)
    processes.only_main(partial(_hand_over, model, card, out))


def _hand_over(model: Any, card: ModelCard, out: Path) -> None:
    """Put the finished model where the measuring finds it."""
    from xaae_core.checkpoints import save_checkpoint

    (out / LATENTS_NAME).unlink(missing_ok=True)  # of a model that was there before
    save_checkpoint(model, out / MODEL_NAME, card)
    (out / TRAINING_FOLDER / TRAINED_NAME).unlink()


def _write_json(file: Path, values: Mapping[str, Any]) -> None:
    from xaae_core.atomic_files import write_text_atomically

    write_text_atomically(file, json.dumps(finite(values), indent=2, ensure_ascii=False))


def _take_up(model: Any, path: Path, card: ModelCard) -> bool:
    """Load what an earlier call of the same run has written; False if there is none, or it is another run's."""
    from xaae_core.checkpoints import load_checkpoint, read_card
    from xaae_core.model_card import parse_card

    if not path.exists():
        return False
    found, wanted = read_card(path), parse_card(card.to_json(), path.name)
    names = ("kind", "arguments", "classes", "target", "training", "data_fingerprint")
    if any(getattr(found, name) != getattr(wanted, name) for name in names):
        return False
    load_checkpoint(path, model=model)
    return True


def _taken(out: Path) -> TrainingError:
    return TrainingError(
        f"{out} holds a finished model already: name another folder, or give --no-resume to train it anew"
    )


def _measure(dataset: ImageDataset, model: Any, card: ModelCard, target: str, out: Path) -> FinishedTraining:
    """Put the figures of what the model has not seen into its card; write the latents last."""
    from analysis.evaluation.linear_probe import PROBE, probe_latents, probe_metrics
    from analysis.evaluation.quality import measure_quality
    from analysis.evaluation.verdict import judge_metrics
    from xaae_core.checkpoints import file_sha256, save_checkpoint
    from xaae_core.data.recipes import recipe_for
    from xaae_core.latents import extract_latents, write_latents

    recipe = recipe_for(model, card)
    table = extract_latents(model, dataset, resize=recipe.resize, window=recipe.window, target=card.target)
    is_probe = not model.classes
    quality = measure_quality(probe_latents(table) if is_probe else table, target)
    figures = probe_metrics(quality.metrics()) if is_probe else quality.metrics()
    drawn = _drawn_share(model, table, recipe) if is_probe else {}
    metrics = {name: value for name, value in {**figures, **drawn}.items() if math.isfinite(value)}
    verdict = judge_metrics(metrics)
    said_by = {"said_by": PROBE if is_probe else "model"}
    report = {**quality.to_json(), **said_by, **drawn, "verdict": verdict.sentence, "reasons": list(verdict.reasons)}
    _write_json(out / EVALUATION_NAME, report)
    note = f"The linear probe's AUROC is of “{target}” against the rest." if is_probe and dataset.classes else ""
    checkpoint = save_checkpoint(model, out / MODEL_NAME, replace(card, metrics=metrics, note=note or card.note))
    table = replace(table, checkpoint_sha256=file_sha256(checkpoint))
    return FinishedTraining(checkpoint, write_latents(table, out / LATENTS_NAME), quality, is_probe, verdict)


def _drawn_share(model: Any, table: LatentTable, recipe: CaseRecipe) -> dict[str, float]:
    """How well a model that learned to draw does it, by the figure's name; {} of one that does not draw."""
    from analysis.evaluation.drawn_share import DRAWN_SHARE, measure_drawn_share
    from xaae_core.models.model_abilities import has_decoder

    if not has_decoder(model):
        return {}
    split = "test" if (table.split == "test").any() else "valid"
    return {f"{split}_{DRAWN_SHARE}": measure_drawn_share(model, table, recipe, split=split)}
