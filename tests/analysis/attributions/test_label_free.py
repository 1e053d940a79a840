"""lfxai's names: equal to lfxai 0.1.1 where it is right, right where it is not, and nothing changed."""

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from analysis.attributions.label_free import AuxiliaryFunction, attribute_auxiliary, attribute_individual_dim
from tests.analysis.attributions.small_encoders import (
    DIMS,
    GaussianEncoder,
    ImageEncoder,
    SignalEncoder,
    loader_of,
    noise,
)
from xaae_core.errors import AttributionError

CPU = torch.device("cpu")
BLACK = torch.zeros(1, 1, 12, 12)
IMAGES = noise(12, 1, 12, 12)


@pytest.fixture
def lfxai():
    return pytest.importorskip("lfxai.explanations.features", reason="lfxai, the oracle, is not installed")


@pytest.fixture
def encoder():
    return ImageEncoder().eval()


def seeded(call):
    torch.manual_seed(0)
    np.random.seed(0)
    return call()


@pytest.mark.parametrize("name", ["Saliency", "IntegratedGradients", "FeatureAblation"])
def test_auxiliary_equals_lfxai(lfxai, encoder, name):
    method = getattr(captum.attr, name)
    baseline = None if name == "Saliency" else noise(1, 1, 12, 12) / 2
    theirs = lfxai.attribute_auxiliary(encoder, loader_of(IMAGES), CPU, method(encoder), baseline)
    ours = attribute_auxiliary(encoder, loader_of(IMAGES), CPU, method(encoder), baseline)
    assert isinstance(ours, np.ndarray)
    assert ours.shape == theirs.shape == (12, 1, 12, 12)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_auxiliary_equals_lfxai_where_each_batch_is_one_input(lfxai, encoder):
    """There its GradientShap has no other input to mix up."""
    loader = loader_of(IMAGES, batch_size=1)
    shap = captum.attr.GradientShap
    theirs = seeded(lambda: lfxai.attribute_auxiliary(encoder, loader, CPU, shap(encoder), BLACK))
    ours = seeded(lambda: attribute_auxiliary(encoder, loader, CPU, shap(encoder), BLACK))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


class Blurred(nn.Module):
    def forward(self, x):
        return nn.functional.avg_pool2d(x, 3, stride=1, padding=1)


def test_a_module_makes_the_baseline_of_the_inputs(lfxai, encoder):
    method = captum.attr.IntegratedGradients
    theirs = lfxai.attribute_auxiliary(encoder, loader_of(IMAGES), CPU, method(encoder), Blurred())
    ours = attribute_auxiliary(encoder, loader_of(IMAGES), CPU, method(encoder), Blurred())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("name", ["IntegratedGradients", "DeepLift", "FeatureAblation", "GradientShap"])
def test_individual_dimensions_equal_lfxai(lfxai, name):
    encoder = ImageEncoder().eval()
    for layer in encoder.layers:
        layer.inplace = False  # or its DeepLift fails
    method = getattr(captum.attr, name)
    theirs = seeded(
        lambda: lfxai.attribute_individual_dim(encoder, DIMS, loader_of(IMAGES), CPU, method(encoder), BLACK)
    )
    ours = seeded(lambda: attribute_individual_dim(encoder, DIMS, loader_of(IMAGES), CPU, method(encoder), BLACK))
    assert ours.shape == theirs.shape == (12, DIMS, 12, 12)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_bug_1_gradient_shap_in_batches_meets_each_input_s_own_representation(lfxai, encoder):
    images = noise(60, 1, 12, 12)
    loader, shap = loader_of(images, batch_size=60), captum.attr.GradientShap
    exact = attribute_auxiliary(encoder, loader, CPU, captum.attr.IntegratedGradients(encoder), BLACK)
    options = {"n_samples": 50}
    ours = seeded(lambda: attribute_auxiliary(encoder, loader, CPU, shap(encoder), BLACK, options=options))
    with torch.no_grad():
        z, nothing = encoder(images), encoder(BLACK)
        difference = ((z - nothing) * z).sum(dim=1).numpy()
    missed = np.abs(ours.sum(axis=(1, 2, 3)) - difference).mean() / np.abs(difference).mean()
    theirs = seeded(lambda: lfxai.attribute_auxiliary(encoder, loader, CPU, shap(encoder), BLACK))
    five = seeded(lambda: attribute_auxiliary(encoder, loader, CPU, shap(encoder), BLACK))
    their_missed = np.abs(theirs.sum(axis=(1, 2, 3)) - difference).mean() / np.abs(difference).mean()
    our_missed = np.abs(five.sum(axis=(1, 2, 3)) - difference).mean() / np.abs(difference).mean()
    assert np.corrcoef(ours.ravel(), exact.ravel())[0, 1] > 0.98
    assert missed < 0.1
    assert np.corrcoef(five.ravel(), exact.ravel())[0, 1] > np.corrcoef(theirs.ravel(), exact.ravel())[0, 1]
    assert our_missed < their_missed


