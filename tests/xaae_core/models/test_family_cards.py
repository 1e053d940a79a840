"""Checkpoints of the family's models: opened without naming the model, bit for bit, and refused where they lie."""

from dataclasses import replace

import pytest
import torch
from torchvision.models import resnet18

from tests.xaae_core.models.digits import stirred
from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.data.beats import draw_beats
from xaae_core.errors import WrongModelError
from xaae_core.model_card import build_model, card_for
from xaae_core.models.burgess_vae import init_vae
from xaae_core.models.family_cards import FAMILY_ARGUMENTS
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.models.mnist_beta_vaes import BetaTcVaeMnist, BetaVaeMnist
from xaae_core.models.mnist_classifiers import ClassifierLatent, ClassifierMnist
from xaae_core.models.picture_networks import build_autoencoder
from xaae_core.models.recurrent_autoencoder import RecurrentAutoencoder
from xaae_core.models.signal_networks import build_signal_autoencoder
from xaae_core.models.signals_in_units import build_signals_in_units
from xaae_core.models.simclr import SimCLR
from xaae_core.pretext import Identity, Mask
from xaae_core.vae_losses import BaseVAELoss, BtcvaeLoss


class OwnLoss(BaseVAELoss):
    name = "own"

    def __call__(self, data, recon_data, latent_dist, is_train, storer, **kwargs):
        return recon_data.sum()


MODELS = {
    "AutoEncoderMnist": lambda: AutoEncoderMnist(EncoderMnist(4), DecoderMnist(4), 4, Mask(0.3, 0.5)),
    "BetaVaeMnist": lambda: BetaVaeMnist(3, 5),
    "BetaTcVaeMnist": lambda: BetaTcVaeMnist(3, 0.5),
    "BurgessVAE": lambda: init_vae((3, 64, 64), 4, BtcvaeLoss(40, gamma=2.0), "vae"),
    "AutoencoderLatents": lambda: build_autoencoder("AdaGVAE", (3, 20, 13), 4, likelihood="gaussian", beta=2),
    "SignalAutoencoderLatents": lambda: build_signal_autoencoder("VAE", draw_beats(1, length=45).form, 3, beta=2),
    "SignalsInUnits": lambda: build_signals_in_units("AutoencoderCNN", 3, draw_beats(1, length=21).form),
    "ClassifierMnist": lambda: ClassifierMnist(EncoderMnist(5), 5, "digits", classes=3),
    "ClassifierLatent": lambda: ClassifierLatent(4),
    "SimCLR": lambda: SimCLR(resnet18, 16, input_size=(32, 40)),
}


@pytest.mark.parametrize("kind", FAMILY_ARGUMENTS)
def test_a_saved_model_opens_as_it_was(kind, tmp_path):
    torch.manual_seed(0)
    model = stirred(MODELS[kind]())
    model.save(tmp_path)
    opened = load_checkpoint(tmp_path / f"{model.name}.safetensors")
    assert isinstance(opened.model, LatentModel)
    assert opened.model.arguments == model.arguments
    assert opened.card.kind == kind
    assert len(opened.card.classes) == model.classes
    x = torch.rand(2, model.input_channels, *model.input_size)
    z = model.encode(x).z
    assert torch.equal(opened.model.encode(x).z, z)
    if kind not in ("ClassifierMnist", "ClassifierLatent", "SimCLR"):
        assert torch.equal(opened.model.decode(z), model.decode(z))
    said = model.classify(z)
    assert said is None or torch.equal(opened.model.classify(z), said)


def test_classes_have_names(tmp_path):
    model = MODELS["ClassifierMnist"]()
    card = card_for(model, classes=("zero", "one", "two"))
    opened = load_checkpoint(save_checkpoint(model, tmp_path / "named.safetensors", card))
    assert opened.card.classes == ("zero", "one", "two")
    assert opened.card.target == "one"
    assert card_for(MODELS["BetaVaeMnist"]()).target == ""


def test_a_vae_with_an_own_loss_opens_with_the_default(tmp_path):
    model = init_vae((1, 32, 32), 2, OwnLoss(), "vae")
    model.save(tmp_path)
    assert str(load_checkpoint(tmp_path / "vae.safetensors").model.loss_f) == "Beta"


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("AutoEncoderMnist", {"latent_dim": 0}, "latent_dim=0"),
        ("AutoEncoderMnist", {"latent_dim": 10**9}, "latent_dim"),
        ("AutoEncoderMnist", {"pretext": {"kind": "Rotation"}}, "Rotation"),
        ("BetaVaeMnist", {"path": "x"}, "path"),
        ("BurgessVAE", {"img_size": [1, 28, 28]}, r"\(1, 28, 28\)"),
        ("BurgessVAE", {"loss": {"name": "os.system"}}, "os.system"),
        ("SimCLR", {"base_encoder": "get_model"}, "get_model"),
        ("SignalAutoencoderLatents", {"latent_dim": 10**9}, "latent_dim"),
        ("SignalAutoencoderLatents", {"signal_form": None}, "signal_form"),
        ("SignalAutoencoderLatents", {"signal_form": {"length": 10**12}}, "form of the signals"),
        ("SignalsInUnits", {"network": "os.system"}, "os.system"),
    ],
)
def test_a_card_that_lies_is_refused(kind, change, message):
    card = card_for(MODELS[kind]())
    with pytest.raises(WrongModelError, match=message):
        build_model(replace(card, arguments=card.arguments | change))


@pytest.mark.parametrize(
    "make",
    [
        lambda: RecurrentAutoencoder(12, 1, 3),
        lambda: AutoEncoderMnist(EncoderMnist(4), torch.nn.Linear(4, 784), 4, Identity()),
    ],
    ids=["signals", "own decoder"],
)
def test_what_a_card_cannot_build_opens_when_the_model_is_given(make, tmp_path):
    torch.manual_seed(0)
    model = make()
    model.save(tmp_path)
    path = tmp_path / "model.safetensors"
    with pytest.raises(WrongModelError):
        load_checkpoint(path)
    opened = load_checkpoint(path, model=make())
    for name, value in model.state_dict().items():
        assert torch.equal(opened.model.state_dict()[name], value)
