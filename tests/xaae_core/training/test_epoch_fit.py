"""The loop of lfxai's models: best weights, early stopping, checkpoints, and a resumption that is equal to the bit."""

import random

import numpy as np
import pytest
import torch

from analysis.examples.lfxai_names import TracIn
from tests.xaae_core.models.digits import digits, loader
from xaae_core.checkpoints import read_state_dict
from xaae_core.errors import TrainingError
from xaae_core.models.burgess_vae import init_vae
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.pretext import Mask, RandomNoise
from xaae_core.training.seeds import seed_for, seeded
from xaae_core.vae_losses import BetaHLoss

X, Y = digits()
STATE = "model_training_state.pth"


def autoencoder(seed=0, pretext=None):
    torch.manual_seed(seed)
    return AutoEncoderMnist(EncoderMnist(3), DecoderMnist(3), 3, pretext or RandomNoise(0.2))


def shuffled(**options):
    return loader(X, Y, shuffle=True, **options)


def stop_after(epoch):
    def stop(progress):
        if progress.epoch == epoch:
            raise KeyboardInterrupt

    return stop


def assert_equal_weights(a, b):
    for name, value in a.state_dict().items():
        assert torch.equal(b.state_dict()[name], value), name


class Scripted(AutoEncoderMnist):
    """Whose test losses are given."""

    def __init__(self, losses):
        torch.manual_seed(0)
        super().__init__(EncoderMnist(3), DecoderMnist(3), 3, RandomNoise(0.1))
        self.losses = list(losses)

    def measure_epoch(self, device, dataloader):
        return {"loss": self.losses.pop(0)}


def test_training_lowers_the_loss_and_tells_of_it(tmp_path):
    model, epochs, batches = autoencoder(), [], []
    history = model.fit(
        "cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=4, on_epoch=epochs.append, on_batch=batches.append
    )
    assert history.rows[-1]["test_loss"] < history.rows[0]["test_loss"]
    assert [progress.epoch for progress in epochs] == [1, 2, 3, 4]
    assert epochs[0].losses == {key: value for key, value in history.rows[0].items() if key != "epoch"}
    assert [(progress.epoch, progress.batch) for progress in batches] == [
        (e, b) for e in (1, 2, 3, 4) for b in (1, 2, 3)
    ]
    assert (batches[0].n_batches, batches[0].n_epochs, model.lr) == (3, 4, 1e-3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.safetensors"]
    assert not model.training


@pytest.mark.parametrize(
    ("losses", "n_run", "best", "is_early"),
    [
        ([3, 2, 2, 2.5, 1], 4, 2, True),  # an equal loss is no better
        ([3, 2, 2.5, 1, 4], 5, 4, False),
        ([3, 4, 5, 6, 7], 3, 1, True),
    ],
)
def test_patience_counts_epochs_since_the_best_whose_weights_stay(losses, n_run, best, is_early, tmp_path):
    model, seen = Scripted(losses), []
    history = model.fit(
        "cpu",
        shuffled(),
        loader(X, Y),
        tmp_path,
        n_epoch=5,
        patience=2,
        on_epoch=lambda progress: seen.append({name: value.clone() for name, value in model.state_dict().items()}),
    )
    assert (len(history.rows), history.best_epoch, history.is_stopped_early) == (n_run, best, is_early)
    saved = read_state_dict(tmp_path / "model.safetensors")
    for name, value in model.state_dict().items():
        assert torch.equal(value, seen[best - 1][name])
        assert torch.equal(saved[name], value)


def test_checkpoints_are_kept_on_the_way_as_lfxai_counts_them_and_tracin_follows_them(tmp_path):
    model = autoencoder()
    model.fit("cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=5, checkpoint_interval=2)
    names = [path.name for path in model.checkpoints_files]
    assert names == [f"model_checkpoint{number}.safetensors" for number in (1, 2, 3)]  # after epochs 1, 3 and 5
    first, last = (read_state_dict(path)["encoder.encoder_lin.2.bias"] for path in model.checkpoints_files[::2])
    assert not torch.equal(first, last)
    scores = TracIn(model, torch.nn.MSELoss(), tmp_path, X).attribute(X[:3], list(range(6)))
    assert scores.shape == (3, 6)
    assert bool(torch.isfinite(scores).all())


def test_the_same_seed_gives_the_same_weights_and_another_others(tmp_path):
    runs = []
    for number, seed in enumerate((1, 1, 2)):
        runs.append(autoencoder())
        torch.manual_seed(number)  # the caller's randomness does not matter
        runs[-1].fit("cpu", shuffled(), loader(X, Y), tmp_path / str(number), n_epoch=2, seed=seed)
    assert_equal_weights(runs[0], runs[1])
    assert not torch.equal(runs[0].encoder.encoder_lin[2].bias, runs[2].encoder.encoder_lin[2].bias)


def test_the_caller_s_randomness_is_left_where_it_was(tmp_path):
    def draws():
        return random.random(), float(np.random.rand()), float(torch.rand(1))

    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = draws()
    random.seed(1), np.random.seed(1)
    model = autoencoder()
    torch.manual_seed(1)
    model.fit("cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=1)
    assert draws() == expected
    with seeded(3):
        inside = draws()
    with seeded(3):
        assert draws() == inside


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path, epoch):
    """With drawn noise, dropped order, and generators of the user's own in the task and in the loader."""

    def parts(seed=0):
        task = Mask(0.3, generator=torch.Generator().manual_seed(7))
        batches = shuffled(generator=torch.Generator().manual_seed(8))
        return autoencoder(seed, task), batches

    settings = {"n_epoch": 5, "checkpoint_interval": 2}
    whole, batches = parts()
    expected = whole.fit("cpu", batches, loader(X, Y), tmp_path / "whole", **settings)
    cut, batches = parts()
    with pytest.raises(KeyboardInterrupt):
        cut.fit("cpu", batches, loader(X, Y), tmp_path / "cut", **settings, on_epoch=stop_after(epoch))
    assert (tmp_path / "cut" / STATE).exists()
    resumed, batches = parts(seed=5)  # other weights, which must not matter
    history = resumed.fit("cpu", batches, loader(X, Y), tmp_path / "cut", **settings)
    assert history == expected
    assert_equal_weights(whole, resumed)
    assert [path.name for path in resumed.checkpoints_files] == [path.name for path in whole.checkpoints_files]
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "cut" / path.name).exists()
        if path.suffix == ".safetensors":
            ours, theirs = read_state_dict(path), read_state_dict(tmp_path / "cut" / path.name)
            assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert not (tmp_path / "cut" / STATE).exists()


def test_a_training_cut_in_the_middle_of_an_epoch_goes_on_from_the_one_before(tmp_path):
    def stop(progress):
        if (progress.epoch, progress.batch) == (3, 2):
            raise KeyboardInterrupt

    whole, cut, resumed = autoencoder(), autoencoder(), autoencoder(9)
    expected = whole.fit("cpu", shuffled(), loader(X, Y), tmp_path / "whole", n_epoch=4)
    with pytest.raises(KeyboardInterrupt):
        cut.fit("cpu", shuffled(), loader(X, Y), tmp_path / "cut", n_epoch=4, on_batch=stop)
    told = []
    assert resumed.fit("cpu", shuffled(), loader(X, Y), tmp_path / "cut", n_epoch=4, on_epoch=told.append) == expected
    assert [progress.epoch for progress in told] == [3, 4]
    assert_equal_weights(whole, resumed)


def test_annealing_goes_on_where_it_was(tmp_path):
    x, y = digits(12, side=32)

    def vae():
        torch.manual_seed(0)
        return init_vae((1, 32, 32), 2, BetaHLoss(steps_anneal=8), "model")

    whole, cut, resumed = vae(), vae(), vae()
    whole.fit("cpu", loader(x, y, 6), loader(x, y), tmp_path / "whole", n_epoch=3)
    with pytest.raises(KeyboardInterrupt):
        cut.fit("cpu", loader(x, y, 6), loader(x, y), tmp_path / "cut", n_epoch=3, on_epoch=stop_after(2))
    resumed.fit("cpu", loader(x, y, 6), loader(x, y), tmp_path / "cut", n_epoch=3)
    assert resumed.loss_f.n_train_steps == whole.loss_f.n_train_steps == 6
    assert_equal_weights(whole, resumed)


def test_more_epochs_may_be_asked_for_when_resuming(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=2, on_epoch=stop_after(2))
    assert len(autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=3).rows) == 3


