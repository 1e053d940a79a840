"""What a denoising autoencoder is made to undo: masked patches and noise."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from xaae_core.batch_share import draw_rows


class RandomMasking(nn.Module):
    """Zero out random square patches independently per image; of signals, flatten random stretches of time.

    The image is laid out in a grid of patches; the last row and column are cut where the size is no
    multiple of the patch. Of each image the same number of patches is masked: the rounded share.
    Of a signal a patch is a stretch of time in all its channels, and masked is each channel's mean over time: a
    signal's 0 is as far out as its form's low, and a jump there would be seen as something of its own.

    Args:
        mask_ratio: share of the patches to mask, in [0, 1].
        patch_size: side of a patch in pixels, or its samples.
        generator: source of randomness; torch's global one if None.

    Raises:
        ValueError: a share outside [0, 1] or a patch below one pixel.

    Source: the corruption transforms of the xAAEnet training page.
    """

    def __init__(
        self, mask_ratio: float = 0.3, patch_size: int = 16, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        if not 0.0 <= mask_ratio <= 1.0:
            raise ValueError(f"mask_ratio is {mask_ratio}; expected a share of the patches in [0, 1]")
        if patch_size < 1:
            raise ValueError(f"patch_size is {patch_size}; expected at least 1 pixel")
        self.mask_ratio = mask_ratio
        self.patch_size = patch_size
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Images [B, C, H, W] or signals [B, C, T] with their patches masked; the input is left as it is."""
        sides = x.shape[2:]
        grid = [-(-side // self.patch_size) for side in sides]
        n_patches = math.prod(grid)
        n_masked = round(self.mask_ratio * n_patches)
        order = _draw((len(x), n_patches), x, self.generator, is_normal=False).argsort(dim=1).argsort(dim=1)
        keep = (order >= n_masked).view(len(x), 1, *grid)  # ranks below n_masked are masked
        for axis, side in enumerate(sides, 2):
            keep = keep.repeat_interleave(self.patch_size, dim=axis).narrow(axis, 0, side)
        if x.ndim == 4:
            return x * keep.to(x.dtype)
        return torch.where(keep, x, x.mean(dim=2, keepdim=True))


class AddGaussianNoise(nn.Module):
    """Add Gaussian noise to a batch of images (values stay in [0, 1]) or of signals (which have no bounds).

    Args:
        mean: mean of the noise.
        std: its standard deviation, at least 0.
        generator: source of randomness; torch's global one if None.

    Raises:
        ValueError: a negative standard deviation.

    Source: the corruption transforms of the xAAEnet training page.
    """

    def __init__(self, mean: float = 0.0, std: float = 0.05, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        if std < 0:
            raise ValueError(f"std is {std}; expected 0 (no noise) or more, in units of the pixel range [0, 1]")
        self.mean = mean
        self.std = std
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Images [B, C, H, W] in [0, 1] with noise added, clipped to [0, 1]; signals [B, C, T] as they come out."""
        noise = _draw(tuple(x.shape), x, self.generator, is_normal=True)
        noisy = x + self.mean + self.std * noise.to(x.dtype)
        return noisy.clamp(0.0, 1.0) if x.ndim == 4 else noisy


def _draw(shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None, *, is_normal: bool) -> Tensor:
    """Random numbers on the device of `like`, drawn where the generator lives."""
    device = generator.device if generator is not None else like.device
    draw = torch.randn if is_normal else torch.rand
    return draw_rows(draw, shape, device=device, generator=generator).to(like.device)
