"""Everything that lfxai's page documents of models and losses, with its arguments and defaults, copied by hand."""

import inspect

import pytest
from torch import nn

from xaae_core import vae_losses
from xaae_core.models import lfxai_names

REQUIRED = inspect.Parameter.empty
FIT = {"device": REQUIRED, "train_loader": REQUIRED, "test_loader": REQUIRED}
SAVED = {"save_dir": REQUIRED, "n_epoch": 30, "patience": 10}
KEPT = SAVED | {"checkpoint_interval": -1}
SIGNATURES = {
    "AutoEncoderMnist": {
        "encoder": REQUIRED,
        "decoder": REQUIRED,
        "latent_dim": REQUIRED,
        "input_pert": REQUIRED,
        "name": "model",
        "loss_f": nn.MSELoss,
    },
    "AutoEncoderMnist.fit": FIT | KEPT,
    "BetaTcVaeMnist": {"latent_dims": 10, "beta": 1},
    "BetaTcVaeMnist.fit": FIT | {"n_epoch": 30},
    "BetaTcVaeMnist.latent_sample": {"mu": REQUIRED, "logvar": REQUIRED},
    "BetaTcVaeMnist.loss": dict.fromkeys(("recon_x", "x", "mu", "logvar", "z", "dataset_size"), REQUIRED),
    "BetaVaeMnist": {"latent_dims": 10, "beta": 1},
    "BetaVaeMnist.fit": FIT | {"n_epoch": 30},
    "BetaVaeMnist.latent_sample": {"mu": REQUIRED, "logvar": REQUIRED},
    "BetaVaeMnist.loss": dict.fromkeys(("recon_x", "x", "mu", "logvar", "dataset_size"), REQUIRED),
    "ClassifierLatent": {"latent_dims": REQUIRED},
    "ClassifierMnist": {"encoder": REQUIRED, "latent_dim": REQUIRED, "name": REQUIRED},
    "ClassifierMnist.fit": FIT | SAVED,
    "DecoderBurgess": {"img_size": REQUIRED, "latent_dim": 10},
    "DecoderMnist": {"encoded_space_dim": REQUIRED},
    "EncoderBurgess": {"img_size": REQUIRED, "latent_dim": 10},
    "EncoderBurgess.mu": {"x": REQUIRED},
    "EncoderMnist": {"encoded_space_dim": REQUIRED},
    "SimCLR": {"base_encoder": REQUIRED, "projection_dim": 128},
    "SimCLR.fit": {"args": REQUIRED, "device": REQUIRED},
    "SimCLR.get_color_distortion": {"s": 0.5},
    "SimCLR.get_lr": {"step": REQUIRED, "total_steps": REQUIRED, "lr_max": REQUIRED, "lr_min": REQUIRED},
    "SimCLR.nt_xent": {"x": REQUIRED, "t": 0.5},
    "VAE": {
        "img_size": REQUIRED,
        "encoder": REQUIRED,
        "decoder": REQUIRED,
        "latent_dim": REQUIRED,
        "loss_f": REQUIRED,
        "name": "model",
    },
    "VAE.fit": FIT | SAVED,
    "VAE.reparameterize": {"mean": REQUIRED, "logvar": REQUIRED},
    "VAE.sample_latent": {"x": REQUIRED},
    "VarDecoderMnist": {"c": 64, "latent_dims": 10},
    "VarEncoderMnist": {"c": 64, "latent_dims": 10},
    "VarEncoderMnist.mu": {"x": REQUIRED},
    "init_vae": {"img_size": REQUIRED, "latent_dim": REQUIRED, "loss_f": REQUIRED, "name": REQUIRED},
    "log_density_gaussian": {"x": REQUIRED, "mu": REQUIRED, "logvar": REQUIRED},
    "AutoencoderCNN": {"embedding_dim": 64, "name": "model", "loss_f": nn.L1Loss},
    "AutoencoderCNN.fit": FIT | KEPT,
    "Decoder": {"seq_len": REQUIRED, "n_features": 1, "input_dim": 64},
    "DecoderCNN": {"encoded_space_dim": REQUIRED},
    "Encoder": {"seq_len": REQUIRED, "n_features": 1, "embedding_dim": 64},
    "EncoderCNN": {"encoded_space_dim": REQUIRED},
    "RecurrentAutoencoder": {
        "seq_len": REQUIRED,
        "n_features": REQUIRED,
        "embedding_dim": 64,
        "name": "model",
        "loss_f": nn.L1Loss,
    },
    "RecurrentAutoencoder.fit": FIT | KEPT,
    "BaseVAELoss": {"record_loss_every": 50, "rec_dist": "bernoulli", "steps_anneal": 0},
    "BaseVAELoss._pre_call": {"is_train": REQUIRED, "storer": REQUIRED},
    "BetaHLoss": {"beta": 4, "**kwargs": REQUIRED},
    "BtcvaeLoss": {
        "n_data": REQUIRED,
        "alpha": 1.0,
        "beta": 6.0,
        "gamma": 1.0,
        "is_mss": True,
        "**kwargs": REQUIRED,
    },
    "_get_log_pz_qz_prodzi_qzCx": {
        "latent_sample": REQUIRED,
        "latent_dist": REQUIRED,
        "n_data": REQUIRED,
        "is_mss": True,
    },
    "_kl_normal_loss": {"mean": REQUIRED, "logvar": REQUIRED, "storer": None},
    "_permute_dims": {"latent_sample": REQUIRED},
    "_reconstruction_loss": {
        "data": REQUIRED,
        "recon_data": REQUIRED,
        "distribution": "bernoulli",
        "storer": None,
    },
    "get_loss_f": {"loss_name": REQUIRED, "**kwargs_parse": REQUIRED},
    "linear_annealing": {"init": REQUIRED, "fin": REQUIRED, "step": REQUIRED, "annealing_steps": REQUIRED},
}
EPOCHS = {
    "train_epoch": {"device": REQUIRED, "dataloader": REQUIRED, "optimizer": REQUIRED},
    "test_epoch": {"device": REQUIRED, "dataloader": REQUIRED},
}
SAVING = {
    "save": {"directory": REQUIRED},
    "load_metadata": {"directory": REQUIRED},
    "save_metadata": {"directory": REQUIRED, "**kwargs": REQUIRED},
}
TRAINED = (
    *("AutoEncoderMnist", "BetaTcVaeMnist", "BetaVaeMnist", "ClassifierMnist", "VAE"),
    *("AutoencoderCNN", "RecurrentAutoencoder"),
)
METHODS = {f"{name}.{method}": of for name in TRAINED for method, of in (EPOCHS | SAVING).items()}


