"""Pictures a second from folders to batches: ours against torchvision's ImageFolder and a plain DataLoader."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks.comparison import Comparison, take_turns, timed
from xaae_core.data.dataset import read_dataset
from xaae_core.data.loaders import make_dataloaders

STORED, WANTED, BATCH = 512, 192, 16


def write_photographs(folder: Path, n: int) -> Path:
    """Two classes of smooth colour pictures of 512×512 as JPEG, in train/ and a few in valid/."""
    rng = np.random.default_rng(0)
    for number in range(n + 4):
        coarse = rng.integers(0, 255, (16, 16, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((STORED, STORED), Image.Resampling.BICUBIC)
        path = folder / ("train" if number < n else "valid") / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, quality=90)
    return folder


def our_loader(folder: Path, *, num_workers: int, is_kept: bool) -> Any:
    """The training loader that `xaae train` uses."""
    loaders = make_dataloaders(
        read_dataset(folder),
        input_size=WANTED,
        input_channels=3,
        batch_size=BATCH,
        num_workers=num_workers,
        device="cpu",
        **({} if is_kept else {"cache_bytes": 0}),
    )
    return loaders.train


def plain_loader(folder: Path, *, num_workers: int) -> DataLoader[Any]:
    """What one would write: ImageFolder, antialiased resize, float in [0, 1]."""
    change = v2.Compose([v2.Resize((WANTED, WANTED)), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)])
    data = ImageFolder(str(folder / "train"), change)
    return DataLoader(data, BATCH, shuffle=True, drop_last=True, num_workers=num_workers)


def count_pictures(loader: Iterable[Any]) -> int:
    """Go through an epoch; returns how many pictures came."""
    return sum(len(batch[0]) for batch in loader)


def compare(name: str, ours: Any, plain: Any, *, repeats: int, note: str) -> Comparison:
    """An epoch of each, in turn."""
    n_pictures = count_pictures(plain)
    seconds = take_turns(timed(lambda: count_pictures(ours)), timed(lambda: count_pictures(plain)), repeats=repeats)
    per_second = " / ".join(f"{n_pictures / float(np.median(side)):,.0f}" for side in seconds)
    return Comparison(
        name, "make_dataloaders", "ImageFolder + DataLoader", *seconds, f"{per_second} pictures/s; {note}"
    )


def run(*, is_quick: bool = False) -> list[Comparison]:
    """First epochs (every picture is decoded), later ones (ours are kept in memory), and with two worker processes."""
    repeats = 1 if is_quick else 7
    with tempfile.TemporaryDirectory() as name:
        folder = write_photographs(Path(name), 32 if is_quick else 256)
        size = f"{STORED} px JPEG to {WANTED} px, batches of {BATCH}"
        return [
            compare(
                "input, first epoch",
                our_loader(folder, num_workers=0, is_kept=False),
                plain_loader(folder, num_workers=0),
                repeats=repeats,
                note=f"{size}, decoded each time, no workers",
            ),
            compare(
                "input, later epochs",
                our_loader(folder, num_workers=0, is_kept=True),
                plain_loader(folder, num_workers=0),
                repeats=repeats,
                note="ours are kept at the model's size (up to 1 GB)",
            ),
            compare(
                "input, two workers",
                our_loader(folder, num_workers=2, is_kept=False),
                plain_loader(folder, num_workers=2),
                repeats=repeats,
                note="start of the worker processes included",
            ),
        ]