def test_bug_1_the_copies_of_two_known_inputs():
    """f(x) = x, so g(x̃) = <x, x̃>, and the attribution of x is x² exactly, whatever the random points are."""
    inputs = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    shap = captum.attr.GradientShap(nn.Identity())
    found = attribute_auxiliary(nn.Identity(), [(inputs, None)], CPU, shap, torch.zeros(1, 2))
    np.testing.assert_allclose(found, inputs.numpy() ** 2, rtol=1e-6)


def test_bug_1_is_lfxai_s(lfxai):
    inputs = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    shap = captum.attr.GradientShap(nn.Identity())
    theirs = lfxai.attribute_auxiliary(nn.Identity(), [(inputs, None)], CPU, shap, torch.zeros(1, 2))
    assert np.abs(theirs - inputs.numpy() ** 2).max() > 0.5


@pytest.mark.parametrize("name", ["Saliency", "InputXGradient", "GuidedBackprop", "Deconvolution"])
@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_bug_6_methods_without_a_baseline_explain_individual_dimensions(encoder, name):
    method = getattr(captum.attr, name)
    found = attribute_individual_dim(encoder, DIMS, loader_of(IMAGES), CPU, method(encoder), BLACK)
    plain = ImageEncoder().eval()
    for layer in plain.layers:
        layer.inplace = False
    by_hand = [method(plain).attribute(IMAGES.clone().requires_grad_(), target=dim).detach() for dim in range(DIMS)]
    expected = np.abs(plain(IMAGES).detach().numpy()[:, :, None, None] * torch.cat(by_hand, dim=1).numpy())
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["IntegratedGradients", "Saliency", "GradientShap"])
def test_bug_6_three_channels(name):
    encoder, images = ImageEncoder(channels=3).eval(), noise(7, 3, 12, 12)
    method = getattr(captum.attr, name)(encoder)
    found = seeded(lambda: attribute_individual_dim(encoder, DIMS, loader_of(images), CPU, method, images[:1] * 0))
    assert found.shape == (7, DIMS, 12, 12)
    assert attribute_auxiliary(encoder, loader_of(images), CPU, method, images[:1] * 0).shape == (7, 3, 12, 12)
    if name == "IntegratedGradients":
        each = [method.attribute(images, target=dim).sum(dim=1) for dim in range(DIMS)]
        expected = (encoder(images)[:, :, None, None] * torch.stack(each, dim=1)).abs().detach()
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_bug_6_signals(channels):
    encoder, signals = SignalEncoder(channels).eval(), noise(7, 9, channels)
    method = captum.attr.IntegratedGradients(encoder)
    each = [method.attribute(signals, target=dim) for dim in range(DIMS)]
    expected = (encoder(signals)[:, :, None, None] * torch.stack(each, dim=1)).abs().detach()
    found = attribute_individual_dim(encoder, DIMS, loader_of(signals), CPU, method, torch.zeros(1, 9, channels))
    assert found.shape == (7, DIMS, 9, channels)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)
    assert attribute_auxiliary(encoder, loader_of(signals), CPU, method).shape == (7, 9, channels)


def test_bug_6_is_lfxai_s(lfxai):
    encoder, three = ImageEncoder().eval(), ImageEncoder(channels=3).eval()
    signals = SignalEncoder().eval()
    calls = [
        (encoder, IMAGES, captum.attr.Saliency(encoder)),
        (three, noise(5, 3, 12, 12), captum.attr.IntegratedGradients(three)),
        (signals, noise(5, 9, 1), captum.attr.IntegratedGradients(signals)),
    ]
    for model, inputs, method in calls:
        with pytest.raises((TypeError, ValueError, AssertionError)):
            lfxai.attribute_individual_dim(model, DIMS, loader_of(inputs), CPU, method, inputs[:1] * 0)


def state_of(model: nn.Module) -> tuple:
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in model.modules()]
    return [m.training for m in model.modules()], hooks, [(p.requires_grad, p.grad) for p in model.parameters()]


@pytest.mark.parametrize("name", ["Saliency", "IntegratedGradients", "DeepLift", "GuidedBackprop", "FeatureAblation"])
@pytest.mark.filterwarnings("ignore:Setting backward hooks")
@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
def test_bug_7_an_encoder_in_training_mode_stays_as_it_is_and_is_explained_as_in_eval_mode(name):
    encoder = ImageEncoder().train()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    known = state_of(encoder)
    method = getattr(captum.attr, name)(encoder)
    held = dict(vars(method))
    found = attribute_auxiliary(encoder, loader_of(IMAGES), CPU, method, BLACK)
    each = attribute_individual_dim(encoder, DIMS, loader_of(IMAGES), CPU, method, BLACK)
    assert all(torch.equal(value, before[key]) for key, value in encoder.state_dict().items())
    assert state_of(encoder) == known
    assert vars(method) == held
    calm = ImageEncoder().eval()
    again = getattr(captum.attr, name)(calm)
    np.testing.assert_array_equal(found, attribute_auxiliary(calm, loader_of(IMAGES), CPU, again, BLACK))
    np.testing.assert_array_equal(each, attribute_individual_dim(calm, DIMS, loader_of(IMAGES), CPU, again, BLACK))


