"""One phase through xAAEnet's machinery: every model of the catalogue, its history, files, refusals and resuming."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from xaae_core.checkpoints import load_checkpoint, read_state_dict
from xaae_core.data.beats import draw_beats
from xaae_core.data.case_loaders import CasesInMemory, loaders_of_cases
from xaae_core.errors import TrainingError
from xaae_core.latents import read_latents
from xaae_core.models import AAE
from xaae_core.models.catalogue import MODELS, build_catalogued
from xaae_core.models.pyautoencoder_names import AE
from xaae_core.training.case_feeds import PairsOfOneClass
from xaae_core.training.seeds import seed_for, seeded
from xaae_core.training.train_autoencoder import train_autoencoder
from xaae_core.training.train_model import train_model

QUIET = {"save_tsne": False, "save_pls": False, "progress_bar": False}
PICTURES = [name for name, entry in MODELS.items() if "picture" in entry.mediums]
SIGNALS = [name for name, entry in MODELS.items() if "signal" in entry.mediums]
PARTS = {
    "ae": ["log_likelihood"],
    "vae": ["elbo", "log_likelihood", "kl_divergence"],
    "beta_vae_mnist": ["reconstruction", "kl_divergence"],
    "classifier_mnist": ["accuracy"],
    "simclr": [],
}


def cases(n, shape, labels=None):
    """Cases that show their class of three, in two halves: to train on and to choose by."""
    targets = np.arange(n) % 3 if labels is None else np.asarray(labels)
    noise = torch.rand(n, *shape, generator=torch.Generator().manual_seed(0))
    x = 0.5 * noise + 0.2 * torch.from_numpy(targets).view(-1, *[1] * len(shape))
    half = n // 2
    return [CasesInMemory(x[rows], targets[rows], ("a", "b", "c")) for rows in (slice(half), slice(half, n))]


def loaders(shape, n=24, batch_size=6, **options):
    return loaders_of_cases(*cases(n, shape, **options), batch_size=batch_size)


def build(name, size=16, seed=0, **options):
    entry = MODELS[name]
    torch.manual_seed(seed)
    shape = {"size": entry.sizes[0] if entry.sizes else size, "channels": entry.channels[0] if entry.channels else 1}
    options |= {"dims": 3} if entry.dims else {}
    return build_catalogued(name, classes=3, n_data=12, **(shape | options))


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def three_phases(encoder):
    network = {"encoder": encoder, "decoder": "light", "recons_metric": "ssim"}
    return {"network": network}, {"epochs_adv": 1, "epochs_ae": 1, "epochs_classif": 1, "patch_size": 8}


@pytest.mark.parametrize("name", PICTURES)
def test_every_model_of_pictures_trains_and_opens(name, tmp_path):
    options, settings = three_phases("small:6-8") if name == "xaaenet" else ({}, {"epochs": 2, "fname": "trained"})
    n = 8 if name == "simclr" else 24
    model = build(name, **options)
    learn = train_model(
        model,
        loaders((model.input_channels, *model.input_size), n, min(6, n // 2)),
        models_dir=tmp_path,
        **settings,
        **QUIET,
    )
    stem = "xaaenet_classif" if name == "xaaenet" else "trained"
    assert_opens(tmp_path, stem, learn.model, n)
    if name in PARTS:
        own = ["train_loss", "valid_loss", *PARTS[name], "selection_loss"]
        assert list(rows(tmp_path)[0]) == ["phase", "epoch", *own]
        assert all(np.isfinite(float(row[part])) for row in rows(tmp_path) for part in own)


@pytest.mark.parametrize("name", SIGNALS)
def test_every_model_of_signals_trains_and_opens(name, tmp_path):
    beats = draw_beats(24, 0, length=64)
    x, labels = torch.from_numpy(np.array(beats.values)), np.asarray(beats.labels, np.int64)
    parts = (CasesInMemory(x[half], labels[half], ("no", "yes")) for half in (slice(12), slice(12, 24)))
    options, settings = three_phases("signal:small:6-8") if name == "xaaenet" else ({}, {"epochs": 2})
    torch.manual_seed(0)
    model = build_catalogued(name, size=64, channels=2, form=beats.form, dims=3, **options)
    learn = train_model(model, loaders_of_cases(*parts, batch_size=6), models_dir=tmp_path, **settings, **QUIET)
    assert_opens(tmp_path, "xaaenet_classif" if name == "xaaenet" else "model", learn.model, 24)


def assert_opens(folder, stem, model, n_cases):
    """The checkpoint is the returned model, bit for bit, and its latents are there."""
    opened = load_checkpoint(folder / f"{stem}.safetensors").model
    state, best = model.state_dict(), read_state_dict(folder / f"{stem}.pth")
    assert all(torch.equal(value, state[key]) for key, value in opened.state_dict().items())
    assert all(torch.equal(value, state[key]) for key, value in best.items())
    table = read_latents(folder / f"{stem}_latents.parquet")
    assert len(table) == n_cases
    assert table.z.shape[1] == model.encoding_dims
    assert not (folder / "training_state.pth").exists()
    assert not model.training


@pytest.mark.parametrize("name", ["ae", "autoencoder_mnist", "classifier_mnist"])
def test_the_loss_of_a_step_is_that_of_fit(name, tmp_path):
    """One batch of all cases, whose loss is the epoch's, before the only step."""
    model, other = build(name), build(name)
    shape = (1, *model.input_size)
    train, valid = cases(24, shape)
    train_autoencoder(model, loaders(shape, batch_size=12), 1, models_dir=tmp_path, **QUIET)
    fitted = other.fit(
        "cpu",
        DataLoader(TensorDataset(train.x, torch.from_numpy(train.targets)), batch_size=12),
        DataLoader(TensorDataset(valid.x, torch.from_numpy(valid.targets)), batch_size=12),
        tmp_path / "fit",
        n_epoch=1,
    )
    assert float(rows(tmp_path)[0]["train_loss"]) == pytest.approx(fitted.rows[0]["train_loss"], rel=1e-6)


