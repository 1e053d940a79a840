"""What training refuses before it starts; every message names the value and the way out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.data.transforms import Normalize
from torch import nn

from xaae_core.errors import TrainingError, XaaeError
from xaae_core.training import train_xaaenet
from xaae_core.training.data_checks import class_weight_tensor, read_targets
from xaae_core.training.folder_lock import folder_locked
from xaae_core.training.phase_fit import PhaseFit


class Arrays:
    """A data set that is no fastai one: pictures [C, H, W] and class numbers."""

    def __init__(self, images, targets, vocab=None):
        self.images, self.labels = images, targets
        if vocab is not None:
            self.vocab = vocab

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index], int(self.labels[index])


def plain_dls(n_train=12, n_valid=6, *, size=32, channels=1, scale=1.0, bs=4, targets=None, vocab=None, **options):
    generator = torch.Generator().manual_seed(0)

    def part(n, labels):
        images = torch.rand(n, channels, size, size, generator=generator) * scale
        return Arrays(images, labels if labels is not None else np.arange(n) % 2, vocab)

    train = DataLoader(part(n_train, targets), bs=bs, shuffle=True, **options)
    return DataLoaders(train, DataLoader(part(n_valid, None), bs=bs), device="cpu")


@pytest.fixture
def start(tiny, tmp_path, monkeypatch):
    """start(dls, model options, train options) trains; a fit that begins fails the test."""

    def started(*_):
        raise AssertionError("the training was not refused")

    monkeypatch.setattr(PhaseFit, "fit", started)

    def call(dls=None, model=None, **options):
        train_xaaenet(tiny.make_model(**(model or {})), dls or plain_dls(), models_dir=tmp_path, **options)

    return call


SETTINGS = {
    "epochs_adv is -1; expected a whole number": {"epochs_adv": -1},
    r"epochs_ae is 1\.5": {"epochs_ae": 1.5},
    "ae_recons_weight is -0.1; expected a weight of 0 or more": {"ae_recons_weight": -0.1},
    "classif_class_weight is nan": {"classif_class_weight": float("nan")},
    "cycle_weight is -1": {"cycle_weight": -1},
    "lr_max is 0": {"lr_max": 0},
    "lr_max_factor is -3": {"lr_max_factor": -3},
    "mask_ratio is 1.2": {"mask_ratio": 1.2},
    "noise_std is -1": {"noise_std": -1},
    "patch_size is 0": {"patch_size": 0},
    "grad_accum is 0": {"grad_accum": 0},
    "patience is 0": {"patience": 0},
    r"adv_low_threshold is 0\.9; expected at most adv_high_threshold \(0\.8\)": {"adv_low_threshold": 0.9},
    'recons_metric is mse; expected "ms_ssim"': {"recons_metric": "mse"},
    "file name is '../x'": {"adv_fname": "../x"},
    "three different names": {"adv_fname": "xaaenet_ae"},
    "tsne_perplexity=0": {"tsne_perplexity": 0},
    "pls_max_points is 2": {"pls_max_points": 2},
    "class_weights is even": {"class_weights": "even"},
    "class_weights has 3 numbers; expected 2": {"class_weights": [1, 2, 3]},
    'pls_target_class is "sick"; expected one of class 0, class 1': {"pls_target_class": "sick"},
}


@pytest.mark.parametrize("message", SETTINGS)
def test_settings_are_refused(start, message):
    with pytest.raises(TrainingError, match=message):
        start(**SETTINGS[message])


DATA = {
    "validation set is empty": lambda: plain_dls(n_valid=0),
    "batch size is 1; batch norm": lambda: plain_dls(bs=1),
    "3 training images make no batch of 4": lambda: plain_dls(n_train=3, drop_last=True),
    "13 training images in batches of 4 leave a last batch of 1.*drop_last": lambda: plain_dls(n_train=13),
    r"shape \(4, 1, 40, 40\), the model takes \[B, 1, 32, 32\]": lambda: plain_dls(size=40),
    r"shape \(4, 3, 32, 32\)": lambda: plain_dls(channels=3),
    "values from .* to 2.*scale them": lambda: plain_dls(scale=255),
    r"all of one class \(\"class 1\"\)": lambda: plain_dls(targets=np.ones(12)),
    "targets run from 0 to 2; expected class indices 0 to 1": lambda: plain_dls(targets=np.arange(12) % 3),
    r"the data have 3 classes \(a, b, c\), the model 2: build it with classes=3": lambda: plain_dls(vocab=list("abc")),
}


@pytest.mark.parametrize("message", DATA)
def test_data_are_refused(start, message):
    with pytest.raises(TrainingError, match=message):
        start(DATA[message]())


def test_a_normalize_transform_is_named(start, tiny):
    dls = tiny.make_dls()
    for loader in dls.loaders:
        loader.after_batch.add(Normalize.from_stats([0.5], [0.2], cuda=False))
    with pytest.raises(TrainingError, match=r"expected pixels in \[0, 1\].*remove the Normalize transform"):
        start(dls)


def test_whole_numbers_are_no_pixels(start):
    dls = plain_dls()
    dls.train.dataset.images = (dls.train.dataset.images > 0.5).long()
    with pytest.raises(TrainingError, match=r"images are torch\.int64"):
        start(dls)


def test_images_too_small_for_ms_ssim_are_refused_with_size_and_remedy(start):
    with pytest.raises(TrainingError, match=r'32×32 px.*at least 161.*recons_metric="ssim"'):
        start(model={"recons_metric": "ms_ssim"})
    with pytest.raises(AssertionError, match="not refused"):  # without a reconstruction nothing is too small
        start(model={"recons_metric": "ms_ssim"}, epochs_ae=0, epochs_classif=0)
    with pytest.raises(AssertionError, match="not refused"):
        start(model={"recons_metric": "ms_ssim"}, recons_metric="ssim")


def test_a_model_that_is_none_of_ours_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="Linear; expected AAE"):
        train_xaaenet(nn.Linear(2, 2), plain_dls(), models_dir=tmp_path)


def test_a_models_dir_that_cannot_be_written_to_is_refused(tiny, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TrainingError, match=r"file cannot be written to.*give another"):
        tiny.train(tmp_path / "file")


@pytest.mark.parametrize("n_train", [26, 14])  # the weights are no longer finite, or only what they answer
def test_a_diverging_training_says_so(tiny, tmp_path, n_train):
    with pytest.raises(TrainingError, match=r"diverged in epoch \d.*lower lr_max"):
        tiny.train(tmp_path, tiny.make_dls(10, n_train), lr_max=1e12)


def test_loaders_that_are_not_fastais_train_too(tiny, tmp_path):
    learn = train_xaaenet(
        tiny.make_model(), plain_dls(20, 8), 1, 1, 1, models_dir=tmp_path, patch_size=8, tsne_perplexity=2
    )
    assert np.isfinite(learn.recorder.values[-1][1])


def test_targets_are_read_without_opening_images(tiny):
    class Unopened(Arrays):
        def __getitem__(self, index):
            raise AssertionError("an image was opened")

    data = Unopened(torch.zeros(3, 1, 8, 8), [])
    data.targets = [0, 1, 1]
    assert read_targets(DataLoader(data, bs=2)).tolist() == [0, 1, 1]
    assert read_targets(tiny.make_dls().train).tolist() == [i % 2 for i in range(tiny.N_TRAIN)]
    assert read_targets(plain_dls().train).tolist() == [i % 2 for i in range(12)]


def test_balanced_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    class Settings:
        class_weights = "balanced"

    class Data:
        targets = np.array([0, 0, 0, 1, 2, 2])
        classes = ("a", "b", "c")

    expected = compute_class_weight("balanced", classes=np.arange(3), y=Data.targets)
    assert np.allclose(class_weight_tensor(Settings, Data).numpy(), expected)


HOLD = """
import sys, time
from pathlib import Path
from xaae_core.training.folder_lock import folder_locked
with folder_locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_is_trained_in_once_at_a_time_and_a_dead_training_holds_nothing(tiny, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(TrainingError, match=f"process {process.pid}.*another models_dir"):
            tiny.train(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with folder_locked(tmp_path):
        with pytest.raises(XaaeError, match=f"process {os.getpid()}"), folder_locked(tmp_path):
            pass
        with folder_locked(tmp_path / "another"):
            pass
    with folder_locked(tmp_path):
        pass
