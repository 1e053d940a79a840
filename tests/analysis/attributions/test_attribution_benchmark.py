"""The benchmark compares equal results; how long either takes is not tested."""

import pytest

pytest.importorskip("lfxai.explanations.features", reason="lfxai, the oracle, is not installed")

from benchmarks.attributions import apart, feature_pairs, mask_pairs, mnist_encoder


def test_both_ways_give_the_same():
    for pair in feature_pairs(n_images=6):
        assert apart(pair) < 1e-5
    for pair in mask_pairs(n_cases=6):
        assert apart(pair) == 0


def test_the_encoder_is_as_large_as_lfxai_s():
    assert sum(parameter.numel() for parameter in mnist_encoder().parameters()) == 44_202
