"""Infidelity and max-sensitivity: zero where they must be, captum on the same changes, and what cannot be judged."""

import numpy as np
import pytest
import torch

from analysis.attributions import (
    Baseline,
    ClassLogit,
    LatentDimension,
    MethodSettings,
    Representation,
    attribute,
    black_baseline,
)
from analysis.evaluation.infidelity import draw_weights
from analysis.evaluation.sensitivity import (
    change_picture,
    draw_neighbours,
    judge_infidelity,
    measure_infidelity,
    measure_max_sensitivity,
)
from tests.analysis.attributions.known_models import CurvedModel, LinearModel
from xaae_core.errors import AttributionError

TARGET = LatentDimension(1)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((2, 6, 6)).astype(np.float32)


def grey(channels: int) -> Baseline:
    return Baseline(np.full((channels, 6, 6), 0.25, np.float32), "grey")


def test_true_gradients_and_shares_of_a_linear_model_foretell_everything(image):
    model = LinearModel().eval()
    gradient = model.weight[1].detach().numpy().sum(axis=0)
    shares = attribute(model, image, TARGET, baseline=grey(2)).map
    for heat, options in ((gradient, {"change": "noise"}), (shares, {"baseline": grey(2)})):
        for normalize in (True, False):
            good = measure_infidelity(model, image, TARGET, heat, normalize=normalize, **options)
            assert good.value == pytest.approx(0, abs=1e-9)
            assert good.interval == pytest.approx((0, 0), abs=1e-8)
            assert ("foretells 100% of" if normalize else "misses the score's changes by 0.00") in good.meaning
        other = measure_infidelity(model, image, TARGET, heat[::-1, ::-1], **options)
        assert 0.1 < other.value <= 1
        assert other.interval[0] < other.value < other.interval[1]


@pytest.mark.parametrize("change", ["squares", "noise"])
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("channels", [1, 2])
def test_captum_gives_the_same_on_the_same_changes(change, normalize, channels):
    metrics = pytest.importorskip("captum.metrics")
    model, rng = CurvedModel(channels=channels).eval(), np.random.default_rng(3)
    image, heat = rng.random((channels, 6, 6)).astype(np.float32), rng.normal(size=(6, 6)).astype(np.float32)
    weights = torch.tensor(draw_weights(change, (6, 6), 20, seed=5))[:, None].expand(-1, channels, -1, -1)

    def perturb(inputs):
        start = torch.full_like(inputs, 0.25)
        changed = inputs - weights if change == "noise" else inputs - weights * (inputs - start)
        # all channels change alike: what one channel of the map says counts once
        return weights / channels, changed

    theirs = metrics.infidelity(
        TARGET.scorer(model), perturb, torch.tensor(image)[None],
        torch.tensor(heat)[None, None].expand(1, channels, 6, 6), n_perturb_samples=20, normalize=normalize,
    )  # fmt: skip
    options = {"baseline": grey(channels), "change": change, "n_samples": 20, "seed": 5, "normalize": normalize}
    ours = measure_infidelity(model, image, TARGET, heat, relative=False, **options)
    assert ours.value == pytest.approx(float(theirs), abs=1e-5)
    falls = change_picture(model, image, TARGET, baseline=grey(channels), change=change, n_samples=20, seed=5).falls
    share = measure_infidelity(model, image, TARGET, heat, **options)
    assert share.value == pytest.approx(float(theirs) / np.square(falls).mean(), abs=1e-4)


def test_scaled_maps_are_judged_alike_and_turned_ones_found_out(image):
    model = CurvedModel().eval()
    changes = change_picture(model, image, TARGET, baseline=grey(2))
    heat = attribute(model, image, TARGET, baseline=grey(2)).map
    own, scaled, turned = (judge_infidelity(each, changes) for each in (heat, heat * 50, -heat))
    assert own.value == pytest.approx(scaled.value) == pytest.approx(turned.value)
    assert "points the wrong way" in turned.meaning
    assert "points the wrong way" not in own.meaning
    assert judge_infidelity(-heat, changes, normalize=False).value > judge_infidelity(heat, changes).value
    assert judge_infidelity(np.zeros((6, 6)), changes).value == pytest.approx(1)


def test_chance_is_told(image):
    """A map foretells a part of few changes by chance: of n changes, one factor fits 1/n of noise."""
    changes = change_picture(LinearModel().eval(), image, TARGET, change="noise", n_samples=4)
    heat = np.random.default_rng(8).normal(size=(6, 6))
    found = judge_infidelity(heat, changes, n_random=400)
    chance = float(found.meaning.split("at random places foretell ")[1].split("%")[0])
    assert chance == pytest.approx(25, abs=10)
    assert "random places" not in judge_infidelity(heat, changes, n_random=0).meaning
    assert "copies of it at random places miss" in judge_infidelity(heat, changes, normalize=False).meaning
    with pytest.raises(ValueError, match="n_random is -1"):
        judge_infidelity(heat, changes, n_random=-1)