@pytest.mark.parametrize("name", ["vae", "beta_vae_mnist", "beta_tcvae_mnist", "burgess_vae"])
def test_the_validation_loss_is_that_of_fit(name, tmp_path):
    model = build(name)
    shape = (1, *model.input_size)
    train_autoencoder(model, loaders(shape), 1, lr_max=1e-12, models_dir=tmp_path, **QUIET)
    _, valid = cases(24, shape)
    batches = DataLoader(TensorDataset(valid.x, torch.from_numpy(valid.targets)), batch_size=6)
    with seeded(seed_for(0, "test", 0)):
        measured = model.measure_epoch("cpu", batches)
    assert float(rows(tmp_path)[0]["valid_loss"]) == pytest.approx(measured["loss"], rel=1e-5)


def test_a_vae_killed_on_its_way_ends_with_the_same_weights(tiny, tmp_path):
    script = tiny.SCRIPT.with_name("killed_autoencoder.py")
    paths = os.pathsep.join([str(script.parent), str(script.parents[3])])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    mine, theirs = (read_state_dict(tmp_path / name / "model.pth") for name in ("killed", "whole"))
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")
    tables = [read_latents(tmp_path / name / "model_latents.parquet").z for name in ("killed", "whole")]
    assert np.array_equal(*tables)


def test_what_a_model_counts_while_it_trains_is_resumed_too(tmp_path):
    def train(folder, stop=0):
        def end(progress):
            if progress.epoch == stop:
                raise KeyboardInterrupt

        model = build("burgess_vae")
        model.loss_f.steps_anneal = 6
        train_autoencoder(model, loaders((1, 32, 32)), 3, models_dir=folder, on_progress=end, **QUIET)
        return model

    whole = train(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", 2)
    again = train(tmp_path / "cut")
    assert again.loss_f.n_train_steps == whole.loss_f.n_train_steps == 6
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in whole.state_dict().items())


