"""Attributions: known answers on linear models, completeness, bounded memory, and nothing left on the model."""

import copy
import threading

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
    MethodSettings,
    PredictedNumber,
    Representation,
    attribute,
    black_baseline,
    blurred_baseline,
    mean_baseline,
)
from tests.analysis.attributions.known_models import CurvedModel, GateModel, LinearModel, direction_of
from tests.app.cli_folders import write_model
from xaae_core.checkpoints import load_checkpoint
from xaae_core.errors import AttributionError, ImageError


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((2, 6, 6)).astype(np.float32)


def effective(model: LinearModel, target) -> np.ndarray:
    """The weight of each pixel [C, H, W] in a target of a linear model, and so the answer."""
    weight = model.weight.detach().double().numpy()
    if isinstance(target, ClassLogit | PredictedNumber):
        mix = model.head.detach().double().numpy()[getattr(target, "index", 0)]
    elif isinstance(target, DirectionScore):
        mix = target.direction.vector / target.direction.scale
    else:
        mix = np.eye(model.encoding_dims)[target.index]
    return np.tensordot(mix, weight, axes=1)


TARGETS = [ClassLogit(1, "yes"), LatentDimension(2), DirectionScore(direction_of(3))]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_known_answers_of_a_linear_model(image, target):
    model = LinearModel().eval()
    weight = effective(model, target)
    start = Baseline(np.full((2, 6, 6), 0.25, np.float32), "grey")
    settings = MethodSettings(window=3, stride=3)
    found = {
        name: attribute(model, image, target, method=name, baseline=start, settings=settings)
        for name in ("saliency", "integrated_gradients", "occlusion")
    }
    np.testing.assert_allclose(found["saliency"].map, np.abs(weight).max(axis=0), rtol=1e-4)
    exact = ((image - 0.25) * weight).sum(axis=0)
    np.testing.assert_allclose(found["integrated_gradients"].map, exact, atol=1e-4)
    squares = exact.reshape(2, 3, 2, 3).sum(axis=(1, 3)).repeat(3, 0).repeat(3, 1)
    np.testing.assert_allclose(found["occlusion"].map, squares, atol=1e-4)


def test_the_representation_without_labels_is_the_gradient_of_the_inner_product(image):
    """Crabbé & van der Schaar: g(x̃) = <z(x), z(x̃)>, so a linear model's gradient is Wᵀ·z(x)."""
    model = LinearModel().eval()
    z = model.encode(torch.from_numpy(image)[None]).z[0].detach().double().numpy()
    weight = np.tensordot(z, model.weight.detach().double().numpy(), axes=1)
    found = attribute(model, image, Representation(), method="integrated_gradients")
    np.testing.assert_allclose(found.map, (image * weight).sum(axis=0), atol=1e-3)
    assert found.score == pytest.approx(z @ z, rel=1e-5)


