"""Deletion and insertion: known curves of linear models, the best order, Quantus, and what cannot be judged."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from analysis.attributions import (
    Baseline,
    ClassLogit,
    LatentDimension,
    ReconstructionError,
    Representation,
    attribute,
    black_baseline,
)
from analysis.evaluation.faithfulness import measure_deletion, measure_faithfulness, measure_insertion, order_for
from analysis.evaluation.pixel_orders import pixel_steps, random_steps
from analysis.evaluation.scoring import score_pictures
from tests.analysis.attributions.known_models import CurvedModel, LinearModel
from xaae_core.errors import AttributionError, ImageError

TARGET = LatentDimension(1)
GREY = Baseline(np.full((2, 6, 6), 0.25, np.float32), "grey")


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((2, 6, 6)).astype(np.float32)


@pytest.fixture
def linear() -> LinearModel:
    return LinearModel().eval()


def shares_of(model: LinearModel, image: np.ndarray, baseline: Baseline) -> np.ndarray:
    """What each pixel [H, W] gives to the target of a linear model, beside the baseline."""
    return (model.weight[TARGET.index].detach().numpy() * (image - baseline.pixels)).sum(axis=0, dtype=np.float64)


@pytest.mark.parametrize("baseline", [black_baseline((2, 6, 6)), GREY], ids=lambda each: each.name)
def test_the_curves_of_a_linear_model_are_sums_of_its_shares(image, linear, baseline):
    true = shares_of(linear, image, baseline)
    heat = np.random.default_rng(3).normal(size=(6, 6))
    options = {"baseline": baseline, "n_steps": 36, "n_random": 2}
    deletion, insertion = measure_faithfulness(linear, image, TARGET, [heat], **options)[0]
    taken = np.concatenate([[0], true.flat[np.argsort(-heat, axis=None)].cumsum()])
    gap = abs(true.sum())
    assert deletion.scores == pytest.approx(deletion.score - taken, abs=1e-4)
    assert insertion.scores == pytest.approx(insertion.baseline_score + taken, abs=1e-4)
    assert deletion.area == pytest.approx(np.trapezoid(true.sum() - taken, dx=1 / 36) / gap, abs=1e-4)
    assert insertion.area == pytest.approx(np.trapezoid(taken, dx=1 / 36) / gap, abs=1e-4)
    assert deletion.shares == pytest.approx(np.arange(37) / 36)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_no_order_beats_that_of_the_true_shares(index):
    rng = np.random.default_rng(index)
    model, image = LinearModel(side=1, channels=1).eval(), rng.random((1, 2, 3)).astype(np.float32)
    model.input_size, model.weight = (2, 3), nn.Parameter(torch.tensor(rng.normal(size=(3, 1, 2, 3))).float())
    target = LatentDimension(index)
    true = (model.weight[index, 0].detach().numpy() * image[0]).astype(np.float64)
    heats = [np.array(order, float).reshape(2, 3) for order in itertools.permutations(range(6))]
    best, *others = measure_faithfulness(model, image, target, [true, *heats], n_steps=6, n_random=2)
    for at, sign in ((0, 1), (1, -1)):
        assert min(sign * curves[at].area for curves in others) == pytest.approx(sign * best[at].area, abs=1e-5)


def test_the_signed_order_is_best_where_the_picture_scores_below_the_baseline_too(image, linear):
    for each in (image, 1 - image):
        for target in (LatentDimension(0), LatentDimension(1), LatentDimension(2)):
            found = attribute(linear, each, target, baseline=GREY)
            curves = measure_faithfulness(linear, each, target, [found.map], baseline=GREY, n_steps=12)[0]
            assert all(curve.is_better for curve in curves)
            worst = measure_faithfulness(linear, each, target, [-found.map], baseline=GREY, n_steps=12)[0]
            assert all(curve.is_better is False for curve in worst)


def test_by_size_a_score_is_left_from_either_side(image, linear):
    heat = shares_of(linear, image, black_baseline(image.shape))
    options = {"order": "size", "n_steps": 12, "n_random": 4}
    up = measure_faithfulness(linear, image, TARGET, [heat], **options)[0]
    with torch.no_grad():
        linear.weight.neg_()
        linear.bias.neg_()
    down = measure_faithfulness(linear, image, TARGET, [heat], **options)[0]
    for one, other in zip(up, down, strict=True):
        assert one.scores == pytest.approx(-other.scores, abs=1e-5)
        assert (one.area, one.advantage) == pytest.approx((other.area, other.advantage), abs=1e-4)


def test_quantus_flips_the_same_pixels_to_the_same_scores():
    quantus = pytest.importorskip("quantus", reason="Quantus, the oracle, is not installed")

    class Logits(nn.Module):
        def __init__(self, model: LinearModel):
            super().__init__()
            self.model = model

        def forward(self, x):
            return self.model.classify(self.model.encode(x).z)

    model = CurvedModel(channels=1).eval()
    rng = np.random.default_rng(4)
    image, heat = rng.random((1, 6, 6)).astype(np.float32), rng.normal(size=(6, 6))
    for order, is_abs in (("signed", False), ("size", True)):
        flipping = quantus.PixelFlipping(
            features_in_step=3, abs=is_abs, normalise=False, perturb_baseline=0.25, disable_warnings=True
        )
        theirs = flipping(
            model=Logits(model).eval(), x_batch=image[None], y_batch=np.array([1]), a_batch=heat[None, None].copy(),
            softmax=False, channel_first=True, device="cpu",
        )  # fmt: skip
        grey = Baseline(np.full((1, 6, 6), 0.25, np.float32), "grey")
        ours = measure_deletion(model, image, ClassLogit(1), heat, baseline=grey, order=order, n_steps=12, n_random=2)
        assert ours.scores[1:] == pytest.approx(np.ravel(theirs), abs=1e-5)


def test_every_score_is_that_of_the_picture_it_stands_for(image):
    model = CurvedModel().eval()
    heat = np.random.default_rng(5).normal(size=(6, 6))
    curve = measure_insertion(model, image, TARGET, heat, baseline=GREY, n_steps=9, n_random=3, seed=2)
    orders = random_steps(pixel_steps(heat, "signed", 9), "moved", 3, 2)
    for steps, scores in zip(orders, curve.random_scores, strict=True):
        pictures = np.stack([np.where(steps <= step, image, GREY.pixels) for step in range(10)])
        assert score_pictures(model, TARGET, image, pictures) == pytest.approx(scores, abs=1e-5)


def test_maps_judged_together_are_judged_as_alone(image):
    model = CurvedModel().eval()
    heats = [np.random.default_rng(n).normal(size=(6, 6)) for n in range(3)]
    options = {"n_steps": 9, "n_random": 4, "seed": 7}
    together = measure_faithfulness(model, image, TARGET, heats, order=["signed", "size", "signed"], **options)
    for heat, order, (deletion, insertion) in zip(heats, ("signed", "size", "signed"), together, strict=True):
        for measure, found in ((measure_deletion, deletion), (measure_insertion, insertion)):
            alone = measure(model, image, TARGET, heat, order=order, **options)
            assert alone.scores == pytest.approx(found.scores, abs=1e-5)
            assert alone.random_scores == pytest.approx(found.random_scores, abs=1e-5)
            assert (alone.advantage, *alone.interval) == pytest.approx((found.advantage, *found.interval), abs=1e-4)


@pytest.mark.parametrize("shape", [(6, 6), (4, 7)])
def test_moved_maps_are_the_map_elsewhere(shape):
    steps = pixel_steps(np.random.default_rng(6).normal(size=shape), "signed", 5)
    moved = random_steps(steps, "moved", 40, 0)
    assert moved.shape == (40, *shape)
    for each in moved:
        assert sorted(each.flat) == sorted(steps.flat)
    # neighbours stay neighbours: on the torus, differences between them are only turned
    rough = {tuple(sorted(int(np.abs(each - np.roll(each, 1, axis)).sum()) for axis in (0, 1))) for each in moved}
    assert len(rough) == 1
    assert len({each.tobytes() for each in moved}) > 30
    noise = random_steps(steps, "noise", 3, 0)
    assert [sorted(each.flat) for each in noise] == [sorted(steps.flat)] * 3


def test_a_map_that_knows_nothing_is_seldom_called_better(image):
    """Of maps drawn as their rivals are, one in 17 is the best of the 17: the interval leaves 0 out no more often."""
    model, calls = CurvedModel().eval(), []
    smooth = np.add.outer(np.sin(np.arange(6)), np.cos(np.arange(6)))
    for seed in range(120):
        heat = random_steps(pixel_steps(smooth, "signed", 36), "moved", 1, 1000 + seed)[0].astype(float)
        calls.append(measure_deletion(model, image, TARGET, heat, n_steps=6, seed=seed).is_better)
    assert sum(call is True for call in calls) / len(calls) < 0.15
    assert sum(call is False for call in calls) / len(calls) < 0.15


def test_no_picture_is_scored_twice(image, linear):
    heat = np.random.default_rng(8).normal(size=(6, 6))
    told: list[tuple[int, int]] = []

    def run(*heats: np.ndarray, **options: object) -> int:
        told.clear()
        measure_faithfulness(
            linear, image, TARGET, heats, n_steps=6, n_random=3, progress=lambda *of: told.append(of), **options
        )
        assert told[-1][0] == told[-1][1]
        return told[-1][1]

    assert run(heat) == 2 + 4 * 2 * 5  # two ends; of each map, both ways, the points between
    assert run(heat, 3 * heat) == run(heat)  # the same order
    assert run(heat, -heat) < 2 * run(heat) - 2  # taken away the other way round is put in
    half = image * (np.arange(6) < 3)
    assert run(heat) > measured(linear, half, heat)  # black on a black baseline changes nothing


def measured(model: LinearModel, image: np.ndarray, heat: np.ndarray) -> int:
    """Pictures that were scored."""
    told: list[int] = []
    options = {"n_steps": 6, "n_random": 3, "progress": lambda done, _all: told.append(done)}
    measure_faithfulness(model, image.astype(np.float32), TARGET, [heat], **options)
    return told[-1]


def test_memory_bounds_the_passes_and_changes_nothing():
    model, rng = CurvedModel(side=48).eval(), np.random.default_rng(9)
    image, heat = rng.random((2, 48, 48)).astype(np.float32), rng.normal(size=(48, 48))
    free = measure_deletion(model, image, TARGET, heat, n_steps=12)
    n_at_once, model.largest_batch = model.largest_batch, 0
    bounded = measure_deletion(model, image, TARGET, heat, n_steps=12, memory_bytes=2**20)
    assert bounded.scores == pytest.approx(free.scores, abs=1e-5)
    assert model.largest_batch <= 8 < n_at_once


def test_a_cancel_ends_it(image, linear):
    def stop(done: int, n: int) -> None:
        if done > 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        measure_deletion(linear, image, TARGET, np.random.default_rng(0).normal(size=(6, 6)), progress=stop)


def test_the_representation_is_that_of_the_whole_picture(image):
    model = CurvedModel().eval()
    heat = np.random.default_rng(10).normal(size=(6, 6))
    curve = measure_deletion(model, image, Representation(), heat, order="size", n_steps=6, n_random=2)
    z, nothing = model.encode(torch.stack([torch.tensor(image), torch.zeros(2, 6, 6)])).z.detach()
    assert curve.scores[[0, -1]] == pytest.approx([float(z @ z), float(z @ nothing)], abs=1e-5)
    assert curve.area == pytest.approx(
        np.trapezoid(curve.scores - curve.baseline_score, dx=1 / 6) / (curve.score - curve.baseline_score)
    )


def test_which_order_is_fair():
    assert order_for("integrated_gradients", ClassLogit(0)) == "signed"
    assert order_for("saliency", ClassLogit(0)) == "size"
    assert order_for("integrated_gradients", ReconstructionError()) == "size"
    assert order_for("occlusion", Representation()) == "size"


def test_nothing_to_measure_is_said_in_words(image, linear):
    heat = np.random.default_rng(11).normal(size=(6, 6))
    same = measure_deletion(linear, image, TARGET, heat, baseline=Baseline(image, "the picture itself"))
    assert np.isnan([same.advantage, same.area, *same.interval, same.p_value]).all()
    assert same.is_better is None
    assert "not measured" in same.sentence()
    assert "choose another baseline" in same.sentence()
    flat = measure_insertion(linear, image, TARGET, np.ones((6, 6)))
    assert np.isnan(flat.advantage)
    assert "same everywhere" in flat.measure().meaning
    ones = np.where(np.eye(6) > 0, 1.0, -1.0)  # as strong everywhere, but not the same
    assert np.isnan(measure_deletion(linear, image, TARGET, ones, order="size").advantage)
    assert np.isfinite(measure_deletion(linear, image, TARGET, ones).advantage)


def test_sentences_and_measures(image, linear):
    true = shares_of(linear, image, black_baseline(image.shape))
    best = measure_deletion(linear, image, TARGET, true, n_steps=36)
    worst = measure_insertion(linear, image, TARGET, -true, n_steps=36)
    assert best.sentence().startswith("better than random at deletion: yes, by ")
    assert worst.sentence().startswith("better than random at insertion: no: worse by ")
    measure = best.measure()
    assert (measure.name, measure.value, measure.interval) == ("deletion", best.advantage, best.interval)
    assert best.sentence() in measure.meaning
    assert best.interval[0] <= best.advantage <= best.interval[1]
    assert best.p_value == pytest.approx(1 / 17)
    assert best.gain == pytest.approx(best.advantage * abs(best.score - best.baseline_score))
    with pytest.raises(ValueError, match="read-only"):
        best.scores[0] = 0


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"heat": np.ones((5, 6))}, AttributionError, r"\(5, 6\), the picture \(6, 6\)"),
        ({"heat": np.ones((2, 6, 6))}, AttributionError, "sum its channels"),
        ({"heat": np.full((6, 6), np.nan)}, AttributionError, "36 of 36 pixels that are not finite"),
        ({"n_random": 0}, ValueError, "n_random is 0; expected at least 2"),
        ({"n_steps": 37}, ValueError, "n_steps is 37; expected 1 to 36"),
        ({"order": "best"}, ValueError, 'order is "best"; expected one of signed, size'),
        ({"random_maps": "none"}, ValueError, "expected one of moved, noise"),
        ({"baseline": black_baseline((1, 6, 6))}, AttributionError, "the baseline has the shape"),
        ({"image": np.zeros((2, 7, 6))}, ImageError, "this model takes"),
        ({"target": LatentDimension(9)}, AttributionError, "no latent dimension 9"),
        ({"memory_bytes": 10}, ValueError, "memory_bytes is 10"),
    ],
    ids=lambda case: next(iter(case)) if isinstance(case, dict) else "",
)
def test_bad_input_says_what_was_expected(image, linear, changed, error, words):
    given = {"image": image, "target": TARGET, "heat": np.random.default_rng(0).normal(size=(6, 6))} | changed
    first = [given.pop(name) for name in ("image", "target", "heat")]
    with pytest.raises(error, match=words):
        measure_deletion(linear, *first, **given)


def test_other_bad_input(image, linear):
    with pytest.raises(ValueError, match="1 orders for 0 maps"):
        measure_faithfulness(linear, image, TARGET, [], order=["signed"])
    assert measure_faithfulness(linear, image, TARGET, []) == ()
    with pytest.raises(AttributionError, match="map 2 has the shape"):
        measure_faithfulness(linear, image, TARGET, [np.eye(6), np.eye(5)])
    with pytest.raises(ImageError, match=r"expected \[N, 2, 6, 6\]"):
        score_pictures(linear, TARGET, image, image)
    assert score_pictures(linear, TARGET, image, np.empty((0, 2, 6, 6))).shape == (0,)
    with pytest.raises(AttributionError, match="not finite for 1 of 2 changed pictures"):
        score_pictures(linear, TARGET, image, np.stack([image, image * np.nan]))
    with pytest.raises(AttributionError, match="training mode"):
        score_pictures(linear.train(), TARGET, image, image[None])
