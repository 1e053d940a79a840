"""From a data folder to a finished model with its latents and its held-out figures.

A run has three stages, and a kill in any of them loses at most an epoch of the first or the whole of a later, short
one: the phases of `train_xaaenet`, which resume by themselves; the phases that a preset adds, which start over from
`training/trained.safetensors`; the measuring, which starts over from `model.safetensors` without its latents.
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
from app.training.parts import build_loaders, build_model
from app.training.request import TrainingRequest
from app.training.settings import write_request
from xaae_core.atomic_files import remove_abandoned
from xaae_core.errors import TrainingError
from xaae_core.training.folder_lock import folder_locked
from xaae_core.training.processes import Processes, join_processes

if TYPE_CHECKING:
    from analysis.evaluation.quality import Quality
    from analysis.evaluation.verdict import Verdict
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.model_card import ModelCard
    from xaae_core.models.aae import XaaeBlocks
    from xaae_core.training import TrainingProgress
    from xaae_core.training.progress import OnBatch

    Report = Callable[[TrainingProgress], None] | None

MODEL_NAME = "model.safetensors"
LATENTS_NAME = "model.latents.parquet"
TRAINING_FOLDER = "training"
TRAINED_NAME = "trained.safetensors"
EVALUATION_NAME = "evaluation.json"
RATE_NAME = "learning_rate.json"
LOCK_NAME = ".run.lock"


@dataclass(frozen=True)
class FinishedTraining:
    """What a training leaves behind.

    Attributes:
        checkpoint: the model, with its card.
        latents: the table of all splits.
        quality: figures of the test split, or of valid where there is no test.
        verdict: whether it is good enough to explain.
    """

    checkpoint: Path
    latents: Path
    quality: Quality
    verdict: Verdict


@dataclass(frozen=True)
class _Hooks:
    """Whom a training tells what happens."""

    on_progress: Report
    on_batch: OnBatch | None
    on_built: Callable[[XaaeBlocks, Any], None] | None

    def tell_built(self, model: XaaeBlocks, loaders: Any) -> None:
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
    on_built: Callable[[XaaeBlocks, Any], None] | None = None,
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

    target = request.target_in(dataset)
    model = processes.only_main(partial(build_model, dataset, request)) or build_model(dataset, request)
    card = card_for(
        model,
        name=out.resolve().name,
        classes=dataset.classes or (target,),
        target=target,
        task=dataset.task,
        resize=request.resize,
        window=list(request.window) if request.window else None,
        training=request.settings(),
        data_name=dataset.name,
        data_fingerprint=dataset.fingerprint,
    )
    if not (resume and processes.ask_main(partial(_take_up, model, out / MODEL_NAME, card))):
        _train(dataset, model, card, out, request, resume=resume, hooks=hooks, processes=processes)
    elif processes.ask_main((out / LATENTS_NAME).exists):
        raise _taken(out)
    return processes.ask_main(partial(_measure, dataset, model, card, out))


def _train(
    dataset: ImageDataset,
    model: XaaeBlocks,
    card: ModelCard,
    out: Path,
    request: TrainingRequest,
    *,
    resume: bool,
    hooks: _Hooks,
    processes: Processes,
) -> None:
    """Train a model and write it; every earlier result of the folder is gone then."""
    import torch

    from xaae_core.checkpoints import save_checkpoint
    from xaae_core.training import train_xaaenet
    from xaae_core.training.finishing import finish_training

    if resume and processes.ask_main((out / MODEL_NAME).exists):
        raise _taken(out)
    plan, folder = request.plan(), out / TRAINING_FOLDER
    processes.only_main(partial(write_request, out, request, dataset))
    loaders = build_loaders(dataset, model, request)
    processes.only_main(partial(hooks.tell_built, model, loaders))
    weights = request.class_weights(dataset)
    is_trained = resume and processes.ask_main(partial(_take_up, model, folder / TRAINED_NAME, card))
    if resume and not is_trained and processes.ask_main((folder / TRAINED_NAME).exists):
        raise TrainingError(
            f"{out} holds an unfinished training with other settings or data: call with those it was started with, "
            "name another folder, or give --no-resume to train anew"
        )
    if is_trained:
        model.to(loaders.device).requires_grad_(True)
    else:
        processes.only_main(partial((folder / TRAINED_NAME).unlink, missing_ok=True))
        train_xaaenet(
            model,
            loaders,
            **{**plan.training, **_found_rate(model, loaders, request, folder, processes)},
            seed=request.seed,
            class_weights=weights,
            models_dir=folder,
            pls_target_class=card.target,
            extract_latent=False,
            show_latent_figures=False,
            progress_bar=False,
            resume=resume,
            on_progress=hooks.on_progress,
            on_batch=hooks.on_batch,
        )
        processes.only_main(partial(save_checkpoint, model, folder / TRAINED_NAME, card))
    finish_training(
        model,
        loaders,
        plan,
        seed=request.seed,
        class_weights=None if weights is None else torch.tensor(weights),
        on_progress=hooks.on_progress,
        on_batch=hooks.on_batch,
    )
    processes.only_main(partial(_hand_over, model, card, out))


def _hand_over(model: XaaeBlocks, card: ModelCard, out: Path) -> None:
    """Put the finished model where the measuring finds it."""
    from xaae_core.checkpoints import save_checkpoint

    (out / LATENTS_NAME).unlink(missing_ok=True)  # of a model that was there before
    save_checkpoint(model, out / MODEL_NAME, card)
    (out / TRAINING_FOLDER / TRAINED_NAME).unlink()


def _found_rate(
    model: XaaeBlocks, loaders: Any, request: TrainingRequest, folder: Path, processes: Processes
) -> dict[str, float]:
    """The peak learning rate, looked for once a run; {} where none was asked for."""
    from xaae_core.training.learning_rate import find_learning_rate

    if not request.find_lr:
        return {}
    file = folder / RATE_NAME
    if not processes.ask_main(file.exists):  # each looks for itself, on the same images
        found = find_learning_rate(model, loaders, seed=request.seed, training=request.plan().training)
        curve = {"suggested": found.suggested, "rates": found.rates.tolist(), "losses": found.losses.tolist()}
        processes.only_main(partial(_write_json, file, curve))
    return {"lr_max": float(json.loads(processes.ask_main(partial(file.read_text, encoding="utf-8")))["suggested"])}


def _write_json(file: Path, values: Mapping[str, Any]) -> None:
    from xaae_core.atomic_files import write_text_atomically

    write_text_atomically(file, json.dumps(finite(values), indent=2, ensure_ascii=False))


def _take_up(model: XaaeBlocks, path: Path, card: ModelCard) -> bool:
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


def _measure(dataset: ImageDataset, model: XaaeBlocks, card: ModelCard, out: Path) -> FinishedTraining:
    """Put the figures of what the model has not seen into its card; write the latents last."""
    from analysis.evaluation.quality import measure_quality
    from analysis.evaluation.verdict import judge_metrics
    from xaae_core.checkpoints import file_sha256, save_checkpoint
    from xaae_core.data.recipes import recipe_for
    from xaae_core.latents import extract_latents, write_latents

    recipe = recipe_for(model, card)
    table = extract_latents(model, dataset, resize=recipe.resize, window=recipe.window, target=card.target)
    quality = measure_quality(table, card.target)
    metrics = {name: value for name, value in quality.metrics().items() if math.isfinite(value)}
    verdict = judge_metrics(metrics)
    report = {**quality.to_json(), "verdict": verdict.sentence, "reasons": list(verdict.reasons)}
    _write_json(out / EVALUATION_NAME, report)
    checkpoint = save_checkpoint(model, out / MODEL_NAME, replace(card, metrics=metrics))
    table = replace(table, checkpoint_sha256=file_sha256(checkpoint))
    return FinishedTraining(checkpoint, write_latents(table, out / LATENTS_NAME), quality, verdict)
