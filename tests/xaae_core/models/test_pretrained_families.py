"""Pretrained weights of the families beside ResNet: torchvision's others, and timm's. No test downloads."""

import warnings

import pytest
import timm
import torch
from torch.nn import functional
from torchvision import models
from torchvision.models import VisionTransformer

from xaae_core.errors import PretrainedWeightsError
from xaae_core.models import SpatialTransformer, build_encoder
from xaae_core.models.torchvision_encoders import _fill_trunk

TORCHVISION = {
    "mobilenet_v3_small": lambda network, x: network.features(x),
    "densenet121": lambda network, x: functional.relu(network.features(x)),
    "shufflenet_v2_x0_5": lambda network, x: network.conv5(
        network.stage4(network.stage3(network.stage2(network.maxpool(network.conv1(x)))))
    ),
    "mnasnet0_5": lambda network, x: network.layers(x),
    "regnet_x_400mf": lambda network, x: network.trunk_output(network.stem(x)),
}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("the network was asked"))
    monkeypatch.delenv("XAAE_OFFLINE", raising=False)


@pytest.fixture
def hub(monkeypatch):
    """timm's way to the hub: notes what is asked for, and answers with `answer`, an exception or a state dict."""

    class Hub:
        answer: object = OSError("Name or service not known")

        def __init__(self):
            self.asked = []

        def __call__(self, model_id, *args, **kwargs):
            self.asked.append(model_id)
            if isinstance(self.answer, Exception):
                raise self.answer
            return dict(self.answer)

    stub = Hub()
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", stub)
    return stub


