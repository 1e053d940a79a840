"""The weight of the KL divergence is what the losses themselves do with it."""

import pytest
import torch
from torch.nn import functional as F

from analysis.gallery.kl_weights import kl_weight_of
from xaae_core.gaussian_densities import kl_to_standard_normal
from xaae_core.models.catalogue import build_catalogued

N, B, D = 500, 20, 4


def test_of_lfxais_beta_vae_it_is_measured_on_its_loss():
    model = build_catalogued("beta_vae_mnist", size=28, channels=1, dims=D, beta=3.0)
    x, first, second = torch.rand(3, B, 1, 28, 28).clamp(0.01, 0.99)
    still, moved, logvar = torch.zeros(B, D), torch.randn(B, D), torch.zeros(B, D)
    for_nats = model.loss(first, x, still, logvar, N) - model.loss(second, x, still, logvar, N)
    for_kl = model.loss(first, x, moved, logvar, N) - model.loss(first, x, still, logvar, N)
    nats = (_nats(first, x) - _nats(second, x)).item()
    kl = kl_to_standard_normal(moved, logvar).sum(dim=1).mean().item()
    measured = (for_kl.item() / kl) / (for_nats.item() / nats)
    assert kl_weight_of(model, n_data=N, batch_size=B) == pytest.approx(measured, rel=1e-3)


def test_of_lfxais_beta_tcvae_it_is_measured_on_its_loss():
    model = build_catalogued("beta_tcvae_mnist", size=28, channels=1, dims=D)
    x, first, second = torch.rand(3, B, 1, 28, 28).clamp(0.01, 0.99)
    codes = (torch.randn(B, D), torch.zeros(B, D), torch.randn(B, D))
    for_nats = (model.loss(first, x, *codes, N) - model.loss(second, x, *codes, N)).item()
    weight = kl_weight_of(model, n_data=N, batch_size=B)  # its other terms are in nats
    assert (_nats(first, x) - _nats(second, x)).item() / for_nats == pytest.approx(weight, rel=0.02)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("vae", {"beta": 3.0}, 3.0),
        ("vae", {"beta": 0.01, "likelihood": "gaussian"}, 1.0),  # β is the variance
        ("burgess_vae", {"beta": 7.0}, 7.0),
        ("burgess_tcvae", {"beta": 7.0, "n_data": N}, 1.0),
        ("ae", {}, None),
        ("autoencoder_mnist", {}, None),
    ],
)
def test_of_the_others_it_is_their_beta(name, options, expected):
    size = 28 if name.endswith("_mnist") else 32
    model = build_catalogued(name, size=size, channels=1, dims=D, **options)
    assert kl_weight_of(model, n_data=N, batch_size=B) == expected


def _nats(recons: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return F.binary_cross_entropy(recons, x, reduction="sum") / len(x)
