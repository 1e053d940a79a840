"""`xaae train` in two processes: the README's line, as on a computer without GPUs."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.training.run import run_training
from tests.app.cli_folders import write_pictures
from tests.app.training_jobs import tiny_request
from xaae_core.data.dataset import check_images

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = (
    *("--preset", "quick", "--encoder", "small:8-16", "--size", "48", "--dims", "4", "--batch-size", "8"),
    *(
        "--recons-metric",
        "ssim",
        "--lr-max",
        "0.0002",
        "--epochs-adv",
        "1",
        "--epochs-ae",
        "2",
        "--epochs-classif",
        "1",
    ),
    *("--epochs-consistency", "1", "--epochs-sharpening", "1", "--json"),
)


def history(out: Path) -> list[dict[str, str]]:
    with (out / "training" / "history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_line_of_the_readme_trains_in_two_processes_as_in_one(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    line = re.findall(
        r"^accelerate launch (--num_processes 2 -m app\.cli train) my_pictures --out", readme, re.MULTILINE
    )
    assert len(line) == 1
    assert "`--multi_gpu`" in readme
    pictures, out = write_pictures(tmp_path / "squares", per_class=16), tmp_path / "two"
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--main_process_port", "0", "--multi_gpu"]
    command = [*launch, *line[0].split(), str(pictures), "--out", str(out), *OPTIONS]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["checkpoint"] == str(out / "model.safetensors")  # told once
    assert done.stderr.count("autoencoder 2/2") == 1
    training = {"epochs_adv": 1, "epochs_ae": 2, "epochs_classif": 1, "lr_max": 0.0002}
    request = tiny_request(training=training)
    run_training(check_images(request.read_data(pictures)), tmp_path / "one", request)
    for row, other in zip(history(out), history(tmp_path / "one"), strict=True):
        for name in ("train_loss", "valid_loss", "prior_distance", "selection_loss"):
            assert float(row[name]) == pytest.approx(float(other[name]), rel=1e-3), (name, row, other)
    files = [{path.name for path in (tmp_path / name).rglob("*")} for name in ("one", "two")]
    assert files[0] == files[1]
