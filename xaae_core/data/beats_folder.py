"""Write procedural beats as an ordinary folder of signals, masks and labels.csv, such as any user's own data."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from xaae_core.atomic_files import atomic_folder
from xaae_core.data.beats import CLASS_NAMES, draw_beats
from xaae_core.errors import DatasetError

COLUMNS = ("file", "label", "label_name", "split", "mask", "severity")
"""Columns of labels.csv; files are relative to the folder."""


def write_beats(
    folder: str | Path,
    *,
    n_train: int = 600,
    n_valid: int = 150,
    n_test: int = 250,
    seed: int = 0,
    length: int = 128,
    channels: int = 2,
) -> Path:
    """Write beats.npz, the ST segments as masks.npy, and labels.csv.

    The folder appears when it is complete.

    Args:
        folder: must be absent or empty; its parents are made.
        n_train: beats to train on.
        n_valid: beats to choose by.
        n_test: held-out beats.
        seed: of everything drawn.
        length: samples of a beat, which lasts a second.
        channels: leads.

    Returns:
        The path of labels.csv.

    Raises:
        DatasetError: the folder holds something, or no beat is asked for.
        ValueError: as `draw_beats`.
    """
    counts = {"train": n_train, "valid": n_valid, "test": n_test}
    if min(counts.values()) < 0 or not any(counts.values()):
        raise DatasetError(f"{counts} beats were asked for; ask for at least 1 in one split")
    beats = draw_beats(sum(counts.values()), seed, length=length, channels=channels)
    split = [name for name, count in counts.items() for _ in range(count)]
    try:
        with atomic_folder(folder) as partial:
            form = beats.form
            np.savez_compressed(
                partial / "beats.npz",
                x=beats.values,
                sampling_rate=form.sampling_rate,
                channel_names=np.array(form.channel_names),
                units=np.array(form.units),
            )
            np.save(partial / "masks.npy", beats.st_mask)
            with (partial / "labels.csv").open("w", newline="", encoding="utf-8") as file:
                table = csv.writer(file, lineterminator="\n")
                table.writerow(COLUMNS)
                for number, (label, severity) in enumerate(zip(beats.labels, beats.severity, strict=True)):
                    named = (label, CLASS_NAMES[label], split[number], f"masks.npy#{number}", f"{severity:.6f}")
                    table.writerow((f"beats.npz#{number}", *named))
    except FileExistsError as error:
        raise DatasetError(str(error)) from error
    return Path(folder) / "labels.csv"
