"""lfxai's page on explanations: its arguments and defaults, copied by hand, and its toy example run as it stands."""

import inspect

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch.nn import MSELoss
from torch.utils.data import DataLoader, Subset

from analysis.attributions import label_free
from analysis.attributions.label_free import attribute_auxiliary
from analysis.examples import lfxai_names
from analysis.examples.lfxai_names import SimplEx
from tests.xaae_core.models.digits import digits
from xaae_core.models.lfxai_names import AutoEncoderMnist, DecoderMnist, EncoderMnist, Identity

REQUIRED = inspect.Parameter.empty
CASES = {"X_test": REQUIRED, "train_idx": REQUIRED}
LOADERS = {"device": REQUIRED, "train_loader": REQUIRED, "test_loader": REQUIRED}
REPRESENTATION = {"model": REQUIRED, "loss_f": None, "X_train": None}
GRADIENT = {"model": REQUIRED, "loss_f": REQUIRED, "save_dir": REQUIRED, "X_train": None}
REST = {"**kwargs": REQUIRED}
SERIES = {"damp": 0.001, "scale": 1000, "recursion_depth": 100}
SIGNATURES = {
    "ExampleBasedExplainer": {"model": REQUIRED, "X_train": REQUIRED, "loss_f": REQUIRED} | REST,
    "ExampleBasedExplainer.attribute": CASES | REST,
    "InfluenceFunctions": GRADIENT,
    "InfluenceFunctions.attribute": CASES | {"batch_size": 1} | SERIES | REST,
    "InfluenceFunctions.attribute_loader": LOADERS
    | {"train_loader_replacement": REQUIRED, "recursion_depth": 100, "damp": 0.001, "scale": 1000}
    | REST,
    "NearestNeighbours": REPRESENTATION,
    "NearestNeighbours.attribute": CASES | {"batch_size": 500} | REST,
    "NearestNeighbours.attribute_loader": LOADERS | {"batch_size": 50} | REST,
    "SimplEx": REPRESENTATION,
    "SimplEx.attribute": CASES | {"learning_rate": 1, "batch_size": 50} | REST,
    "SimplEx.attribute_loader": LOADERS | {"batch_size": 50} | REST,
    "SimplEx.compute_weights": {
        "batch_representations": REQUIRED,
        "train_representations": REQUIRED,
        "n_epoch": 1000,
    },
    "TracIn": GRADIENT,
    "TracIn.attribute": CASES | {"learning_rate": 1} | REST,
    "TracIn.attribute_loader": LOADERS | REST,
    "AuxiliaryFunction": {"black_box": REQUIRED, "base_features": REQUIRED},
    "attribute_auxiliary": {
        **dict.fromkeys(("encoder", "data_loader", "device", "attr_method"), REQUIRED),
        "baseline": None,
    },
    "attribute_individual_dim": dict.fromkeys(
        ("encoder", "dim_latent", "data_loader", "device", "attr_method", "baseline"), REQUIRED
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_and_defaults_are_the_page_s(name):
    first, _, method = name.partition(".")
    found = getattr(lfxai_names, first, None) or getattr(label_free, first)
    signature = inspect.signature(getattr(found, method) if method else found)
    parameters = [p for p in signature.parameters.values() if p.name != "self"]
    documented = {
        f"**{p.name}" if p.kind is p.VAR_KEYWORD else p.name: p.default
        for p in parameters
        if p.kind is not p.KEYWORD_ONLY
    }
    assert list(documented.items()) == list(SIGNATURES[name].items())
    assert all(p.default is not REQUIRED for p in parameters if p.kind is p.KEYWORD_ONLY)


def test_the_toy_example_runs_as_on_the_page():
    device, (x, y) = torch.device("cpu"), digits(40)
    cases = list(zip(x, y, strict=True))
    train_dataset, test_dataset = cases[:30], cases[30:]
    test_loader = DataLoader(test_dataset, batch_size=100, shuffle=False)

    encoder = EncoderMnist(encoded_space_dim=10)
    decoder = DecoderMnist(encoded_space_dim=10)
    model = AutoEncoderMnist(encoder, decoder, latent_dim=10, input_pert=Identity())
    model.to(device)

    baseline = torch.zeros((1, 1, 28, 28)).to(device)
    attr_method = IntegratedGradients(model)
    feature_importance = attribute_auxiliary(encoder, test_loader, device, attr_method, baseline)

    train_subset = Subset(train_dataset, indices=list(range(20)))
    train_subloader = DataLoader(train_subset, batch_size=500)
    attr_method = SimplEx(model, loss_f=MSELoss())
    example_importance = attr_method.attribute_loader(device, train_subloader, test_loader)

    assert isinstance(feature_importance, np.ndarray)
    assert feature_importance.shape == (10, 1, 28, 28)
    assert example_importance.shape == (10, 20)
    torch.testing.assert_close(example_importance.sum(dim=1), torch.ones(10))
    z = encoder.eval()(x[30:]).detach()
    # What is explained is the inner product with each one's own representation.
    gap = (z * (z - encoder(baseline).detach())).sum(dim=1).numpy()
    np.testing.assert_allclose(feature_importance.sum(axis=(1, 2, 3)), gap, rtol=0.05, atol=0.05 * np.abs(gap).max())
