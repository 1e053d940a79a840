"""The methods one by one: known answers, agreement with captum, and which can work on a model."""

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from analysis.attributions import (
    METHODS,
    Baseline,
    ClassLogit,
    DirectionScore,
    LatentDimension,
    Measure,
    MethodSettings,
    ReconstructionError,
    Representation,
    attribute,
    attribute_batch,
    available_methods,
)
from tests.analysis.attributions.known_models import (
    CurvedModel,
    DrawingModel,
    GateModel,
    GridModel,
    LinearModel,
    direction_of,
)
from xaae_core.errors import AttributionError
from xaae_core.models import add_xaae_blocks, build_encoder

GREY = Baseline(np.full((2, 6, 6), 0.25, np.float32), "grey")


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((2, 6, 6)).astype(np.float32)


@pytest.fixture
def weight() -> np.ndarray:
    return LinearModel().weight.detach().numpy()[0]


def test_on_a_linear_model_the_shares_are_weight_times_difference(image, weight):
    model = LinearModel().eval()
    exact = ((image - 0.25) * weight).sum(axis=0)
    settings = MethodSettings(noise=0, n_samples=3)
    for name in ("gradient_shap", "deep_lift", "integrated_gradients"):
        found = attribute(model, image, LatentDimension(0), method=name, baseline=GREY, settings=settings)
        np.testing.assert_allclose(found.map, exact, atol=1e-5)
        assert found.convergence_delta == pytest.approx(0, abs=1e-4)
    product = attribute(model, image, LatentDimension(0), method="input_x_gradient")
    np.testing.assert_allclose(product.map, (image * weight).sum(axis=0), atol=1e-5)
    smooth = attribute(model, image, LatentDimension(0), method="smooth_grad")
    np.testing.assert_allclose(smooth.map, np.abs(weight).max(axis=0), rtol=1e-5)


def test_feature_ablation_takes_away_cells_of_a_grid_or_given_segments(image, weight):
    model = LinearModel().eval()
    exact = ((image - 0.25) * weight).sum(axis=0)
    cells = attribute(
        model, image, LatentDimension(0), method="feature_ablation", baseline=GREY, settings=MethodSettings(window=3)
    )
    squares = exact.reshape(2, 3, 2, 3).sum(axis=(1, 3)).repeat(3, 0).repeat(3, 1)
    np.testing.assert_allclose(cells.map, squares, atol=1e-5)
    assert cells.settings == {"n_segments": 4, "window": 3}
    segments = np.array([[7, -2] * 3] * 6)  # any whole numbers, with gaps
    halves = attribute(
        *(model, image, LatentDimension(0)),
        method="feature_ablation", baseline=GREY, settings=MethodSettings(segments=segments),
    )  # fmt: skip
    np.testing.assert_allclose(halves.map[0, :2], [exact[:, ::2].sum(), exact[:, 1::2].sum()], atol=1e-5)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_noisy_methods_come_near_to_captum_with_many_samples(image, noise):
    model, x = CurvedModel().eval(), torch.from_numpy(image)[None]
    score = LatentDimension(0).scorer(model)
    settings = MethodSettings(n_samples=4000, noise=noise)
    width = noise * float(image.max() - image.min())
    torch.manual_seed(0)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(score))
    theirs = tunnel.attribute(x, nt_samples=4000, stdevs=width, abs=False)[0].abs().amax(dim=0).detach().numpy()
    ours = attribute(model, image, LatentDimension(0), method="smooth_grad", settings=settings).map
    np.testing.assert_allclose(ours, theirs, atol=0.08 * theirs.max())
    np.random.seed(0)
    shap = captum.attr.GradientShap(score).attribute(x, 0 * x, n_samples=4000, stdevs=width)[0].sum(dim=0).detach()
    found = attribute(model, image, LatentDimension(0), method="gradient_shap", settings=settings)
    spread = np.abs(image * model.weight.detach().numpy()[0]).sum(axis=0).max()  # of one sample, where the cosine is 1
    np.testing.assert_allclose(found.map, shap.numpy(), atol=4 * spread / 4000**0.5)


