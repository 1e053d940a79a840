"""Every model of the catalogue, cut in the middle of an epoch, goes on to the very weights of one that was not.

xAAEnet's are in test_resume and, of signals, in test_signal_training; a VAE is killed by the system in
test_train_autoencoder.
"""

import csv

import numpy as np
import pytest
import torch

from tests.xaae_core.models.test_simclr import small
from xaae_core.data.beats import draw_beats
from xaae_core.data.case_loaders import CasesInMemory, loaders_of_cases
from xaae_core.models.catalogue import DEFAULT_MODEL, MODELS, build_catalogued
from xaae_core.training.train_autoencoder import train_autoencoder

KINDS = [(name, medium) for name, entry in MODELS.items() if name != DEFAULT_MODEL for medium in entry.mediums]
QUIET = {"save_tsne": False, "save_pls": False, "extract_latent": False, "progress_bar": False}
LENGTH = 32


class Killed(BaseException):
    """Stands for a kill."""


def kill(batch):
    if (batch.epoch, batch.batch) == (2, 1):
        raise Killed


def build(name, medium):
    entry = MODELS[name]
    torch.manual_seed(0)
    own = {"dims": 3} if entry.dims else {}
    if medium == "signal":
        return build_catalogued(name, size=LENGTH, channels=2, form=draw_beats(1, length=LENGTH).form, **own)
    if name == "simclr":
        return small(8)  # the catalogue's is the same around a ResNet of 11 million weights
    size, channels = entry.sizes[0] if entry.sizes else 8, entry.channels[0] if entry.channels else 1
    return build_catalogued(name, size=size, channels=channels, n_data=8, **own)


def loaders(model):
    shape = (model.input_channels, *model.input_size)
    x, labels = torch.rand(12, *shape, generator=torch.Generator().manual_seed(0)), np.arange(12) % 2
    parts = (CasesInMemory(x[rows], labels[rows], ("a", "b")) for rows in (slice(8), slice(8, 12)))
    return loaders_of_cases(*parts, batch_size=4)


def rows(folder):
    with (folder / "history.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.parametrize(("name", "medium"), KINDS)
def test_a_training_that_was_cut_ends_as_one_that_was_not(name, medium, tmp_path):
    def train(folder, **hooks):
        model = build(name, medium)
        train_autoencoder(model, loaders(model), 2, models_dir=tmp_path / folder, **QUIET, **hooks)
        return model

    whole = train("whole")
    with pytest.raises(Killed):
        train("cut", on_batch=kill)
    assert len(rows(tmp_path / "cut")) == 1
    resumed = train("cut")
    assert all(torch.equal(value, resumed.state_dict()[key]) for key, value in whole.state_dict().items())
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")
    start = build(name, medium).state_dict()
    assert any(not torch.equal(value, start[key]) for key, value in whole.state_dict().items())
