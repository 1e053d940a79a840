"""Pretext tasks: lfxai's draws, and what each changes."""

import pytest
import torch

from tests.xaae_core.models.lfxai_oracle import lfxai_module
from xaae_core.pretext import Identity, Mask, RandomNoise, build_pretext

X = torch.rand(4, 1, 30, 30, generator=torch.Generator().manual_seed(0))
TASKS = {
    "Identity": {},
    "RandomNoise": {"noise_level": 0.2},
    "Mask": {"mask_proportion": 0.4, "baseline": -1.0},
}
OURS = {"Identity": Identity, "RandomNoise": RandomNoise, "Mask": Mask}


@pytest.mark.parametrize("name", TASKS)
def test_tasks_are_lfxai_s_draw_by_draw(name):
    theirs, ours = getattr(lfxai_module("pretext"), name)(**TASKS[name]), OURS[name](**TASKS[name])
    assert str(ours) == str(theirs)
    for generator in (None, torch.Generator().manual_seed(5)):
        torch.manual_seed(5)
        expected = theirs(X)
        torch.manual_seed(5)
        given = {} if name == "Identity" else {"generator": generator}
        assert torch.equal(OURS[name](**TASKS[name], **given)(X), expected)
    assert build_pretext(ours.arguments).arguments == ours.arguments


def test_the_input_is_left_as_it_is():
    before = X.clone()
    for task in (RandomNoise(), Mask()):
        assert not torch.equal(task(X), X)
        assert torch.equal(X, before)


def test_the_mask_replaces_its_share_and_keeps_the_rest():
    masked = Mask(0.4, baseline=2.0, generator=torch.Generator().manual_seed(0))(X)
    is_masked = masked == 2
    assert float(is_masked.float().mean()) == pytest.approx(0.4, abs=0.03)
    assert torch.equal(masked[~is_masked], X[~is_masked])
    assert torch.equal(Mask(0)(X), X)
    assert bool((Mask(1)(X) == 0).all())


def test_the_noise_has_its_level():
    noise = RandomNoise(0.3, generator=torch.Generator().manual_seed(0))(X) - X
    assert float(noise.std()) == pytest.approx(0.3, abs=0.02)
    assert torch.equal(RandomNoise(0)(X), X)


@pytest.mark.parametrize(
    "call",
    [
        lambda: RandomNoise(-0.1),
        lambda: Mask(1.1),
        lambda: build_pretext({"kind": "Rotation"}),
        lambda: build_pretext({"kind": "Mask", "share": 1}),
    ],
)
def test_what_is_no_task_is_named(call):
    with pytest.raises(ValueError, match=r"-0\.1|1\.1|Rotation|share"):
        call()
