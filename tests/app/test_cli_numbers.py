"""From a table with a severity in it to a path along that severity, on the command line; grades likewise."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from app.cli import main
from tests.app.cli_folders import FEW_PIXELS
from xaae_core.checkpoints import load_checkpoint
from xaae_core.latents import read_latents

SIDE, N = 48, 90
TINY = (
    *("--size", SIDE, "--encoder", "small:8-16", "--dims", 4, "--batch-size", 8, "--recons-metric", "ssim"),
    *("--epochs-adv", 1, "--epochs-ae", 2, "--epochs-classif", 6),
    *("--epochs-consistency", 1, "--epochs-sharpening", 1),
)


def xaae(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)
    assert result.exit_code == 0, result.output
    return result


def write_study(folder: Path) -> Path:
    """Pictures whose square is as bright as their severity; two of each patient; no split."""
    rng = np.random.default_rng(0)
    rows = [["picture", "severity", "grade", "subject_id"]]
    (folder / "images").mkdir(parents=True)
    for number in range(N):
        severity = float(rng.random() * 50)
        pixels = rng.integers(0, 40, size=(SIDE, SIDE)).astype(np.uint8)
        pixels[12:36, 12:36] += np.uint8(4 * severity)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        rows.append([f"images/{number}.png", f"{severity:.2f}", str(int(severity // 12.5)), f"p{number // 2}"])
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("numbers")
    study = write_study(folder / "study")
    columns = ("--file-column", "picture", "--label-column", "severity")
    return folder, xaae("train", study, "--out", folder / "run", *columns, *TINY, "--json")


def test_a_severity_is_learned_and_measured(trained: tuple[Path, Result]) -> None:
    folder, result = trained
    said = json.loads(result.stdout)
    assert (said["task"], said["target"], said["split"]) == ("numbers", "severity", "test")
    assert said["spearman"] > 0.6
    assert said["mae"] < said["mae_of_median"]
    assert said["verdict"]
    card = load_checkpoint(folder / "run" / "model.safetensors").card
    assert (card.task, card.target, card.classes) == ("continuous", "severity", ("severity",))
    assert card.metrics["test_spearman"] == said["spearman"]
    assert "patient" not in json.dumps(card.training.get("columns"))


def test_a_patients_pictures_are_in_one_part(trained: tuple[Path, Result]) -> None:
    table = read_latents(trained[0] / "run" / "model.latents.parquet")
    numbers = [int(Path(name).stem) for name in table.ids]
    parts: dict[int, set[str]] = {}
    for number, split in zip(numbers, table.split, strict=True):
        parts.setdefault(number // 2, set()).add(str(split))
    assert all(len(part) == 1 for part in parts.values())
    assert "subject_id" not in table.columns


def test_a_picture_moves_along_the_severity(trained: tuple[Path, Result]) -> None:
    folder = trained[0]
    latents, image = folder / "run" / "model.latents.parquet", folder / "study" / "images" / "0.png"
    direction = json.loads(xaae("direction", latents, "--json").stdout)
    assert (direction["target"], direction["measure"]) == ("severity", "Spearman")
    checkpoint, out = folder / "run" / "model.safetensors", folder / "path"
    said = xaae("traverse", checkpoint, image, "--latents", latents, "--out", out)
    assert "predicted" in said.stdout
    with (out / "path.csv").open() as file:
        rows = list(csv.DictReader(file))
    predicted = [float(row["predicted"]) for row in rows]
    assert all(row["probability"] == "" for row in rows)
    assert predicted[-1] > predicted[0], "more severity is predicted towards severity"


def test_the_settings_beside_the_model_train_it_again(trained: tuple[Path, Result]) -> None:
    folder = trained[0]
    settings = folder / "run" / "settings.toml"
    again = xaae("train", folder / "study", "--out", folder / "again", "--settings", settings, "--json")
    assert json.loads(again.stdout)["spearman"] == json.loads(trained[1].stdout)["spearman"]
    first, second = (read_latents(folder / name / "model.latents.parquet") for name in ("run", "again"))
    np.testing.assert_array_equal(first.z, second.z)


def test_grades_are_judged_by_their_kappa(trained: tuple[Path, Result]) -> None:
    folder = trained[0]
    columns = ("--file-column", "picture", "--label-column", "grade", "--task", "ordinal")
    said = json.loads(xaae("train", folder / "study", "--out", folder / "grades", *columns, *TINY, "--json").stdout)
    assert said["kappa"] is not None
    assert load_checkpoint(folder / "grades" / "model.safetensors").card.task == "ordinal"