def test_bug_7_is_lfxai_s(lfxai):
    encoder = ImageEncoder().train()
    before = encoder.layers[1].running_mean.clone()
    lfxai.attribute_auxiliary(encoder, loader_of(IMAGES), CPU, captum.attr.Saliency(encoder))
    assert not torch.equal(encoder.layers[1].running_mean, before)


@pytest.mark.parametrize(
    "name",
    ["DeepLift", "DeepLiftShap", "InputXGradient", "GuidedBackprop", "Occlusion", "LRP", "ShapleyValueSampling"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_captum_method_explains_the_whole_representation(name):
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(9, 5), nn.ReLU(True), nn.Linear(5, DIMS)).eval()
    images = noise(4, 1, 3, 3)
    method = getattr(captum.attr, name)
    if name == "LRP":
        with pytest.raises(TypeError, match="rule"):  # of the product it has none, and says so
            attribute_auxiliary(encoder, loader_of(images), CPU, method(encoder), images[:1] * 0)
        return
    black = torch.zeros(2 if name == "DeepLiftShap" else 1, 1, 3, 3)  # which insists on several
    found = seeded(lambda: attribute_auxiliary(encoder, loader_of(images), CPU, method(encoder), black))
    assert found.shape == (4, 1, 3, 3)
    assert found.any()
    if name in ("DeepLift", "DeepLiftShap", "ShapleyValueSampling"):
        z, nothing = encoder(images).detach(), encoder(0 * images).detach()
        expected = ((z - nothing) * z).sum(dim=1).numpy()
        np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), expected, atol=1e-4)


def test_a_noise_tunnel_and_a_layer_are_pointed_at_the_encoder_too(encoder):
    tunnel = captum.attr.NoiseTunnel(captum.attr.IntegratedGradients(encoder))
    smooth = attribute_auxiliary(
        encoder, loader_of(IMAGES), CPU, tunnel, BLACK, options={"stdevs": 0.0, "nt_samples": 2}
    )
    plain = attribute_auxiliary(encoder, loader_of(IMAGES), CPU, captum.attr.IntegratedGradients(encoder), BLACK)
    np.testing.assert_allclose(smooth, plain, atol=1e-5)
    cam = captum.attr.LayerGradCam(encoder, encoder.layers[3])
    found = attribute_auxiliary(encoder, loader_of(IMAGES), CPU, cam)
    assert found.shape == (12, 1, 3, 3)


def test_a_bound_method_is_explained_and_a_tuple_is_refused_with_the_way_out():
    encoder = GaussianEncoder().train()
    method = captum.attr.IntegratedGradients(encoder.mu)
    found = attribute_individual_dim(encoder.mu, DIMS, loader_of(IMAGES), CPU, method, BLACK)
    calm = encoder.body
    expected = attribute_individual_dim(
        calm, DIMS, loader_of(IMAGES), CPU, captum.attr.IntegratedGradients(calm), BLACK
    )
    np.testing.assert_array_equal(found, expected)
    assert int(encoder.body.layers[1].num_batches_tracked) == 0
    with pytest.raises(AttributionError, match=r"returns a tuple.*encoder\.mu"):
        attribute_auxiliary(encoder, loader_of(IMAGES), CPU, captum.attr.Saliency(encoder))


def test_what_cannot_be_explained_is_said(encoder):
    method = captum.attr.Saliency(encoder)
    with pytest.raises(AttributionError, match="gave no batch"):
        attribute_auxiliary(encoder, [], CPU, method)
    with pytest.raises(AttributionError, match="gives 4 dimensions, dim_latent is 10"):
        attribute_individual_dim(encoder, 10, loader_of(IMAGES), CPU, method, None)
    with pytest.raises(ValueError, match="7 inputs for 5 explained ones"):
        AuxiliaryFunction(encoder, IMAGES[:5])(IMAGES[:7])


def test_the_auxiliary_function_is_the_inner_product(lfxai, encoder):
    ours, theirs = (kind(encoder, IMAGES[:3]) for kind in (AuxiliaryFunction, lfxai.AuxiliaryFunction))
    torch.testing.assert_close(ours(IMAGES[:6]), theirs(IMAGES[:6]))
    assert not ours.prediction.requires_grad
