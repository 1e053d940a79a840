"""Sparseness, complexity and completeness: known maps, Quantus on the same arrays, and maps without an answer."""

import numpy as np
import pytest
import torch
from torch import nn

from analysis.attributions import METHODS, Baseline, LatentDimension, MethodSettings, attribute
from analysis.evaluation.complexity import measure_completeness, measure_complexity, measure_sparseness
from tests.analysis.attributions.known_models import CurvedModel, LinearModel
from xaae_core.errors import AttributionError

TARGET = LatentDimension(0)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((2, 6, 6)).astype(np.float32)


def test_known_maps():
    constant, lone = np.full((4, 5), -0.3), np.zeros((4, 5))
    lone[1, 2] = -7
    assert measure_sparseness(constant).value == pytest.approx(0, abs=1e-12)
    assert measure_complexity(constant).value == pytest.approx(np.log(20))
    assert measure_sparseness(lone).value == pytest.approx(1 - 1 / 20)
    assert measure_complexity(lone).value == 0
    ramp = np.arange(1, 5, dtype=float).reshape(2, 2)  # Gini of 1, 2, 3, 4 is 1/4
    assert measure_sparseness(ramp).value == pytest.approx(0.25)
    assert measure_complexity(ramp).value == pytest.approx(-sum(x / 10 * np.log(x / 10) for x in (1, 2, 3, 4)))


def test_only_sizes_count_and_not_their_unit():
    heat = np.random.default_rng(1).normal(size=(7, 9))
    for changed in (-heat, np.abs(heat), heat[::-1, ::-1], heat * 1e-30, heat * 1e30):
        assert measure_sparseness(changed).value == pytest.approx(measure_sparseness(heat).value, rel=1e-9)
        assert measure_complexity(changed).value == pytest.approx(measure_complexity(heat).value, rel=1e-9)


def test_quantus_gives_the_same():
    quantus = pytest.importorskip("quantus", reason="Quantus, the oracle, is not installed")

    class Nothing(nn.Module):
        def forward(self, x):
            return torch.zeros(len(x), 2)

    heats = np.random.default_rng(2).normal(size=(4, 8, 10)) * np.array([1, 1, 5, 5])[:, None, None]
    heats[3] *= np.abs(heats[3]) > 4
    given = {
        "model": Nothing().eval(), "x_batch": np.zeros((4, 1, 8, 10), np.float32), "y_batch": np.zeros(4, int),
        "softmax": False, "device": "cpu", "channel_first": True,
    }  # fmt: skip
    for metric, ours in ((quantus.Sparseness, measure_sparseness), (quantus.Complexity, measure_complexity)):
        theirs = metric(abs=True, normalise=False, disable_warnings=True)(a_batch=heats[:, None].copy(), **given)
        assert [ours(heat).value for heat in heats] == pytest.approx(theirs, abs=1e-5)


@pytest.mark.parametrize("measure", [measure_sparseness, measure_complexity])
def test_maps_without_an_answer(measure):
    nothing = measure(np.zeros((3, 3)))
    assert np.isnan(nothing.value)
    assert "zero everywhere" in nothing.meaning
    assert measure(np.array([[2.0]])).value == 0
    for heat, words in (
        (np.full((3, 3), np.inf), "9 of 9 pixels that are not finite"),
        (np.ones(9), r"\(9,\); expected \[height, width\]"),
        (np.ones((0, 3)), "expected"),
    ):
        with pytest.raises(AttributionError, match=words):
            measure(heat)


def test_words():
    assert "as spread as 20 equally strong pixels of 20" in measure_complexity(np.ones((4, 5))).meaning
    assert "Gini index 0.25" in measure_sparseness(np.array([[1.0, 2], [3, 4]])).meaning


def test_completeness_is_captums_delta_beside_the_difference(image):
    captum = pytest.importorskip("captum.attr")
    model, baseline = CurvedModel().eval(), Baseline(np.full((2, 6, 6), 0.25, np.float32), "grey")
    settings = MethodSettings(n_steps=2)  # too few for a sine: something is left over
    found = attribute(model, image, TARGET, baseline=baseline, settings=settings)
    score = TARGET.scorer(model)
    _, delta = captum.IntegratedGradients(score).attribute(
        torch.tensor(image)[None], torch.tensor(baseline.pixels)[None], n_steps=2, return_convergence_delta=True
    )
    gap = abs(found.score - found.baseline_score)
    measure = measure_completeness(found)
    assert measure.value == pytest.approx(abs(float(delta)) / gap, abs=1e-5)
    assert measure.value > 1e-4
    many = attribute(model, image, TARGET, baseline=baseline, settings=MethodSettings(n_steps=500))
    assert measure_completeness(many).value < measure.value / 5


def test_completeness_of_every_method_of_a_linear_model(image):
    model = LinearModel().eval()
    for method in ("integrated_gradients", "saliency", "occlusion"):
        found = attribute(model, image, TARGET, method=method)
        measure = measure_completeness(found)
        assert method in METHODS
        if found.convergence_delta is None:
            assert np.isnan(measure.value)
            assert method.replace("_", " ") in measure.meaning
        else:
            assert measure.value < 1e-5


def test_quantus_calls_a_map_complete_that_ours_does():
    quantus = pytest.importorskip("quantus", reason="Quantus, the oracle, is not installed")

    class Logits(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([[1.0, 2, 4, 8]]))

        def forward(self, x):
            return x.flatten(1) @ self.weight.T

    # quarters: sums without rounding, as Quantus compares with ==
    image = np.array([[[0.25, 0.5], [0.75, 0.5]]], np.float32)
    model = LinearModel(channels=1, side=2, dims=1).eval()
    with torch.no_grad():
        model.weight.copy_(torch.tensor([1.0, 2, 4, 8]).view(1, 1, 2, 2))
        model.bias.zero_()
    found = attribute(model, image, TARGET, method="input_x_gradient")
    own = attribute(model, image, TARGET, method="integrated_gradients", settings=MethodSettings(n_steps=2))
    for heat, is_complete in ((found.map, True), (found.map + 0.25, False)):
        theirs = quantus.Completeness(
            abs=False, normalise=False, perturb_baseline=0.0, disable_warnings=True
        )(
            model=Logits().eval(), x_batch=image[None], y_batch=np.array([0]), a_batch=heat[None, None].copy(),
            softmax=False, device="cpu", channel_first=True,
        )  # fmt: skip
        assert bool(np.ravel(theirs)[0]) is is_complete
    assert measure_completeness(own).value < 1e-6


def test_nothing_to_share_out(image):
    found = attribute(LinearModel().eval(), image, TARGET, baseline=Baseline(image, "itself"))
    measure = measure_completeness(found)
    assert np.isnan(measure.value)
    assert "nothing to share out" in measure.meaning
