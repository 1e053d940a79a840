"""The classifiers of digits: lfxai's on its weights, but for the softmax that it applies twice or not at all."""

import copy

import captum.attr
import pytest
import torch

from tests.xaae_core.models.digits import digits, loader, stirred
from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.errors import NoDecoderError
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.mnist_autoencoder import EncoderMnist
from xaae_core.models.mnist_classifiers import ClassifierLatent, ClassifierMnist

X, Y = digits()


def classifier(**options):
    torch.manual_seed(0)
    return ClassifierMnist(EncoderMnist(4), 4, "digits", **options)


@pytest.fixture
def pair():
    torch.manual_seed(1)
    images = lfxai_module("images")
    other = stirred(images.ClassifierMnist(images.EncoderMnist(4), 4, "digits"))
    ours = classifier()
    ours.load_state_dict(other.state_dict())
    return ours.eval(), other


def test_the_softmax_of_our_logits_is_lfxai_s_output(pair):
    ours, other = pair
    torch.testing.assert_close(ours(X).softmax(dim=1), other(X), rtol=0, atol=1e-6)


def test_lfxai_s_file_is_taken_though_it_holds_the_encoder_twice(pair, tmp_path):
    other = pair[1]
    other.save(tmp_path)
    ours = classifier().eval()
    ours.load_weights(tmp_path / "digits.pt")
    torch.testing.assert_close(ours(X).softmax(dim=1), other(X), rtol=0, atol=1e-6)
    copied = copy.deepcopy(classifier())
    copied.load_state_dict(other.state_dict())
    assert torch.equal(copied.eval()(X), ours(X))


def test_each_layer_has_one_place_as_deep_lift_needs_it():
    model = stirred(classifier())
    attributed = captum.attr.DeepLift(model).attribute(X[:2], baselines=torch.zeros(1, 1, 28, 28), target=1)
    gap = (model(X[:2]) - model(torch.zeros(1, 1, 28, 28)))[:, 1]
    torch.testing.assert_close(attributed.sum(dim=(1, 2, 3)), gap, rtol=1e-4, atol=1e-4)


def test_lfxai_s_loss_is_ours_of_its_second_softmax(pair):
    ours, other = pair
    loss, accuracy = other.test_epoch("cpu", loader(X, Y))
    twice = torch.nn.functional.cross_entropy(ours(X).softmax(dim=1), Y)
    assert twice.item() == pytest.approx(float(loss), rel=1e-6)
    measured = ours.test_epoch("cpu", loader(X, Y))
    assert measured.accuracy == pytest.approx(float(accuracy))
    assert measured.loss == pytest.approx(torch.nn.functional.cross_entropy(ours(X), Y).item(), rel=1e-6)


def test_a_sure_and_right_answer_costs_nothing_which_it_does_in_lfxai():
    sure = 50 * torch.eye(10)[Y]
    model = classifier()
    model.forward = lambda x: sure
    assert model.batch_losses(X, Y, 24)["loss"].item() < 1e-6
    assert torch.nn.functional.cross_entropy(sure.softmax(dim=1), Y).item() == pytest.approx(1.4612, abs=1e-4)


@pytest.mark.parametrize("make", [classifier, lambda: ClassifierLatent(3)], ids=["ClassifierMnist", "ClassifierLatent"])
def test_they_learn_and_are_latent_models_without_a_decoder(make, tmp_path):
    torch.manual_seed(0)
    model = make()
    history = model.fit("cpu", loader(X, Y, shuffle=True), loader(X, Y), tmp_path, n_epoch=12)
    assert history.rows[-1]["test_accuracy"] > 0.9
    assert history.rows[-1]["test_loss"] < history.rows[0]["test_loss"]
    assert isinstance(model, LatentModel)
    z = model.encode(X).z
    assert z.shape == (24, model.encoding_dims)
    assert torch.equal(model.classify(z), model(X))
    assert model(X).shape == (24, model.classes)
    with pytest.raises(NoDecoderError, match=f"a {type(model).__name__} has no decoder"):
        model.decode(z)


def test_the_latent_classifier_takes_lfxai_s_weights_and_works_where_it_fails():
    other = stirred(lfxai_module("images").ClassifierLatent(3))
    ours = ClassifierLatent(3).eval()
    ours.load_state_dict(other.state_dict())
    expected = other.encoder_lin(other.flatten(other.encoder_cnn(X)))
    torch.testing.assert_close(ours(X), expected, rtol=0, atol=1e-6)
    with pytest.raises((TypeError, RuntimeError)):
        torch.isfinite(other(X)).all()


def test_its_encoder_is_trained_along():
    model = classifier()
    before = model.encoder.encoder_lin[0].weight.clone()
    model.train_epoch("cpu", loader(X, Y), torch.optim.Adam(model.parameters()))
    assert not torch.equal(model.encoder.encoder_lin[0].weight, before)
    assert model.encoder_lin is model.encoder.encoder_lin
    assert model.encoder_cnn is model.encoder.encoder_cnn


def test_another_size_of_z_is_named():
    with pytest.raises(ValueError, match="the encoder has 4"):
        ClassifierMnist(EncoderMnist(4), 3, "digits")
