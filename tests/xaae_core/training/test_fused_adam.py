"""Fused or not, Adam moves the weights alike; and it is only fused where torch can."""

import copy

import pytest
import torch
from torch import nn

from xaae_core.training.fused_adam import build_adam


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_it_moves_the_weights_as_torch_s_own(weight_decay):
    torch.manual_seed(0)
    mine = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 2))
    other = copy.deepcopy(mine)
    ways = {
        mine: build_adam(mine.parameters(), lr=0.01, weight_decay=weight_decay),
        other: torch.optim.Adam(other.parameters(), lr=0.01, weight_decay=weight_decay, foreach=False),
    }
    for seed in range(20):
        x = torch.randn(6, 5, generator=torch.Generator().manual_seed(seed))
        for model, optimizer in ways.items():
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
    assert ways[mine].defaults["fused"]
    for moved, expected in zip(mine.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(moved, expected, rtol=1e-5, atol=1e-6)


def test_other_devices_and_numbers_go_by_torch_s_choice():
    meta = build_adam([nn.Parameter(torch.zeros(3, device="meta"))], lr=0.1)
    complex_ones = build_adam([nn.Parameter(torch.zeros(3, dtype=torch.complex64))], lr=0.1)
    assert not meta.defaults["fused"]
    assert not complex_ones.defaults["fused"]
