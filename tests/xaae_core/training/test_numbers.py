"""Models of classes=1 learn a number; the learning-rate finder; what early stopping goes by."""

import csv

import numpy as np
import pytest
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader

from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.errors import DatasetError, TrainingError
from xaae_core.latents import read_latents
from xaae_core.model_card import card_for
from xaae_core.predictions import predict
from xaae_core.training.learning_rate import find_learning_rate
from xaae_core.training.phases import XaaeSelection

N_TRAIN, N_VALID = 48, 24


def severity_loaders(low: float = 100, high: float = 300):
    """Noisy pictures of 32×32 in which a square is as bright as their number says."""
    rng = np.random.default_rng(0)
    share = rng.random(N_TRAIN + N_VALID)
    images = rng.random((len(share), 1, 32, 32), dtype=np.float32) * 0.2
    images[:, :, 8:20, 8:20] += 0.7 * share[:, None, None, None].astype(np.float32)
    numbers = low + share * (high - low)
    loaders = dataloaders_from_arrays(
        images, numbers, ["train"] * N_TRAIN + ["valid"] * N_VALID, (), batch_size=8, device="cpu"
    )
    loaders.xaae_target = "severity"
    return loaders


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers")
    model = tiny.make_model(classes=1)
    tiny.train_xaaenet(
        model,
        severity_loaders(),
        epochs_adv=1,
        epochs_ae=2,
        epochs_classif=12,
        classif_class_weight=0.5,
        classif_recons_weight=0.4,
        lr_max=5e-3,
        lr_max_factor=1.0,
        grad_accum=1,
        patch_size=8,
        models_dir=folder,
        save_tsne=False,
        early_stopping="target",
    )
    return folder, model


def test_a_number_is_learned_in_its_own_units(trained):
    folder, model = trained
    table = read_latents(folder / "xaaenet_classif_latents.parquet")
    valid = table.rows(table.split == "valid")
    true, predicted = valid.columns["severity"], valid.predicted
    assert (table.target_name, table.classes, table.probabilities.shape[1]) == ("severity", (), 0)
    assert set(table.labels.tolist()) == {-1}
    assert np.corrcoef(true, predicted)[0, 1] > 0.8
    assert abs(predicted.mean() - true.mean()) < 40, "in units of 100 to 300"
    assert float(model.target_mean) == pytest.approx(200, abs=20)


def test_the_history_has_the_measures_of_numbers(trained):
    with (trained[0] / "history.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["phase"] == "classifier"]
    assert all(row["spearman"] and row["mae"] for row in rows)
    assert all(not row["auroc"] and not row["accuracy"] for row in rows)
    best = min(rows, key=lambda row: float(row["selection_loss"]))
    assert float(best["spearman"]) == max(float(row["spearman"]) for row in rows)


def test_the_figure_towards_the_number_is_drawn(trained):
    assert (trained[0] / "pls_xaaenet_classif.png").stat().st_size > 5_000


def test_the_scale_travels_with_the_weights(trained, tmp_path):
    model = trained[1].eval()
    path = save_checkpoint(model, tmp_path / "m.safetensors", card_for(model, classes=("severity",), task="continuous"))
    again = load_checkpoint(path)
    z = torch.randn(5, model.encoding_dims)
    assert again.card.task == "continuous"
    np.testing.assert_array_equal(predict(again.model, z).values, predict(model, z).values)
    assert predict(again.model, z).probabilities is None


def test_the_loss_of_the_mean_is_one_whatever_the_units(tiny):
    model = tiny.make_model(classes=1)
    for low, high in ((0, 1), (1e3, 1e6)):
        numbers = torch.linspace(low, high, 101)
        model.set_target_scale(float(numbers.mean()), float(numbers.std(correction=0)))
        said = numbers.mean().expand(101, 1)
        assert float(model.pure_classif_loss_func(said, numbers)) == pytest.approx(1, rel=1e-4)


def test_scales_that_are_none_are_refused(tiny):
    with pytest.raises(ValueError, match="tells 2 classes"):
        tiny.make_model().set_target_scale(0, 1)
    with pytest.raises(ValueError, match="a spread above 0"):
        tiny.make_model(classes=1).set_target_scale(3, 0)


def test_numbers_that_cannot_be_learned_are_refused(tiny, tmp_path):
    with pytest.raises(DatasetError, match=r"all 48 training images are labelled 100"):
        severity_loaders(100, 100)
    pairs = [(torch.rand(1, 32, 32), 3.0) for _ in range(16)]
    same = DataLoaders(DataLoader(pairs, bs=8), DataLoader(pairs, bs=8), device="cpu")
    with pytest.raises(TrainingError, match="every training target is 3"):
        tiny.train_xaaenet(tiny.make_model(classes=1), same, models_dir=tmp_path)
    with pytest.raises(TrainingError, match=r"class_weights is balanced, but the targets are numbers"):
        tiny.train_xaaenet(
            tiny.make_model(classes=1), severity_loaders(), models_dir=tmp_path, class_weights="balanced"
        )


def test_early_stopping_goes_by_what_it_was_told(tiny):
    measured = {"valid_loss": 0.4, "adv_loss": 0.0, "auroc": 0.9, "prior_distance": 0.1}
    assert XaaeSelection(0.1)(measured) == 0.4
    assert XaaeSelection(0.1, "auroc")(measured) == pytest.approx(0.1)
    assert XaaeSelection(0.1, "auroc")({**measured, "auroc": float("nan")}) == 0.4
    with pytest.raises(TrainingError, match='early_stopping is auroc; expected "loss" or "target"'):
        tiny.train(".", early_stopping="auroc")


def test_the_learning_rate_finder_leaves_everything_as_it_was(tiny):
    model, loaders = tiny.make_model(), tiny.make_dls()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state, order = torch.get_rng_state(), loaders.train.rng.getstate()
    found = find_learning_rate(model, loaders, n_batches=40, training={"patch_size": 8})
    assert 1e-6 < found.suggested < 1
    assert len(found.rates) == len(found.losses) >= 20
    assert (np.diff(found.rates) > 0).all()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert loaders.train.rng.getstate() == order
    again = find_learning_rate(model, loaders, n_batches=40, training={"patch_size": 8})
    assert again.suggested == found.suggested
    with pytest.raises(TrainingError, match="n_batches is 5"):
        find_learning_rate(model, loaders, n_batches=5)
