"""Shares of a batch: together the processes draw, normalise and average what one would."""

import threading

import pytest
import torch

from xaae_core.batch_share import (
    BatchShare,
    all_rows,
    batch_shared,
    batch_weight,
    draw_normal_like,
    draw_rows,
    n_batch_rows,
    own_part,
    own_rows,
    relative_mean,
)
from xaae_core.corruption import AddGaussianNoise, RandomMasking
from xaae_core.data.augmentation import Augment, augment_batch
from xaae_core.models.skip_dropout import drop_channels, drop_images

SIZES = [(8, 2), (7, 2), (5, 3), (2, 4)]  # images, processes; the last leaves processes without any


def shares(n_rows, n, whole=None):
    """The share of each process; `whole` are the rows that gathering finds, for tests of one thread."""
    return [BatchShare(n_rows, process, n, lambda rows: whole) for process in range(n)]


def counted(share, rows):
    """The rows that count, of those that a process computes."""
    return rows[: len(range(*share.part(share.n_rows).indices(share.n_rows)))]


@pytest.mark.parametrize(("n_rows", "n"), SIZES)
def test_every_row_counts_in_one_process_and_none_is_idle(n_rows, n):
    parts = [share.part(n_rows) for share in shares(n_rows, n)]
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(n_rows))
    lengths = [part.stop - part.start for part in parts]
    assert max(lengths) - min(lengths) <= 1
    for share in shares(n_rows, n):
        assert len(torch.arange(n_rows)[share.rows]) >= 1
    assert sum(share.weight for share in shares(n_rows, n)) == pytest.approx(1)


DRAWS = {
    "uniform": lambda x, seed: draw_rows(torch.rand, tuple(x.shape)),
    "normal": lambda x, seed: draw_normal_like(x),
    "normal, channels last": lambda x, seed: draw_normal_like(x.to(memory_format=torch.channels_last)),
    "masks": lambda x, seed: RandomMasking(0.5, 4)(x),
    "noise": lambda x, seed: AddGaussianNoise(std=0.3)(x),
    "augmentation": lambda x, seed: augment_batch(x, Augment(shift=0.2, horizontal_flip=True), seed=seed),
    "channels": lambda x, seed: drop_channels([x, x], 0.5).masks[1],
    "images": lambda x, seed: drop_images([x], 0.5, is_random=True).masks[0],
    "fixed images": lambda x, seed: drop_images([x], 0.5, is_random=False).masks[0],
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize(("n_rows", "n"), SIZES)
def test_what_processes_draw_for_their_rows_is_what_one_draws_for_all(draw, n_rows, n):
    x = torch.rand(n_rows, 3, 9, 8, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(1)
    expected = draw(x, 2)
    after = torch.get_rng_state()
    drawn = []
    for share in shares(n_rows, n):
        torch.manual_seed(1)
        with batch_shared(share):
            drawn.append(counted(share, draw(x[share.rows], 2)))
        assert torch.equal(torch.get_rng_state(), after)  # the next draws agree as well
    # rotated grids are sampled with rounding that hangs on the number of images
    assert torch.allclose(torch.cat(drawn), expected, atol=1e-6)
    if draw is not DRAWS["augmentation"]:
        assert torch.equal(torch.cat(drawn), expected)


def test_a_draw_of_other_rows_is_not_cut():
    """Such as the pictures that a move decodes, or random directions."""
    with batch_shared(shares(8, 2)[1]):
        assert draw_rows(torch.rand, (3, 2)).shape == (3, 2)


@pytest.mark.parametrize(("n_rows", "n"), [(8, 2), (7, 2), (5, 3), (3, 2)])  # training batches: a row for each
@pytest.mark.parametrize("n_things", [1, 4, 5])
def test_weighed_means_of_parts_add_up_to_the_mean(n_rows, n, n_things):
    things = torch.arange(float(n_things)) ** 2
    total = 0.0
    for share in shares(n_rows, n):
        with batch_shared(share):
            part = own_part(n_things)
            total += batch_weight() * part.weight * float(things[part.rows].mean())
    assert total == pytest.approx(float(things.mean()))


def test_contributions_to_a_weighted_mean_add_up():
    values, weights = torch.tensor([1.0, 5.0, 2.0, 8.0, 4.0]), torch.tensor([0.3, 3.0, 0.3, 3.0, 1.0])
    total = 0.0
    for share in shares(5, 2, whole=weights):
        with batch_shared(share):
            own = own_rows(weights)
            total += batch_weight() * float(relative_mean(own) * (own_rows(values) * own).sum() / own.sum())
    assert total == pytest.approx(float((values * weights).sum() / weights.sum()))


def test_alone_everything_is_as_it_was():
    x = torch.rand(4, 2)
    assert all_rows(x) is x
    assert own_rows(x) is x
    assert (n_batch_rows(4), batch_weight(), relative_mean(x)) == (4, 1.0, 1.0)
    part = own_part(3)
    assert (part.n_rows, part.rows, part.weight) == (3, slice(0, 3), 1.0)


def test_a_share_ends_with_its_block_and_is_of_its_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(batch_weight()))

    def fail_inside():
        with batch_shared(shares(4, 2)[0]):
            thread.start()
            thread.join()
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    assert seen == [1.0]
    assert batch_weight() == 1.0