def test_a_regressors_number_is_a_target_and_its_class_is_none(image):
    model = LinearModel(classes=1).eval()
    found = attribute(model, image, PredictedNumber("age"), method="saliency")
    np.testing.assert_allclose(found.map, np.abs(effective(model, PredictedNumber())).max(axis=0), rtol=1e-4)
    assert found.target == "predicted age"
    with pytest.raises(AttributionError, match="predicts a number"):
        attribute(model, image, ClassLogit(0))
    with pytest.raises(AttributionError, match="2 classes apart and predicts no number"):
        attribute(LinearModel().eval(), image, PredictedNumber())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small convolutional model from a checkpoint, and a picture for it."""
    path = write_model(tmp_path_factory.mktemp("model") / "m.safetensors")
    return load_checkpoint(path).model, np.random.default_rng(1).random((1, 48, 48)).astype(np.float32)


def test_integrated_gradients_is_complete(trained):
    model, image = trained
    targets = [ClassLogit(0), LatentDimension(1), DirectionScore(direction_of(4)), Representation()]
    for target in targets:
        found = attribute(model, image, target, settings=MethodSettings(n_steps=200))
        difference = found.score - found.baseline_score
        assert found.total == pytest.approx(difference, abs=0.02 * abs(difference) + 1e-3)
        assert found.convergence_delta == pytest.approx(found.total - difference, abs=1e-6)


def test_more_steps_come_nearer_to_completeness(image):
    model = CurvedModel().eval()
    found = [attribute(model, image, LatentDimension(0), settings=MethodSettings(n_steps=n)) for n in (1, 4, 16)]
    deltas = [abs(each.convergence_delta) for each in found]
    assert deltas[0] > deltas[1] > deltas[2]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_call_gives_the_same_map(trained, method):
    model, image = trained
    first, second = (
        attribute(model, image, ClassLogit(1), method=method, settings=MethodSettings(n_steps=8, window=12))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.map, second.map)
    assert first.map.shape == (48, 48)
    assert first.map.any()


def traces(model: nn.Module) -> tuple[object, ...]:
    """What an explanation could leave behind."""
    return (
        {name: value.clone() for name, value in model.state_dict().items()},
        {name: (value.requires_grad, value.grad) for name, value in model.named_parameters()},
        {name: module.training for name, module in model.named_modules()},
        [
            (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks), len(m._backward_pre_hooks))
            for m in model.modules()
        ],
        {name: set(module.__dict__) for name, module in model.named_modules()},
    )


@pytest.mark.parametrize("method", METHODS)
def test_nothing_stays_on_the_model_or_the_picture(trained, method):
    frozen, image = trained
    model = copy.deepcopy(frozen).requires_grad_(True)
    given = torch.from_numpy(image.copy())
    before = traces(model)
    attribute(model, given, ClassLogit(1), method=method, settings=MethodSettings(n_steps=4, window=12))
    after = traces(model)
    assert all(torch.equal(before[0][name], value) for name, value in after[0].items())
    assert before[1:] == after[1:]
    assert not given.requires_grad
    assert given.grad is None


def test_another_thread_sees_the_same_model_meanwhile(trained):
    """Guided backpropagation hangs hooks on ReLUs: on its own copy, or a second session's gradients would change."""
    model, image = trained
    x = torch.from_numpy(image)[None]

    def gradient() -> torch.Tensor:
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad(model.encode(leaf).z.sum(), leaf)[0]

    expected, found = gradient(), []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            found.append(torch.equal(gradient(), expected))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(10):
            attribute(model, image, ClassLogit(1), method="guided_backprop")
    finally:
        stop.set()
        watcher.join()
    assert found
    assert all(found)


def test_it_works_inside_inference_mode_and_no_grad(trained):
    model, image = trained
    outside = attribute(model, image, ClassLogit(1), method="saliency").map
    with torch.inference_mode():
        np.testing.assert_array_equal(
            attribute(model, torch.from_numpy(image) * 1, ClassLogit(1), method="saliency").map, outside
        )
    with torch.no_grad():
        np.testing.assert_array_equal(attribute(model, image, ClassLogit(1), method="saliency").map, outside)


def test_guided_backpropagation_lets_only_positive_gradients_through():
    model = GateModel().eval()
    image = np.random.default_rng(0).random((1, 6, 6)).astype(np.float32)
    a, v = model.a.detach().numpy()[0], model.v.detach().numpy()[0]
    found = attribute(model, image, LatentDimension(0), method="guided_backprop")
    np.testing.assert_allclose(found.map, np.maximum(v, 0) * (a * image[0] > 0) * a, atol=1e-6)
    assert (found.map != v * (a * image[0] > 0) * a).any()


def test_guided_backpropagation_says_where_it_would_be_a_plain_gradient():
    with pytest.raises(AttributionError, match=r"no ReLU module runs.*integrated_gradients"):
        attribute(GateModel(nn.GELU).eval(), np.ones((1, 6, 6)), LatentDimension(0), method="guided_backprop")


def test_a_squashed_score_is_not_hidden(trained):
    model, image = trained
    with pytest.raises(AttributionError, match="not finite"):
        attribute(model, np.full_like(image, np.nan), ClassLogit(0))


def test_progress_counts_to_the_end_and_can_cancel(trained):
    model, image = trained
    for method in METHODS:
        seen: list[tuple[int, int]] = []
        attribute(
            model, image, ClassLogit(0), method=method, settings=MethodSettings(n_steps=9, window=16),
            memory_bytes=2**20, progress=lambda done, n_all, seen=seen: seen.append((done, n_all)),
        )  # fmt: skip
        assert seen == sorted(seen)
        assert seen[-1][0] == seen[-1][1]

    def cancel(done: int, n_all: int) -> None:
        raise KeyboardInterrupt

    before = traces(model)
    with pytest.raises(KeyboardInterrupt):
        attribute(model, image, ClassLogit(0), progress=cancel)
    assert before[1:] == traces(model)[1:]


