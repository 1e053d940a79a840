"""`freeze_encoder` from end to end: through every phase of a training the encoder stays bit for bit what it was."""

import numpy as np
import pytest
import torch
from timm.models import VisionTransformer as TimmViT
from torchvision.models import VisionTransformer
from torchvision.models.vision_transformer import ConvStemConfig

from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.models import SpatialTransformer, add_xaae_blocks, build_encoder, count_parameters
from xaae_core.training import train_xaaenet
from xaae_core.training.consistency import make_moves_consistent
from xaae_core.training.sharpening import sharpen_skips


def _vit_with_a_convolutional_stem():
    stem = [ConvStemConfig(8, 3, 2), ConvStemConfig(8, 3, 2), ConvStemConfig(8, 3, 2)]  # with batch norm
    network = VisionTransformer(32, 8, 2, 2, 12, 16, dropout=0.3, conv_stem_configs=stem)
    return SpatialTransformer(network)


def _timm_vit():
    network = TimmViT(img_size=32, patch_size=8, embed_dim=12, depth=2, num_heads=2, drop_path_rate=0.3, num_classes=0)
    return SpatialTransformer(network)


ENCODERS = {
    "torchvision's ViT": _vit_with_a_convolutional_stem,
    "timm's ViT": _timm_vit,
    "timm:test_resnet": lambda: build_encoder("timm:test_resnet", 3),
}


@pytest.fixture
def loaders():
    """20 noisy colour pictures of 32×32; those of class "ill" hold a bright square."""
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    images = rng.random((20, 3, 32, 32), dtype=np.float32) * 0.3
    images[labels == 1, :, 8:20, 8:20] += 0.6
    splits = ["train"] * 12 + ["valid"] * 8
    return dataloaders_from_arrays(images, labels, splits, ["healthy", "ill"], batch_size=4, device="cpu")


def _model(name, **options):
    torch.manual_seed(0)
    return add_xaae_blocks(
        ENCODERS[name](), 32, 3, 4, decoder="light", recons_metric="ssim", skip_dropout=0.5, **options
    )


@pytest.mark.parametrize("name", ENCODERS)
def test_every_phase_leaves_a_frozen_encoder_as_it_was(name, loaders, tmp_path):
    model = _model(name, freeze_encoder=True)
    counts = count_parameters(model)
    assert counts.total - counts.trainable == count_parameters(model.encoder).total
    encoder = {key: value.clone() for key, value in model.encoder.state_dict().items()}
    head = model.to_latent[1].weight.clone()
    train_xaaenet(
        model, loaders, 1, 1, 1, models_dir=tmp_path, patch_size=8, cycle_weight=0.1,
        save_tsne=False, save_pls=False, extract_latent=False,
    )  # fmt: skip
    weights = {"ADV_WEIGHT": 0.1, "RECONS_WEIGHT": 1.0, "CLASS_WEIGHT": 1.0}
    make_moves_consistent(model, loaders, weights=weights, epochs=1)
    sharpen_skips(model, loaders, epochs=1)
    assert all(torch.equal(value, encoder[key]) for key, value in model.encoder.state_dict().items())
    assert not any(weight.requires_grad for weight in model.encoder.parameters())
    assert not torch.equal(model.to_latent[1].weight, head)  # the blocks around it did learn


@pytest.mark.parametrize("name", ENCODERS)
def test_without_freezing_the_encoder_learns(name, loaders, tmp_path):
    model = _model(name)
    encoder = {key: value.clone() for key, value in model.encoder.named_parameters()}
    train_xaaenet(model, loaders, 1, 0, 1, models_dir=tmp_path, save_tsne=False, save_pls=False, extract_latent=False)
    moved = [key for key, value in model.encoder.named_parameters() if not torch.equal(value, encoder[key])]
    assert len(moved) > 0.8 * len(encoder)


def test_a_frozen_encoder_answers_the_same_in_training_mode(loaders):
    model = _model("torchvision's ViT", freeze_encoder=True)
    images = torch.rand(2, 3, 32, 32)
    model.train()
    first, second = (model.encode(images).skips[0] for _ in range(2))
    assert torch.equal(first, second)  # its dropout is off
