"""`xaae experiment`: files, resuming, what it refuses; on scikit-learn's digits, and on the real data where it is."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.experiments.catalogue import EXPERIMENTS
from app.cli import main
from app.commands import experiment

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SMALL = ("--quick", "--train", 60, "--explained", 10, "--epochs", 1)


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A folder with the results of consistency_features on digits, and what was printed."""
    out = tmp_path_factory.mktemp("features")
    return out, xaae("experiment", "consistency_features", "--data", "digits", "--out", out, *SMALL)


def test_it_leaves_every_number_the_figure_in_three_formats_and_what_repeats_it(made):
    out, result = made
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((out / "results.csv").open()))
    assert {row["method"] for row in rows} >= {"integrated_gradients", "random"}
    assert {float(row["share"]) for row in rows} == {0.05, 0.1, 0.2, 0.5, 0.8, 1.0}
    Image.open(out / "consistency_features.png").verify()
    assert (out / "consistency_features.svg").read_text().startswith("<?xml")
    assert (out / "consistency_features.pdf").read_bytes().startswith(b"%PDF")
    known = json.loads((out / "experiment.json").read_text())
    assert known["scale"]["n_train"] == 60
    assert {"torch", "captum", "xaae"} <= known["versions"].keys()
    assert known["seed"] == 0
    assert "quick = true" in (out / "settings.toml").read_text()


def test_it_says_what_was_found_and_what_is_mended(made):
    _, result = made
    known = json.loads((made[0] / "experiment.json").read_text())
    for line in known["findings"]:
        assert line in result.stdout
    for line in EXPERIMENTS["consistency_features"].mended:
        assert f"mended: {line}" in result.stdout
    assert "random pixels" in result.stdout


def test_a_second_call_does_nothing_anew_and_more_runs_are_added(made):
    out, _ = made
    before = (out / "results.csv").read_bytes()
    again = xaae("experiment", "consistency_features", "--data", "digits", "--out", out, *SMALL)
    assert "1 of 1 parts were finished before" in again.stderr
    assert (out / "results.csv").read_bytes() == before
    more = xaae("experiment", "consistency_features", "--data", "digits", "--out", out, *SMALL, "--runs", 2, "--json")
    assert "1 of 2 parts were finished before" in more.stderr
    assert json.loads(more.stdout)["scale"]["runs"] == 2


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(tmp_path: Path, monkeypatch):
    from analysis.experiments.plans import features

    work = features._run

    def stopped_at_the_second(setup, run, store, progress):
        if run == 1:
            raise KeyboardInterrupt
        return work(setup, run, store, progress)

    asked = ("experiment", "consistency_features", "--data", "digits", "--out", tmp_path, *SMALL, "--runs", 2)
    monkeypatch.setattr(features, "_run", stopped_at_the_second)
    stopped = xaae(*asked)
    assert stopped.exit_code == 1
    assert "1 of 2 parts are kept" in stopped.stderr
    assert not (tmp_path / "results.csv").exists()
    monkeypatch.setattr(features, "_run", work)
    went_on = xaae(*asked)
    assert went_on.exit_code == 0, went_on.output
    assert "1 of 2 parts were finished before" in went_on.stderr


def test_help_names_every_experiment_and_mistake(monkeypatch):
    text = xaae("experiment", "--help").output
    assert set(experiment.NAMES) == set(EXPERIMENTS)
    for name in EXPERIMENTS:
        assert name in text
    for mistake in ("shuffled loader", "0 to 255", "softmax", "chose the epoch"):
        assert mistake in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("roar_test", "--data", "none.npz"), "there is no file none.npz"),
        (("roar_test", "--data", "digits", "--quick", "--full"), "expected one of them"),
        (("magic", "--data", "digits"), "magic"),
        (("disvae", "--data", "digits", "--runs", 0), "--runs"),
    ],
)
def test_what_cannot_be_is_refused(options, said, tmp_path: Path):
    result = xaae("experiment", *options, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_heartbeats_are_not_for_pictures_only(tmp_path: Path):
    signals = np.random.default_rng(0).standard_normal((40, 20)).astype(np.float32)
    np.savez(tmp_path / "beats.npz", x=signals, y=np.arange(40) % 2 + 1)
    result = xaae("experiment", "pretext", "--data", tmp_path / "beats.npz", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "pretext needs pictures" in result.stderr


@pytest.mark.parametrize("name", ["consistency_features", "consistency_examples"])
def test_heartbeats_of_any_length_are_explained_by_time_steps(name, tmp_path: Path):
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 2 + 1
    signals = rng.standard_normal((80, 12)).astype(np.float32) + 2 * (labels == 2)[:, None]
    np.savez(tmp_path / "beats.npz", x=signals, y=labels)
    result = xaae("experiment", name, "--data", tmp_path / "beats.npz", "--out", tmp_path / "out", *SMALL)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / f"{name}.pdf").is_file()


SMALLER = ("--train", 60, "--explained", 10)


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file", "smaller"),
    [
        ("consistency_features", "mnist/mnist.npz", ()),
        ("consistency_examples", "mnist/mnist.npz", SMALLER),
        ("roar_test", "mnist/mnist.npz", SMALLER),
        ("pretext", "mnist/mnist.npz", SMALLER),
        ("disvae", "mnist/mnist.npz", SMALLER),
        ("consistency_features", "ecg5000/train.npz", ()),
        ("consistency_examples", "ecg5000/train.npz", (*SMALLER, "--epochs", 1)),
    ],
)
def test_every_experiment_runs_on_the_real_data(name, file, smaller, tmp_path: Path):
    """Most with fewer cases than --quick takes: nothing is asked of how good they are."""
    if not (SHARED / file).is_file():
        pytest.skip(f"../shared/data/{file} is not here")
    result = xaae("experiment", name, "--data", SHARED / file, "--out", tmp_path, "--quick", "--json", *smaller)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["findings"]
    assert found["data"]["name"] in ("MNIST", "ECG5000")
    if name == "consistency_features" and found["data"]["name"] == "MNIST":
        assert found["findings"][0].startswith("3 of 3 methods")  # what the paper finds, and by far
