"""Projected gradients: inner products right on average, their error as said, scores as those of whole gradients."""

import numpy as np
import pytest
import torch

from analysis.examples.gradient_sketch import GradientSketch
from analysis.examples.influence import DampedInverse, TruncatedSeries, measure_influence
from analysis.examples.loss_gradients import LossGradients
from analysis.examples.projected_gradients import ProjectedGradients
from analysis.examples.projected_influence import length_within, measure_projected_influence
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
from xaae_core.errors import ExamplesError
from xaae_core.models import add_xaae_blocks, build_encoder


@pytest.mark.parametrize("length", [64, 1024])
def test_inner_products_are_right_on_average_and_off_by_one_over_the_root_of_k(length: int):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3000, generator=generator, dtype=torch.float64)
    x[1] += 0.5 * x[0]
    exact = float(x[0] @ x[1])
    made = [GradientSketch(3000, length=length, seed=seed).project(x) for seed in range(300)]
    found = np.array([float(rows[0] @ rows[1]) for rows in made])
    norms = float(x[0].norm() * x[1].norm())
    said = norms / np.sqrt(length)
    foretold = np.sqrt((norms**2 + exact**2 - 2 * float((x[0] ** 2 * x[1] ** 2).sum())) / length)
    assert abs(found.mean() - exact) < 4 * foretold / np.sqrt(300)
    assert found.std() == pytest.approx(foretold, rel=0.15)
    assert said < foretold < np.sqrt(2) * said
    assert GradientSketch(3000, length=length).relative_error == pytest.approx(1 / np.sqrt(length))


def test_parts_of_a_gradient_add_up_and_the_seed_decides():
    x = torch.randn(3, 500)
    sketch = GradientSketch(500, length=32, seed=1)
    parts = sketch.project(x[:, :200]) + sketch.project(x[:, 200:], start=200)
    torch.testing.assert_close(parts, sketch.project(x))
    assert torch.equal(GradientSketch(500, length=32, seed=1).project(x), sketch.project(x))
    assert not torch.equal(GradientSketch(500, length=32, seed=2).project(x), sketch.project(x))


@pytest.mark.parametrize("memory", [400_000, 2**30])
@pytest.mark.parametrize("model", [autoencoder(), SignalAutoencoder().eval()])
def test_projected_tracin_orders_cases_as_whole_gradients_do(model, memory: int):
    is_signal = isinstance(model, SignalAutoencoder)
    x = torch.rand(40, 15, 1) if is_signal else pictures(40, 1)
    train, test = samples_of(x[:30]), samples_of(x[30:])
    exact = trace_training(model, train, test, loss=OutputLoss(), parameters="encoder").scores
    found = trace_training(model, train, test, loss=OutputLoss(), parameters="projected", memory=memory)
    assert np.corrcoef(exact.ravel(), found.scores.ravel())[0, 1] > 0.95
    assert found.parameters["parameters"] == "projected"
    assert "projected at random to 4,096 numbers" in " ".join(found.notes)
    again = trace_training(model, train, test, loss=OutputLoss(), parameters="projected", memory=memory)
    np.testing.assert_array_equal(found.scores, again.scores)
    other = trace_training(model, train, test, loss=OutputLoss(), parameters="projected", memory=memory, seed=1)
    assert not np.allclose(found.scores, other.scores, rtol=1e-6)


def test_a_longer_projection_is_nearer():
    model, x = autoencoder(), pictures(20, 1)
    exact = LossGradients(model, OutputLoss(), parameters="encoder")
    rows = exact.rows(exact.weights(), x)
    norms = rows.norm(dim=1)
    errors = []
    for length in (16, 256, 4096):
        gradients = ProjectedGradients(model, OutputLoss(), length=length)
        made = gradients.rows(gradients.weights(), x)
        assert made.shape == (20, length)
        errors.append(float(((made @ made.T - rows @ rows.T) / (norms[:, None] * norms)).square().mean().sqrt()))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 1.5 / np.sqrt(4096)


