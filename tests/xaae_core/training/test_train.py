"""A whole training: what it leaves behind, what its settings do."""

import csv
import json
import warnings
from importlib import import_module

import numpy as np
import pytest
import torch
from PIL import Image

from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.latents import read_latents
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.training import TrainingProgress, train_xaaenet
from xaae_core.training.metrics import auroc, prior_distance

QUIET = {"save_tsne": False, "save_pls": False, "extract_latent": False}


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    """(learner, folder, progress of every epoch) of a training with figures and latents."""
    folder = tmp_path_factory.mktemp("trained")
    told = []
    learn = tiny.train(
        folder,
        on_progress=told.append,
        epochs_classif=6,
        classif_class_weight=1.0,
        lr_max=1e-2,
        lr_max_factor=1.0,
        grad_accum=1,
        save_tsne=True,
        save_pls=True,
        extract_latent=True,
        pls_target_class="healthy",
    )
    return learn, folder, told


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_training_learns_the_square(trained):
    _, folder, _ = trained
    assert float(history(folder)[-1]["auroc"]) > 0.95
    card = load_checkpoint(folder / "xaaenet_classif.safetensors").card
    assert card.metrics["accuracy"] >= 0.8


def test_every_file_is_there(trained):
    _, folder, _ = trained
    stems = ("xaaenet_adv", "xaaenet_ae", "xaaenet_classif")
    expected = {stem + suffix for stem in stems for suffix in (".pth", ".json", ".safetensors")}
    expected |= {"tsne_xaaenet_adv.png", "tsne_xaaenet_ae.png", "pls_xaaenet_classif.png"}
    expected |= {"history.csv", "xaaenet_classif_latents.parquet"}
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == expected
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            assert np.asarray(image.convert("L")).std() > 5


def test_the_learners_model_is_the_checkpoint_in_both_formats(trained, tiny):
    learn, folder, _ = trained
    assert not learn.model.training
    x = torch.cat([x.as_subclass(torch.Tensor) for x, _ in learn.dls.valid])
    expected = learn.model.encode(x).z.detach()
    given = {"model": tiny.make_model(skip_dropout=0.5)}
    for suffix, options in ((".safetensors", {}), (".pth", {}), (".pth", given)):
        opened = load_checkpoint(folder / f"xaaenet_classif{suffix}", **options).model
        # the trained model is laid out channels-last, so that its sums run in another order
        assert torch.allclose(opened.encode(x).z, expected, atol=1e-5)
        assert all(torch.equal(value, opened.state_dict()[key]) for key, value in learn.model.state_dict().items())
    before = learn.model.encode(x).z
    learn.load("xaaenet_classif", with_opt=False)
    assert torch.equal(learn.model.encode(x).z, before)


def test_the_card_says_what_was_trained(trained):
    _, folder, told = trained
    card = load_checkpoint(folder / "xaaenet_classif.safetensors").card
    assert card.classes == ("healthy", "ill")
    assert card.target == "healthy"
    assert card.training["epochs_classif"] == 6
    assert (card.training["n_train"], card.training["n_valid"]) == (14, 6)
    best = min((p for p in told if p.phase == "classifier"), key=lambda p: p.losses["selection_loss"])
    assert card.training["best_epoch"] == best.epoch
    assert card.metrics["valid_loss"] == pytest.approx(best.losses["valid_loss"])
    assert json.loads((folder / "xaaenet_classif.json").read_text())["metrics"] == card.metrics


def test_progress_and_history_tell_the_same(trained):
    _, folder, told = trained
    rows = history(folder)
    assert [(row["phase"], int(row["epoch"])) for row in rows] == [(p.phase, p.epoch) for p in told]
    assert [p.phase for p in told] == ["adversarial"] * 4 + ["autoencoder"] * 3 + ["classifier"] * 6
    for row, progress in zip(rows, told, strict=True):
        assert isinstance(progress, TrainingProgress)
        assert all(float(row[name]) == value for name, value in progress.losses.items())
        assert {"train_loss", "valid_loss", "adv_loss", "prior_distance"} <= progress.losses.keys()
    assert {"recons_loss", "classif_loss", "cycle_loss", "accuracy", "auroc"} <= told[-1].losses.keys()
    assert told[0].n_epochs == 4


def test_a_phases_loss_is_the_weighted_sum_of_its_parts(trained):
    _, folder, _ = trained
    for row in history(folder):
        parts = {name: float(value) for name, value in row.items() if value and name not in ("phase",)}
        adv = parts["adv_loss"]
        if row["phase"] == "adversarial":
            assert parts["valid_loss"] == pytest.approx(adv, abs=1e-5)
            assert parts["selection_loss"] == parts["prior_distance"]
            continue
        weights = (0.4, 0.0, 0.6) if row["phase"] == "autoencoder" else (0.599, 1.0, 0.4)
        rest = weights[0] * parts["recons_loss"] + weights[1] * parts.get("classif_loss", 0) + 0.1 * parts["cycle_loss"]
        assert parts["valid_loss"] == pytest.approx(rest + weights[2] * adv, abs=1e-5)
        assert parts["selection_loss"] == pytest.approx(rest, abs=1e-5)


def test_latents_of_train_and_valid_are_saved_in_order(trained, tiny):
    learn, folder, _ = trained
    table = read_latents(folder / "xaaenet_classif_latents.parquet")
    assert len(table) == 20
    assert table.split.tolist() == ["train"] * 14 + ["valid"] * 6
    assert table.labels.tolist() == [i % 2 for i in range(20)]
    assert table.checkpoint_sha256 == load_checkpoint(folder / "xaaenet_classif.safetensors").sha256
    x = torch.cat([x.as_subclass(torch.Tensor) for x, _ in learn.dls.valid])
    assert np.allclose(table.z[14:], learn.model.encode(x).z.detach().numpy(), atol=1e-6)