def test_the_state_of_another_training_is_refused_and_named(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=3, on_epoch=stop_after(1))
    with pytest.raises(TrainingError, match=r"seed was 0, is 4.*resume=False"):
        autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path, seed=4)
    with pytest.raises(TrainingError, match="train_cases was 24, is 9"):
        autoencoder().fit("cpu", loader(X[:9], Y[:9]), loader(X, Y), tmp_path)
    with pytest.raises(TrainingError, match="generators was 0, is 1"):
        autoencoder().fit("cpu", shuffled(generator=torch.Generator()), loader(X, Y), tmp_path)
    with pytest.raises(TrainingError, match=r"pretext was .*RandomNoise.*, is .*Mask"):
        autoencoder(pretext=Mask()).fit("cpu", shuffled(), loader(X, Y), tmp_path)
    assert len(autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path, n_epoch=1, seed=4, resume=False).rows) == 1
    (tmp_path / STATE).write_bytes(b"PK\3\4 not one")
    with pytest.raises(TrainingError, match="cannot be resumed from"):
        autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path)


@pytest.mark.parametrize("settings", [{"n_epoch": 0}, {"patience": 0}])
def test_settings_out_of_range_are_named(settings, tmp_path):
    with pytest.raises(TrainingError, match="expected at least 1 of each"):
        autoencoder().fit("cpu", shuffled(), loader(X, Y), tmp_path, **settings)


def test_every_epoch_has_a_seed_of_its_own():
    seeds = {seed_for(seed, phase, epoch) for seed in (0, 1) for phase in ("a", "b") for epoch in range(50)}
    assert len(seeds) == 200
