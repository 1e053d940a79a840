"""Batch norm of several processes, here threads that add up at a barrier, against PyTorch's own of all rows."""

import threading
from itertools import pairwise

import pytest
import torch
from torch import nn

from xaae_core.training.global_batch_norm import GlobalBatchNorm

SHAPES = {"vectors": (7, 3), "maps": (7, 3, 4, 5)}


class Threads:
    """Adds up tensors of `n` threads; each call waits for all of them."""

    def __init__(self, n):
        self.barrier, self.given = threading.Barrier(n, timeout=20), {}

    def add_up(self, rank, x):
        self.given[rank] = x.detach().clone()
        self.barrier.wait()
        total = sum(self.given[rank] for rank in sorted(self.given))
        self.barrier.wait()
        return x.copy_(total)


def norm_for(shape, **options):
    kind = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
    torch.manual_seed(3)
    module = kind(shape[1], **options).double()
    if module.affine:
        nn.init.normal_(module.weight)
        nn.init.normal_(module.bias)
    return module


def run(module, x, grad):
    """(output, gradient of x) of a module whose output has this gradient."""
    x = x.clone().requires_grad_()
    y = module(x)
    y.backward(grad)
    return y.detach(), x.grad


@pytest.mark.parametrize(
    "options", [{}, {"affine": False}, {"track_running_stats": False}, {"momentum": None}], ids=str
)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("bounds", [(0, 3, 7), (0, 1, 2, 7)])
def test_threads_with_some_rows_each_give_what_one_gives_with_all(shape, options, bounds):
    generator = torch.Generator().manual_seed(0)
    x = 100 + torch.randn(shape, generator=generator, dtype=torch.float64)
    grad = torch.randn(shape, generator=generator, dtype=torch.float64)
    whole = norm_for(shape, **options)
    y, grad_x = run(whole, x, grad)
    modules = [norm_for(shape, **options) for _ in bounds[1:]]
    threads, found = Threads(len(modules)), {}

    def work(rank, rows):
        with GlobalBatchNorm(lambda value: threads.add_up(rank, value)):
            found[rank] = run(modules[rank], x[rows], grad[rows])

    workers = [threading.Thread(target=work, args=(i, slice(*rows))) for i, rows in enumerate(pairwise(bounds))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ranks = range(len(modules))
    assert torch.allclose(torch.cat([found[rank][0] for rank in ranks]), y, rtol=1e-10, atol=1e-10)
    assert torch.allclose(torch.cat([found[rank][1] for rank in ranks]), grad_x, rtol=1e-9, atol=1e-9)
    for name, value in whole.named_buffers():
        assert all(torch.allclose(dict(module.named_buffers())[name], value) for module in modules), name
    for name, parameter in whole.named_parameters():
        added = sum(dict(module.named_parameters())[name].grad for module in modules)
        assert torch.allclose(added, parameter.grad), name


def test_eval_mode_and_other_functions_are_left_alone():
    calls = []
    module = norm_for((4, 3)).eval()
    x = torch.randn(4, 3, dtype=torch.float64)
    expected = module(x), torch.relu(x)
    with GlobalBatchNorm(calls.append):
        found = module(x), torch.relu(x)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    assert not calls


def test_half_precision_goes_in_and_out():
    module = nn.BatchNorm2d(3)
    x = torch.randn(4, 3, 5, 5).bfloat16()
    expected = nn.BatchNorm2d(3)(x.float())
    with GlobalBatchNorm(lambda value: value):
        y = module(x)
    assert y.dtype == torch.bfloat16
    assert torch.allclose(y.float(), expected, atol=0.02)


def test_a_single_row_is_normalised_with_the_others():
    """A process may hold one image of a batch, which PyTorch's batch norm would refuse."""
    module = norm_for((1, 3), affine=False)
    with GlobalBatchNorm(lambda value: 2 * value):  # the other process holds the very same row
        assert torch.allclose(module(torch.randn(1, 3, dtype=torch.float64)), torch.zeros(1, 3, dtype=torch.float64))
