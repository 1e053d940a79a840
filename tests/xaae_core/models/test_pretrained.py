"""Pretrained weights: from a local file, refused with ways out, or left out on purpose. No test downloads."""

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from xaae_core.errors import PretrainedWeightsError
from xaae_core.model_card import build_model, card_for
from xaae_core.models import AAE, build_encoder
from xaae_core.models.encoders import imagenet_normalisation

NAME = "resnet18"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.resnet18(weights=None).eval()


@pytest.fixture
def no_network(monkeypatch):
    """Every attempt to download fails as it does without a network, and is counted."""
    attempts = []

    def refuse(*args, **kwargs):
        attempts.append(args)
        raise OSError("Name or service not known")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    monkeypatch.delenv("XAAE_OFFLINE", raising=False)
    return attempts


def _features(network, x):
    for layer in list(network.children())[:-2]:
        x = layer(x)
    return x


@pytest.fixture(scope="module", params=["zip", "legacy", "safetensors", "no counters"])
def weights_file(request, network, tmp_path_factory):
    """The weights as torchvision's files hold them: new or old format, with or without batch norm's counters."""
    folder = tmp_path_factory.mktemp("weights")
    state = dict(network.state_dict())
    if request.param == "safetensors":
        save_file(state, folder / "w.safetensors")
        return folder / "w.safetensors"
    if request.param == "no counters":
        state = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    torch.save(state, folder / "w.pth", _use_new_zipfile_serialization=request.param != "legacy")
    return folder / "w.pth"


def test_a_local_file_is_loaded_without_asking_the_network(weights_file, network, no_network):
    encoder = build_encoder(f"torchvision:{NAME}", 3, weights_path=weights_file).eval()
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(encoder(x), _features(network, x))
    assert no_network == []


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_other_channels_keep_the_response_to_grey_images(channels, network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "w.pth")
    encoder = build_encoder(f"torchvision:{NAME}", channels, weights_path=tmp_path / "w.pth").eval()
    grey = torch.rand(2, 1, 48, 48)
    expected = _features(network, grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(encoder(grey.expand(-1, channels, -1, -1)), expected, rtol=1e-3, atol=1e-4)


def test_a_grey_image_reaches_the_encoder_as_the_weights_expect_it():
    """The mean over R, G and B of what a colour model would see; the weights' own are too big for a fast test."""
    mean, std = imagenet_normalisation(3)
    grey_mean, grey_std = imagenet_normalisation(1)
    picture = torch.rand(1000)
    seen = [(picture - m) / s for m, s in zip(mean, std, strict=True)]
    torch.testing.assert_close((picture - grey_mean[0]) / grey_std[0], sum(seen) / 3, rtol=0, atol=0.02)
    with torch.device("meta"):
        model = AAE(32, 1, 4, pretrained=False)
    assert model.pixel_mean.shape == (1, 1, 1, 1)


@pytest.mark.parametrize("content", ["other network", "not weights", "pickle", "truncated", "missing"])
def test_a_wrong_file_is_named_with_what_is_wrong(content, network, tmp_path):
    path = tmp_path / "mine.pth"
    if content == "other network":
        torch.save(models.squeezenet1_0(weights=None).state_dict(), path)
    elif content == "not weights":
        path.write_text("<html>404 not found</html>")
    elif content == "pickle":
        torch.save(network, path)
    elif content == "truncated":
        torch.save(network.state_dict(), path)
        path.write_bytes(path.read_bytes()[:1_000_000])
    with pytest.raises(PretrainedWeightsError) as caught:
        build_encoder(f"torchvision:{NAME}", 3, weights_path=path)
    assert ("torchvision's ImageNet weights" if content == "other network" else "mine.pth") in str(caught.value)


def test_weights_of_another_shape_are_listed(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "w.pth")
    with torch.device("meta"), pytest.raises(PretrainedWeightsError, match=r"not one of resnet50: \d+ tensors missing"):
        build_encoder("torchvision:resnet50", 3, weights_path=tmp_path / "w.pth")


def test_a_failed_download_names_the_ways_out(no_network):
    with pytest.raises(PretrainedWeightsError) as caught, torch.device("meta"):
        AAE(32)
    message = str(caught.value)
    assert len(no_network) == 1
    for said in ("resnet34", "Name or service not known", "pretrained=False", "weights_path=", "XAAE_OFFLINE=1"):
        assert said in message


@pytest.mark.parametrize("value", ["1", "true"])
def test_the_offline_switch_warns_and_never_asks(value, no_network, monkeypatch):
    monkeypatch.setenv("XAAE_OFFLINE", value)
    with torch.device("meta"), pytest.warns(UserWarning, match="XAAE_OFFLINE is set: resnet34 starts from") as caught:
        AAE(32, encoding_dims=4)
    assert no_network == []
    assert caught[0].filename == __file__  # the warning points at the caller's line


@pytest.mark.parametrize("value", ["", "0"])
def test_a_switch_that_is_off_downloads(value, no_network, monkeypatch):
    monkeypatch.setenv("XAAE_OFFLINE", value)
    with torch.device("meta"), pytest.raises(PretrainedWeightsError):
        AAE(32, encoding_dims=4)
    assert len(no_network) == 1


def test_a_random_start_and_a_checkpoint_ask_for_nothing(no_network, recwarn):
    with torch.device("meta"):
        model = AAE(32, encoding_dims=4, pretrained=False)
    assert build_model(card_for(model)).arguments == model.arguments
    assert no_network == []
    assert not [warning for warning in recwarn if "XAAE_OFFLINE" in str(warning.message)]


def test_aae_hands_its_options_to_the_encoder(tmp_path):
    with pytest.raises(PretrainedWeightsError, match=r"gone\.pth is not a file"), torch.device("meta"):
        AAE(32, weights_path=str(tmp_path / "gone.pth"))