def test_the_same_seed_gives_the_same_noise_and_another_seed_another(image):
    model = CurvedModel().eval()
    state = torch.random.get_rng_state()
    maps = [
        attribute(model, image, LatentDimension(0), method="smooth_grad", settings=MethodSettings(seed=seed)).map
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(maps[0], maps[1])
    assert np.abs(maps[0] - maps[2]).max() > 1e-4
    assert torch.equal(torch.random.get_rng_state(), state)  # nobody else's noise changes


def test_grad_cam_weighs_the_last_map_of_the_encoder():
    """z = Σ v·map, so the weight of the one channel is v's mean, and the map is the known convolution's."""
    model = GridModel().eval()
    image = np.random.default_rng(0).random((1, 8, 8)).astype(np.float32)
    grid = model.conv(torch.from_numpy(image)[None])[0].detach()  # [2, 4, 4]
    by_hand = (model.readout.detach().mean(dim=(1, 2))[:, None, None] * grid).sum(dim=0).clamp_min(0)
    enlarged = nn.functional.interpolate(by_hand[None, None], (8, 8), mode="bilinear")[0, 0]
    found = attribute(model, image, LatentDimension(0), method="grad_cam")
    np.testing.assert_allclose(found.map, enlarged.numpy(), atol=1e-6)
    assert found.settings == {"layer": "conv", "map_height": 4, "map_width": 4}


def test_latent_shift_is_the_change_that_the_decoder_draws(image):
    model = DrawingModel().eval()
    direction = direction_of(3)
    drawing = model.drawing.detach().double().numpy()  # [3, 2, 6, 6]: decode(z) = z · drawing
    found = attribute(model, image, DirectionScore(direction), method="latent_shift", settings=MethodSettings(span=2))
    step = np.tensordot(direction.vector * direction.scale, drawing, axes=1).sum(axis=0)
    np.testing.assert_allclose(found.map, 2 * step, atol=1e-4)
    np.testing.assert_allclose(found.parts["more"], 2 * step, atol=1e-4)
    np.testing.assert_allclose(found.parts["less"], -2 * step, atol=1e-4)
    assert found.convergence_delta is None
    head = model.head.detach().double().numpy()[1]
    logit = attribute(model, image, ClassLogit(1), method="latent_shift")
    np.testing.assert_allclose(logit.map, np.tensordot(head / (head @ head), drawing, axes=1).sum(axis=0), atol=1e-4)
    entry = attribute(model, image, LatentDimension(2), method="latent_shift")
    np.testing.assert_allclose(entry.map, drawing[2].sum(axis=0), atol=1e-4)


def test_latent_shift_raises_the_number_that_it_says(image):
    model = DrawingModel().eval()
    z = torch.randn(1, 3, generator=torch.Generator().manual_seed(0))
    step = ClassLogit(1).latent_step(model, z)
    risen = (model.classify(z + step) - model.classify(z)).detach()[0, 1]
    assert float(risen) == pytest.approx(1, abs=1e-5)
    with torch.no_grad():
        model.head.zero_()
    with pytest.raises(AttributionError, match="z does not move the logit"):
        attribute(model, image, ClassLogit(1), method="latent_shift")


def test_the_reconstruction_error_is_that_of_the_decoder(image):
    model = DrawingModel().eval()
    x = torch.from_numpy(image)[None]
    error = float((model.decode(model.encode(x).z) - x).detach().square().mean())
    found = attribute(model, image, ReconstructionError(), settings=MethodSettings(n_steps=32))
    assert found.score == pytest.approx(error, rel=1e-5)
    assert found.convergence_delta == pytest.approx(0, abs=1e-4 * found.score)
    assert found.baseline_score != pytest.approx(error)


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(0)
    encoder = build_encoder("torchvision:resnet18", 3)
    return add_xaae_blocks(encoder, 64, 3, 4, decoder="light", recons_metric="ssim").eval()


def test_a_resnet_with_reused_in_place_relus_is_explained_by_all_but_deep_lift(resnet):
    image = np.random.default_rng(0).random((3, 64, 64)).astype(np.float32)
    found = available_methods(resnet, ClassLogit(0))
    assert set(found.refused) == {"deep_lift"}
    assert "encoder.4.0.relu" in found.refused["deep_lift"]
    settings = MethodSettings(n_steps=2, n_samples=2, window=32)
    for method in found.usable:
        assert attribute(resnet, image, ClassLogit(0), method=method, settings=settings).map.any()
    with pytest.raises(AttributionError, match=r"runs several times: choose .*guided_backprop"):
        attribute(resnet, image, ClassLogit(0), method="deep_lift")


def test_every_method_works_on_the_small_encoder_and_deep_lift_is_complete():
    torch.manual_seed(0)
    model = add_xaae_blocks(build_encoder("small:8-16", 1), 32, 1, 4, decoder="light", recons_metric="ssim").eval()
    assert not available_methods(model, ClassLogit(0)).refused
    images = np.random.default_rng(0).random((2, 1, 32, 32)).astype(np.float32)
    for found in attribute_batch(model, images, ClassLogit(0), method="deep_lift"):
        difference = found.score - found.baseline_score
        assert abs(found.convergence_delta) < 1e-3 * abs(difference)


def test_methods_that_cannot_work_say_why_and_which_can(image):
    model = LinearModel().eval()
    found = available_methods(model, Representation())
    assert set(found.refused) == {"guided_backprop", "grad_cam", "latent_shift"}
    assert "no ReLU module" in found.refused["guided_backprop"]
    assert "more than one pixel" in found.refused["grad_cam"]
    assert "needs a way in z" in found.refused["latent_shift"]
    assert set(found.usable) | set(found.refused) == set(METHODS)
    for method in found.refused:
        with pytest.raises(AttributionError, match="choose integrated_gradients, saliency"):
            attribute(model, image, Representation(), method=method)
    assert (
        "sin is called as a function"
        in available_methods(CurvedModel().eval(), LatentDimension(0)).refused["deep_lift"]
    )
    assert "no rule for GELU" in available_methods(GateModel(nn.GELU).eval(), LatentDimension(0)).refused["deep_lift"]
    error = available_methods(DrawingModel().eval(), ReconstructionError()).refused
    assert "mse_loss is called as a function" in error["deep_lift"]


class FunctionalRelu(GateModel):
    def encode(self, x):
        return type(super().encode(x))(super().encode(torch.relu(x)).z)


def test_a_relu_called_as_a_function_is_not_guided_by_halves():
    model = FunctionalRelu().eval()
    with pytest.raises(AttributionError, match="ReLU is called as a function"):
        attribute(model, np.ones((1, 6, 6)), LatentDimension(0), method="guided_backprop")


def test_a_model_that_is_no_module_is_explained_without_hooks(image):
    class Plain:
        def __init__(self, model):
            for name in ("input_size", "input_channels", "encoding_dims", "classes", "encode", "decode", "classify"):
                setattr(self, name, getattr(model, name))

    module = LinearModel().eval()
    plain = Plain(module)
    assert {"guided_backprop", "deep_lift", "grad_cam"} <= set(available_methods(plain, ClassLogit(0)).refused)
    np.testing.assert_array_equal(
        attribute(plain, image, ClassLogit(0)).map, attribute(module, image, ClassLogit(0)).map
    )


def test_measures_are_attached_to_a_copy(image):
    found = attribute(LinearModel().eval(), image, LatentDimension(0))
    judged = found.with_measures(Measure("deletion", 0.3, (0.2, 0.4)), Measure("sparseness", 0.5))
    again = judged.with_measures(Measure("deletion", 0.1))
    assert found.measures == ()
    assert judged.measure("deletion").value == 0.3
    assert {measure.name: measure.value for measure in again.measures} == {"deletion": 0.1, "sparseness": 0.5}
    assert again.measure("infidelity") is None
    assert np.shares_memory(again.map, found.map)
