"""xAAEnet of signals trains through all phases from plain loaders of [C, T], and goes on after a kill."""

import pytest
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader

from xaae_core.checkpoints import load_checkpoint, read_state_dict
from xaae_core.data.beats import draw_beats
from xaae_core.errors import SignalError, TrainingError
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.training import train_xaaenet
from xaae_core.training.consistency import make_moves_consistent
from xaae_core.training.sharpening import sharpen_skips

BEATS = draw_beats(36, seed=5, length=45)
SPEC = "signal:small:4-6"


class Killed(BaseException):
    """Stands for a kill."""


def make_dls(x=None, y=None, bs=6):
    x = torch.from_numpy(BEATS.scaled()) if x is None else x
    y = torch.tensor(BEATS.labels) if y is None else y
    cases = list(zip(x, y, strict=True))
    train, valid = DataLoader(cases[:24], bs=bs, shuffle=True, drop_last=True), DataLoader(cases[24:], bs=bs)
    return DataLoaders(train, valid, device="cpu")


def make_model(**options):
    torch.manual_seed(0)
    settings = {"encoding_dims": 4, "decoder": "light", "recons_metric": "ssim", "encoder_spec": SPEC}
    return add_xaae_blocks(build_encoder(SPEC, 2), signal_form=BEATS.form, **(settings | options))


def train(folder, model=None, dls=None, **options):
    settings = {"epochs_adv": 2, "epochs_ae": 2, "epochs_classif": 2, "lr_max": 2e-3, "patch_size": 8}
    settings |= {"cycle_weight": 0.1, "save_tsne": False, "save_pls": False, "models_dir": folder}
    model = make_model(skip_dropout=0.5) if model is None else model
    return train_xaaenet(model, dls or make_dls(), progress_bar=False, **(settings | options))


def test_it_trains_and_a_killed_training_goes_on_to_the_same_weights(tmp_path):
    before = make_model(skip_dropout=0.5).state_dict()
    learn = train(tmp_path / "whole")
    moved = [name for name, value in learn.model.state_dict().items() if not torch.equal(value, before[name])]
    assert {name.partition(".")[0] for name in moved} == {
        *("encoder", "to_latent", "from_latent", "classifier", "decoder", "fc_crit")
    }

    def kill(progress):
        if (progress.phase, progress.epoch) == ("autoencoder", 1):
            raise Killed

    with pytest.raises(Killed):
        train(tmp_path / "killed", on_progress=kill)
    train(tmp_path / "killed")
    whole, again = (read_state_dict(tmp_path / name / "xaaenet_classif.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(value, again[name]) for name, value in whole.items())
    opened = load_checkpoint(tmp_path / "whole" / "xaaenet_classif.safetensors")
    assert opened.model.signal_form == BEATS.form
    assert opened.card.classes == ("class 0", "class 1")


def test_sharpening_leaves_what_z_alone_draws_and_consistency_trains_on():
    model, dls = make_model().eval(), make_dls()
    z, x = torch.randn(3, 4), torch.from_numpy(BEATS.scaled()[:3])
    alone = model.decode(z)
    sharpen_skips(model, dls, epochs=1)
    assert torch.equal(model.decode(z), alone)
    encoding = model.encode(x)
    assert not torch.equal(model.decode(encoding.z, encoding.skips, skip_dropout=0.0), model.decode(encoding.z))
    weights = {"ADV_WEIGHT": 0.4, "RECONS_WEIGHT": 0.5, "CLASS_WEIGHT": 0.1}
    told = []
    make_moves_consistent(model, dls, weights=weights, epochs=1, on_progress=told.append)
    assert told[0].losses["move_loss"] > 0


def test_numbers_are_learned_as_well(tmp_path):
    dls = make_dls(y=torch.tensor(BEATS.severity, dtype=torch.float32))
    learn = train(tmp_path, make_model(classes=1), dls, extract_latent=False)
    assert learn.model.target_mean.item() == pytest.approx(BEATS.severity[:24].mean(), abs=1e-5)


def with_nan():
    x = torch.from_numpy(BEATS.scaled())
    x[:, 1, 9] = torch.nan
    return make_dls(x)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (with_nan, SignalError, r'has nan in channel "V2" at 0\.200 s'),
        (lambda: make_dls(torch.rand(36, 2, 40)), TrainingError, r"\(6, 2, 40\), the model takes \[B, 2, 45\]: cut"),
        (lambda: make_dls(torch.rand(36, 1, 45)), TrainingError, r"\(6, 1, 45\), the model takes \[B, 2, 45\]"),
        (lambda: make_dls(y=torch.ones(36, dtype=torch.long)), TrainingError, "all of one class"),
    ],
    ids=["nan", "length", "channels", "one class"],
)
def test_bad_signals_are_named_before_training_starts(make, error, message, tmp_path):
    with pytest.raises(error, match=message):
        train(tmp_path, dls=make())
    assert not (tmp_path / "history.csv").exists()


def test_a_similarity_that_needs_longer_signals_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r'signals have 45 samples; MS-SSIM .* 161: .*recons_metric="ssim"'):
        train(tmp_path, recons_metric="ms_ssim")
