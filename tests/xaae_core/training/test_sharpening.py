"""Sharpening: z alone draws the same picture, skips bring detail, z still steers."""

import pytest
import torch

from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.data.phantoms import CLASS_NAMES, make_phantoms
from xaae_core.errors import TrainingError
from xaae_core.losses import reconstruction_loss
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.training.sharpening import sharpen_skips


def make_scene(encoder="small:8-16-24"):
    torch.manual_seed(0)
    phantoms = make_phantoms(48, size=48)
    loaders = dataloaders_from_arrays(
        phantoms.images, phantoms.labels, ["train"] * 40 + ["valid"] * 8, CLASS_NAMES, batch_size=8
    )
    model = add_xaae_blocks(build_encoder(encoder, 1), 48, 1, 6, decoder="light", recons_metric="ssim").eval()
    return model, loaders, torch.tensor(phantoms.images).float() / 255


def test_only_the_skips_change_and_the_picture_from_z_alone_stays_bit_for_bit():
    model, loaders, images = make_scene()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    z = model.encode(images).z
    alone = model.decode(z)
    sharpen_skips(model, loaders, epochs=1)
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed
    assert all(".conv_skip." in key or ".skip_norm." in key for key in changed)
    assert torch.equal(model.decode(z), alone)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert not model.training


def test_pictures_with_skips_come_nearer_to_the_original_and_z_still_steers():
    model, loaders, images = make_scene()
    sharpen_skips(model, loaders, epochs=6, lr=1e-2)
    encoding = model.encode(images)
    crisp = model.decode(encoding.z, encoding.skips, skip_dropout=0.0)
    assert reconstruction_loss(crisp, images, "ssim") < 0.8 * reconstruction_loss(
        model.decode(encoding.z), images, "ssim"
    )
    moved = model.decode(encoding.z + 1, encoding.skips, skip_dropout=0.0)
    assert (moved - crisp).abs().max() > 1e-3


def test_the_same_seed_gives_the_same_weights_and_leaves_the_generator_alone():
    results = []
    for _ in range(2):
        model, loaders, _ = make_scene()
        torch.manual_seed(5)
        seen = []
        sharpen_skips(model, loaders, epochs=1, seed=3, on_progress=seen.append)
        assert torch.equal(torch.rand(1), torch.rand(1, generator=torch.Generator().manual_seed(5)))
        assert [(step.phase, step.epoch, step.n_epochs) for step in seen] == [("sharpening", 1, 1)]
        results.append(model.state_dict())
    assert all(torch.equal(results[0][key], results[1][key]) for key in results[0])


def test_a_decoder_without_skips_is_refused():
    model, loaders, _ = make_scene("small:8")
    with pytest.raises(TrainingError, match="no skip connections"):
        sharpen_skips(model, loaders)
