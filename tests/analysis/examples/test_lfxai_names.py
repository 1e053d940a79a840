"""lfxai's names: equal to lfxai 0.1.1 where it is right, and right where it is wrong."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from analysis.examples.lfxai_names import (
    ExampleBasedExplainer,
    InfluenceFunctions,
    NearestNeighbours,
    SimplEx,
    TracIn,
)
from tests.analysis.examples.small_models import (
    SameBatch,
    SignalAutoencoder,
    autoencoder,
    lfxai_examples,
    loader,
    pictures,
    with_checkpoints,
)
from xaae_core.errors import ExamplesError, WrongModelError

MSE = nn.MSELoss()
TRAIN, TEST = pictures(13, 1), pictures(7, 2)
ROWS = list(range(13))


@pytest.fixture
def model(tmp_path: Path):
    return with_checkpoints(autoencoder(), tmp_path)


def relative(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize(("method", "tolerance"), [("SimplEx", 1e-7), ("NearestNeighbours", 1e-6)])
def test_representation_methods_equal_lfxai_where_batches_are_full(model, method: str, tolerance: float):
    theirs = getattr(lfxai_examples(), method)(model, MSE, TRAIN)
    ours = {"SimplEx": SimplEx, "NearestNeighbours": NearestNeighbours}[method](model, MSE, TRAIN)
    assert str(ours) == str(theirs)
    torch.testing.assert_close(
        ours.attribute(TEST, ROWS), theirs.attribute(TEST, ROWS, batch_size=7), rtol=tolerance, atol=tolerance
    )
    torch.testing.assert_close(
        ours.attribute_loader("cpu", loader(TRAIN, 5), loader(TEST, 2)),
        theirs.attribute_loader("cpu", loader(TRAIN, 5), loader(TEST, 2), batch_size=7),
        rtol=tolerance,
        atol=tolerance,
    )


def test_tracin_equals_lfxai(model, tmp_path: Path):
    theirs = lfxai_examples().TracIn(copy.deepcopy(model), MSE, tmp_path / "theirs", TRAIN)
    ours = TracIn(model, MSE, tmp_path / "ours", TRAIN)
    assert str(ours) == str(theirs)
    rows = [3, 1, 12]
    expected = theirs.attribute(TEST, rows, learning_rate=0.3).detach()
    assert relative(ours.attribute(TEST, rows, learning_rate=0.3), expected) < 5e-6
    expected = theirs.attribute_loader("cpu", loader(TRAIN[:4]), loader(TEST[:3])).detach()
    assert relative(ours.attribute_loader("cpu", loader(TRAIN[:4], 3), loader(TEST[:3], 2)), expected) < 5e-6
    assert not (tmp_path / "ours").exists()


@pytest.mark.parametrize("scale", [1000.0, 0.5])
def test_the_truncated_series_equals_lfxai(model, tmp_path: Path, scale: float):
    theirs = lfxai_examples().InfluenceFunctions(model, MSE, tmp_path / "theirs")
    ours = InfluenceFunctions(model, MSE, tmp_path / "ours")
    assert str(ours) == str(theirs)
    settings = {"recursion_depth": 30, "damp": 0.01, "scale": scale}
    expected = theirs.attribute_loader("cpu", loader(TRAIN[:3]), loader(TEST[:2]), SameBatch(TRAIN[:5]), **settings)
    found = ours.attribute_loader("cpu", loader(TRAIN[:3]), loader(TEST[:2]), SameBatch(TRAIN[:5]), **settings)
    assert relative(found, expected) < 2e-5
    plain = ours.attribute_loader("cpu", loader(TRAIN[:3]), loader(TEST[:2]), SameBatch(TRAIN[:5]), recursion_depth=0)
    assert relative(plain, expected) > 0.5  # the series does something


def test_a_recurrent_autoencoder_equals_lfxai(tmp_path: Path):
    torch.manual_seed(0)
    model = SignalAutoencoder().eval()
    x, test = torch.rand(5, 15, 1), torch.rand(3, 15, 1)
    theirs = lfxai_examples().InfluenceFunctions(model, nn.L1Loss(), tmp_path)
    expected = theirs.attribute_loader("cpu", loader(x), loader(test), SameBatch(x), recursion_depth=10)
    ours = InfluenceFunctions(model, nn.L1Loss(), tmp_path)
    found = ours.attribute_loader("cpu", loader(x, 2), loader(test, 2), SameBatch(x), recursion_depth=10)
    assert relative(found, expected) < 2e-5


def test_bug_2_influence_of_tensors_runs_and_is_what_the_loaders_give(model, tmp_path: Path):
    theirs = lfxai_examples().InfluenceFunctions(model, MSE, tmp_path, TRAIN)
    with pytest.raises((TypeError, RuntimeError, AttributeError)):
        theirs.attribute(TEST, [0, 1], recursion_depth=2)
    ours = InfluenceFunctions(model, MSE, tmp_path, TRAIN)
    found = ours.attribute(TEST, [5, 2], recursion_depth=20)
    assert found.shape == (7, 2)
    whole = ours.attribute_loader("cpu", loader(TRAIN), loader(TEST), SameBatch(TRAIN), recursion_depth=20)
    assert relative(found, whole[:, [5, 2]]) < 1e-4


def test_bug_3_no_case_of_a_last_batch_is_dropped(model):
    theirs = lfxai_examples()
    dropped = theirs.SimplEx(model, MSE, TRAIN).attribute(TEST, ROWS, batch_size=5)
    assert not dropped[5:].any()
    nothing = theirs.NearestNeighbours(model, MSE, TRAIN).attribute(TEST, ROWS)
    assert not nothing.any()
    found = SimplEx(model, MSE, TRAIN).attribute(TEST, ROWS, batch_size=5)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(7))
    torch.testing.assert_close(found[:5], dropped[:5], rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(found[6:], SimplEx(model, MSE, TRAIN).attribute(TEST[6:], ROWS))
    assert bool((NearestNeighbours(model, MSE, TRAIN).attribute(TEST, ROWS) > 0).all())


def test_bug_4_nothing_is_left_behind(model, tmp_path: Path):
    theirs = lfxai_examples().TracIn(copy.deepcopy(model), MSE, tmp_path, TRAIN)
    assert theirs.attribute(TEST[:2], [0]).requires_grad
    assert not torch.equal(theirs.model.encoder[0].weight, model.encoder[0].weight)
    model.train()
    model.encoder[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explainers = [
        SimplEx(model, MSE, TRAIN),
        NearestNeighbours(model, MSE, TRAIN),
        TracIn(model, MSE, tmp_path, TRAIN),
        InfluenceFunctions(model, MSE, tmp_path, TRAIN),
    ]
    for explainer in explainers:
        assert isinstance(explainer, ExampleBasedExplainer)
        assert not explainer.attribute(TEST, ROWS, recursion_depth=3).requires_grad
        assert not explainer.attribute_loader(
            "cpu", loader(TRAIN, 4), loader(TEST, 4), train_loader_replacement=loader(TRAIN), recursion_depth=3
        ).requires_grad
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(value.grad is None and value.requires_grad for value in model.parameters())
    assert model.training
    assert not model.encoder[1].training


def test_bug_9_the_learning_rate_is_honoured(model):
    theirs = lfxai_examples().SimplEx(model, MSE, TRAIN)
    assert torch.equal(theirs.attribute(TEST, ROWS, 0.01, batch_size=7), theirs.attribute(TEST, ROWS, 10, batch_size=7))
    ours = SimplEx(model, MSE, TRAIN)
    h, corpus = model.encoder(TEST).detach(), model.encoder(TRAIN).detach()
    errors = [float((ours.attribute(TEST, ROWS, rate) @ corpus - h).square().sum().detach()) for rate in (0.01, 1, 10)]
    assert errors[0] > errors[1] > errors[2]


def test_bug_9_a_loader_that_shuffles_does_not_mix_rows(model, tmp_path: Path):
    """lfxai reads the loader anew at each checkpoint and adds up by place; ours reads it once."""

    class Shuffled:
        def __iter__(self):
            self.order = torch.randperm(13, generator=generator)
            return iter([(TRAIN[row : row + 1], torch.zeros(1)) for row in self.order.tolist()])

        def __len__(self):
            return 13

    generator = torch.Generator().manual_seed(4)
    train = Shuffled()
    found = TracIn(model, MSE, tmp_path).attribute_loader("cpu", train, loader(TEST))
    expected = TracIn(model, MSE, tmp_path, TRAIN).attribute(TEST, train.order.tolist())
    assert relative(found, expected) < 1e-5
    theirs = lfxai_examples().TracIn(copy.deepcopy(model), MSE, tmp_path)
    mixed = theirs.attribute_loader("cpu", train, loader(TEST)).detach()
    assert relative(mixed, TracIn(model, MSE, tmp_path, TRAIN).attribute(TEST, train.order.tolist())) > 0.01


def test_three_channels_and_a_replacement_loader_that_ends(tmp_path: Path):
    model = autoencoder(channels=3)
    train, test = pictures(4, 1, 3), pictures(3, 2, 3)
    explainer = InfluenceFunctions(model, MSE, tmp_path)
    found = explainer.attribute_loader("cpu", loader(train), loader(test, 2), loader(train, 3))
    assert found.shape == (3, 4)
    assert bool(found.isfinite().all())


def test_what_is_missing_is_named(model, tmp_path: Path):
    with pytest.raises(ExamplesError, match="SimplEx has no training cases"):
        SimplEx(model).attribute(TEST, ROWS)
    with pytest.raises(ExamplesError, match=r"names \[13\], but X_train has 13 rows"):
        SimplEx(model, X_train=TRAIN).attribute(TEST, [1, 13])
    with pytest.raises(ExamplesError, match="the loader gives no batch"):
        NearestNeighbours(model).attribute_loader("cpu", [], loader(TEST))
    with pytest.raises(ExamplesError, match="checkpoints_files"):
        TracIn(autoencoder(), MSE, tmp_path, TRAIN).attribute(TEST, ROWS)
    with pytest.raises(ExamplesError, match="neither encode"):
        NearestNeighbours(nn.Flatten(), X_train=TRAIN).attribute(TEST, ROWS)
    other = autoencoder(channels=3)
    other.checkpoints_files = model.checkpoints_files
    with pytest.raises(WrongModelError, match=r"checkpoint0\.pth does not fit"):
        TracIn(other, MSE, tmp_path, pictures(3, 1, 3)).attribute(pictures(2, 1, 3), [0])


def test_bug_9_weights_are_made_where_the_representations_are():
    """Seen on any machine by the device that holds no numbers: lfxai makes its weights on the CPU whatever comes."""
    h, corpus = torch.empty(3, 5, device="meta"), torch.empty(8, 5, device="meta")
    with pytest.raises(RuntimeError, match="device"):
        lfxai_examples().SimplEx.compute_weights(h, corpus, n_epoch=2)
    assert SimplEx.compute_weights(h, corpus, n_epoch=2).device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
def test_bug_9_a_model_on_a_gpu_takes_cases_of_the_cpu(model, tmp_path: Path):
    explainers = (SimplEx, NearestNeighbours)
    expected = [explainer(model, MSE, TRAIN).attribute(TEST, ROWS) for explainer in explainers]
    expected += [kind(model, MSE, tmp_path, TRAIN).attribute(TEST, ROWS) for kind in (TracIn, InfluenceFunctions)]
    there = copy.deepcopy(model).cuda()
    found = [explainer(there, MSE, TRAIN).attribute(TEST, ROWS) for explainer in explainers]
    found += [kind(there, MSE, tmp_path, TRAIN).attribute(TEST, ROWS) for kind in (TracIn, InfluenceFunctions)]
    assert all(relative(ours.cpu(), wanted) < 1e-3 for ours, wanted in zip(found, expected, strict=True))
    with pytest.raises(RuntimeError):
        lfxai_examples().SimplEx(there, MSE, TRAIN).attribute(TEST, ROWS, batch_size=7)
