"""A training step of `AE`, `VAE` and `AdaGVAE`: ours against pyautoencoder 2.1.0, at equal weights, on one thread."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.comparison import Comparison, take_turns, timed
from xaae_core.models import pyautoencoder_names as ours
from xaae_core.models.picture_networks import PictureDecoder, PictureEncoder

SIZE = (1, 28, 28)
LATENT_DIM = 10
_BLOCK = 8


@dataclass(frozen=True, eq=False)
class Step:
    """A step of training of ours and of theirs, from equal weights and with equal draws.

    Attributes:
        kind: "AE", "VAE" or "AdaGVAE".
        batch_size: cases of a batch; pairs of an `AdaGVAE`.
        ours: does a step and gives its loss.
        theirs: likewise.
    """

    kind: str
    batch_size: int
    ours: Callable[[], float]
    theirs: Callable[[], float]


def build_pair(kind: str) -> tuple[nn.Module, nn.Module]:
    """Our model and pyautoencoder's, of equal weights; raises ImportError where it is not installed."""
    from pyautoencoder import vanilla, variational

    torch.manual_seed(0)
    encoder, decoder = nn.Sequential(PictureEncoder(SIZE), nn.ReLU()), PictureDecoder(SIZE, LATENT_DIM)
    mine = _assemble(kind, vars(ours), encoder, decoder)
    other = _assemble(kind, vars(vanilla) | vars(variational), copy.deepcopy(encoder), copy.deepcopy(decoder))
    other.load_state_dict(mine.state_dict())
    return mine, other


def steps(*, batch_size: int = 64, kinds: tuple[str, ...] = ("AE", "VAE", "AdaGVAE")) -> list[Step]:
    """A step of each kind with Adam and the bernoulli likelihood."""
    return [
        Step(kind, batch_size, *(_stepper(model, kind, batch_size) for model in build_pair(kind))) for kind in kinds
    ]


def largest_difference(step: Step, *, n_steps: int = 5) -> float:
    """How far the losses of some steps of both are apart, as a share."""
    apart = 0.0
    for seed in range(n_steps):
        torch.manual_seed(seed)
        mine = step.ours()
        torch.manual_seed(seed)
        theirs = step.theirs()
        apart = max(apart, abs(mine - theirs) / abs(theirs))
    return apart


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file, on one thread; none where pyautoencoder is not installed."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        wanted = [*steps(), *steps(batch_size=16, kinds=("AdaGVAE",)), *steps(batch_size=4, kinds=("AdaGVAE",))]
        return [_compare(step, repeats=2 if is_quick else 31) for step in wanted]
    except ImportError as error:
        print(f"  left out: pyautoencoder 2.1.0 is not here ({error}): pip install --no-deps pyautoencoder==2.1.0")
        return []
    finally:
        torch.set_num_threads(n_threads)


def _compare(step: Step, *, repeats: int) -> Comparison:
    apart = largest_difference(step)
    seconds = take_turns(_per_step(step.ours), _per_step(step.theirs), repeats=repeats, warm_up=2)
    both = " pairs" if step.kind == "AdaGVAE" else " cases"
    return Comparison(
        f"{step.kind}, a training step, {step.batch_size}{both}",
        "small pairs in one pass, the loss summed in one go" if step.kind == "AdaGVAE" else "the loss summed in one go",
        "pyautoencoder 2.1.0",
        *seconds,
        f"one thread; {'×'.join(map(str, SIZE))}, D = {LATENT_DIM}, blocks of {_BLOCK} steps; losses of 5 steps "
        f"differ by at most {apart:.1e}",
    )


def _per_step(step: Callable[[], float]) -> Callable[[], float]:
    block = timed(lambda: [step() for _ in range(_BLOCK)])
    return lambda: block() / _BLOCK


def _assemble(kind: str, source: dict[str, Any], encoder: nn.Module, decoder: nn.Module) -> nn.Module:
    if kind == "AE":
        model = source["AE"](encoder=nn.Sequential(encoder, nn.LazyLinear(LATENT_DIM)), decoder=decoder)
    else:
        model = source["VAE"](encoder=encoder, decoder=decoder, latent_dim=LATENT_DIM)
        model = source["AdaGVAE"](vae=model) if kind == "AdaGVAE" else model
    model.build(torch.zeros(2, *SIZE))
    built: nn.Module = model.train()
    return built


def _stepper(model: Any, kind: str, batch_size: int) -> Callable[[], float]:
    generator = torch.Generator().manual_seed(1)
    x1, x2 = torch.rand(2, batch_size, *SIZE, generator=generator)
    x: Tensor | tuple[Tensor, Tensor] = (x1, x2) if kind == "AdaGVAE" else x1
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step() -> float:
        optimizer.zero_grad()
        loss = model.compute_loss(x, model(x), likelihood="bernoulli").objective
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step
