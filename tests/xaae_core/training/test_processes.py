"""Two processes train as one does with the same data, seed and batch size; they wait and fail together."""

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from xaae_core.checkpoints import read_state_dict
from xaae_core.errors import TrainingError
from xaae_core.latents import read_latents
from xaae_core.training.processes import ALONE, join_processes

SCRIPT = Path(__file__).with_name("shared_training.py")
PHASES = ("xaaenet_adv", "xaaenet_ae", "xaaenet_classif")
# Numbers are added up in another order, and training amplifies what that costs: measured 2e-6 at most.
SAME = 5e-5


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def runs(tiny, tmp_path_factory):
    """(folder of one process, folder of two, the two's exit codes and output)."""
    alone, together = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("together")
    interrupt_one(tiny, together / "resumed")
    output = tmp_path_factory.mktemp("output")
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": os.pathsep.join([str(SCRIPT.parent), str(SCRIPT.parents[3])]),
    }
    command = [sys.executable, str(SCRIPT), str(alone), str(together), str(output), str(free_port())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stdout)
    assert codes["alone"] == 0, (output / "alone.err").read_text()
    said = [[(output / f"{name}.{suffix}").read_text() for suffix in ("out", "err")] for name in "01"]
    return alone, together, [(codes[name], *words) for name, words in zip("01", said, strict=True)]


def interrupt_one(tiny, folder):
    """A training of one process that ended in its second phase."""
    sys.path.insert(0, str(SCRIPT.parent))
    try:
        import shared_training
    finally:
        sys.path.remove(str(SCRIPT.parent))

    def cancel(progress):
        if (progress.phase, progress.epoch) == ("autoencoder", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shared_training.train_with_adam(folder, on_progress=cancel)


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def assert_same_history(mine, theirs):
    assert [(row["phase"], row["epoch"]) for row in mine] == [(row["phase"], row["epoch"]) for row in theirs]
    assert {row["phase"] for row in mine} == {"adversarial", "autoencoder", "classifier"}
    for row, other in zip(mine, theirs, strict=True):
        for name in row.keys() - {"phase", "epoch", "seconds"}:
            assert bool(row[name]) == bool(other[name])
            if row[name]:
                assert float(row[name]) == pytest.approx(float(other[name]), rel=SAME), (name, row, other)


def assert_same_weights(mine, theirs, atol=SAME):
    assert mine.keys() == theirs.keys()
    for name, weight in mine.items():
        assert torch.allclose(weight.double(), theirs[name].double(), rtol=SAME, atol=atol), name


@pytest.mark.slow
class TestTwoProcesses:
    @pytest.mark.parametrize("name", ["adam", "sgd"])
    def test_losses_and_metrics_of_every_epoch_are_those_of_one(self, runs, name):
        alone, together, _ = runs
        assert_same_history(history(together / name), history(alone / name))

    @pytest.mark.parametrize("name", ["adam", "sgd"])
    @pytest.mark.parametrize("phase", PHASES)
    def test_the_weights_are_those_of_one_in_both_formats(self, runs, name, phase):
        alone, together, _ = runs
        for suffix in (".pth", ".safetensors"):
            mine, theirs = (read_state_dict(folder / name / (phase + suffix)) for folder in (together, alone))
            assert_same_weights(mine, theirs)

    def test_a_gradient_counts_once(self, runs, tiny):
        """SGD's steps are as long as one process': what two differ in is nothing beside what they have learned."""
        alone, together, _ = runs
        start = tiny.make_model(skip_dropout=0.5).state_dict()
        mine, theirs = (read_state_dict(folder / "sgd" / "xaaenet_classif.pth") for folder in (together, alone))
        for name in ("encoder.0.0.weight", "decoder.head.1.weight", "fc_crit.0.weight", "classifier.weight"):
            learned = (theirs[name] - start[name]).abs().max()
            assert float(learned) > 1e-4
            assert float((mine[name] - theirs[name]).abs().max()) < 0.01 * float(learned), name

    def test_the_finishing_phases_end_the_same(self, runs):
        alone, together, _ = runs
        assert_same_weights(read_state_dict(together / "finished.pth"), read_state_dict(alone / "finished.pth"))

    def test_latents_hold_every_image_once(self, runs):
        alone, together, _ = runs
        mine, theirs = (
            read_latents(folder / "adam" / "xaaenet_classif_latents.parquet") for folder in (together, alone)
        )
        assert mine.ids.tolist() == theirs.ids.tolist()
        assert np.allclose(mine.z, theirs.z, atol=1e-3)

    def test_two_go_on_with_what_one_has_begun(self, runs):
        alone, together, _ = runs
        assert_same_history(history(together / "resumed"), history(alone / "adam"))
        assert not (together / "resumed" / "training_state.pth").exists()

    def test_only_the_main_process_writes_and_tells(self, runs):
        _, together, (main, other) = runs
        assert f"process 0: told of {len(history(together / 'adam'))} epochs" in main[1]
        assert "process 1: told of 0 epochs, wrote 0 files" in other[1]

    def test_a_process_that_fails_ends_both_with_its_message(self, runs):
        _, together, (main, other) = runs
        assert (main[0], other[0]) == (1, 1)
        assert other[2].rstrip().endswith("picture 7 is broken")
        assert main[2].rstrip().endswith("the training was ended by process 1 of 2: ValueError: picture 7 is broken")
        assert not list((together / "failed").glob("*.pth"))


def test_without_a_launcher_there_is_one_process(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert join_processes() is ALONE
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert join_processes() is ALONE


def test_half_an_environment_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TrainingError, match=r"2 processes.*accelerate launch or torchrun, or take WORLD_SIZE out"):
        join_processes("cpu")
