"""Write phantoms as an ordinary folder of pictures, masks and labels.csv, such as any user's own data."""

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xaae_core.atomic_files import atomic_folder
from xaae_core.data.phantom_drawing import DEFAULT_SIZE, Phantom
from xaae_core.data.phantom_factors import FACTOR_NAMES
from xaae_core.data.phantoms import DEMO_SEED, SPLITS, draw_by_id, phantom_id, to_uint8
from xaae_core.errors import DatasetError

COLUMNS = ("file", "label", "label_name", "split", "mask", *FACTOR_NAMES)
"""Columns of labels.csv; files are relative to the folder."""


def write_phantoms(
    folder: str | Path,
    *,
    n_train: int = len(SPLITS["train"]),
    n_valid: int = len(SPLITS["valid"]),
    n_test: int = len(SPLITS["test"]),
    seed: int = DEMO_SEED,
    size: int = DEFAULT_SIZE,
) -> Path:
    """Write the first phantoms of each split: images/, masks/ (0 and 255) and labels.csv.

    The folder appears when it is complete: everything is written beside it first and renamed at the end.
    With the default seed these are the demo's own phantoms, pixel for pixel.

    Args:
        folder: must be absent or empty; its parents are made.
        n_train: phantoms to train on, at most 800.
        n_valid: phantoms to choose by, at most 100.
        n_test: held-out phantoms, at most 300.
        seed: 0 or more.
        size: height and width in pixels.

    Returns:
        The path of labels.csv; `PhantomFactors.from_values` reads the factors of a row.

    Raises:
        DatasetError: the folder holds something, or a split is asked for more than it has.
    """
    plan = _plan({"train": n_train, "valid": n_valid, "test": n_test})
    return write_chosen_phantoms(folder, plan, seed=seed, size=size)


def write_chosen_phantoms(
    folder: str | Path,
    chosen: Sequence[tuple[str, str]],
    *,
    seed: int = DEMO_SEED,
    size: int = DEFAULT_SIZE,
    replace: bool = False,
) -> Path:
    """Write phantoms of one's own choice, as `write_phantoms` does.

    Args:
        folder: must be absent or empty, unless `replace`.
        chosen: (id, split) of each phantom.
        seed: 0 or more.
        size: height and width in pixels.
        replace: take the place of a folder that an earlier call wrote (one with a labels.csv).

    Returns:
        The path of labels.csv.

    Raises:
        DatasetError: the folder holds something else, or an id is of another form.
    """
    target = Path(folder)
    try:
        with atomic_folder(target, replaced_if="labels.csv" if replace else "") as partial:
            _fill(partial, chosen, seed, size)
    except FileExistsError as error:
        raise DatasetError(str(error)) from error
    return target / "labels.csv"


def _plan(counts: dict[str, int]) -> list[tuple[str, str]]:
    """Id and split of every phantom to write."""
    for split, count in counts.items():
        if not 0 <= count <= len(SPLITS[split]):
            raise DatasetError(
                f"n_{split} is {count}; the split has 0 to {len(SPLITS[split])} phantoms: ask for fewer, "
                "or draw more with another seed"
            )
    if not any(counts.values()):
        raise DatasetError("0 phantoms were asked for; ask for at least 1 in one split")
    return [(phantom_id(number), split) for split, n in counts.items() for number in SPLITS[split][:n]]


def _fill(folder: Path, plan: Sequence[tuple[str, str]], seed: int, size: int) -> None:
    for name in ("images", "masks"):
        (folder / name).mkdir()
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for identity, split in plan:
            phantom = draw_by_id(identity, seed=seed, size=size)
            row = _row(identity, split, phantom)
            _write_png(to_uint8(phantom.image), folder / str(row["file"]))
            _write_png(phantom.mask.astype(np.uint8) * np.uint8(255), folder / str(row["mask"]))
            table.writerow(row)


def _row(identity: str, split: str, phantom: Phantom) -> dict[str, object]:
    factors = phantom.factors
    return {
        "file": f"images/{identity}.png",
        "label": factors.label,
        "label_name": factors.label_name,
        "split": split,
        "mask": f"masks/{identity}.png",
        **asdict(factors),
    }


def _write_png(pixels: NDArray[np.uint8], path: Path) -> None:
    Image.fromarray(pixels).save(path, format="PNG")
