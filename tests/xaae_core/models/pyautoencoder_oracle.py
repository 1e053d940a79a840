"""pyautoencoder 2.1.0's models where it is installed, and pairs of ours and theirs that share their weights."""

import copy

import pytest
import torch
from torch import nn

from xaae_core.models import pyautoencoder_names as ours

D = 4


def encoder(n_outputs=6, *extra):
    return nn.Sequential(nn.Conv2d(1, 3, 3, stride=2), nn.ReLU(), *extra, nn.Flatten(), nn.LazyLinear(n_outputs))


def decoder(*extra, latent_dim=D):
    return nn.Sequential(nn.Linear(latent_dim, 12), *extra, nn.Tanh(), nn.Linear(12, 80), nn.Unflatten(1, (1, 8, 10)))


def cases(n=7, seed=0):
    return torch.rand(n, 1, 8, 10, generator=torch.Generator().manual_seed(seed))


def make(name, source, *, extra=()):
    """A built model of a kind, of ours or of pyautoencoder's classes."""
    if name == "AE":
        model = source["AE"](encoder=encoder(D, *extra), decoder=decoder())
    else:
        model = source["VAE"](encoder=encoder(6, *extra), decoder=decoder(), latent_dim=D)
        model = source["AdaGVAE"](vae=model) if name == "AdaGVAE" else model
    model.build(cases())
    return model


def our(name, *, seed=0, extra=()):
    torch.manual_seed(seed)
    return make(name, vars(ours), extra=extra)


def both(name, *, extra=()):
    """Ours and theirs, of the same weights (and so of the same names of weights), in training mode."""
    variational = pytest.importorskip(
        "pyautoencoder.variational",
        reason="pyautoencoder 2.1.0 is not here: pip install --no-deps pyautoencoder==2.1.0",
    )
    from pyautoencoder import vanilla

    model = our(name, extra=copy.deepcopy(extra))
    other = make(name, vars(vanilla) | vars(variational), extra=copy.deepcopy(extra))
    other.load_state_dict(model.state_dict())
    return model, other


def same_draws(seed, way):
    """What a way gives with torch's generator at a seed."""
    torch.manual_seed(seed)
    return way()


def gradients(model, loss):
    model.zero_grad()
    loss.objective.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def assert_same_loss(model, loss, other, expected):
    """Objective, diagnostics and the gradient of every weight."""
    torch.testing.assert_close(loss.objective, expected.objective, rtol=1e-6, atol=0)
    assert loss.diagnostics.keys() == expected.diagnostics.keys() == loss.tensors.keys()
    for name, value in loss.diagnostics.items():
        assert isinstance(value, float)
        assert value == pytest.approx(float(expected.diagnostics[name]), rel=1e-6)
        assert not loss.tensors[name].requires_grad
    theirs = gradients(other, expected)
    for name, gradient in gradients(model, loss).items():
        torch.testing.assert_close(gradient, theirs[name], rtol=1e-4, atol=1e-5)