@pytest.mark.parametrize("name", TORCHVISION)
def test_a_local_file_fills_torchvisions_network(name, tmp_path):
    torch.manual_seed(1)
    network = models.get_model(name, weights=None).eval()
    torch.save(network.state_dict(), tmp_path / "w.pth")
    torch.manual_seed(2)
    encoder = build_encoder(f"torchvision:{name}", 3, weights_path=tmp_path / "w.pth").eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(encoder(x), TORCHVISION[name](network, x))


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "regnet_x_400mf"])
def test_other_channels_keep_the_response_to_grey_images(name, tmp_path):
    network = models.get_model(name, weights=None).eval()
    torch.save(network.state_dict(), tmp_path / "w.pth")
    encoder = build_encoder(f"torchvision:{name}", 1, weights_path=tmp_path / "w.pth").eval()
    grey = torch.rand(2, 1, 48, 48)
    expected = TORCHVISION[name](network, grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(encoder(grey), expected, rtol=1e-3, atol=1e-4)


def test_densenets_published_file_has_names_of_2017(tmp_path):
    network = models.densenet121(weights=None).eval()
    state = network.state_dict()
    old = {key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value for key, value in state.items()}
    old = {key if "denselayer" in key else key.replace("norm.1.", "norm1."): value for key, value in old.items()}
    assert old.keys() != state.keys()
    torch.save(old, tmp_path / "w.pth")
    encoder = build_encoder("torchvision:densenet121", 3, weights_path=tmp_path / "w.pth").eval()
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(encoder(x), TORCHVISION["densenet121"](network, x))


def test_a_vits_published_file_may_be_of_another_image_size():
    torch.manual_seed(0)
    small, large = (VisionTransformer(size, 16, 2, 2, 12, 16).eval() for size in (64, 96))
    encoder = SpatialTransformer(small, strides=(16,)).eval()
    _fill_trunk(encoder, small, large.state_dict(), "vit")
    assert encoder.source.encoder.pos_embedding.shape == (1, 17, 12)
    assert torch.equal(encoder.source.class_token, large.class_token)
    broken = large.state_dict() | {"encoder.pos_embedding": torch.zeros(1, 30, 12)}
    with pytest.raises(PretrainedWeightsError, match="not one of a ViT"):
        _fill_trunk(encoder, small, broken, "vit")


def _timm_file(name, path, **options):
    torch.manual_seed(1)
    network = timm.create_model(name, **options).eval()
    torch.save(network.state_dict(), path)
    return network


@pytest.mark.parametrize("classes", [1000, 7, 0])
@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_efficientnet"])
def test_a_local_file_fills_timms_network_whatever_its_head(name, classes, tmp_path, hub):
    network = _timm_file(name, tmp_path / "w.pth", num_classes=classes)
    torch.manual_seed(2)
    encoder = build_encoder(f"timm:{name}", 3, weights_path=tmp_path / "w.pth").eval()
    x = torch.rand(1, 3, 160, 160)
    with torch.no_grad():
        n_last = len(network.feature_info) - 1
        expected = network.forward_intermediates(x, indices=[n_last], norm=name == "test_vit", intermediates_only=True)
        encoder(x)
        found = encoder.source(x)[-1]
    assert torch.equal(found, expected[0])
    assert hub.asked == []
    assert "state_dict" not in encoder.source.network.pretrained_cfg


def test_grey_images_and_another_size_take_timms_weights_along(tmp_path):
    _timm_file("test_vit", tmp_path / "w.pth")
    encoder = build_encoder("timm:test_vit", 1, input_size=(64, 96), weights_path=tmp_path / "w.pth").eval()
    colour = build_encoder("timm:test_vit", 3, input_size=(64, 96), weights_path=tmp_path / "w.pth").eval()
    grey = torch.rand(1, 1, 64, 96)
    torch.testing.assert_close(encoder(grey), colour(grey.expand(-1, 3, -1, -1)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("wrong", ["another network", "a part is missing", "another width"])
def test_a_file_that_is_not_timms_network_is_refused(wrong, tmp_path):
    network = timm.create_model("resnet10t" if wrong == "another network" else "test_resnet")
    state = dict(network.state_dict())
    if wrong == "a part is missing":
        del state["layer2.0.conv1.weight"]
    elif wrong == "another width":
        state["layer2.0.conv1.weight"] = state["layer2.0.conv1.weight"][:4]
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(
        PretrainedWeightsError, match=r"w\.pth does not hold the weights of timm's test_resnet .*Ways out"
    ):
        build_encoder("timm:test_resnet", 3, weights_path=tmp_path / "w.pth")


def test_a_missing_file_of_timms_weights_is_named(tmp_path):
    with pytest.raises(PretrainedWeightsError, match=r"gone\.pth is not a file"):
        build_encoder("timm:test_resnet", 3, weights_path=tmp_path / "gone.pth")


def test_timms_weights_are_downloaded_under_their_tag(hub):
    torch.manual_seed(1)
    network = timm.create_model("test_resnet").eval()
    hub.answer = network.state_dict()
    encoder = build_encoder("timm:test_resnet.r160_in1k", 3, pretrained=True).eval()
    assert hub.asked == ["timm/test_resnet.r160_in1k"]
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(encoder(x), network.forward_features(x))


def test_a_failed_download_of_timms_names_the_ways_out(hub):
    with pytest.raises(PretrainedWeightsError) as caught:
        build_encoder("timm:test_resnet", 3, pretrained=True)
    message = str(caught.value)
    for said in ("test_resnet", "Name or service not known", "pretrained=False", "weights_path=", "XAAE_OFFLINE=1"):
        assert said in message
    assert len(hub.asked) == 1


def test_a_network_of_timm_without_weights_says_so(hub):
    with pytest.raises(PretrainedWeightsError, match="timm publishes no weights of convnext_atto_rms"):
        build_encoder("timm:convnext_atto_rms", 3, pretrained=True)
    assert hub.asked == []


def test_the_offline_switch_warns_and_never_asks_the_hub(hub, monkeypatch):
    monkeypatch.setenv("XAAE_OFFLINE", "1")
    with pytest.warns(UserWarning, match="XAAE_OFFLINE is set: test_resnet starts from random weights") as caught:
        build_encoder("timm:test_resnet", 3, pretrained=True)
    assert hub.asked == []
    assert caught[0].filename == __file__


def test_a_random_start_asks_for_nothing_and_says_nothing(hub):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        build_encoder("timm:test_resnet", 3)
    assert hub.asked == []


@pytest.mark.parametrize("spec", ["small", "small:4-8"])
def test_weights_for_an_encoder_without_any_are_refused(spec, tmp_path):
    with pytest.raises(PretrainedWeightsError, match=f'no pretrained weights for "{spec}"'):
        build_encoder(spec, 3, weights_path=tmp_path / "w.pth")