def test_projected_influence_is_the_damped_inverse_of_the_fisher_matrix():
    x, y = two_groups(60, 1)
    x_test, y_test = two_groups(10, 2)
    model = logistic_regression(x, y, 0.01)
    gradients = ProjectedGradients(model, LabelLoss(), length=512)
    train, test = (gradients.rows(gradients.weights(), *data) for data in ((x, y), (x_test, y_test)))
    fisher = train.T @ train / 60 + 0.02 * torch.eye(512, dtype=x.dtype)
    found = measure_projected_influence(
        model, samples_of(x, y), samples_of(x_test, y_test), loss=LabelLoss(), damping=0.02, length=512
    )
    np.testing.assert_allclose(found.scores, (test @ torch.linalg.solve(fisher, train.T) / 60).numpy(), atol=1e-9)
    whole = LossGradients(model, LabelLoss())
    exact_train, exact_test = (whole.rows(whole.weights(), *data) for data in ((x, y), (x_test, y_test)))
    exact = exact_test @ torch.linalg.solve(
        exact_train.T @ exact_train / 60 + 0.02 * torch.eye(10, dtype=x.dtype), exact_train.T
    )
    assert np.corrcoef(found.scores.ravel(), exact.numpy().ravel())[0, 1] > 0.95


def test_projected_influence_orders_cases_much_as_the_hessian_does():
    x, y = two_groups(80, 3)
    x_test, y_test = two_groups(12, 4)
    model = logistic_regression(x, y, 0.01)
    train, test = samples_of(x, y), samples_of(x_test, y_test)
    exact = measure_influence(model, train, test, loss=LabelLoss(), mode=DampedInverse(damping=0.05)).scores
    found = measure_influence(
        model, train, test, loss=LabelLoss(), mode=DampedInverse(damping=0.05), parameters="projected"
    )
    assert np.corrcoef(exact.ravel(), found.scores.ravel())[0, 1] > 0.95
    chosen = measure_influence(model, train, test, loss=LabelLoss(), parameters="projected")
    assert float(chosen.parameters["damping"]) > 0
    assert "Fisher" in " ".join(chosen.notes)


def test_what_projected_gradients_cannot_give_is_refused():
    train = samples_of(pictures(4, 1))
    with pytest.raises(ExamplesError, match="no series of it"):
        measure_influence(
            autoencoder(), train, train, loss=OutputLoss(), mode=TruncatedSeries(), parameters="projected"
        )
    with pytest.raises(ValueError, match="damping is 0"):
        measure_projected_influence(autoencoder(), train, train, loss=OutputLoss(), damping=0)
    assert length_within(2**30) == 4096
    assert length_within(10_000) == 14


def test_progress_ends_and_a_time_is_reckoned():
    model, train, test = autoencoder(), samples_of(pictures(20, 1)), samples_of(pictures(3, 2))
    said: list[tuple[int, int]] = []
    measure_projected_influence(
        *(model, train, test), loss=OutputLoss(), length=64, progress=lambda done, n: said.append((done, n))
    )
    assert said[-1] == (43, 43)
    times = [
        estimate_seconds(model, train, test, loss=OutputLoss(), mode=mode, parameters="projected")
        for mode in (None, DampedInverse())
    ]
    assert 0 < times[0].seconds < times[1].seconds
    assert "(projected)" in times[0].sentence()


@pytest.mark.slow
def test_a_resnet34_is_traced_within_its_memory():
    """21 million parameters, whose gradients of 8 cases alone would take 0.7 GB."""
    import resource

    torch.manual_seed(0)
    model = add_xaae_blocks(build_encoder("torchvision:resnet34", 1), 64, 1, 16, 2, decoder="light").eval()
    x = torch.rand(8, 1, 64, 64)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = trace_training(
        *(model, samples_of(x), samples_of(x[:2])), loss=OutputLoss(), parameters="projected", memory=2**28
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert found.parameters["n_parameters"] > 20_000_000
    assert np.isfinite(found.scores).all()
    assert grown < 2**28 + 5 * 4 * int(found.parameters["n_parameters"])  # beside the budget, some copies of weights
    exact = LossGradients(model, OutputLoss(), parameters="encoder")
    rows = [exact.rows(exact.weights(), x[row : row + 1])[0] for row in range(2)]
    cosine = float(rows[0] @ rows[1]) / float(rows[0].norm() * rows[1].norm())
    off = abs(found.scores[0, 1] - float(rows[0] @ rows[1])) / float(rows[0].norm() * rows[1].norm())
    assert off < 5 / np.sqrt(4096), cosine
