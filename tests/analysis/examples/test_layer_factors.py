"""Gradients in factors: the same products as the gradients themselves, and None where a layer is not known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from analysis.evaluation.example_quality import compare_subsets, draw_subsets
from analysis.examples.influence import DampedInverse, measure_influence
from analysis.examples.loss_gradients import LossGradients
from analysis.examples.sample_losses import LabelLoss, OutputLoss
from analysis.examples.samples import samples_of
from analysis.examples.time_estimate import estimate_seconds
from analysis.examples.tracin import trace_training
from tests.analysis.examples.small_models import (
    SignalAutoencoder,
    autoencoder,
    logistic_regression,
    pictures,
    two_groups,
)


class Twice(nn.Module):
    """One layer, used two times: its gradient is a sum that factors of one pass do not give."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        twice: Tensor = self.encoder(self.encoder(x))
        return twice


class Hidden(nn.Module):
    """A layer whose weights are used behind its back as well."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        drawn: Tensor = self.encoder(x) @ self.encoder.weight
        return drawn


@pytest.mark.parametrize("memory", [20_000, 2**30])
@pytest.mark.parametrize("parameters", ["encoder", "last_block", "all"])
def test_factors_give_the_products_of_gradients(memory: int, parameters):
    model = autoencoder()
    gradients = LossGradients(model, OutputLoss(), parameters=parameters, memory=memory)
    weights, x, test = gradients.weights(), pictures(9, 1), pictures(4, 2)
    factors = gradients.factors(weights, test)
    assert factors is not None
    assert len(factors) == 4
    expected = gradients.rows(weights, test) @ gradients.rows(weights, x).T
    torch.testing.assert_close(
        gradients.dot(weights, x, None, factors), expected, rtol=1e-4, atol=1e-6 * float(expected.abs().max())
    )


@pytest.mark.parametrize("model", [Twice(), Hidden(), SignalAutoencoder().eval()])
def test_where_factors_do_not_hold_there_are_none(model: nn.Module):
    x = torch.rand(5, 15, 1) if isinstance(model, SignalAutoencoder) else torch.rand(5, 3)
    gradients = LossGradients(model, OutputLoss(), parameters="encoder")
    assert gradients.factors(gradients.weights(), x) is None
    assert gradients.rows(gradients.weights(), x).shape == (5, gradients.n_parameters)


def test_influence_foretells_models_of_subsets():
    """Linear datamodelling on a model that is trained exactly: high for influence, low for scores out of order."""
    x, y = two_groups(60, 5)
    x_test, y_test = two_groups(12, 6)
    model = logistic_regression(x, y, 0.05)
    found = measure_influence(
        model, samples_of(x, y), samples_of(x_test, y_test), loss=LabelLoss(), mode=DampedInverse(damping=0.05)
    )
    subsets = draw_subsets(60, 60, share=0.8, seed=1)
    losses = [
        LabelLoss()(logistic_regression(x[rows], y[rows], 0.05), x_test, y_test).detach().numpy() for rows in subsets
    ]
    assert compare_subsets(found.scores, subsets, np.stack(losses)).score > 0.85
    assert abs(compare_subsets(found.scores[:, ::-1], subsets, np.stack(losses)).score) < 0.4


def test_a_time_is_reckoned_before_anything_starts():
    model, few, many = autoencoder(), samples_of(pictures(20, 1)), samples_of(pictures(2000, 1))
    test = samples_of(pictures(3, 2))
    short, long = (estimate_seconds(model, train, test, loss=OutputLoss()) for train in (few, many))
    assert 0 < short.seconds < long.seconds
    assert "about" in short.sentence()
    assert f"{short.n_parameters:,} parameters (encoder)" in short.sentence()
    influence = estimate_seconds(model, many, test, loss=OutputLoss(), mode=DampedInverse())
    assert influence.seconds > 0


def test_tracin_of_a_recurrent_autoencoder_is_the_product_of_its_gradients():
    torch.manual_seed(0)
    model, x = SignalAutoencoder().eval(), torch.rand(7, 15, 1)
    found = trace_training(model, samples_of(x), samples_of(x[:3]), loss=OutputLoss(), parameters="encoder")
    gradients = LossGradients(model, OutputLoss(), parameters="encoder")
    rows = gradients.rows(gradients.weights(), x)
    np.testing.assert_allclose(found.scores, (rows[:3] @ rows.T).numpy(), rtol=1e-4)
