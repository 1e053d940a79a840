"""Models are destroyed from the output to the picture, the given one stays, and maps are judged by what is left."""

import dataclasses
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import nn

from analysis.attributions import (
    ClassLogit,
    DirectionScore,
    LatentDimension,
    ReconstructionError,
    Representation,
    attribute,
)
from analysis.attributions import call as call_module
from analysis.attributions import methods as methods_module
from analysis.attributions.problem import Explained, Method
from analysis.evaluation.likeness import judge_likeness
from analysis.evaluation.map_similarity import compare_maps_with
from analysis.evaluation.randomisation import measure_parameter_randomisation, randomised_models
from analysis.evaluation.randomiser import Randomiser
from tests.analysis.attributions.known_models import LinearModel, direction_of
from tests.analysis.evaluation.destructible_models import ConvModel, picture, weights_of, wrapped_model
from xaae_core.errors import AttributionError, ImageError


def test_the_given_model_and_torchs_random_numbers_stay():
    model = wrapped_model()
    before, state, grads = weights_of(model), torch.get_rng_state(), [p.requires_grad for p in model.parameters()]
    for kind in ("cascading", "whole"):
        for made in randomised_models(model, target=ClassLogit(1), image=picture(), kind=kind):
            with torch.no_grad():
                made.model.encode(torch.rand(2, 1, 24, 24, generator=torch.Generator().manual_seed(0)))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert grads == [p.requires_grad for p in model.parameters()]
    assert not any(module.training for module in model.modules())


def test_the_same_seed_gives_the_same_model():
    def made(seed: int) -> dict[str, torch.Tensor]:
        torch.rand(3)  # torch's own random numbers do not matter
        return weights_of(
            next(iter(randomised_models(wrapped_model(), seed=seed, kind="whole", image=picture()))).model
        )

    first, again, other = made(1), made(1), made(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["encoder.0.weight"], other["encoder.0.weight"])


def test_the_end_of_the_cascade_is_the_whole():
    model = wrapped_model()
    *_, last = randomised_models(model, image=picture(), n_stages=4)
    whole = next(iter(randomised_models(model, image=picture(), kind="whole")))
    assert last.layers == whole.layers
    assert last.share == whole.share == 1
    assert all(
        torch.equal(a, b)
        for a, b in zip(weights_of(last.model).values(), weights_of(whole.model).values(), strict=True)
    )


def test_each_stage_destroys_more_and_its_copy_stays_as_it_was():
    model = wrapped_model()
    stages = list(randomised_models(model, target=ClassLogit(1), image=picture()))
    assert [len(stage.layers) for stage in stages] == list(range(1, len(stages) + 1))
    assert stages[0].layers == ("classifier",)
    assert stages[-1].layers[-1] == "encoder.0"
    assert all(a.share <= b.share for a, b in pairwise(stages))
    original = weights_of(model)
    first = weights_of(stages[0].model)
    changed = {name for name in original if not torch.equal(original[name], first[name])}
    assert changed == {"classifier.weight", "classifier.bias"}


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        (ClassLogit(1), ("decoder.", "fc_crit.", "from_latent.")),
        (DirectionScore(direction_of(6)), ("decoder.", "fc_crit.", "from_latent.", "classifier.")),
        (LatentDimension(2), ("decoder.", "fc_crit.", "classifier.")),
        (Representation(), ("decoder.", "fc_crit.", "classifier.")),
        (ReconstructionError(), ("fc_crit.", "classifier.")),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_only_what_the_target_needs_is_random(target, kept):
    model = wrapped_model()
    layers = Randomiser(model, target=target, image=picture()).destroy().layers
    assert not [layer for layer in layers if f"{layer}.".startswith(kept)]
    assert {"encoder.0", "encoder.4", "to_latent.1", "to_latent.2"} <= set(layers)
    if isinstance(target, ReconstructionError):
        assert any(layer.startswith("decoder.") for layer in layers)


def test_what_is_not_random_is_shared():
    model = wrapped_model()
    copy = Randomiser(model, target=ClassLogit(1), image=picture()).destroy().model
    assert copy.get_parameter("fc_crit.0.weight") is model.get_parameter("fc_crit.0.weight")


def test_latent_shift_needs_the_decoder():
    layers = Randomiser(wrapped_model(), target=ClassLogit(1), image=picture(), with_decoder=True).destroy().layers
    assert any(layer.startswith("decoder.") for layer in layers)


def resnet18_model() -> nn.Module:
    from xaae_core.models import add_xaae_blocks, build_encoder

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = add_xaae_blocks(build_encoder("torchvision:resnet18", 1), 64, 1, decoder="light", recons_metric="ssim")
    return model.eval()


