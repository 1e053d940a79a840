"""encode, decode and classify leave nothing behind, whoever calls them at once and however models are nested."""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from xaae_core.errors import EncoderContractError, ImageError
from xaae_core.models import LatentModel, add_xaae_blocks, build_encoder

REPETITIONS = 40


class Rendezvous(nn.Module):
    """Passes its input on; while a barrier is set, two threads must meet here first."""

    barrier = None

    def forward(self, x):
        if Rendezvous.barrier is not None:
            Rendezvous.barrier.wait(timeout=20)
        return x


def _attributes(model):
    """Every attribute of every submodule, by identity."""
    return {name: {key: id(value) for key, value in module.__dict__.items()} for name, module in model.named_modules()}


def _n_hooks(model):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def _blocks(encoder, size=32, stirred=lambda model: model.eval(), **options):
    return stirred(add_xaae_blocks(encoder, size, 1, 4, recons_metric="ssim", **options))


def test_the_models_are_latent_models(model):
    assert isinstance(model, LatentModel)
    assert not isinstance(nn.Linear(1, 1), LatentModel)


def test_encode_decode_and_classify_leave_nothing_on_the_model(model, images):
    state = {key: value.clone() for key, value in model.state_dict().items()}
    attributes, hooks = _attributes(model), _n_hooks(model)
    for _ in range(3):
        encoding = model.encode(images)
        model.decode(encoding.z, encoding.skips, skip_dropout=0.5)
        model.classify(encoding.z)
        model.discriminate(encoding.z)
    assert _attributes(model) == attributes
    assert _n_hooks(model) == hooks
    after = model.state_dict()
    assert after.keys() == state.keys()
    assert all(torch.equal(after[key], value) for key, value in state.items())


def test_forward_is_made_of_the_pure_parts(model, images):
    logits = model(images)
    encoding = model.encode(images)
    assert torch.equal(model.z, encoding.z)
    assert torch.equal(logits, model.classify(encoding.z))
    assert torch.equal(model.decoder_output, model.decode(encoding.z))
    assert torch.equal(model.gan_fake, model.discriminate(encoding.z))
    assert model.input_image is images


def test_an_encoding_is_sliced_with_its_skips(model, images):
    encoding = model.encode(images)
    part = encoding[1:]
    assert torch.equal(part.z, encoding.z[1:])
    assert [skip.shape[0] for skip in part.skips] == [2] * len(encoding.skips)


def test_two_threads_that_meet_in_every_layer_get_their_own_skips(stirred):
    torch.manual_seed(0)
    layers = [layer for stage in build_encoder("small:4-6-8", 1) for layer in (stage, Rendezvous())]
    model = _blocks(nn.Sequential(*layers), stirred=stirred)
    inputs = torch.rand(2, 2, 1, 32, 32)
    expected = [model.encode(x) for x in inputs]
    answers = [model.decode(e.z, e.skips, skip_dropout=0.0) for e in expected]
    assert not torch.allclose(answers[0], answers[1])

    def work(index):
        encoding = model.encode(inputs[index])
        picture = model.decode(encoding.z, encoding.skips, skip_dropout=0.0)
        return encoding, picture, model.classify(encoding.z)

    Rendezvous.barrier = threading.Barrier(2)
    try:
        with torch.no_grad(), ThreadPoolExecutor(2) as pool:
            for _ in range(REPETITIONS):
                for index, (encoding, picture, logits) in enumerate(pool.map(work, range(2))):
                    assert torch.equal(encoding.z, expected[index].z)
                    assert all(map(torch.equal, encoding.skips, expected[index].skips))
                    assert torch.equal(picture, answers[index])
                    assert torch.equal(logits, model.classify(expected[index].z))
    finally:
        Rendezvous.barrier = None


