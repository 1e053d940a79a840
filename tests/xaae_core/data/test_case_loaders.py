"""Loaders of cases in memory: every case once, in an order of its seed, for any shape."""

import random

import numpy as np
import pytest
import torch

from xaae_core.data.case_loaders import CasesInMemory, loaders_of_cases
from xaae_core.errors import DatasetError


def cases(n, *shape):
    """Cases whose values are their number."""
    return CasesInMemory(torch.arange(n).float().reshape(n, *[1] * len(shape)).expand(n, *shape), np.arange(n) % 3)


@pytest.mark.parametrize("shape", [(1, 4, 4), (2, 7), (2, 1, 4, 4)])
def test_an_epoch_has_every_case_with_its_class_and_no_smaller_batch(shape):
    loaders = loaders_of_cases(cases(23, *shape), cases(5, *shape), batch_size=4)
    batches = list(loaders.train)
    assert [len(x) for x, _ in batches] == [4] * 5
    assert batches[0][0].shape == (4, *shape)
    seen = torch.cat([x.flatten(1)[:, 0] for x, _ in batches]).tolist()
    assert len(set(seen)) == 20
    assert torch.cat([y for _, y in batches]).tolist() == [number % 3 for number in seen]
    assert sum(len(x) for x, _ in loaders.valid) == 5


def test_the_order_hangs_on_the_loaders_rng_alone():
    loaders = loaders_of_cases(cases(30, 2), cases(3, 2), batch_size=10, seed=4)

    def order():
        return torch.cat([x[:, 0] for x, _ in loaders.train]).tolist()

    first, second = order(), order()
    assert first != second
    loaders.train.rng = random.Random(4)
    assert order() == first


def test_classes_and_the_datas_name_are_known():
    named = CasesInMemory(torch.rand(4, 2), np.array([0, 1, 0, 1]), ("a", "b"))
    loaders = loaders_of_cases(named, named, batch_size=2, name="beats", fingerprint="f00")
    assert loaders.vocab == ("a", "b")
    assert (loaders.xaae_name, loaders.xaae_fingerprint) == ("beats", "f00")
    in_order = loaders.train.new(shuffle=False, drop_last=False)
    assert torch.equal(torch.cat([x for x, _ in in_order]), named.x)


@pytest.mark.parametrize(("n_train", "n_valid"), [(3, 2), (4, 0)])
def test_too_few_cases_are_refused(n_train, n_valid):
    with pytest.raises(DatasetError, match="at least one batch of 4"):
        loaders_of_cases(cases(n_train, 2), cases(n_valid, 2), batch_size=4)


def test_cases_without_classes_are_refused():
    with pytest.raises(DatasetError, match="as many of each"):
        CasesInMemory(torch.zeros(3, 2), np.zeros(2, int))
