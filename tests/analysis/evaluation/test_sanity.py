"""The sanity strip: known good and bad explanations get their verdicts, and what cannot run says why."""

from dataclasses import replace
from itertools import product
from types import MappingProxyType

import numpy as np
import pytest
import torch

from analysis.attributions import ClassLogit, DirectionScore, MethodSettings, Representation, attribute
from analysis.attributions import call as call_module
from analysis.attributions import methods as methods_module
from analysis.attributions.problem import Explained, Method
from analysis.directions import fit_direction
from analysis.evaluation import randomiser as randomiser_module
from analysis.evaluation import sanity as sanity_module
from analysis.evaluation import sanity_material as material_module
from analysis.evaluation.sanity import SanityBench, SanityCheck, check_sanity
from analysis.evaluation.sanity_checks import judge_checks
from tests.analysis.attributions.known_models import LinearModel
from tests.analysis.evaluation.destructible_models import SIDE, ConvModel, picture, weights_of
from tests.analysis.latent_tables import table_of, two_clouds
from xaae_core.errors import AttributionError, ImageError
from xaae_core.models.latent_model import Encoding

TARGET = ClassLogit(1, "yes")


@pytest.fixture(scope="module")
def model() -> ConvModel:
    return ConvModel()


@pytest.fixture(scope="module")
def table(model):
    """Latents of pictures like the one explained, in two classes that differ in z."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(80, model.encoding_dims))
    z[:, 0] += 3 * (np.arange(80) % 2)
    return table_of(z, np.arange(80) % 2)


def edges(problem):
    """An "explanation" that has never heard of the model."""
    from scipy.ndimage import sobel

    pixels = problem.images.numpy().sum(axis=1)
    problem.count(len(pixels))
    found = np.hypot(sobel(pixels, axis=1), sobel(pixels, axis=2)).astype(np.float32)
    return Explained(torch.tensor(found), {}, "edges")


@pytest.fixture
def edge_detector(monkeypatch):
    known = MappingProxyType({**methods_module.METHODS, "edges": Method("edges", edges)})
    for module in (call_module, methods_module, sanity_module, material_module):
        monkeypatch.setattr(module, "METHODS", known)
    return "edges"


def test_an_edge_detector_fails(model, table, edge_detector):
    made = attribute(model, picture(), TARGET, method=edge_detector)
    strip = check_sanity(model, picture(), TARGET, made, table=table)
    assert strip.verdict == "fails"
    assert strip.check("destroyed").passed is False
    assert strip.check("destroyed").sentence.startswith("changes when the model is destroyed: no (similarity 1.00")
    assert strip.check("shuffled").passed is False
    assert "hardly changes when the model is destroyed" in strip.sentence
    assert "hardly changes when the labels are shuffled" in strip.sentence


def test_the_shares_of_a_linear_model_are_believed():
    model = LinearModel(channels=1, side=SIDE).eval()
    image = np.full((1, SIDE, SIDE), 0.5, np.float32)  # of one brightness, so that the picture gives nothing away
    made = attribute(model, image, TARGET, method="input_x_gradient")
    strip = check_sanity(model, image, TARGET, made)
    assert strip.check("destroyed").sentence.startswith("changes when the model is destroyed: yes")
    assert strip.check("random").passed
    assert strip.verdict == "believable"
    assert strip.sentence == "This map may be believed: it passes all 2 checks; 1 could not run."


def test_guided_backpropagation_fails_on_the_demo_and_saliency_does_not():
    from PIL import Image

    from xaae_core.checkpoints import load_checkpoint
    from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
    from xaae_core.latents import read_latents

    path = sorted((demo_images() / "images").glob("*.png"))[3]
    image = np.asarray(Image.open(path).convert("L"), np.float32)[None] / 255
    model, table = load_checkpoint(demo_checkpoint()).model.eval(), read_latents(demo_latents())
    target = DirectionScore(fit_direction(table, n_bootstrap=0))
    bench = SanityBench(model, image, target, table, n_models=2)
    verdicts = {}
    for method in ("saliency", "guided_backprop"):
        verdicts[method] = bench.check(attribute(model, image, target, method=method)).verdict
    assert verdicts["guided_backprop"] == "fails"
    assert verdicts["saliency"] != "fails"


@pytest.mark.parametrize("seed", range(20))
def test_the_map_that_knows_nothing_lies_far_from_where_it_was(model, seed):
    material = material_module.SanityMaterial(model, picture(), TARGET, None, n_models=1, n_shuffled=1, seed=seed)
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[SIDE // 2] = 1  # a line across: mirroring and moving along it change nothing
    row = int(np.flatnonzero(material.moved(heat).any(axis=1))[0])
    assert abs(row - SIDE // 2) >= SIDE // 4


def test_the_strip_holds_its_maps_and_leaves_the_model(model, table):
    before = weights_of(model)
    made = attribute(model, picture(), TARGET, method="smooth_grad", settings=MethodSettings(n_samples=4, seed=3))
    strip = check_sanity(model, picture(), TARGET, made, table=table, settings=MethodSettings(n_samples=4, seed=3))
    assert strip.destroyed.method == strip.shuffled.method == "smooth_grad"
    assert dict(strip.destroyed.settings) == dict(made.settings)  # the same noise
    assert "effusion" not in strip.shuffled.target
    assert np.array_equal(np.sort(strip.random, axis=None), np.sort(made.map, axis=None))
    assert not np.array_equal(strip.random, made.map)
    with pytest.raises(ValueError, match="read-only"):
        strip.random[0, 0] = 1
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert [check.name for check in strip.checks] == ["destroyed", "shuffled", "random"]
    assert strip.measures()[0].name == "sanity: destroyed"


def test_destroyed_models_are_made_once_for_all_methods(model, table, monkeypatch):
    made = []
    original = randomiser_module.destroy_layers
    monkeypatch.setattr(randomiser_module, "destroy_layers", lambda *a, **k: made.append(1) or original(*a, **k))
    bench = SanityBench(model, picture(), TARGET, table, n_models=2)
    for method in ("saliency", "input_x_gradient", "grad_cam"):
        bench.check(attribute(model, picture(), TARGET, method=method))
    assert len(made) == 4  # two depths of two


def test_the_bench_and_the_one_shot_form_agree(model, table):
    made = attribute(model, picture(), TARGET, method="saliency")
    bench = SanityBench(model, picture(), TARGET, table)
    bench.check(attribute(model, picture(), TARGET, method="input_x_gradient"))
    first, second = bench.check(made), check_sanity(model, picture(), TARGET, made, table=table)
    assert first.checks == second.checks
    assert np.array_equal(first.destroyed.map, second.destroyed.map)


def test_many_steps_are_checked_with_few_where_the_map_is_the_same(model):
    made = attribute(model, picture(), TARGET, settings=MethodSettings(n_steps=64))
    strip = check_sanity(model, picture(), TARGET, made, settings=MethodSettings(n_steps=64), n_models=1)
    assert strip.destroyed.settings["n_steps"] == 16
    assert strip.check("complete").passed


def test_a_map_that_promises_its_sum_and_breaks_it_is_doubtful(model):
    made = attribute(model, picture(), TARGET, settings=MethodSettings(n_steps=8))
    broken = replace(made, convergence_delta=0.2 * abs(made.score - made.baseline_score))
    strip = check_sanity(model, picture(), TARGET, broken, settings=MethodSettings(n_steps=8), n_models=1)
    assert strip.check("complete").passed is False
    assert "misses 20.0%" in strip.check("complete").sentence
    assert strip.verdict != "believable"


def test_a_mask_is_looked_into(model):
    made = attribute(model, picture(), TARGET, method="saliency")
    mask = made.map > np.quantile(made.map, 0.9)
    strip = check_sanity(model, picture(), TARGET, made, mask=mask, n_models=1)
    assert strip.check("inside").passed
    wrong = check_sanity(model, picture(), TARGET, made, mask=~mask, n_models=1)
    assert wrong.check("inside").passed is False
    assert wrong.verdict != "believable"
    other = check_sanity(model, picture(), TARGET, made, mask=mask[1:], n_models=1).check("inside")
    assert other.passed is None
    assert "not checked: " in other.sentence


def test_checks_that_cannot_run_say_why_and_do_not_count(model):
    made = attribute(model, picture(), TARGET, method="saliency")
    one_class = table_of(np.random.default_rng(0).normal(size=(20, 5)), np.ones(20))
    one_case = table_of(np.zeros((1, 5)), np.ones(1))
    for given, why in ((None, "no table"), (one_class, "every case has the same"), (one_case, "at least 3")):
        found = check_sanity(model, picture(), TARGET, made, table=given, n_models=1).check("shuffled")
        assert found.passed is None
        assert why in found.sentence
    target = Representation()
    made = attribute(model, picture(), target, method="saliency")
    found = check_sanity(model, picture(), target, made, table=two_clouds(), n_models=1).check("shuffled")
    assert 'no labels make "the representation' in found.sentence


def test_a_flat_map_says_nothing(model, table):
    made = attribute(model, picture(), TARGET, method="saliency")
    strip = check_sanity(model, picture(), TARGET, replace(made, map=np.zeros_like(made.map)), table=table)
    assert strip.verdict == "doubtful"
    assert strip.sentence == "This map says nothing: it is the same everywhere."
    assert strip.destroyed is None


def test_what_does_not_fit_is_refused(model, table):
    made = attribute(model, picture(), TARGET, method="saliency")
    bad = np.where(np.arange(SIDE) == 3, np.nan, made.map).astype(np.float32)
    with pytest.raises(AttributionError, match="not finite"):
        check_sanity(model, picture(), TARGET, replace(made, map=bad))
    with pytest.raises(AttributionError, match="make a bench for each target"):
        check_sanity(model, picture(), ClassLogit(0), made)
    with pytest.raises(AttributionError, match="the picture"):
        check_sanity(model, picture(), TARGET, replace(made, map=made.map[1:]))
    with pytest.raises(AttributionError, match="no classifier"):
        SanityBench(LinearModel(has_head=False).eval(), np.zeros((2, 6, 6)), TARGET)
    with pytest.raises(ImageError, match="shape"):
        SanityBench(model, picture(12), TARGET)
    with pytest.raises(ValueError, match="expected one of"):
        SanityBench(model, picture(), TARGET).check(made, "tea leaves")
    with pytest.raises(ValueError, match="at least 1"):
        SanityBench(model, picture(), TARGET, n_models=0)


def test_progress_counts_up_and_can_cancel(model, table):
    made = attribute(model, picture(), TARGET, method="saliency")
    told: list[tuple[int, int]] = []
    check_sanity(model, picture(), TARGET, made, table=table, n_models=2, progress=lambda *at: told.append(at))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]

    class CancelledError(Exception):
        pass

    def cancel(done: int, n_all: int) -> None:
        if done >= 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        check_sanity(model, picture(), TARGET, made, table=table, n_models=2, progress=cancel)


def test_a_verdict_is_never_better_than_its_checks():
    names = ("destroyed", "shuffled", "random", "complete")
    rank = {"believable": 2, "doubtful": 1, "fails": 0}
    for answers in product((True, False, None), repeat=4):
        for is_decisive in (False, True):
            checks = [
                SanityCheck(name, passed, 0.0, (0.0, 0.0), "", "it is so" if passed is False else "", is_decisive)
                for name, passed in zip(names, answers, strict=True)
            ]
            verdict, sentence = judge_checks(checks)
            worst = 0 if False in answers and is_decisive else 1 if False in answers or answers[0] is None else 2
            assert rank[verdict] == worst
            assert sentence.endswith(".")


def test_a_model_without_weights_is_checked_as_far_as_it_goes():
    class Means:
        """z is the mean of the picture's halves; not a torch module."""

        input_size, input_channels, encoding_dims, classes = (SIDE, SIDE), 1, 2, 2

        def encode(self, x):
            return Encoding(x.flatten(1).unflatten(1, (2, -1)).mean(dim=2))

        def classify(self, z):
            return z

    made = attribute(Means(), picture(), TARGET, method="input_x_gradient")
    strip = check_sanity(Means(), picture(), TARGET, made)
    assert strip.check("destroyed").passed is None
    assert "no weight of this Means makes the number" in strip.check("destroyed").sentence
    assert strip.check("random").passed
    assert strip.verdict == "doubtful"
    assert "could not be checked" in strip.sentence


@pytest.mark.parametrize("method", sorted(methods_module.METHODS))
def test_every_method_is_checked(method):
    model = ConvModel(bn=True)
    settings = MethodSettings(n_steps=4, n_samples=3, window=8, stride=8)
    target = ClassLogit(0, "no")  # Grad-CAM shows nothing that speaks for the other class
    made = attribute(model, picture(), target, method=method, settings=settings)
    strip = check_sanity(model, picture(), target, made, settings=settings, table=two_clouds(dims=5), n_models=1)
    assert all(check.passed is not None for check in strip.checks if check.name in ("destroyed", "shuffled")), strip
    assert strip.destroyed.map.shape == made.map.shape
    if method == "latent_shift":
        assert not np.allclose(strip.destroyed.map, made.map)