def test_one_encoder_wrapped_twice_serves_both(stirred):
    torch.manual_seed(0)
    encoder = build_encoder("small:4-6-8", 1)
    first = _blocks(encoder, 32, stirred)
    x = torch.rand(1, 1, 32, 32)
    before = first.encode(x)
    hooks = _n_hooks(encoder)
    second = _blocks(encoder, 64, stirred)
    assert _n_hooks(encoder) == hooks  # no second tap on the same layer
    stirred(first)
    assert all(map(torch.equal, first.encode(x).skips, first.encode(x).skips))
    assert [tuple(s.shape) for s in first.encode(x).skips] == [tuple(s.shape) for s in before.skips]
    assert [s.shape[-1] for s in second.encode(torch.rand(1, 1, 64, 64)).skips] == [32, 16]


def test_a_wrapped_encoder_inside_another_keeps_the_names_apart(stirred):
    """Inner layers "0", "1" are layers "1.0", "1.1" of the outer encoder, whose own "0" is another."""
    torch.manual_seed(0)
    inner = build_encoder("small:4-6-8", 1)
    _blocks(inner, 32, stirred)
    front = nn.Conv2d(1, 1, 3, stride=2, padding=1)
    outer = _blocks(nn.Sequential(front, inner), 64, stirred)
    x = torch.rand(2, 1, 64, 64)
    skips = outer.encode(x).skips
    maps = [front(x)]
    for stage in inner[:-1]:
        maps.append(stage(maps[-1]))
    assert all(map(torch.equal, skips, maps))
    assert len(skips) == len(maps) == 3


def test_an_encoder_that_encodes_with_another_model_gets_both_sets_of_skips(stirred):
    torch.manual_seed(0)
    inner = _blocks(build_encoder("small:4-6-8", 1), 32, stirred)

    class Using(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner.encode(x).skips[-1]

    outer = _blocks(Using(), 32)
    x = torch.rand(1, 1, 32, 32)
    encoding = outer.encode(x)
    assert torch.equal(encoding.skips[0], inner.encode(x).skips[0])


def test_a_copy_answers_alike_and_shares_nothing(model, images):
    expected = model.encode(images)
    twin = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    encoding = twin.encode(images)
    assert torch.equal(encoding.z, expected.z)
    assert all(map(torch.equal, encoding.skips, expected.skips))
    assert _n_hooks(twin) == _n_hooks(model)


def test_a_model_can_be_copied_in_the_middle_of_training(model, images):
    model.train()
    loss = model.classif_loss_func(model(images), torch.tensor([0, 1, 2]), 0.1, 0.1, 1.0)
    twin = copy.deepcopy(model)  # a tensor with a graph cannot be copied: it must not be asked to
    loss.backward()
    assert not hasattr(twin, "z")
    assert hasattr(model, "z")


@pytest.mark.parametrize("shape", [(1, 48, 32), (2, 3, 48, 32), (2, 1, 32, 48), (2, 1, 49, 32)])
def test_images_of_another_shape_are_refused(model, shape):
    with pytest.raises(ImageError, match=r"takes \[B, 1, 48, 32\]") as caught:
        model.encode(torch.rand(shape))
    assert str(tuple(shape)) in str(caught.value)


def test_skips_of_another_model_or_batch_are_refused(model, images):
    encoding = model.encode(images)
    with pytest.raises(ValueError, match="2 skips; this decoder takes 3"):
        model.decode(encoding.z, encoding.skips[:2], skip_dropout=0.0)
    with pytest.raises(ValueError, match="for 2 latent vectors; expected 1 or 2"):
        model.decode(encoding.z[:2], encoding.skips, skip_dropout=0.0)


def test_a_layer_that_is_skipped_for_some_images_is_named(stirred):
    class Moody(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, 4, 3, stride=2, padding=1)
            self.side = nn.Conv2d(4, 4, 3, padding=1)
            self.last = nn.Conv2d(4, 4, 3, stride=2, padding=1)

        def forward(self, x):
            y = self.first(x)
            return self.last(self.side(y) if float(x.sum()) == 0 else y)

    model = _blocks(Moody(), 16)
    with pytest.raises(EncoderContractError, match='layer "side" gave no map of 8×8'):
        model.encode(torch.ones(1, 1, 16, 16))
