"""An affine first layer is taken apart only where nothing else sees the inputs; the attributions are the same."""

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from analysis.attributions.affine_heads import SplitEncoder
from analysis.attributions.label_free import attribute_auxiliary, attribute_individual_dim
from analysis.attributions.twins import twin_of
from tests.analysis.attributions.small_encoders import DIMS, ImageEncoder, SignalEncoder, loader_of, noise

CPU = torch.device("cpu")


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3, padding=1)
        self.out = nn.Linear(16, DIMS)

    def forward(self, x):
        return self.out(torch.tanh(self.conv(x)).flatten(1))


class WithResidual(Plain):
    def forward(self, x):
        return self.out(torch.tanh(x + self.conv(x)).flatten(1))


class WithMask(Plain):
    """No gradient flows through the mask, and yet the inputs are seen."""

    def forward(self, x):
        return self.out((torch.tanh(self.conv(x)) * (x > 0.5)).flatten(1))


class Twice(Plain):
    def forward(self, x):
        return self.out(torch.tanh(self.conv(torch.tanh(self.conv(x)))).flatten(1))


class Normalised(Plain):
    def forward(self, x):
        return super().forward((x - 0.4) / 0.2)


class InPlace(Plain):
    def forward(self, x):
        return self.out(self.conv(x).tanh_().flatten(1))


KINDS = {Plain: True, WithResidual: False, WithMask: False, Twice: False, Normalised: False, InPlace: False}


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_is_taken_where_it_can_be_and_nothing_changes(kind):
    torch.manual_seed(0)
    encoder, signals = kind().eval(), noise(7, 2, 8)
    twin = twin_of(encoder)
    assert SplitEncoder(twin, twin, signals).has_head == KINDS[kind]
    method = captum.attr.IntegratedGradients(encoder)
    own = encoder(signals).detach()
    start = torch.full((1, 2, 8), 0.3)
    product = captum.attr.IntegratedGradients(lambda x, z: (encoder(x) * z).sum(dim=1))
    expected = product.attribute(signals, start, additional_forward_args=(own,)).numpy()
    found = attribute_auxiliary(encoder, loader_of(signals), CPU, method, start)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    each = torch.stack([method.attribute(signals, start, target=dim) for dim in range(DIMS)], dim=1)
    found = attribute_individual_dim(encoder, DIMS, loader_of(signals), CPU, method, start)
    np.testing.assert_allclose(found, (own[:, :, None, None] * each).abs().detach(), rtol=0, atol=1e-6)
    assert isinstance(encoder.conv, nn.Conv1d)  # the gate stands in the copy


def test_the_images_convolution_is_a_head_and_a_recurrent_net_has_none():
    images, signals = twin_of(ImageEncoder()), twin_of(SignalEncoder())
    assert SplitEncoder(images, images, noise(3, 1, 12, 12)).has_head
    assert not SplitEncoder(signals, signals, noise(3, 9, 1)).has_head


def test_a_function_that_is_no_module_is_explained_too():
    weight = noise(DIMS, 6)
    method = captum.attr.IntegratedGradients(lambda x: x @ weight.T)
    found = attribute_individual_dim(method.forward_func, DIMS, [noise(5, 6)], CPU, method, None)
    x = noise(5, 6)
    np.testing.assert_allclose(found, ((x @ weight.T)[:, :, None] * weight * x[:, None]).abs(), rtol=1e-5)
