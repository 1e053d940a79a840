"""Loaders that cut batches: together the processes see what one sees, in the same order."""

import random

import pytest
import torch

from xaae_core.data.augmentation import Augment
from xaae_core.training.batch_shards import BatchShards


def seen(loader, seed=5):
    """The batches of an epoch, as plain tensors."""
    loader.rng = random.Random(seed)
    return [tuple(part.as_subclass(torch.Tensor) for part in batch) for batch in loader]


def sharded(tiny, n, part, **options):
    """The loaders of n processes, each from loaders of its own."""
    return [
        BatchShards(tiny.make_dls(n_valid=9, **options).loaders[part], process, n, lambda rows, share: rows)
        for process in range(n)
    ]


@pytest.mark.parametrize("part", [0, 1], ids=["train", "valid"])
@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("options", [{}, {"augment": Augment(horizontal_flip=True)}, {"num_workers": 2}], ids=str)
def test_the_rows_of_all_processes_are_the_batches_of_one(tiny, n, part, options):
    whole = tiny.make_dls(n_valid=9, **options).loaders[part]
    expected = seen(whole)
    shards = sharded(tiny, n, part, **options)
    found = [seen(shard) for shard in shards]
    assert {len(batches) for batches in found} == {len(expected)} == {len(shard) for shard in shards}
    assert {shard.bs for shard in shards} == {whole.bs}
    for number, (images, targets) in enumerate(expected):
        parts = [shard.shares[number].part(len(images)) for shard in shards]
        rows = [batches[number] for batches in found]
        assert all(len(x) >= 1 for x, _ in rows)
        lengths = [part.stop - part.start for part in parts]
        counted = [[x[:length] for x in own] for own, length in zip(rows, lengths, strict=True)]
        assert torch.allclose(torch.cat([x for x, _ in counted]), images, atol=1e-6)
        assert torch.equal(torch.cat([y for _, y in counted]), targets)


def test_the_next_epoch_goes_on_as_that_of_one(tiny):
    whole, shard = tiny.make_dls().train, sharded(tiny, 1, 0)[0]
    whole.rng, shard.rng = random.Random(1), random.Random(1)
    for _ in range(2):
        for (images, _), (mine, _) in zip(whole, shard, strict=True):
            assert torch.equal(images, mine)
