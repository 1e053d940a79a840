"""A whole run, killed in its phases, its finishing and its measuring, ends with the same model; its folder is held."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from app.training.run import LATENTS_NAME, LOCK_NAME, MODEL_NAME, run_training
from tests.app.cli_folders import write_pictures
from tests.app.training_jobs import tiny_request
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.dataset import check_images
from xaae_core.errors import TrainingError
from xaae_core.latents import read_latents
from xaae_core.training.folder_lock import folder_locked

SCRIPT = Path(__file__).with_name("killed_run.py")
ROOT = SCRIPT.parents[2]


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_with_the_same_model(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "xaae_core" / "training")]),
    }
    command = [sys.executable, "-W", "ignore", str(SCRIPT), str(tmp_path), "8", "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    kills = json.loads(done.stdout)
    assert len(kills) >= 8
    assert {kill["phase"] for kill in kills} >= {"autoencoder", "classifier", "consistency", "sharpening"}
    # after the last batch: while the model is handed over, or measured
    assert any(kill["phase"] == "sharpening" and kill["kind"] != "batch" for kill in kills)
    killed, whole = (tmp_path / name / "run" for name in ("killed", "whole"))
    mine, theirs = (load_checkpoint(folder / MODEL_NAME) for folder in (killed, whole))
    weights = theirs.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in mine.model.state_dict().items())
    assert mine.card.metrics == theirs.card.metrics
    tables = [read_latents(folder / LATENTS_NAME) for folder in (killed, whole)]
    assert (tables[0].z == tables[1].z).all()
    histories = [(folder / "training" / "history.csv").read_text().splitlines() for folder in (killed, whole)]
    assert [row.rpartition(",")[0] for row in histories[0]] == [row.rpartition(",")[0] for row in histories[1]]
    names = [{str(path.relative_to(folder)) for path in folder.rglob("*")} for folder in (killed, whole)]
    assert names[0] == names[1], "a killed run left files behind"


def test_a_second_run_in_the_same_folder_is_refused_until_the_measuring_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phases hold their own folder; what comes after them writes the results."""
    request = tiny_request(training={"epochs_adv": 0, "epochs_ae": 1, "epochs_classif": 0})
    dataset = check_images(request.read_data(write_pictures(tmp_path / "squares", per_class=16)))
    seen = []

    def measure(*arguments: object) -> None:
        with pytest.raises(TrainingError, match=f"in use by a training of process {os.getpid()}"):
            run_training(dataset, tmp_path / "run", request)
        seen.append(arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("app.training.run._measure", measure)
        with pytest.raises(KeyboardInterrupt):
            run_training(dataset, tmp_path / "run", request)
    assert seen
    with folder_locked(tmp_path / "run"):  # as the process of a training that a page started does
        run_training(dataset, tmp_path / "run", request)
    assert (tmp_path / "run" / LATENTS_NAME).exists()
    assert (tmp_path / "run" / LOCK_NAME).read_text() == ""
