"""Small models whose skips matter: every weight that starts at a neutral value is moved away from it."""

import pytest
import torch
from torch import nn

from xaae_core.models import add_xaae_blocks, build_encoder


def stir(model, seed=0):
    """Random batch statistics and weights, so that no half of the decoder is silent; eval mode."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if hasattr(module, "conv_skip"):  # starts at zero
                module.conv_skip.weight.copy_(torch.randn(module.conv_skip.weight.shape, generator=generator) * 0.3)
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator) * 0.3)
                module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 0.5)
                module.bias.copy_(torch.randn(module.bias.shape, generator=generator) * 0.3)
    return model.eval()


@pytest.fixture(scope="session")
def stirred():
    return stir


@pytest.fixture
def model():
    """A one-channel 48×32 model with three skips."""
    torch.manual_seed(0)
    blocks = add_xaae_blocks(
        build_encoder("small:4-6-8-10", 1), (48, 32), 1, 5, 3, encoder_spec="small:4-6-8-10", recons_metric="ssim"
    )
    return stir(blocks)


@pytest.fixture
def images():
    return torch.rand(3, 1, 48, 32, generator=torch.Generator().manual_seed(1))
