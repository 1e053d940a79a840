"""A killed training, called again, ends exactly where one that was never killed does."""

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from xaae_core.checkpoints import file_sha256, read_state_dict, read_training_state
from xaae_core.errors import TrainingError
from xaae_core.latents import read_latents
from xaae_core.training import phase_fit, phased_training, train_xaaenet

NAMES = ("xaaenet_adv", "xaaenet_ae", "xaaenet_classif")


class Killed(BaseException):
    """Stands for a kill at a chosen line."""


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    """The folder of a training that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    tiny.train(folder)
    return folder


def assert_same(folder: Path, other: Path) -> None:
    for name in NAMES:
        for suffix in (".pth", ".safetensors"):
            mine, theirs = read_state_dict(folder / (name + suffix)), read_state_dict(other / (name + suffix))
            assert mine.keys() == theirs.keys()
            assert all(torch.equal(mine[key], theirs[key]) for key in mine), name + suffix
    assert rows(folder) == rows(other)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.slow
def test_a_training_killed_twenty_times_ends_with_the_same_weights(tmp_path):
    """Each life is a process that SIGKILL ends, at a random moment between two batches or while files are written."""
    script = Path(__file__).with_name("killed_training.py")
    root = script.parents[3]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": os.pathsep.join([str(script.parent), str(root)]),
    }
    command = [sys.executable, "-W", "ignore", str(script), str(tmp_path), "20", "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    kills = json.loads(done.stdout)
    assert len(kills) >= 20
    assert {kill["phase"] for kill in kills} >= {"adversarial", "autoencoder", "classifier"}
    assert sum(kill["kind"] != "batch" for kill in kills) >= 5, "no kill hit the writing of files"
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert_same(killed, whole)
    mine, theirs = (read_latents(folder / "xaaenet_classif_latents.parquet") for folder in (killed, whole))
    assert np.array_equal(mine.z, theirs.z)
    assert mine.checkpoint_sha256 == file_sha256(killed / "xaaenet_classif.safetensors")
    names = [sorted(path.name for path in folder.iterdir()) for folder in (killed, whole)]
    assert names[0] == names[1], "a killed training left files behind"


@pytest.mark.parametrize(
    ("module", "function", "call"),
    [
        (phase_fit, "write_state", 1),  # the first epoch is lost: nothing is on disk
        (phase_fit, "write_state", 6),
        (phase_fit, "write_best", 1),  # the state says the epoch was the best, its weights are not written yet
        (phase_fit, "write_best", 4),
        (phase_fit, "write_history", 5),
        (phase_fit, "load_best", 1),  # between two phases
        (phased_training, "save_phase", 2),
        (phased_training, "save_phase", 3),
        (phased_training, "remove_state", 1),  # everything is done, but the state is still there
    ],
)
def test_a_kill_between_two_files_is_mended(tiny, whole, tmp_path, monkeypatch, module, function, call):
    real = getattr(module, function)
    calls = []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == call:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(module, function, killed)
    with pytest.raises(Killed):
        tiny.train(tmp_path)
    monkeypatch.setattr(module, function, real)
    tiny.train(tmp_path)
    assert_same(tmp_path, whole)
    assert not (tmp_path / "training_state.pth").exists()


def test_a_cancelled_training_resumes_after_the_last_finished_epoch(tiny, whole, tmp_path):
    seen = []

    def cancel(progress):
        seen.append((progress.phase, progress.epoch))
        if len(seen) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.train(tmp_path, on_progress=cancel)
    state = read_training_state(tmp_path / "training_state.pth")
    assert (state["phase"], state["epoch"]) == ("autoencoder", 1)
    tiny.train(tmp_path, on_progress=lambda progress: seen.append((progress.phase, progress.epoch)))
    assert seen[6:] == [("autoencoder", 3), ("classifier", 1), ("classifier", 2), ("classifier", 3)]
    assert_same(tmp_path, whole)


def interrupt(tiny, folder, **options):
    def cancel(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.train(folder, on_progress=cancel, **options)


def test_the_state_of_another_run_is_refused_and_named(tiny, tmp_path):
    interrupt(tiny, tmp_path)
    with pytest.raises(TrainingError, match=r"lr_max was 0\.002, is 0\.003.*resume=False"):
        tiny.train(tmp_path, lr_max=3e-3)
    with pytest.raises(TrainingError, match="another models_dir"):
        tiny.train(tmp_path, seed=1)


def test_resume_false_starts_over(tiny, whole, tmp_path):
    interrupt(tiny, tmp_path, seed=5)
    tiny.train(tmp_path, resume=False)
    assert_same(tmp_path, whole)


def test_a_damaged_state_is_refused_with_the_way_out(tiny, tmp_path):
    interrupt(tiny, tmp_path)
    state = tmp_path / "training_state.pth"
    state.write_bytes(state.read_bytes()[:-200])
    with pytest.raises(TrainingError, match="resume=False"):
        tiny.train(tmp_path)


def test_early_stopping_counts_on_after_a_resume(tiny, tmp_path):
    """patience 2 and a learning rate that only worsens: the phase ends after epoch 3, interrupted or not."""
    settings = {"epochs_adv": 0, "epochs_classif": 0, "epochs_ae": 8, "patience": 2, "lr_max": 1e-12}
    epochs = []
    tiny.train(tmp_path / "whole", on_progress=epochs.append, **settings)
    expected = [progress.epoch for progress in epochs]
    best = max(progress.epoch for progress in epochs if progress.is_best)
    assert expected == list(range(1, best + 3))
    assert len(expected) < 8
    again = []

    def cancel(progress):
        again.append(progress.epoch)
        raise KeyboardInterrupt

    for _ in expected[:-1]:
        with pytest.raises(KeyboardInterrupt):
            tiny.train(tmp_path / "cut", on_progress=cancel, **settings)
    with pytest.raises(KeyboardInterrupt):
        tiny.train(tmp_path / "cut", on_progress=cancel, **settings)
    tiny.train(tmp_path / "cut", on_progress=lambda progress: again.append(progress.epoch), **settings)
    assert again == expected


def test_the_callers_random_generators_are_left_as_they_were(tiny, tmp_path):
    dls, model = tiny.make_dls(), tiny.make_model()
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state(), dls.train.rng.getstate()
    settings = {"save_tsne": False, "save_pls": False, "extract_latent": False}
    train_xaaenet(model, dls, 1, 1, 0, models_dir=tmp_path, **settings)
    assert random.getstate() == before[0]
    assert (np.random.get_state()[1] == before[1]).all()
    assert torch.equal(torch.get_rng_state(), before[2])
    assert dls.train.rng.getstate() == before[3]


def test_another_seed_gives_other_weights(tiny, whole, tmp_path):
    tiny.train(tmp_path, seed=1)
    mine, theirs = read_state_dict(tmp_path / "xaaenet_ae.pth"), read_state_dict(whole / "xaaenet_ae.pth")
    assert any(not torch.equal(mine[key], theirs[key]) for key in mine)
