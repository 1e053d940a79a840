"""Pretext tasks: what an autoencoder's inputs are changed by before it has to give the originals back.

`str` of a task is the name of what the autoencoder learns, as lfxai's tables show it.
"""

from __future__ import annotations

import abc
from typing import Any

import torch
from torch import Tensor

from xaae_core.batch_share import draw_rows


class InputPerturbation(abc.ABC):
    """A change of a batch of inputs; the batch itself is left as it is.

    Attributes:
        generator: source of its randomness; None: torch's global one.
    """

    generator: torch.Generator | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """What the task is built with again by `build_pretext`: its `kind` and settings (JSON values)."""
        return {"kind": type(self).__name__}

    @abc.abstractmethod
    def __str__(self) -> str:
        """Name of the pretext task."""

    @abc.abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """The changed batch, of the shape of `x` [B, …]."""


class Identity(InputPerturbation):
    """No change: the autoencoder learns to reconstruct."""

    def __str__(self) -> str:
        return "Reconstruction"

    def __call__(self, x: Tensor) -> Tensor:
        """The batch itself."""
        return x


class RandomNoise(InputPerturbation):
    """Gaussian noise, not clipped: the autoencoder learns to denoise.

    Args:
        noise_level: standard deviation of the noise, in units of the inputs, at least 0.
        generator: source of randomness; torch's global one if None.

    Raises:
        ValueError: a negative noise level.
    """

    def __init__(self, noise_level: float = 0.3, *, generator: torch.Generator | None = None) -> None:
        if noise_level < 0:
            raise ValueError(f"noise_level is {noise_level}; expected 0 (no noise) or more")
        self.noise_level = noise_level
        self.generator = generator

    @property
    def arguments(self) -> dict[str, Any]:
        """See `InputPerturbation.arguments`."""
        return super().arguments | {"noise_level": self.noise_level}

    def __str__(self) -> str:
        return "Denoising"

    def __call__(self, x: Tensor) -> Tensor:
        """The batch with noise added."""
        device = x.device if self.generator is None else self.generator.device
        noise = draw_rows(torch.randn, tuple(x.shape), device=device, generator=self.generator)
        return x + self.noise_level * noise.to(x)


class Mask(InputPerturbation):
    """Values replaced at random, each on its own: the autoencoder learns to fill in.

    Args:
        mask_proportion: probability of a value to be replaced, in [0, 1].
        baseline: what it is replaced by.
        generator: source of randomness; torch's global one if None.

    Raises:
        ValueError: a probability outside [0, 1].
    """

    def __init__(
        self, mask_proportion: float = 0.2, baseline: float = 0, *, generator: torch.Generator | None = None
    ) -> None:
        if not 0 <= mask_proportion <= 1:
            raise ValueError(f"mask_proportion is {mask_proportion}; expected a share of the values in [0, 1]")
        self.mask_proportion = mask_proportion
        self.baseline = baseline
        self.generator = generator

    @property
    def arguments(self) -> dict[str, Any]:
        """See `InputPerturbation.arguments`."""
        return super().arguments | {"mask_proportion": self.mask_proportion, "baseline": self.baseline}

    def __str__(self) -> str:
        return "Inpainting"

    def __call__(self, x: Tensor) -> Tensor:
        """The batch with values replaced."""
        device = x.device if self.generator is None else self.generator.device
        is_kept = draw_rows(self._draw_kept, tuple(x.shape), device=device).to(x.device)
        return torch.where(is_kept, x, self.baseline)

    def _draw_kept(self, shape: tuple[int, ...], device: torch.device) -> Tensor:
        chances = torch.full(shape, 1 - self.mask_proportion, dtype=torch.float32, device=device)
        return torch.bernoulli(chances, generator=self.generator) > 0


def build_pretext(arguments: dict[str, Any]) -> InputPerturbation:
    """The pretext task that `InputPerturbation.arguments` described, without a generator.

    Raises:
        ValueError: an unknown kind, or settings that are not its own.
    """
    settings = dict(arguments)
    kinds = {kind.__name__: kind for kind in (Identity, RandomNoise, Mask)}
    kind = kinds.get(settings.pop("kind", ""))
    try:
        if kind is not None:
            return kind(**settings)
    except TypeError as error:
        raise ValueError(f"the pretext task {arguments} cannot be built: {error}") from error
    raise ValueError(f"the pretext task {arguments} is not known; expected a kind of {', '.join(kinds)}")
