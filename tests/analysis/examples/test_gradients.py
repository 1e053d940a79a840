"""TracIn and influence: closed forms, exact leave-one-out, memory, cancelling, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from analysis.evaluation.example_quality import compare_leave_one_out
from analysis.examples.influence import DampedInverse, TruncatedSeries, measure_influence
from analysis.examples.loss_gradients import LossGradients
from analysis.examples.parameter_choice import choose_parameters
from analysis.examples.sample_losses import LabelLoss, OutputLoss
from analysis.examples.samples import samples_of
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

X, Y = two_groups(40, 1)
X_TEST, Y_TEST = two_groups(15, 2)
DAMPING = 0.01


@pytest.fixture(scope="module")
def logistic() -> nn.Linear:
    return logistic_regression(X, Y, DAMPING)


def closed_form_gradients(model: nn.Linear, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """(softmax − one-hot) ⊗ (x, 1) [N, P], the weights before the biases."""
    left = (model(x).softmax(dim=1) - nn.functional.one_hot(y, 2)).detach()
    return torch.cat([(left[:, :, None] * x[:, None, :]).flatten(1), left], dim=1)


def closed_form_hessian(model: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    """Mean of (diag p − p pᵀ) ⊗ (x, 1)(x, 1)ᵀ [P, P]."""
    p = model(x).softmax(dim=1).detach()
    of_logits = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    n_dims = x.shape[1]
    jacobian = torch.zeros(len(x), 2, 2 * n_dims + 2, dtype=x.dtype)
    for c in range(2):
        jacobian[:, c, c * n_dims : (c + 1) * n_dims] = x
        jacobian[:, c, 2 * n_dims + c] = 1
    return torch.einsum("nci,ncd,ndj->ij", jacobian, of_logits, jacobian) / len(x)


def test_tracin_is_the_product_of_closed_form_gradients(logistic: nn.Linear):
    found = trace_training(
        *(logistic, samples_of(X, Y, [f"a{n}" for n in range(40)]), samples_of(X_TEST, Y_TEST)),
        loss=LabelLoss(),
        learning_rates=0.5,
    )
    expected = 0.5 * closed_form_gradients(logistic, X_TEST, Y_TEST) @ closed_form_gradients(logistic, X, Y).T
    np.testing.assert_allclose(found.scores, expected.numpy(), atol=1e-12)
    assert found.train_ids[3] == "a3"
    assert found.parameters["n_parameters"] == 10
    assert "no checkpoints were given" in " ".join(found.notes)


def test_tracin_adds_up_checkpoints_with_their_rates(logistic: nn.Linear):
    other = {name: value + 0.3 for name, value in logistic.state_dict().items()}
    train, test = samples_of(X, Y), samples_of(X_TEST, Y_TEST)
    both = trace_training(
        logistic, train, test, loss=LabelLoss(), checkpoints=[logistic.state_dict(), other], learning_rates=[1, 0.1]
    )
    first, second = (
        trace_training(logistic, train, test, loss=LabelLoss(), checkpoints=[state]).scores
        for state in (logistic.state_dict(), other)
    )
    np.testing.assert_allclose(both.scores, first + 0.1 * second, atol=1e-12)
    with pytest.raises(ValueError, match="2 learning rates for 1"):
        trace_training(logistic, train, test, loss=LabelLoss(), learning_rates=[1, 2])


def test_the_damped_inverse_is_the_closed_form(logistic: nn.Linear):
    found = measure_influence(
        *(logistic, samples_of(X, Y), samples_of(X_TEST, Y_TEST)),
        loss=LabelLoss(),
        mode=DampedInverse(damping=DAMPING, tolerance=1e-10),
    )
    hessian = closed_form_hessian(logistic, X) + DAMPING * torch.eye(10, dtype=X.dtype)
    test, train = closed_form_gradients(logistic, X_TEST, Y_TEST), closed_form_gradients(logistic, X, Y)
    expected = test @ torch.linalg.solve(hessian, train.T) / 40
    np.testing.assert_allclose(found.scores, expected.numpy(), atol=1e-9)
    assert found.parameters["damping"] == DAMPING
    assert float(found.parameters["error"]) < 1e-8


@pytest.mark.parametrize("is_exact", [True, False])
def test_the_series_is_the_closed_form(logistic: nn.Linear, is_exact: bool):
    mode = TruncatedSeries(depth=50, damp=0.01, scale=2.0, is_exact=is_exact, tolerance=1e-12)
    found = measure_influence(
        logistic, samples_of(X, Y), samples_of(X_TEST, Y_TEST), loss=LabelLoss(), mode=mode, n_train=7
    )
    step = 0.99 * torch.eye(10, dtype=X.dtype) - closed_form_hessian(logistic, X) / 2
    series = sum((torch.linalg.matrix_power(step, power) for power in range(51)), torch.zeros_like(step))
    test, train = closed_form_gradients(logistic, X_TEST, Y_TEST), closed_form_gradients(logistic, X, Y)
    np.testing.assert_allclose(found.scores, (test @ series @ train.T / (2 * 7)).numpy(), atol=1e-9)


def test_influence_foretells_leaving_one_out():
    """Trained anew without each case, the test losses change as influence says, in size and in sign."""
    n = 150
    x, y = two_groups(n, 3)
    model = logistic_regression(x, y, DAMPING)
    found = measure_influence(
        model, samples_of(x, y), samples_of(X_TEST, Y_TEST), loss=LabelLoss(), mode=DampedInverse(damping=DAMPING)
    )
    before = LabelLoss()(model, X_TEST, Y_TEST).detach()
    changes = []
    for row in range(n):
        kept = torch.arange(n) != row
        without = logistic_regression(x[kept], y[kept], DAMPING * n / (n - 1))
        changes.append(LabelLoss()(without, X_TEST, Y_TEST).detach() - before)
    actual = torch.stack(changes, dim=1).numpy()
    quality = compare_leave_one_out(found.scores, actual)
    assert quality.pearson > 0.99
    assert quality.slope == pytest.approx(1, abs=0.15)


def test_a_damping_too_small_for_the_curvature_is_refused_and_a_chosen_one_holds():
    model = autoencoder()
    train, test = samples_of(pictures(12, 1)), samples_of(pictures(3, 2))
    with pytest.raises(ExamplesError, match="give a damping above"):
        measure_influence(model, train, test, loss=OutputLoss(), mode=DampedInverse(damping=1e-9))
    found = measure_influence(model, train, test, loss=OutputLoss())
    assert float(found.parameters["error"]) < 1e-3
    assert "chosen from the spectrum" in " ".join(found.notes)


def test_lanczos_and_the_series_term_by_term_agree_on_an_autoencoder():
    model = autoencoder()
    train, test = samples_of(pictures(12, 1)), samples_of(pictures(5, 2))
    exact, fast = (
        measure_influence(
            *(model, train, test), loss=OutputLoss(), mode=TruncatedSeries(depth=100, scale=0.2, is_exact=is_exact)
        )
        for is_exact in (True, False)
    )
    assert np.abs(fast.scores - exact.scores).max() / np.abs(exact.scores).max() < 1e-4
    assert int(fast.parameters["hessian_products"]) < int(exact.parameters["hessian_products"])
    diverging = measure_influence(model, train, test, loss=OutputLoss(), mode=TruncatedSeries(depth=5, scale=1e-4))
    assert "diverges" in " ".join(diverging.notes)


@pytest.mark.parametrize("memory", [30_000, 2**30])
def test_a_small_memory_gives_the_same_numbers(memory: int):
    model = autoencoder()
    train, test = samples_of(pictures(11, 1)), samples_of(pictures(5, 2))
    for mode in (TruncatedSeries(scale=1.0, depth=20), DampedInverse(damping=0.05)):
        found = measure_influence(model, train, test, loss=OutputLoss(), mode=mode, memory=memory)
        plain = measure_influence(model, train, test, loss=OutputLoss(), mode=mode)
        np.testing.assert_allclose(found.scores, plain.scores, atol=2e-3 * np.abs(plain.scores).max())
    traced = [trace_training(model, train, test, loss=OutputLoss(), memory=size).scores for size in (memory, 2**30)]
    np.testing.assert_allclose(traced[0], traced[1], atol=1e-9)


@pytest.mark.parametrize("model", [autoencoder(), SignalAutoencoder().eval()])
def test_all_ways_to_a_gradient_agree(model: nn.Module):
    x = pictures(6, 3) if not isinstance(model, SignalAutoencoder) else torch.rand(6, 15, 1)
    gradients = LossGradients(model, OutputLoss(nn.L1Loss()), parameters="encoder")
    weights = gradients.weights()
    rows = gradients.rows(weights, x)
    assert gradients.is_vectorised
    for row in range(6):
        model.zero_grad()
        nn.functional.l1_loss(model(x[row : row + 1]), x[row : row + 1]).backward()
        own = torch.cat([value.grad.flatten() for value in model.encoder.parameters()])
        torch.testing.assert_close(rows[row], own, rtol=1e-4, atol=1e-7)
    model.zero_grad()
    vectors = torch.randn(2, gradients.n_parameters)
    torch.testing.assert_close(gradients.dot(weights, x, None, vectors), vectors @ rows.T, rtol=1e-4, atol=1e-6)


def test_a_model_that_cannot_be_vectorised_is_taken_case_by_case():
    class Undecided(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            drawn: torch.Tensor = self.encoder(x)
            return drawn * 2 if float(drawn.sum()) > 0 else drawn  # vmap knows no numbers to branch on

    x = torch.randn(5, 3)
    found = trace_training(Undecided(), samples_of(x), samples_of(x[:3]), loss=OutputLoss())
    assert found.scores.shape == (3, 5)
    assert "one by one" in " ".join(found.notes)


def test_what_is_finished_is_kept_when_asked():
    model = autoencoder()
    train, test = samples_of(pictures(11, 1)), samples_of(pictures(9, 2))
    whole = trace_training(model, train, test, loss=OutputLoss()).scores

    def stop_late(done: int, n: int) -> None:
        if done > 0.6 * n:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        trace_training(model, train, test, loss=OutputLoss(), memory=40_000, progress=stop_late)
    part = trace_training(model, train, test, loss=OutputLoss(), memory=40_000, progress=stop_late, keep_finished=True)
    n = len(part.test_ids)
    assert 0 < n < 9
    assert not part.is_complete
    assert f"cancelled: {n} of 9 cases" in part.notes[0]
    np.testing.assert_allclose(part.scores, whole[:n], atol=1e-9)


def test_progress_ends_where_it_says():
    said: list[tuple[int, int]] = []
    train, test = samples_of(pictures(5, 1)), samples_of(pictures(3, 2))
    measure_influence(*(autoencoder(), train, test), loss=OutputLoss(), progress=lambda done, n: said.append((done, n)))
    assert said[-1][0] == said[-1][1]
    assert [done for done, _ in said] == sorted(done for done, _ in said)


@pytest.mark.parametrize("loss", [OutputLoss(), LabelLoss()])
def test_this_tool_s_own_models_can_be_asked_and_stay_as_they_are(loss):
    torch.manual_seed(0)
    model = add_xaae_blocks(build_encoder("small:8-16", 1), 48, 1, 4, 2, decoder="light", recons_metric="ssim").eval()
    model.requires_grad_(False)
    x, y = torch.rand(6, 1, 48, 48), torch.arange(6) % 2
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train, test = samples_of(x, y), samples_of(x[:2], y[:2])
    traced = trace_training(model, train, test, loss=loss)
    assert bool((np.diag(traced.scores) > 0).all())
    assert traced.scores[0, 0] == pytest.approx(
        float(LossGradients(model, loss).rows(LossGradients(model, loss).weights(), x[:1], y[:1]).square().sum()),
        rel=1e-4,
    )
    assert np.isfinite(measure_influence(model, train, test, loss=loss).scores).all()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(value.requires_grad or value.grad is not None for value in model.parameters())
    assert not hasattr(model, "z")


def test_parts_of_a_model_are_chosen_by_name():
    model = add_xaae_blocks(build_encoder("small:8-16", 1), 48, 1, 4, 2, decoder="light", recons_metric="ssim")
    assert choose_parameters(model)[0] == "encoder"
    last = choose_parameters(model, "last_block")[1]
    assert {name.split(".")[0] for name in last} == {"encoder", "to_latent"}
    assert len(last) < len(choose_parameters(model, "encoder")[1])
    assert choose_parameters(nn.Linear(2, 2))[0] == "all"
    with pytest.raises(ExamplesError, match="no encoder"):
        choose_parameters(nn.Linear(2, 2), "last_block")
    with pytest.raises(ExamplesError, match='its part "classifier"'):
        choose_parameters(autoencoder(), "classifier")
    with pytest.raises(ValueError, match="decoder"):
        choose_parameters(model, "decoder")


def test_a_loss_that_cannot_be_had_is_refused():
    model = add_xaae_blocks(build_encoder("small:8-16", 1), 48, 1, 4, 2, decoder="light", recons_metric="ssim").eval()
    x = torch.rand(3, 1, 48, 48)
    with pytest.raises(ExamplesError, match="have no labels"):
        trace_training(model, samples_of(x), samples_of(x), loss=LabelLoss())
    model.classify = lambda z: None  # a model without a head
    with pytest.raises(ExamplesError, match="no classifier"):
        trace_training(model, samples_of(x, torch.zeros(3).long()), samples_of(x), loss=LabelLoss())
    with pytest.raises(ExamplesError, match="there are no cases"):
        samples_of(x[:0])
    with pytest.raises(ExamplesError, match="3 cases with 2 labels"):
        samples_of(x, torch.zeros(2))