def look_up(name):
    first, *rest = name.split(".")
    found = getattr(lfxai_names, first, None) or getattr(vae_losses, first)
    for part in rest:
        found = getattr(found, part)
    return found


def shown(parameter):
    return f"**{parameter.name}" if parameter.kind is parameter.VAR_KEYWORD else parameter.name


@pytest.mark.parametrize("name", SIGNATURES | METHODS)
def test_arguments_and_defaults_are_the_page_s(name):
    parameters = [p for p in inspect.signature(look_up(name)).parameters.values() if p.name != "self"]
    documented = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    wanted = (SIGNATURES | METHODS)[name]
    assert [shown(p) for p in documented] == list(wanted)
    for parameter in documented:
        default = wanted[shown(parameter)]
        is_module = isinstance(default, type) and issubclass(default, nn.Module)
        assert type(parameter.default) is default if is_module else parameter.default == default
    # What we add may only be given by name and never has to be.
    assert all(p.default is not REQUIRED for p in parameters if p.kind is p.KEYWORD_ONLY)


def test_all_names_are_there_and_documented():
    wanted = {name.partition(".")[0] for name in SIGNATURES if not name.startswith("_")}
    assert wanted <= set(lfxai_names.__all__)
    for name in lfxai_names.__all__:
        assert getattr(lfxai_names, name).__doc__, name
    assert lfxai_names.VAE is lfxai_names.BurgessVAE


def test_the_toy_example_s_model_is_made_as_on_the_page():
    encoder = lfxai_names.EncoderMnist(encoded_space_dim=10)
    decoder = lfxai_names.DecoderMnist(encoded_space_dim=10)
    model = lfxai_names.AutoEncoderMnist(encoder, decoder, latent_dim=10, input_pert=lfxai_names.Identity())
    assert sum(parameter.numel() for parameter in model.encoder.parameters()) == 44_202