def test_the_pls_figure_can_be_drawn_after_any_phase(trained, tmp_path):
    learn, folder, _ = trained
    draw = import_module("xaae_core.training")._pls_validation_latent_after_phase
    path = draw(learn, tmp_path / "pls.png", target_class="healthy", phase="classifier")
    with Image.open(path) as mine, Image.open(folder / "pls_xaaenet_classif.png") as theirs:
        assert np.array_equal(np.asarray(mine), np.asarray(theirs))


def test_the_learner_can_go_on(trained):
    learn, folder, told = trained
    n_told, n_rows = len(told), len(history(folder))
    learn.fit(1)  # the last test that uses the trained model: it changes it
    assert len(learn.recorder.values) == 1
    assert (len(told), len(history(folder))) == (n_told, n_rows)
    assert not (folder / "training_state.pth").exists()


def test_a_phase_of_no_epochs_is_skipped(tiny, tmp_path):
    learn = tiny.train(tmp_path, epochs_adv=0, epochs_ae=1, epochs_classif=0, **QUIET)
    assert [row["phase"] for row in history(tmp_path)] == ["autoencoder"]
    assert not (tmp_path / "xaaenet_adv.pth").exists()
    assert len(learn.recorder.values) == 1
    none = tiny.train(tmp_path / "none", epochs_adv=0, epochs_ae=0, epochs_classif=0, extract_latent=True)
    assert none.model.classes == 2
    assert len(read_latents(tmp_path / "none" / "xaaenet_classif_latents.parquet")) == 20


def test_three_channels_at_the_smallest_size_of_ms_ssim(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    images = rng.random((12, 3, 161, 176), dtype=np.float32)
    dls = dataloaders_from_arrays(
        images, labels, ["train"] * 8 + ["valid"] * 4, ["a", "b", "c"], batch_size=4, device="cpu"
    )
    model = add_xaae_blocks(build_encoder("small:4-4-4", 3), (161, 176), 3, 4, 3, decoder="light")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # four validation images make no t-SNE
        learn = train_xaaenet(model, dls, 1, 1, 1, models_dir=tmp_path, class_weights="balanced", noise_std=0.1)
    assert np.isfinite(learn.recorder.values[-1][1])
    assert (tmp_path / "pls_xaaenet_classif.png").exists()
    assert not (tmp_path / "tsne_xaaenet_ae.png").exists()


def test_class_weights_reach_the_checkpoint(tiny, tmp_path):
    """The card names them, and the same training without them ends elsewhere."""
    only_classes = {"classif_recons_weight": 0.0, "classif_adv_weight": 0.0, "classif_class_weight": 1.0}
    weights = {}
    for name, given in {"none": None, "even": [1, 1], "ill": (1.0, 50.0)}.items():
        tiny.train(
            tmp_path / name, epochs_adv=0, epochs_ae=0, epochs_classif=1, class_weights=given, **only_classes, **QUIET
        )
        weights[name] = load_checkpoint(tmp_path / name / "xaaenet_classif.safetensors")
    bias = {name: opened.model.classifier.bias for name, opened in weights.items()}
    assert torch.allclose(bias["even"], bias["none"], atol=1e-6)
    assert float(bias["ill"][1] - bias["none"][1]) > 0
    assert weights["ill"].card.training["class_weights"] == [1.0, 50.0]


def test_the_cycle_term_makes_moves_survive(tiny, tmp_path):
    def cycle_error(weight, name):
        learn = tiny.train(
            tmp_path / name, epochs_adv=0, epochs_ae=12, epochs_classif=0, cycle_weight=weight, lr_max=1e-2,
            grad_accum=1, patience=20,
        )  # fmt: skip
        model = learn.model
        with torch.no_grad():
            z = torch.randn(200, 4, generator=torch.Generator().manual_seed(0))
            return float((model.encode(model.decode(z)).z - z).square().mean())

    assert cycle_error(1.0, "with") < 0.7 * cycle_error(0.0, "without")


def test_recons_metric_and_turn_of_the_model_are_put_back(tiny, tmp_path):
    model = tiny.make_model(recons_metric="ms_ssim")
    model.gen_train = False
    train_xaaenet(model, tiny.make_dls(), 1, 1, 0, models_dir=tmp_path, recons_metric="ssim", **QUIET)
    assert model.recons_metric == "ms_ssim"
    assert model.gen_train is False
    assert load_checkpoint(tmp_path / "xaaenet_ae.safetensors").card.training["recons_metric"] == "ssim"


def test_auroc_against_known_answers():
    logits = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 0.5], [0.0, 2.0]])
    assert auroc(logits, torch.tensor([0, 0, 1, 1])) == 1.0
    assert auroc(logits, torch.tensor([1, 1, 0, 0])) == 0.0
    assert auroc(logits, torch.tensor([0, 1, 0, 1])) == 0.75
    assert np.isnan(auroc(logits, torch.tensor([1, 1, 1, 1])))
    assert auroc(torch.eye(3).repeat(2, 1), torch.tensor([0, 1, 2] * 2)) == 1.0


def test_prior_distance_is_near_zero_for_a_gaussian_only():
    gaussian = torch.randn(4000, 6, generator=torch.Generator().manual_seed(1))
    assert prior_distance(gaussian) < 0.01
    assert prior_distance(gaussian + 1) == pytest.approx(1 - 1 / 12, rel=0.6)
    assert prior_distance(gaussian * 2) > 0.5
    assert prior_distance(gaussian.sign()) > 0.02
