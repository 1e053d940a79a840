"""SimCLR: lfxai's on its weights, without a download, and trained without labels."""

import types
from unittest.mock import patch

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from tests.xaae_core.models.digits import digits
from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.errors import NoDecoderError, TrainingError
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.simclr import SimCLR
from xaae_core.training.contrastive_fit import ContrastiveSettings, TwoViews


class SmallResNet(nn.Module):
    """The parts of a ResNet that SimCLR knows, and little else."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.maxpool = nn.MaxPool2d(3)
        self.fc = nn.Linear(6, 10)

    def forward(self, x):
        return self.fc(self.maxpool(self.bn1(self.conv1(x)).relu()).mean(dim=(2, 3)))


def small(size=16, **options):
    torch.manual_seed(0)
    return SimCLR(SmallResNet, 5, input_size=(size, size), **options)


PICTURES = digits(12, side=16, channels=3)[0]
SETTINGS = {"batch_size": 4, "epochs": 3, "learning_rate": 0.05, "log_interval": 2, "backbone": "small"}


def test_outputs_are_lfxai_s_and_nothing_is_downloaded():
    with patch("torch.hub.download_url_to_file", side_effect=AssertionError("a download")):
        ours = SimCLR(resnet18, 8).eval()
    other = lfxai_module("images").SimCLR(lambda pretrained: resnet18(), 8).eval()
    other.load_state_dict(ours.state_dict())
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for mine, theirs in zip(ours(x), other(x), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-6)
    assert ours(x)[0].shape == (2, 512)


def test_the_loss_is_lfxai_s():
    theirs = lfxai_module("images").SimCLR
    x = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    for t in (0.1, 0.5, 2.0):
        torch.testing.assert_close(SimCLR.nt_xent(x, t), theirs.nt_xent(x, t), rtol=1e-6, atol=0)
    for step in (0, 3, 10):
        assert SimCLR.get_lr(step, 10, 0.5, 0.01) == pytest.approx(theirs.get_lr(step, 10, 0.5, 0.01))
    assert str(SimCLR.get_color_distortion()) == str(theirs.get_color_distortion())


def test_the_paper_s_loss_of_known_projections():
    """Two pictures whose views agree and are orthogonal to the other's: ln(1 + 2·exp(−1/t))."""
    x = torch.tensor([[1.0, 0], [2, 0], [0, 3], [0, 1]])
    expected = torch.log1p(2 * torch.exp(torch.tensor(-2.0)))
    torch.testing.assert_close(SimCLR.nt_xent(x, 0.5, floor=None), expected)
    opposite = torch.tensor([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    assert SimCLR.nt_xent(opposite, floor=None) < SimCLR.nt_xent(x, floor=None)
    torch.testing.assert_close(SimCLR.nt_xent(opposite), SimCLR.nt_xent(x))  # lfxai's cannot tell
    with pytest.raises(ValueError, match="3 projections"):
        SimCLR.nt_xent(x[:3])


def test_it_is_a_latent_model_without_a_decoder():
    model = small().eval()
    assert isinstance(model, LatentModel)
    z = model.encode(PICTURES).z
    assert torch.equal(z, model(PICTURES)[0])
    assert z.shape == (12, model.encoding_dims)
    with pytest.raises(NoDecoderError, match="SimCLR"):
        model.decode(z)


def test_two_views_differ_and_stay_pictures():
    torch.manual_seed(0)
    views = TwoViews(PICTURES, (16, 16))[0]
    assert views.shape == (2, 3, 16, 16)
    assert not torch.equal(views[0], views[1])
    assert 0 <= views.min() <= views.max() <= 1


@pytest.mark.parametrize("as_object", [True, False], ids=["attributes", "mapping"])
def test_training_lowers_the_loss_and_writes_weights(as_object, tmp_path):
    args = types.SimpleNamespace(**SETTINGS) if as_object else SETTINGS
    model, told = small(), []
    images = [(picture, 0) for picture in PICTURES]
    history = model.fit(args, "cpu", images=images, save_dir=tmp_path, on_epoch=told.append)
    assert history.losses[-1] < history.losses[0]
    assert [path.name for path in history.files] == [
        "simclr_small_epoch2.safetensors",
        "simclr_small_epoch3.safetensors",
    ]
    assert [progress.epoch for progress in told] == [1, 2, 3]
    assert not model.training
    again = small()
    again.load_weights(history.files[-1])
    assert torch.equal(again.eval().encode(PICTURES).z, model.encode(PICTURES).z)
    assert sorted(tmp_path.iterdir()) == list(history.files)  # no state is left


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path):
    whole = small()
    losses = whole.fit(SETTINGS, "cpu", images=PICTURES, save_dir=tmp_path / "whole").losses

    def stop_at_two(progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small().fit(SETTINGS, "cpu", images=PICTURES, save_dir=tmp_path / "cut", on_epoch=stop_at_two)
    torch.manual_seed(99)
    resumed = SimCLR(SmallResNet, 5, input_size=(16, 16))
    history = resumed.fit(SETTINGS, "cpu", images=PICTURES, save_dir=tmp_path / "cut")
    assert history.losses == losses
    assert len(history.files) == 2
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": None}, "epochs"),
        ({"batch_size": 1}, "batch_size is 1"),
        ({"temperature": 0.0}, "temperature is 0"),
        ({"batch_size": 13}, "12 pictures"),
    ],
)
def test_settings_that_cannot_be_trained_with_are_named(change, message, tmp_path):
    args = {name: value for name, value in (SETTINGS | change).items() if value is not None}
    with pytest.raises(TrainingError, match=message):
        small().fit(args, "cpu", images=PICTURES, save_dir=tmp_path)


def test_cifar_that_is_not_there_is_named_and_not_downloaded(tmp_path):
    with pytest.raises(TrainingError, match="holds no CIFAR-10"):
        small().fit(SETTINGS | {"data_dir": str(tmp_path)}, "cpu", save_dir=tmp_path)


def test_a_network_that_is_no_resnet_is_named():
    with pytest.raises(ValueError, match="Linear"):
        SimCLR(lambda: nn.Linear(2, 2))
    assert ContrastiveSettings(batch_size=2, epochs=1).momentum == 0.9
