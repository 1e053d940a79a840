"""The examples of the reference pages, unchanged but for the import, and its signatures, copied by hand."""

import inspect

import pytest
import torch
from torch import nn

from xaae_core.models import AAE, EncoderWithAAEBlocks, add_xaae_blocks, default_device, set_module_trainable

REQUIRED = inspect.Parameter.empty
BLOCKS = {
    "encoder": REQUIRED,
    "input_size": 256,
    "input_channels": 3,
    "encoding_dims": 128,
    "classes": 2,
    "linear": None,
    "gen_train": True,
    "skip_dropout": 1.0,
    "freeze_encoder": False,
}
PAGES = {
    AAE: {
        "input_size": 256,
        "input_channels": 3,
        "encoding_dims": 128,
        "classes": 2,
        "gen_train": True,
        "skip_dropout": 1,
    },
    add_xaae_blocks: BLOCKS,
    EncoderWithAAEBlocks: BLOCKS,
    set_module_trainable: {"module": REQUIRED, "trainable": REQUIRED},
    default_device: {},
}
LOSSES = {
    "classif_loss_func": ["output", "target", "ADV_WEIGHT", "RECONS_WEIGHT", "CLASS_WEIGHT", "**kwargs"],
    "aae_loss_func": ["output", "target"],
    "denoising_ae_loss_func": ["clean_xb", "RECONS_WEIGHT", "ADV_WEIGHT", "pred", "yb"],
    "pure_classif_loss_func": ["pred", "target", "**kwargs"],
}


@pytest.fixture(scope="module")
def aae():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAAE_OFFLINE", "1")
        with pytest.warns(UserWarning, match="XAAE_OFFLINE"):
            model = AAE()
    return model


@pytest.mark.parametrize("function", PAGES, ids=lambda function: function.__name__)
def test_arguments_and_defaults_are_the_pages(function):
    parameters = list(inspect.signature(function).parameters.values())
    documented = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert {p.name: p.default for p in documented} == PAGES[function]
    assert [p.name for p in documented] == list(PAGES[function])
    # What we add may only be given by name and never has to be.
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not REQUIRED for p in parameters[len(documented) :])


@pytest.mark.parametrize("kind", [AAE, EncoderWithAAEBlocks])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_take_the_pages_arguments(kind, loss):
    parameters = list(inspect.signature(getattr(kind, loss)).parameters.values())[1:]
    assert [f"**{p.name}" if p.kind is p.VAR_KEYWORD else p.name for p in parameters] == LOSSES[loss]
    assert all(p.default is REQUIRED for p in parameters)


def test_the_model_page(aae):
    device = default_device()
    model = aae.to(device).eval()
    assert device.type in ("cuda", "mps", "cpu")
    shapes = []
    parts = (model.encoder, model.to_latent[0], model.from_latent)
    taps = [part.register_forward_hook(lambda *call: shapes.append(tuple(call[2].shape))) for part in parts]
    with torch.no_grad():
        labels = model(torch.rand(1, 3, 256, 256, device=device))
    for tap in taps:
        tap.remove()
    assert shapes == [(1, 512, 8, 8), (1, 32768), (1, 512, 8, 8)]
    assert model.z.shape == (1, 128)
    assert labels.shape == (1, 2)
    assert model.decoder_output.shape == model.input_image.shape == (1, 3, 256, 256)
    assert model.gan_fake.shape == model.gan_real.shape == (1, 1)
    assert model.gen_train is True
    assert model.skip_dropout == 1
    assert model.layout.skip_shapes == ((64, 128, 128), (64, 64, 64), (128, 32, 32), (256, 16, 16))


def test_the_compact_structure_of_the_model_page(aae):
    assert isinstance(aae.to_latent[0], nn.Flatten)
    assert (aae.to_latent[1].in_features, aae.to_latent[1].out_features) == (32768, 128)
    assert isinstance(aae.to_latent[2], nn.BatchNorm1d)
    assert (aae.classifier.in_features, aae.classifier.out_features) == (128, 2)
    assert 45e6 < sum(p.numel() for p in aae.parameters()) < 55e6
    assert any(name.startswith("fc_crit") for name, _ in aae.named_parameters())


def test_the_page_on_user_encoders():
    user_encoder = nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
    )

    model = add_xaae_blocks(
        encoder=user_encoder,
        input_size=256,
        input_channels=3,
        encoding_dims=16,
        classes=2,
    )

    # MS-SSIM (used in `classif_loss_func` / `denoising_ae_loss_func`) needs spatial size > ~160.
    batch = torch.randn(2, 3, 256, 256)
    labels = model(batch)
    assert (labels.shape, model.z.shape, model.decoder_output.shape) == ((2, 2), (2, 16), (2, 3, 256, 256))

    target_labels = torch.tensor([0, 1])

    classif_loss = model.classif_loss_func(labels, target_labels, ADV_WEIGHT=0.1, RECONS_WEIGHT=0.1, CLASS_WEIGHT=1.0)

    aae_loss = model.aae_loss_func(labels, target_labels)

    assert (classif_loss.shape, aae_loss.shape) == ((), ())
    assert isinstance(model, EncoderWithAAEBlocks)
    assert model.encoder is user_encoder
    assert model.encoder_feature_shape == (64, 32, 32)
    denoising = model.denoising_ae_loss_func(batch, 0.4, 0.6, labels, target_labels)
    pure = model.pure_classif_loss_func(labels, target_labels)
    assert torch.isfinite(torch.stack([denoising, pure])).all()


def test_set_module_trainable_reaches_every_parameter_and_returns_the_module():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.Linear(2, 2)))
    assert set_module_trainable(module, False) is module
    assert not any(p.requires_grad for p in module.parameters())
    set_module_trainable(module, True)
    assert all(p.requires_grad for p in module.parameters())