def test_one_evaluation_serves_several_maps(image):
    model, told = CurvedModel().eval(), []
    changes = change_picture(
        model, image, TARGET, n_samples=10, memory_bytes=2**20, progress=lambda *of: told.append(of)
    )
    assert told[-1] == (11, 11)
    heat = np.random.default_rng(6).normal(size=(6, 6))
    assert judge_infidelity(heat, changes) == measure_infidelity(model, image, TARGET, heat, n_samples=10)


def test_squares_lie_in_the_picture():
    weights = draw_weights("squares", (16, 24), 50)
    assert set(np.unique(weights)) == {0, 1}
    for each in weights:
        rows, columns = each.any(axis=1).sum(), each.any(axis=0).sum()
        assert rows == columns
        assert each.sum() == rows**2
        assert 2 <= rows <= 8


def test_a_score_that_nothing_moves(image):
    model = LinearModel().eval()
    with torch.no_grad():
        model.weight.zero_()
    found = measure_infidelity(model, image, TARGET, np.ones((6, 6)))
    assert np.isnan(found.value)
    assert "nothing to foretell" in found.meaning


def test_captum_finds_the_same_sensitivity(image):
    metrics = pytest.importorskip("captum.metrics")
    attr = pytest.importorskip("captum.attr")
    model = CurvedModel().eval()
    neighbours = torch.tensor(draw_neighbours(image, radius=0.1, n=8, seed=3))
    shares = attr.IntegratedGradients(TARGET.scorer(model))

    def explain(x, baselines):
        return (shares.attribute(x[0] if isinstance(x, tuple) else x, baselines, n_steps=16).sum(dim=1),)

    theirs = metrics.sensitivity_max(
        explain,
        torch.tensor(image)[None],
        perturb_func=lambda _: neighbours,
        n_perturb_samples=8,
        baselines=0.25,
    )
    settings = MethodSettings(n_steps=16)
    options = {"baseline": grey(2), "settings": settings, "radius": 0.1, "n_samples": 8, "seed": 3}
    ours = measure_max_sensitivity(model, image, TARGET, **options)
    assert ours.value == pytest.approx(float(theirs), abs=1e-5)
    known = attribute(model, image, TARGET, baseline=grey(2), settings=settings).map
    assert measure_max_sensitivity(model, image, TARGET, heat=known, **options).value == pytest.approx(ours.value)


def test_a_gradient_that_never_changes_is_not_sensitive(image):
    model = LinearModel().eval()
    assert measure_max_sensitivity(model, image, TARGET, method="saliency").value == pytest.approx(0, abs=1e-7)
    # shares of a linear model move with the picture: known from the noise itself
    changed = draw_neighbours(image, n=10) - image
    weight = model.weight[1].detach().numpy()
    moved = np.linalg.norm((weight * changed).sum(axis=1), axis=(1, 2)).max()
    expected = moved / np.linalg.norm((weight * image).sum(axis=0))
    found = measure_max_sensitivity(model, image, TARGET, method="integrated_gradients")
    assert found.value == pytest.approx(expected, rel=1e-4)
    assert "noise of ±0.02" in found.meaning


def test_more_pictures_and_more_noise_can_only_raise_it(image):
    model = CurvedModel().eval()
    few, many = (measure_max_sensitivity(model, image, TARGET, n_samples=n).value for n in (3, 12))
    assert 0 < few <= many
    assert measure_max_sensitivity(model, image, TARGET, radius=0.2).value > many
    assert measure_max_sensitivity(model, image, Representation(), n_samples=3).value > 0


def test_a_map_of_zeros_has_no_size():
    model = LinearModel().eval()
    black = np.zeros((2, 6, 6), np.float32)
    found = measure_max_sensitivity(model, black, ClassLogit(0), method="integrated_gradients")
    assert np.isnan(found.value)
    assert "zero everywhere" in found.meaning


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n_samples": 1}, ValueError, "n_samples is 1; expected at least 2"),
        ({"change": "blur"}, ValueError, 'change is "blur"; expected one of squares, noise'),
        ({"change": "noise", "noise": 0}, ValueError, "noise is 0; expected a positive number"),
        ({"baseline": black_baseline((3, 6, 6))}, AttributionError, "the baseline has the shape"),
    ],
)
def test_bad_changes(image, options, error, words):
    with pytest.raises(error, match=words):
        measure_infidelity(LinearModel().eval(), image, TARGET, np.ones((6, 6)), **options)


def test_bad_maps_and_neighbours(image):
    model = LinearModel().eval()
    with pytest.raises(AttributionError, match=r"\(3, 6\), the picture \(6, 6\)"):
        measure_infidelity(model, image, TARGET, np.ones((3, 6)))
    with pytest.raises(AttributionError, match="not finite"):
        measure_max_sensitivity(model, image, TARGET, heat=np.full((6, 6), np.nan))
    with pytest.raises(ValueError, match="radius is -1"):
        measure_max_sensitivity(model, image, TARGET, radius=-1)
    with pytest.raises(ValueError, match="n_samples is 0; expected at least 1"):
        measure_max_sensitivity(model, image, TARGET, n_samples=0)
    with pytest.raises(ValueError, match='method is "magic"'):
        measure_max_sensitivity(model, image, TARGET, method="magic")
