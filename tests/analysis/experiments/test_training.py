"""Training from a seed, and the data it is done on."""

from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.experiments.datasets import balanced_rows, read_data, split_rows
from analysis.experiments.seeding import seed_for, seeded
from analysis.experiments.training import Training, measure_loss, train_network
from tests.analysis.experiments.tiny_networks import TinyNetworks, tiny_pictures
from xaae_core.errors import DatasetError

DATA = tiny_pictures(20)
RECIPE = TinyNetworks().autoencoder(DATA, 3, "reconstruction")


def train(seed: int = 0, n_epochs: int = 6, **more):
    return train_network(
        RECIPE.build, RECIPE.loss, DATA.x_train, None, Training(n_epochs, batch_size=6, seed=seed, **more)
    )


def test_the_same_seed_gives_the_same_network_and_the_loss_falls():
    first, again, other = train(), train(), train(1)
    for name, value in first.model.state_dict().items():
        assert (value == again.model.state_dict()[name]).all()
    assert any((value != other.model.state_dict()[name]).any() for name, value in first.model.state_dict().items())
    assert first.losses[-1] < first.losses[0]
    assert not first.model.training


def test_nobody_elses_chance_is_touched():
    before, state = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    train()
    assert (torch.random.get_rng_state() == before).all()
    assert (np.random.get_state()[1] == state).all()


def test_checkpoints_are_of_the_epochs_asked_for_and_the_last_is_the_network():
    found = train(n_epochs=7, checkpoint_every=3)
    assert len(found.checkpoints) == 2
    last = train(n_epochs=6, checkpoint_every=3)
    for name, value in last.model.state_dict().items():
        assert (last.checkpoints[-1][name] == value).all()
        assert (last.checkpoints[-1][name] == found.checkpoints[-1][name]).all()


def test_every_step_is_told_and_ctrl_c_passes():
    told = []
    train(n_epochs=2, progress=lambda done, n_all: told.append((done, n_all)))
    assert told == [(number, 8) for number in range(1, 9)]

    def stop(done: int, n_all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(progress=stop)


def test_the_test_loss_counts_every_case_alike():
    model = train().model
    many = DATA.x_test.repeat(60, 1, 1, 1)  # two batches of other sizes
    expected = float((model(many) - many).square().mean().detach())
    assert measure_loss(model, RECIPE.loss, many) == pytest.approx(expected, rel=1e-5)


def test_seeds_have_their_own_purposes():
    assert len({seed_for(0), seed_for(1), seed_for(0, "a"), seed_for(0, "b"), seed_for(0, "a", "b")}) == 5
    with seeded(3):
        first = torch.rand(2), np.random.random(2)
    with seeded(3):
        again = torch.rand(2), np.random.random(2)
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()


def test_rows_are_balanced_and_parts_do_not_overlap():
    labels = np.repeat([0, 1, 2], [50, 30, 4])
    rows = balanced_rows(labels, 24, seed=0)
    assert len(set(rows.tolist())) == 24
    assert np.bincount(labels[rows]).tolist() == [10, 10, 4]  # the rare class gives all it has
    assert rows.tolist() == sorted(balanced_rows(labels, 24, seed=0).tolist())
    assert len(balanced_rows(labels, 1000, seed=0)) == 84
    train, test = split_rows(labels, 0.3, seed=0)
    assert sorted([*train, *test]) == list(range(84))
    assert np.bincount(labels[test]).tolist() == [15, 9, 1]
    with pytest.raises(DatasetError, match="at least one of each"):
        balanced_rows(labels, 2, seed=0)


def test_digits_need_no_file_and_are_pictures_of_the_networks_size():
    found = read_data("digits")
    assert found.x_train.shape[1:] == (1, 28, 28)
    assert len(found.x_train) + len(found.x_test) == 1797
    assert 0 <= float(found.x_train.min()) < 0.01 < 0.9 < float(found.x_train.max()) <= 1
    assert (found.baseline == 0).all()


def write(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


def mnist(n: int = 20) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (n, 28, 28)).astype(np.uint8)
    labels = (np.arange(n) % 10).astype(np.uint8)
    return {"x_train": pictures, "y_train": labels, "x_test": pictures[:10], "y_test": labels[:10]}


def test_mnist_is_read_from_0_to_1_and_heartbeats_are_split(tmp_path: Path):
    found = read_data(write(tmp_path / "mnist.npz", **mnist()))
    assert found.name == "MNIST"
    assert float(found.x_train.max()) <= 1 < float(found.x_train.max() * 255)
    labels = np.repeat([1, 2, 5], [30, 20, 2])
    signals = np.random.default_rng(0).standard_normal((52, 140)).astype(np.float32)
    beats = read_data(write(tmp_path / "ecg.npz", x=signals, y=labels))
    assert beats.x_train.shape == (52 - 16, 140, 1)
    assert beats.y_test.sum() == 7  # 30 % of 20 and of 2, rounded
    assert (beats.baseline - beats.x_train.mean(dim=0, keepdim=True)).abs().max() < 1e-6
    assert "the published test part is not in it" in beats.note


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": np.zeros(3)}, "holds a; expected x_train"),
        ({**mnist(), "x_train": np.zeros((20, 28, 28))}, "expected uint8"),
        ({**mnist(), "y_test": np.zeros(3, np.uint8)}, "labels in y_test"),
        ({"x": np.zeros((4, 9)), "y": np.zeros(3)}, "expected finite"),
        ({"x": np.full((4, 9), np.nan), "y": np.ones(4)}, "expected finite"),
        ({"x": np.zeros((8, 9)), "y": np.ones(8)}, "expected class 1"),
    ],
)
def test_files_of_something_else_are_refused(arrays, said, tmp_path: Path):
    with pytest.raises(DatasetError, match=said):
        read_data(write(tmp_path / "file.npz", **arrays))


def test_no_file_and_no_npz_are_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="there is no file"):
        read_data(tmp_path / "none.npz")
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_data(bad)


@pytest.mark.parametrize("name", ["case.npy", "rows.csv"])
def test_a_file_that_is_no_npz_is_refused_without_advice_to_unpickle_it(tmp_path, name):
    path = tmp_path / name
    if path.suffix == ".npy":
        np.save(path, np.zeros((4, 9)))
    else:
        path.write_text("0,1\n1,0\n")
    with pytest.raises(DatasetError, match=r"it is no whole \.npz file; expected arrays") as refused:
        read_data(path)
    assert "pickle" not in str(refused.value)
