"""Made data sets: pictures with a common look and details of their own, written with the table that a test wants."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from xaae_core.data.checks import Finding
from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.picture_facts import gather_facts
from xaae_core.data.dataset import read_dataset

SPLIT = ("train", "train", "train", "valid", "test")


def portrait(rng: np.random.Generator, side: int = 48) -> np.ndarray[Any, Any]:
    """A bright oval on dark ground, as all pictures of a set share it, with texture that only this one has."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    common = 0.55 * np.exp(-2 * (x**2 + 0.6 * y**2))
    own = gaussian_filter(rng.standard_normal((side, side)), side / 24)
    return np.rint(np.clip(0.2 + common + 0.08 * own / own.std(), 0, 1) * 255).astype(np.uint8)


@pytest.fixture
def portraits() -> Callable[..., list[np.ndarray[Any, Any]]]:
    """portraits(n, side=48, seed=0): n pictures uint8 [side, side]."""
    return lambda n, side=48, seed=0: [portrait(np.random.default_rng((seed, i)), side) for i in range(n)]


@pytest.fixture
def write_set(tmp_path: Path) -> Callable[..., Path]:
    """write_set(pictures, label=[…], column=[…], …): a folder with 000.png … and labels.csv; its path."""

    def write(pictures: Sequence[Any], **columns: Sequence[object]) -> Path:
        root = tmp_path / "study"
        root.mkdir(exist_ok=True)
        names = columns.pop("file", [f"{number:03d}.png" for number in range(len(pictures))])
        columns.setdefault("label", [number % 2 for number in range(len(pictures))])
        columns.setdefault("split", [SPLIT[number // 2 % 5] for number in range(len(pictures))])
        for name, picture in zip(names, pictures, strict=True):
            (root / str(name)).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(picture, bytes):
                (root / str(name)).write_bytes(picture)
            elif picture is not None:
                Image.fromarray(picture).save(root / str(name))
        with (root / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["file", *columns])
            table.writerows(zip(names, *columns.values(), strict=True))
        return root

    return write


@pytest.fixture
def given_of() -> Callable[..., CheckInput]:
    """given_of(folder, size=…, …): what the checks are given for a folder."""

    def give(folder: Path, *, task: Any = "auto", **model: Any) -> CheckInput:
        gathered = gather_facts(read_dataset(folder, min_classes=1, task=task))
        return CheckInput(gathered.dataset, gathered.facts, **model)

    return give


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """found(check, given, level): what a check finds, of one level or above "good"."""

    def run(check: Callable[[CheckInput], Any], given: CheckInput, level: str | None = None) -> list[Finding]:
        findings = list(check(given))
        return [f for f in findings if (f.level == level if level else f.level != "good")]

    return run
