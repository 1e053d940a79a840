"""A disk that is full in the middle of a checkpoint: the last good one stays, and the training goes on when there is
room."""

import json
import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from xaae_core.checkpoints import (
    load_checkpoint,
    read_state_dict,
    read_training_state,
    save_checkpoint,
    write_training_state,
)
from xaae_core.errors import CheckpointError, TrainingError
from xaae_core.model_card import card_for
from xaae_core.training import phase_fit, phased_training

NAMES = ("xaaenet_adv", "xaaenet_ae", "xaaenet_classif")
SCRIPT = Path(__file__).with_name("full_disk_training.py")


@contextmanager
def files_limited(n_bytes):
    """Inside, a write that would make a file longer fails as on a full disk, but with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    tiny.train(folder)
    return folder


def assert_same_weights(folder, other):
    for name in NAMES:
        for suffix in (".pth", ".safetensors"):
            mine, theirs = read_state_dict(folder / (name + suffix)), read_state_dict(other / (name + suffix))
            assert all(torch.equal(mine[key], theirs[key]) for key in theirs), name + suffix


@pytest.mark.parametrize(
    ("module", "function", "call"),
    [
        (phase_fit, "write_state", 1),  # there is no good one yet
        (phase_fit, "write_state", 3),
        (phase_fit, "write_best", 2),
        (phase_fit, "write_history", 4),
        (phased_training, "save_phase", 1),
        (phased_training, "_save_latents", 1),
    ],
)
def test_the_last_good_files_stay_and_the_training_goes_on(tiny, whole, tmp_path, monkeypatch, module, function, call):
    real, calls = getattr(module, function), []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) != call:
            return real(*arguments)
        with files_limited(100):
            return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(module, function, full)
        with pytest.raises(TrainingError, match=f"File too large.*free some space.*{tmp_path}.*call again: it goes on"):
            tiny.train(tmp_path, extract_latent=True)
    for path in tmp_path.iterdir():
        assert path.name == ".training.lock" or not path.name.startswith("."), "a temporary file was left"
        if path.suffix in (".pth", ".safetensors"):
            (read_training_state if path.name == "training_state.pth" else read_state_dict)(path)
    tiny.train(tmp_path, extract_latent=True)
    assert_same_weights(tmp_path, whole)
    assert (tmp_path / "xaaenet_classif_latents.parquet").exists()


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tiny, tmp_path):
    model, path = tiny.make_model(), tmp_path / "model.safetensors"
    card = card_for(model, name="first", classes=("a", "b"))
    save_checkpoint(model, path, card)
    write_training_state(tmp_path / "state.pth", {"number": 1})
    with files_limited(1000):
        with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be written.*File too large.*Free some"):
            save_checkpoint(model, path, card)
        with pytest.raises(OSError, match="File too large") as found:
            write_training_state(tmp_path / "state.pth", dict(model.state_dict()))
    assert found.value.filename == str(tmp_path / "state.pth")
    assert sorted(os.listdir(tmp_path)) == ["model.safetensors", "state.pth"]
    assert load_checkpoint(path).card.name == "first"
    assert read_training_state(tmp_path / "state.pth") == {"number": 1}


def may_mount():
    command = ["unshare", "-rm", "true"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="no disk can be mounted here (unshare -rm)")
def test_a_disk_that_is_full_or_read_only_ends_the_training_until_it_is_not(whole, tmp_path):
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": os.pathsep.join([str(SCRIPT.parent), str(SCRIPT.parents[3])]),
    }
    command = ["unshare", "-rm", sys.executable, "-W", "ignore", str(SCRIPT), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for said in (found["said"], found["again"]):
        assert "No space left on device" in said
        assert "free some space" in said
        assert "goes on after the last finished epoch" in said
    assert found["epochs"] == 2
    assert found["state"] == 1
    assert found["best"] > 10
    expected = {".training.lock", "history.csv", "training_state.pth", "xaaenet_adv.json", "xaaenet_adv.pth"}
    assert set(found["left"]) == expected
    assert "cannot be written to (Read-only file system); expected one of yours: give another" in found["read_only"]
    assert found["at_last"] == "trained"
    assert_same_weights(tmp_path / "finished", whole)