def test_pairs_are_of_one_class_or_those_that_the_loader_gives(tmp_path):
    dls = loaders((1, 16, 16))
    x, labels = dls.train.one_batch()
    pairs = PairsOfOneClass(3)(x, labels, dls.train)
    assert pairs.shape == (6, 2, 1, 16, 16)
    assert torch.equal(pairs[:, 0], x)
    known = cases(24, (1, 16, 16))[0]
    for pair, label in zip(pairs, labels.tolist(), strict=True):
        assert any(torch.equal(pair[1], one) for one in known.x[known.targets == label])
    given = loaders((2, 1, 16, 16))
    assert PairsOfOneClass(3)(given.train.one_batch()[0], None, None).shape == (6, 2, 1, 16, 16)
    train_autoencoder(build("adagvae"), given, 1, models_dir=tmp_path, **QUIET)
    assert float(rows(tmp_path)[0]["kl_divergence_x2"]) >= 0
    numbers = torch.linspace(0, 1, 6)
    with pytest.raises(TrainingError, match="these labels are no classes"):
        PairsOfOneClass(3)(x, numbers, dls.train)


def own(encoder_out, decoder_in):
    """A user's own AE; `build` would find what does not fit, so its shapes are told."""
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, encoder_out))
    decoder = torch.nn.Sequential(torch.nn.Linear(decoder_in, 256), torch.nn.Unflatten(1, (1, 16, 16)))
    model = AE(encoder, decoder)
    model.input_shape, model.latent_shape = (1, 16, 16), (encoder_out,)
    return model.as_latent_model("gaussian")


def with_nan():
    model = build("vae")
    next(model.parameters()).data.fill_(float("nan"))
    return model


@pytest.mark.parametrize(
    ("model", "shape", "said"),
    [
        (lambda: AAE(32, 1, 4, 3, decoder="light", pretrained=False), (1, 32, 32), "model is a AAE; expected a model"),
        (lambda: own(3, 4), (1, 16, 16), "does not go through the model|decoder"),
        (with_nan, (1, 16, 16), "not finite|is nan before any training"),
        (lambda: build("vae"), (1, 16, 20), r"batches are of shape \(6, 1, 16, 20\), the model takes \[B, 1, 16, 16\]"),
        (lambda: build("vae"), (2, 1, 16, 16), "batches are of shape"),
        (lambda: build("classifier_mnist"), (1, 28, 28), "the data have 3 classes .*, the model 2|epochs"),
    ],
)
def test_what_cannot_be_trained_is_named_before_it_starts(model, shape, said, tmp_path):
    made = model()
    if type(made).__name__ == "ClassifierMnist":
        made.classes = 2
    with pytest.raises(TrainingError, match=said):
        train_autoencoder(made, loaders(shape), 1, models_dir=tmp_path, **QUIET)
    assert not (tmp_path / "history.csv").exists()


def test_signals_beyond_their_range_are_not_taken_for_shares(tmp_path):
    beats = draw_beats(24, 0, length=64)
    x, labels = torch.from_numpy(np.array(beats.values)), np.asarray(beats.labels, np.int64)
    x = x.clamp(0, 1)
    x[23, 0, 0] = 1.5  # the last validation case, of the last batch
    parts = (CasesInMemory(x[half], labels[half], ("no", "yes")) for half in (slice(12), slice(12, 24)))
    model = build_catalogued("vae", size=64, channels=2, form=beats.form, likelihood="bernoulli")
    with pytest.raises(
        TrainingError, match=r'a batch of valid goes from .* to 1.5; likelihood="bernoulli" needs \[0, 1\]'
    ):
        train_autoencoder(model, loaders_of_cases(*parts, batch_size=6), 1, models_dir=tmp_path, **QUIET)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"lr_max": 0}, "lr_max is 0"),
        ({"patience": 0}, "patience is 0"),
        ({"fname": "a/b"}, "without folders"),
        ({"epochs_ae": 3}, "epochs_ae: no settings of train_autoencoder, which trains a AutoencoderLatents"),
    ],
)
def test_settings_that_are_none_are_named(settings, said, tmp_path):
    with pytest.raises(TrainingError, match=said):
        train_model(build("vae"), loaders((1, 16, 16)), models_dir=tmp_path, **settings)


def test_train_model_takes_models_only(tmp_path):
    with pytest.raises(TrainingError, match="a Linear cannot be trained"):
        train_model(torch.nn.Linear(2, 2), loaders((1, 16, 16)), models_dir=tmp_path)
    with pytest.raises(TrainingError, match="epochs: no settings of train_xaaenet"):
        train_model(AAE(32, 1, 4, 3, decoder="light", pretrained=False), loaders((1, 32, 32)), epochs=2)
