"""Presets fit what they are passed to; the demo's training goes on after a kill; moves are learned."""

import inspect
from dataclasses import replace

import pytest
import torch

from xaae_core.checkpoints import file_sha256, load_checkpoint
from xaae_core.data.phantoms import make_phantoms
from xaae_core.errors import TrainingError
from xaae_core.latents import read_latents
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.models.latent_model import Encoding
from xaae_core.training import train_xaaenet
from xaae_core.training.consistency import NOISE, make_moves_consistent
from xaae_core.training.cycle import cycle_loss, move_between_images
from xaae_core.training.demo import build_demo_model, chosen_ids, train_demo
from xaae_core.training.presets import PRESETS, QUICK, REFERENCE, find_preset

TINY = replace(
    QUICK,
    batch_size=8,
    encoder="small:4-8-8",
    model={**QUICK.model, "encoding_dims": 4, "recons_metric": "ssim"},
    training={**QUICK.training, "epochs_ae": 1, "epochs_classif": 1},
    epochs_consistency=1,
    epochs_sharpening=1,
)


class StopError(Exception):
    """What a kill looks like from inside."""


class TestPresets:
    @pytest.mark.parametrize("preset", PRESETS.values(), ids=str)
    def test_their_names_are_arguments(self, preset):
        assert preset.training.keys() <= inspect.signature(train_xaaenet).parameters.keys()
        assert preset.model.keys() <= inspect.signature(add_xaae_blocks).parameters.keys()

    def test_reference_changes_no_default(self):
        assert dict(REFERENCE.training) == {}

    def test_an_unknown_name(self):
        assert find_preset("quick") is QUICK
        with pytest.raises(TrainingError, match="quick, standard, reference"):
            find_preset("fast")

    def test_settings_cannot_be_changed(self):
        with pytest.raises(TypeError):
            QUICK.training["epochs_ae"] = 1


class TestTrainDemo:
    def test_killed_and_called_again_gives_the_same_model(self, tmp_path):
        sets = (
            ("train", make_phantoms(16, size=64)),
            ("valid", make_phantoms(8, size=64, first=800)),
            ("test", make_phantoms(6, size=64, first=900)),
        )
        whole = train_demo(tmp_path / "whole", preset=TINY, sets=sets, measure=lambda model: {"auroc": 0.5})

        def kill_in(phase):
            def report(progress):
                if progress.phase == phase:
                    raise StopError

            return report

        for phase in ("autoencoder", "consistency", "sharpening"):
            with pytest.raises(StopError):
                train_demo(tmp_path / "killed", preset=TINY, sets=sets, on_progress=kill_in(phase))
        seen = []
        again = train_demo(tmp_path / "killed", preset=TINY, sets=sets, on_progress=lambda p: seen.append(p.phase))
        assert seen == ["consistency", "sharpening"]
        first, second = load_checkpoint(whole), load_checkpoint(again)
        for name, weight in first.model.state_dict().items():
            assert torch.equal(weight, second.model.state_dict()[name]), name
        assert first.card.metrics == {"auroc": 0.5}
        table = read_latents(whole.with_name("phantoms.latents.parquet"))
        assert (len(table), table.checkpoint_sha256) == (30, file_sha256(whole))
        assert not (whole.parent / "training" / "trained.json").exists()

    def test_chosen_ids_span_the_severities(self):
        phantoms = make_phantoms(50, size=32)
        severity = dict(zip(phantoms.ids, phantoms.factors["severity"], strict=True))
        chosen = [severity[identity] for identity in chosen_ids(phantoms, 5)]
        assert (min(chosen), max(chosen)) == (min(severity.values()), max(severity.values()))
        assert len(chosen_ids(phantoms, 80)) == 50

    def test_the_same_seed_gives_the_same_first_weights(self):
        torch.manual_seed(3)
        before = torch.get_rng_state()
        one, two = (build_demo_model(TINY, size=64, seed=1) for _ in range(2))
        assert torch.equal(one.to_latent[1].weight, two.to_latent[1].weight)
        assert not torch.equal(one.to_latent[1].weight, build_demo_model(TINY, size=64, seed=2).to_latent[1].weight)
        assert torch.equal(before, torch.get_rng_state())


class Echo(torch.nn.Module):
    """Draws z as a picture and reads `gain` of it back."""

    def __init__(self, gain):
        super().__init__()
        self.gain = gain

    def decode(self, z, skips=(), *, skip_dropout=1.0, generator=None):
        assert skip_dropout == 1.0
        return z[:, :, None, None].expand(-1, -1, 64, 64)

    def encode(self, x):
        return Encoding(x.mean(dim=(2, 3)) * self.gain)


class TestConsistency:
    def test_only_what_does_not_come_back_costs(self):
        torch.manual_seed(0)
        z = torch.randn(400, 3)
        assert (
            cycle_loss(Echo(1.0), z, move_between_images, noise=NOISE).item() < 1e-5
        )  # the noise, averaged over 64 × 64 pixels
        moved_square = 1 + 2 / 3  # var z plus the mean of a², 1/3, times var(z_j − z_k), 2
        assert cycle_loss(Echo(0.5), z, move_between_images, noise=NOISE).item() == pytest.approx(
            0.25 * moved_square, rel=0.15
        )

    def test_statistics_of_batch_norm_stay(self):
        model = add_xaae_blocks(build_encoder("small:4-8", 1), 32, 1, 3, decoder="light", recons_metric="ssim").train()
        before = {name: value.clone() for name, value in model.named_buffers()}
        cycle_loss(model, torch.randn(6, 3), move_between_images, noise=NOISE).backward()
        assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())
        assert all(module.training for module in model.modules())

    def test_no_epochs_change_nothing(self):
        model = add_xaae_blocks(build_encoder("small:4-8", 1), 32, 1, 3, decoder="light", recons_metric="ssim")
        before = {name: value.clone() for name, value in model.state_dict().items()}
        make_moves_consistent(model, None, weights={}, epochs=0)
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
