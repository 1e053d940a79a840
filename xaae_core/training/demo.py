"""Train the demo: a small model of chest-like phantoms, its table of latents and twenty held-out pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xaae_core.atomic_files import write_text_atomically
from xaae_core.checkpoints import file_sha256, load_checkpoint, save_checkpoint
from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.data.phantom_folder import write_chosen_phantoms
from xaae_core.data.phantoms import CLASS_NAMES, DEFAULT_SIZE, DEMO_SEED, PhantomSet
from xaae_core.demo import CHECKPOINT_NAME, IMAGES_NAME, LATENTS_NAME
from xaae_core.demo.phantom_latents import draw_demo_sets, fingerprint_phantoms, tabulate_phantoms
from xaae_core.latents import write_latents
from xaae_core.model_card import card_for
from xaae_core.models import EncoderWithAAEBlocks, add_xaae_blocks, build_encoder
from xaae_core.training.finishing import finish_training
from xaae_core.training.presets import QUICK, Preset
from xaae_core.training.progress import TrainingProgress
from xaae_core.training.train import train_xaaenet

_TRAINED = "xaaenet_classif.safetensors"
_DONE = "trained.json"  # the three phases have ended, the finishing ones have not

N_BUNDLED = 20
"""Held-out pictures beside the model."""

_NOTE = (
    "Trained on images that a program drew; no patient is in them. The only abnormality is fluid in the lung on the "
    "left of the image, and its height (severity) is known for every image. `xaae demo train` trains it again."
)


def train_demo(
    folder: str | Path,
    *,
    preset: Preset = QUICK,
    seed: int = 0,
    measure: Callable[[Any], Mapping[str, float]] | None = None,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    progress_bar: bool | None = False,
    sets: tuple[tuple[str, PhantomSet], ...] | None = None,
) -> Path:
    """Draw the phantoms, train a model on them and write the bundle.

    Called again after a kill, it goes on after the last finished epoch; the two short finishing phases start over.

    Args:
        folder: gets the checkpoint, the table of latents, chest-phantoms/ and training/ (phases, history, figures).
        preset: model and schedule.
        seed: of the model's first weights and of the training.
        measure: called with the trained model; its held-out figures go on the card.
        on_progress: called after each epoch.
        progress_bar: fastai's bars; None: in a terminal.
        sets: (split, phantoms) pairs to train on; the demo's own if None.

    Returns:
        The checkpoint.
    """
    folder = Path(folder)
    sets = sets or draw_demo_sets(size=DEFAULT_SIZE)
    model = build_demo_model(preset, size=sets[0][1].images.shape[-1], seed=seed)
    loaders = _loaders(sets, preset, seed)
    done = folder / "training" / _DONE
    settings = {**preset.settings(), "seed": seed}
    signature = json.dumps({**settings, "data": fingerprint_phantoms(sets)}, sort_keys=True)
    if done.is_file() and done.read_text(encoding="utf-8") == signature:
        load_checkpoint(done.with_name(_TRAINED), model=model)
        model.requires_grad_(True)
    else:
        done.unlink(missing_ok=True)
        train_xaaenet(
            model,
            loaders,
            **preset.training,
            models_dir=folder / "training",
            save_tsne=False,
            pls_target_class=CLASS_NAMES[1],
            extract_latent=False,
            show_latent_figures=False,
            seed=seed,
            on_progress=on_progress,
            progress_bar=progress_bar,
        )
        write_text_atomically(done, signature)
    finish_training(model, loaders, preset, seed=seed, on_progress=on_progress)
    model.to(torch.device("cpu")).eval()
    checkpoint = write_demo(folder, model, sets, training=settings, measure=measure)
    done.unlink()  # the next call trains anew
    return checkpoint


def build_demo_model(preset: Preset = QUICK, *, size: int = DEFAULT_SIZE, seed: int = 0) -> EncoderWithAAEBlocks:
    """The demo's model with its first weights; torch's generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = build_encoder(preset.encoder, 1)
        model = add_xaae_blocks(encoder, size, 1, classes=2, encoder_spec=preset.encoder, **preset.model)
    # A quarter less time for a convolution on the CPU; the values agree to rounding.
    return model.to(memory_format=torch.channels_last)


def write_demo(
    folder: Path,
    model: EncoderWithAAEBlocks,
    sets: tuple[tuple[str, PhantomSet], ...],
    *,
    training: Mapping[str, Any],
    measure: Callable[[Any], Mapping[str, float]] | None = None,
) -> Path:
    """Write checkpoint, latents and pictures of a trained model; returns the checkpoint."""
    card = card_for(
        model,
        name="Chest phantoms (demo)",
        classes=CLASS_NAMES,
        target=CLASS_NAMES[1],
        training=dict(training),
        metrics=dict(measure(model)) if measure is not None else {},
        data_name=f"chest-like phantoms, seed {DEMO_SEED}",
        data_fingerprint=fingerprint_phantoms(sets),
        note=_NOTE,
    )
    checkpoint = save_checkpoint(model, folder / CHECKPOINT_NAME, card)
    drawn = dict(sets)
    # A data folder needs training images: one of each class goes with the held-out ones.
    chosen = [(identity, "train") for identity in chosen_ids(drawn["train"], 2)]
    chosen += [(identity, "test") for identity in chosen_ids(drawn["test"])]
    write_chosen_phantoms(folder / IMAGES_NAME, chosen, size=drawn["test"].images.shape[-1], replace=True)
    paths = {identity: f"{IMAGES_NAME}/images/{identity}.png" for identity, _ in chosen}
    table = tabulate_phantoms(model, sets, images=paths, checkpoint_sha256=file_sha256(checkpoint))
    write_latents(table, folder / LATENTS_NAME)
    return checkpoint


def chosen_ids(phantoms: PhantomSet, n: int = N_BUNDLED) -> tuple[str, ...]:
    """Phantoms at evenly spaced ranks of severity, in the order of their numbers."""
    order = np.argsort(phantoms.factors["severity"], kind="stable")
    ranks = np.linspace(0, len(order) - 1, min(n, len(order))).round().astype(int)
    return tuple(phantoms.ids[row] for row in sorted(order[ranks]))


def _loaders(sets: tuple[tuple[str, PhantomSet], ...], preset: Preset, seed: int) -> Any:
    used = [(split, phantoms) for split, phantoms in sets if split != "test"]
    return dataloaders_from_arrays(
        np.concatenate([phantoms.images for _, phantoms in used]),
        np.concatenate([phantoms.labels for _, phantoms in used]),
        [split for split, phantoms in used for _ in phantoms.ids],
        CLASS_NAMES,
        batch_size=preset.batch_size,
        seed=seed,
    )
