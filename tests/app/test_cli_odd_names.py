"""Odd names: other scripts, very long ones, signs that mean something elsewhere; and a class of one case."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from app.cli import main
from tests.app.cli_folders import FEW_PIXELS
from tests.app.test_cli_train import TINY
from xaae_core.data.dataset import read_dataset
from xaae_core.latents import read_latents

CLASSES = ("Größe ≥ 2 cm", "対照群")
ODD = ("-rf", "a#3", "50%", "it's “quoted”", "x" * 240, "ö" * 110, "новый снимок", "tab\tname", "=1+1", "a, b; c")


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


def write(folder: Path, names: dict[str, list[str]]) -> Path:
    rng = np.random.default_rng(1)
    for level, (class_name, files) in enumerate(names.items()):
        (folder / class_name).mkdir(parents=True)
        for name in files:
            pixels = rng.integers(0, 60, size=(48, 48)).astype(np.uint8)
            pixels[12:36, 12:36] += np.uint8(90 * level)
            Image.fromarray(pixels).save(folder / class_name / f"{name}.png")
    return folder


def test_odd_names_train_and_come_back_unchanged(tmp_path: Path) -> None:
    plain = [f"{number:02}" for number in range(14)]
    folder = write(tmp_path / "Studie “Lunge” №1", {CLASSES[0]: [*ODD, *plain], CLASSES[1]: [*ODD, *plain]})
    trained = xaae("train", folder, "--out", tmp_path / "Läufe" / "№1", *TINY, "--json")
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["classes"] == list(CLASSES)
    table = read_latents(tmp_path / "Läufe" / "№1" / "model.latents.parquet")
    assert sorted(table.ids.tolist()) == sorted(f"{kind}/{name}.png" for kind in CLASSES for name in (*ODD, *plain))
    assert table.skipped == ()
    picture = folder / CLASSES[0] / f"{ODD[1]}.png"
    run = tmp_path / "Läufe" / "№1"
    moved = xaae("traverse", run / "model.safetensors", picture, "--latents", run / "model.latents.parquet",
        "--out", tmp_path / "path", "--steps", 3)  # fmt: skip
    assert moved.exit_code == 0, moved.output


@pytest.mark.parametrize("n_rare", [1, 2])
def test_a_class_of_one_case_is_trained_on_and_named(tmp_path: Path, n_rare: int) -> None:
    many = [f"{number:02}" for number in range(20)]
    folder = write(tmp_path / "study", {"a": many, "b": many, "rare": many[:n_rare]})
    data = read_dataset(folder)
    rare = [split for split, label in zip(data.split, data.labels, strict=True) if data.classes[label] == "rare"]
    assert "train" in rare, "a class that was never trained on could not be told"
    trained = xaae("train", folder, "--out", tmp_path / "run", *TINY, "--target", "b", "--json")
    assert trained.exit_code == 0, trained.output
    figures = json.loads(trained.stdout)
    assert np.array(figures["confusion"]).shape == (3, 3)
    towards_it = xaae("train", folder, "--out", tmp_path / "towards", *TINY, "--target", "rare", "--json")
    assert towards_it.exit_code == 0, towards_it.output
    assert json.loads(towards_it.stdout)["auroc"] is None or n_rare > 1