def test_what_cannot_be_explained_is_refused_with_the_way_out(image):
    model = LinearModel().eval()
    with pytest.raises(AttributionError, match="no class number 7: the model tells 2 apart"):
        attribute(model, image, ClassLogit(7))
    with pytest.raises(AttributionError, match="no latent dimension 3: z has 3, 0 to 2"):
        attribute(model, image, LatentDimension(3))
    with pytest.raises(AttributionError, match="direction has 5 dimensions, the model's z has 3"):
        attribute(model, image, DirectionScore(direction_of(5)))
    with pytest.raises(AttributionError, match=r"no classifier.*score along a direction"):
        attribute(LinearModel(has_head=False).eval(), image, ClassLogit(0))
    with pytest.raises(AttributionError, match="training mode"):
        attribute(model.train(), image, ClassLogit(0))
    with pytest.raises(AttributionError, match=r"baseline has the shape \(1, 6, 6\)"):
        attribute(model.eval(), image, ClassLogit(0), baseline=black_baseline((1, 6, 6)))
    with pytest.raises(ValueError, match="expected one of integrated_gradients"):
        attribute(model, image, ClassLogit(0), method="magic")
    with pytest.raises(ValueError, match="a number of bytes"):
        attribute(model, image, ClassLogit(0), memory_bytes=512)
    for options in ({"window": 7}, {"window": 2, "stride": 3}, {"segments": np.zeros((3, 3), int)}):
        with pytest.raises(ValueError, match="expected"):
            attribute(model, image, ClassLogit(0), method="feature_ablation", settings=MethodSettings(**options))
    for options in ({"n_steps": 0}, {"n_samples": 0}, {"noise": -1}, {"span": 0}, {"segments": np.zeros((6, 6))}):
        with pytest.raises(ValueError, match="expected"):
            MethodSettings(**options)


def test_a_picture_of_another_size_is_refused(trained):
    with pytest.raises(ImageError, match="this model takes"):
        attribute(trained[0], np.zeros((1, 40, 48), np.float32), ClassLogit(0))


def test_the_figures_of_a_map():
    pixels = np.zeros((1, 6, 6), np.float32)
    pixels[0, 1, 2], pixels[0, 4, 4] = 1, 0.5
    model = LinearModel(channels=1, dims=1).eval()
    with torch.no_grad():
        model.weight[:] = -1
    found = attribute(model, pixels, LatentDimension(0))
    assert found.peak == (1, 2)
    assert found.total == pytest.approx(-1.5)
    assert found.area_of_half() == pytest.approx(1 / 36)
    with pytest.raises(ValueError, match="read-only"):
        found.map[0, 0] = 1


def test_baselines(image):
    assert not black_baseline((2, 6, 6)).pixels.any()
    assert mean_baseline([image, 0 * image]).pixels == pytest.approx(image / 2)
    assert mean_baseline([image, image]).name == "mean of 2 pictures"
    blurred = blurred_baseline(image, sigma=2).pixels
    assert blurred.std() < image.std() / 2
    assert blurred.mean(axis=(1, 2)) == pytest.approx(image.mean(axis=(1, 2)), abs=0.1)
    np.testing.assert_allclose(blurred_baseline(np.full((1, 9, 9), 0.3)).pixels, 0.3, rtol=1e-5)
    with pytest.raises(AttributionError, match="no picture"):
        mean_baseline([])
    with pytest.raises(AttributionError, match="picture 2 has the shape"):
        mean_baseline([image, image[:1]])


def test_the_baseline_decides_what_black_pixels_get():
    model = LinearModel(channels=1).eval()
    black = np.zeros((1, 6, 6), np.float32)
    assert not attribute(model, black, LatentDimension(0)).map.any()
    grey = Baseline(np.full((1, 6, 6), 0.5, np.float32), "grey")
    assert attribute(model, black, LatentDimension(0), baseline=grey).map.all()