def demo_model() -> nn.Module:
    from xaae_core.checkpoints import load_checkpoint
    from xaae_core.demo import demo_checkpoint

    return load_checkpoint(demo_checkpoint()).model.eval()


@pytest.mark.parametrize("make", [wrapped_model, demo_model, resnet18_model])
def test_activations_neither_vanish_nor_explode(make):
    model = make()
    image = picture(model.input_size[0])
    copy = Randomiser(model, target=ClassLogit(1), image=image).destroy().model
    spreads = {}

    def note(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        spreads[module] = output.std().item()

    for name, module in copy.named_modules():
        if isinstance(module, nn.BatchNorm2d | nn.Conv2d) and name.startswith("encoder"):
            module.register_forward_hook(note)
    with torch.no_grad():
        z = copy.encode(torch.tensor(image)[None]).z
    assert all(0.05 < spread < 5 for spread in spreads.values()), spreads
    assert 0.05 < z.square().mean().sqrt() < 10


def test_batch_norms_without_weights_settle_after_what_is_before_them():
    model = ConvModel(bn=True, affine=False)
    layers = Randomiser(model, target=ClassLogit(1), image=picture()).layers
    names = [layer.name for layer in layers]
    assert names.index("body.4") < names.index("body.3")  # the norm of a convolution is nearer to the output
    first = next(randomised_models(model, target=ClassLogit(1), image=picture(), n_stages=len(names)))
    assert torch.equal(first.model.get_buffer("body.1.running_mean"), model.body[1].running_mean)


def test_weights_without_a_start_of_their_own_are_permuted():
    model = LinearModel().eval()
    made = Randomiser(model, target=ClassLogit(1), image=np.random.default_rng(0).random((2, 6, 6))).destroy()
    assert dict(made.how) == {"LinearModel": "normal"}  # the last of its three: a head of 6 numbers
    assert torch.equal(made.model.weight.flatten().sort()[0], model.weight.flatten().sort()[0])
    assert not torch.equal(made.model.weight, model.weight)


def test_a_weight_norm_is_destroyed_too():
    model = ConvModel()
    model.head = nn.utils.parametrizations.weight_norm(nn.Linear(5, 4))
    model.head.eval()
    before = weights_of(model)
    made = Randomiser(model, target=ClassLogit(1), image=picture()).destroy()
    x = torch.rand(5, 5, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(made.model.head(x), model.head(x), atol=1e-2)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_models_that_cannot_be_destroyed_say_so():
    class Constant:
        input_size, input_channels, encoding_dims, classes = (6, 6), 1, 2, 2

        def encode(self, x):
            from xaae_core.models.latent_model import Encoding

            return Encoding(x.flatten(1)[:, :2])

    with pytest.raises(AttributionError, match="no weight of this Constant"):
        Randomiser(Constant(), target=LatentDimension(0), image=np.zeros((1, 6, 6)))
    with pytest.raises(AttributionError, match="training mode"):
        Randomiser(ConvModel().train(), target=ClassLogit(1), image=picture())
    with pytest.raises(ImageError, match="shape"):
        Randomiser(ConvModel(), target=ClassLogit(1), image=picture(12))
    with pytest.raises(AttributionError, match="no class number 7"):
        Randomiser(ConvModel(), target=ClassLogit(7), image=picture())
    with pytest.raises(ValueError, match="cascading"):
        randomised_models(ConvModel(), kind="sideways")


def test_the_gradient_of_a_linear_model_changes_entirely():
    model = LinearModel(channels=1, side=24).eval()
    found = measure_parameter_randomisation(model, picture(), ClassLogit(1), "saliency", n_seeds=4)
    likeness = found.stages[-1].likeness
    assert likeness.changes == "yes"
    assert abs(likeness.value) < 0.1
    assert likeness.itself == pytest.approx(1)  # noise on the picture changes no gradient of a linear model
    assert found.sentence().startswith("changes when the model is destroyed: yes (similarity ")


def edges(problem):
    """An "explanation" that has never heard of the model: where the picture changes."""
    from scipy.ndimage import sobel

    pixels = problem.images.numpy().sum(axis=1)
    problem.count(len(pixels))
    found = np.hypot(sobel(pixels, axis=1), sobel(pixels, axis=2)).astype(np.float32)
    return Explained(torch.tensor(found), {}, "edges")


@pytest.fixture
def edge_detector(monkeypatch):
    known = MappingProxyType({**methods_module.METHODS, "edges": Method("edges", edges)})
    for module in (call_module, methods_module):
        monkeypatch.setattr(module, "METHODS", known)
    return "edges"


def test_an_edge_detector_does_not_change_and_fails(edge_detector):
    found = measure_parameter_randomisation(ConvModel(), picture(), ClassLogit(1), edge_detector)
    assert found.stages[-1].likeness.changes == "no"
    np.testing.assert_allclose(found.similarity, 1)


def test_guided_backpropagation_hardly_changes_while_the_gradient_does():
    """The published example: Adebayo et al. 2018, figure 2; explained by Nie et al. 2018."""
    model = ConvModel(width=32, depth=4)
    above = {}
    for method in ("guided_backprop", "saliency"):
        found = measure_parameter_randomisation(model, picture(), ClassLogit(1), method, n_stages=10)
        assert found.stages[-1].layers == ("body.0",)
        above[method] = found.similarity[-2].mean()  # all but the layer that sees the picture
    assert above["guided_backprop"] > above["saliency"] + 0.2


def test_quantus_finds_the_same_cascade():
    pytest.importorskip("quantus")
    from quantus.helpers.model.pytorch_model import PyTorchModel
    from quantus.metrics.randomisation import MPRT

    model = ConvModel()
    image = picture()

    def explain(model, inputs, targets, **_):
        maps = [
            attribute(model.eval(), x, ClassLogit(int(y)), method="input_x_gradient").map
            for x, y in zip(inputs, targets, strict=True)
        ]
        return np.stack(maps)[:, None]

    with torch.random.fork_rng(devices=[]):
        metric = MPRT(disable_warnings=True, normalise=False, abs=True, seed=3)
        theirs = metric(
            model=model,
            x_batch=image[None],
            y_batch=np.array([1]),
            explain_func=explain,
            device="cpu",
            channel_first=True,
        )
        own = attribute(model, image, ClassLogit(1), method="input_x_gradient").map
        ours = {
            name: compare_maps_with(own, [explain(random, image[None], [1])[0, 0]]).absolute[0]
            for name, random in PyTorchModel(model, channel_first=True).get_random_layer_generator(seed=3)
        }
    theirs.pop("original")
    assert ours == {name: pytest.approx(values[0], abs=1e-6) for name, values in theirs.items()}
    order = [layer.name for layer in Randomiser(model, target=ClassLogit(1), image=image).layers]
    assert order == [name for name in theirs if name != "drawn"]


def smooth(seed: int, width: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(np.random.default_rng(seed).normal(size=(48, 48)), width).astype(np.float32)


@pytest.mark.parametrize("width", [0.1, 1.5, 4])
def test_unrelated_maps_of_any_smoothness_count_as_changed(width):
    answers = []
    for seed in range(20):
        heat, *others = (smooth(10 * seed + n, width) for n in range(4))
        noisy = [heat + 0.1 * heat.std() * smooth(7, width)]
        answers.append(judge_likeness(heat, others, noisy).changes)
    assert answers.count("yes") >= 18


def test_the_answer_follows_what_is_left():
    heat, noise = smooth(0, 1), [smooth(n, 1) for n in range(1, 4)]
    answers = [judge_likeness(heat, [heat + size * each for each in noise], [heat]).changes for size in (0.1, 1, 20)]
    assert answers == ["no", "partly", "yes"]
    assert judge_likeness(heat, [-heat, heat], [heat]).changes == "no"  # the negative of a map is no other map


def test_places_that_stay_while_signs_change_are_partly_left():
    heat = smooth(0, 1)
    flips = [np.sign(np.random.default_rng(n).normal(size=heat.shape)).astype(np.float32) for n in range(4)]
    found = judge_likeness(heat, [heat * flip for flip in flips], [heat])
    assert found.changes == "partly"
    assert "where it is strong 1.00" in found.numbers()


def test_a_map_that_noise_changes_as_much_cannot_be_told():
    maps = [smooth(n, 1) for n in range(4)]
    found = judge_likeness(maps[0], maps[1:3], maps[3:])
    assert not found.is_stable
    assert found.changes == "no"


def test_progress_counts_up_and_can_cancel():
    told: list[tuple[int, int]] = []
    options = {"n_stages": 2, "n_seeds": 2}
    arguments = (ConvModel(), picture(), ClassLogit(1), "saliency")
    measure_parameter_randomisation(*arguments, **options, progress=lambda *at: told.append(at))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]

    class CancelledError(Exception):
        pass

    def cancel(done: int, n_all: int) -> None:
        if done >= 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        measure_parameter_randomisation(*arguments, **options, progress=cancel)


def test_results_are_the_same_whatever_the_memory():
    found = [
        measure_parameter_randomisation(
            ConvModel(), picture(), ClassLogit(1), "integrated_gradients", n_stages=1, n_seeds=1, memory_bytes=size
        ).similarity
        for size in (2**20, 2**28)
    ]
    np.testing.assert_allclose(*found, atol=1e-4)


def test_results_are_read_only():
    made = next(iter(randomised_models(ConvModel(), kind="whole")))
    with pytest.raises(TypeError):
        made.how["head"] = "reset"
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.share = 0
