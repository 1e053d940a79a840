"""The benchmark compares trainings that have the same losses; how long either takes is not tested."""

import math

import pytest
import torch

pytest.importorskip("pyautoencoder", reason="pyautoencoder, the oracle, is not installed")
pytest.importorskip("lfxai", reason="lfxai, the oracle, is not installed")

from benchmarks import family
from benchmarks.family_epochs import build_epoch
from xaae_core.kept_heap import kept_heap

SAME = {(case.kind, min(case.batch_size, 48)) for case in family.CASES if case.is_same_loss and case.kind != "SimCLR"}
OTHER = {case.kind for case in family.CASES if not case.is_same_loss}


def first_losses(kind, batch_size, n_steps):
    for side in ("ours", "theirs"):
        epoch = build_epoch(kind, side, batch_size)
        torch.manual_seed(0)
        yield epoch(n_steps)


@pytest.mark.parametrize(("kind", "batch_size"), sorted(SAME))
def test_both_sides_train_alike(kind, batch_size):
    mine, theirs = first_losses(kind, batch_size, 2)
    assert mine == pytest.approx(theirs, rel=1e-5)


def test_pairs_in_one_pass_train_alike():
    with kept_heap():
        mine, theirs = first_losses("AdaGVAE", 48, 2)
    assert mine == pytest.approx(theirs, rel=1e-5)


def test_the_contrastive_loops_have_the_same_loss():
    mine, theirs = first_losses("SimCLR", 2, 1)
    assert mine == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("kind", sorted(OTHER))
def test_where_the_peer_s_loss_is_another_it_is_said(kind):
    mine, theirs = first_losses(kind, 8, 1)
    assert math.isfinite(mine)
    assert abs(mine / theirs - 1) > 1e-3
    assert all(case.note for case in family.CASES if case.kind == kind)


def test_sides_take_turns_in_processes_of_their_own():
    comparison = family.compare(family.Case("AE", 4, n_steps=1), repeats=2)
    assert comparison.our_seconds.shape == (2,)
    assert (comparison.our_seconds > 0).all()
    assert "processor's time" in comparison.note
