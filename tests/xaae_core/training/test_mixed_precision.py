"""Mixed precision, which belongs to CUDA, as far as a CPU can run it: autocast and a loss scale of its own."""

import csv

import pytest
import torch
from fastai.callback.fp16 import AMPMode
from fastcore.foundation import L
from torch.amp import GradScaler, autocast

from xaae_core.checkpoints import read_state_dict
from xaae_core.training import mixed_precision, phase_fit
from xaae_core.training.mixed_precision import ClosingMixedPrecision, ResumeScaler

DTYPES = {AMPMode.BF16: torch.bfloat16, AMPMode.FP16: torch.float16}


class OnCpu(ClosingMixedPrecision):
    """The same with the CPU's autocast and scaler."""

    def before_fit(self):
        dtype = DTYPES[self.amp_mode]
        self.kwargs["enabled"] = dtype == torch.float16
        self.autocast, self.scales = autocast("cpu", dtype=dtype), L()
        self.learn.scaler = GradScaler("cpu", **self.kwargs)


@pytest.fixture(params=DTYPES, ids=[mode.value for mode in DTYPES])
def mode(request, monkeypatch):
    """Every training of the test is in mixed precision."""
    real = phase_fit.PhaseFit._callbacks

    def callbacks(fit):
        return [*real(fit), OnCpu(request.param), ResumeScaler(fit.state.scaler if fit.state else {})]

    monkeypatch.setattr(phase_fit.PhaseFit, "_callbacks", callbacks)
    return request.param


def valid_losses(folder):
    with (folder / "history.csv").open() as file:
        return [float(row["valid_loss"]) for row in csv.DictReader(file)]


def test_a_training_in_half_precision_is_near_the_full_one_and_resumes_the_same(tiny, tmp_path, monkeypatch, mode):
    tiny.train(tmp_path / "half")

    def stop(progress):
        if (progress.phase, progress.epoch) == ("autoencoder", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.train(tmp_path / "resumed", on_progress=stop)
    tiny.train(tmp_path / "resumed")
    for name in ("xaaenet_adv", "xaaenet_ae", "xaaenet_classif"):
        mine, theirs = (read_state_dict(tmp_path / run / f"{name}.pth") for run in ("half", "resumed"))
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
        assert all(value.dtype != DTYPES[mode] for value in mine.values())
    monkeypatch.undo()
    tiny.train(tmp_path / "full")
    assert valid_losses(tmp_path / "half") == pytest.approx(valid_losses(tmp_path / "full"), rel=0.1)
    assert valid_losses(tmp_path / "half") != valid_losses(tmp_path / "full")


def test_a_batch_that_breaks_off_leaves_autocast_off(tiny, tmp_path, monkeypatch, mode):
    def broken(*arguments, **options):
        assert torch.is_autocast_enabled("cpu")
        raise KeyboardInterrupt

    monkeypatch.setattr("xaae_core.losses.adversarial_loss", broken)
    with pytest.raises(KeyboardInterrupt):
        tiny.train(tmp_path)
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize(("capability", "expected"), [((8, 0), AMPMode.BF16), ((7, 5), AMPMode.FP16)])
def test_bfloat16_where_the_hardware_has_it(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert mixed_precision.mixed_precision({})[0].amp_mode == expected
