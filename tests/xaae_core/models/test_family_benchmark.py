"""The benchmark compares steps that give the same loss; how long either takes is not tested."""

import pytest

pytest.importorskip("pyautoencoder", reason="pyautoencoder, the oracle, is not installed")

from benchmarks.family import largest_difference, steps


@pytest.mark.parametrize("batch_size", [4, 48])  # in one pass and in two
def test_both_ways_give_the_same(batch_size):
    for step in steps(batch_size=batch_size):
        assert largest_difference(step, n_steps=2) < 1e-5
