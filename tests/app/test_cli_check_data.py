"""`xaae check-data`: what it prints, for people and for machines, and its exit codes."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from app.cli import main
from tests.app.cli_folders import SIDE, write_model


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def write_study(folder: Path, *, n: int = 60, n_leaked: int = 0, **columns: list[object]) -> Path:
    """Noisy pictures of two classes with a split; the last `n_leaked` of test are copies of the first of train."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8) for _ in range(n)]
    for number in range(n_leaked):
        pictures[n - 1 - number] = pictures[number]
    splits = ["train"] * (n // 2) + ["valid"] * (n // 4) + ["test"] * (n - n // 2 - n // 4)
    table = {"label": [f"class {number % 2}" for number in range(n)], "split": splits, **columns}
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", *table])
        for number, picture in enumerate(pictures):
            Image.fromarray(picture).save(folder / f"{number:02d}.png")
            writer.writerow([f"{number:02d}.png", *(column[number] for column in table.values())])
    return folder


def test_a_sound_set_gives_a_table_findings_and_code_0(tmp_path: Path) -> None:
    result = xaae("check-data", write_study(tmp_path / "study"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("study: 60 images, 2 classes")
    assert lines[2].split() == ["train", "valid", "test"]
    assert lines[3].split() == ["class", "0", "15", "8", "7"]
    assert "Fine" in lines
    assert "checked 60 of 60" in result.stderr
    assert "\x1b" not in result.stdout


def test_leaked_pictures_give_code_3_and_are_named(tmp_path: Path) -> None:
    result = xaae("check-data", write_study(tmp_path / "study", n_leaked=2))
    assert result.exit_code == 3
    assert "Stop: results would be worthless or wrong" in result.stdout
    assert "2 pictures are in more than one split" in result.stdout
    assert "see: 00.png, 59.png, 01.png, 58.png" in result.stdout
    assert "do: Keep one copy" in result.stdout


def test_strict_lets_warnings_count(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study", n=40)
    (folder / "05.png").write_bytes(b"no picture")
    assert xaae("check-data", folder).exit_code == 0
    assert xaae("check-data", folder, "--strict").exit_code == 3


def test_json_holds_the_report_and_nothing_else(tmp_path: Path) -> None:
    result = xaae("check-data", write_study(tmp_path / "study", n_leaked=2), "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 3
    assert report["worst"] == "stop"
    assert report["counts"]["class 0"] == {"train": 15, "valid": 8, "test": 7}
    assert report["findings"][0]["cases"] == ["00.png", "59.png", "01.png", "58.png"]


def test_one_class_is_a_finding_here(tmp_path: Path) -> None:
    result = xaae("check-data", write_study(tmp_path / "study", n=20, label=["only"] * 20))
    assert result.exit_code == 3
    assert "one class (only)" in result.stdout


def test_columns_and_the_task_are_the_users(tmp_path: Path) -> None:
    severity = [f"{number / 7:.2f}" for number in range(60)]
    folder = write_study(tmp_path / "study", severity=severity, who=[f"p{number % 30}" for number in range(60)])
    result = xaae("check-data", folder, "--label-column", "severity", "--patient-column", "who", "--json")
    report = json.loads(result.stdout)
    assert report["counts"]["max"]["test"] == pytest.approx(59 / 7, abs=0.01)
    assert any("patients have pictures in more than one split" in f["title"] for f in report["findings"])


def test_a_model_is_checked_against(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.safetensors", channels=3)
    folder = write_study(tmp_path / "study")
    titles = [
        f["title"] for f in json.loads(xaae("check-data", folder, "--checkpoint", model, "--json").stdout)["findings"]
    ]
    assert "All pictures are grey, the model is for colour" in titles
    larger = [f["title"] for f in json.loads(xaae("check-data", folder, "--size", 256, "--json").stdout)["findings"]]
    assert any("smaller than the model's 256×256 px" in title for title in larger)


def test_what_is_no_data_set_gives_code_2_and_no_traceback(tmp_path: Path) -> None:
    result = xaae("check-data", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "nowhere is not there" in result.stderr


def test_nothing_is_written_beside_the_data(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study", n=20)
    before = {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(folder)}
    xaae("check-data", folder)
    assert {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(folder)} == before


def test_the_help_tells_the_exit_codes() -> None:
    assert "3    at least one finding of the level stop" in xaae("check-data", "--help").output
    assert "3    check-data found" in xaae("--help").output
