"""A folder of drawn beats with masks, and a tiny model of them, for tests of pages and commands."""

from pathlib import Path

import numpy as np
import torch

from xaae_core.checkpoints import save_checkpoint
from xaae_core.data.beats import CLASS_NAMES, BeatSet, draw_beats
from xaae_core.model_card import card_for
from xaae_core.models.signal_networks import build_signal_autoencoder


def write_beats(folder: Path, n: int = 24) -> BeatSet:
    """beats.npz, st_mask.npy and labels.csv, which names the mask of each beat."""
    beats = draw_beats(n, seed=0, length=64)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "beats.npz", x=beats.values, sampling_rate=beats.form.sampling_rate,
        channel_names=np.array(beats.form.channel_names), units=np.array(beats.form.units),
    )  # fmt: skip
    np.save(folder / "st_mask.npy", beats.st_mask)
    lines = [
        f"beats.npz#{k},{label},{CLASS_NAMES[label]},{'test' if k % 4 == 3 else 'train'},st_mask.npy#{k}"
        for k, label in enumerate(beats.labels)
    ]
    (folder / "labels.csv").write_text("\n".join(["file,label,label_name,split,mask", *lines]) + "\n")
    return beats


def write_beats_model(folder: Path) -> Path:
    """A convolutional autoencoder of such beats with seeded random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_signal_autoencoder("AE", draw_beats(1, length=64).form, 4, name="beats").eval()
    return save_checkpoint(network, folder / "beats.safetensors", card_for(network, name="beats"))
