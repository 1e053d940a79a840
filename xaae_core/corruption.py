"""What a denoising autoencoder is made to undo: masked patches and noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaae_core.batch_share import draw_rows


class RandomMasking(nn.Module):
    """Zero out random square patches independently per image.

    The image is laid out in a grid of patches; the last row and column are cut where the size is no
    multiple of the patch. Of each image the same number of patches is masked: the rounded share.

    Args:
        mask_ratio: share of the patches to mask, in [0, 1].
        patch_size: side of a patch in pixels.
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
        """Images [B, C, H, W] with their masked patches set to 0; the input is left as it is."""
        n_images, _, height, width = x.shape
        rows, columns = -(-height // self.patch_size), -(-width // self.patch_size)
        n_patches = rows * columns
        n_masked = round(self.mask_ratio * n_patches)
        order = _draw((n_images, n_patches), x, self.generator, is_normal=False).argsort(dim=1).argsort(dim=1)
        keep = (order >= n_masked).view(n_images, 1, rows, columns)  # ranks below n_masked are masked
        keep = keep.repeat_interleave(self.patch_size, dim=2).repeat_interleave(self.patch_size, dim=3)
        return x * keep[..., :height, :width].to(x.dtype)


class AddGaussianNoise(nn.Module):
    """Add Gaussian noise to a batch of images (values stay in [0, 1]).

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
        """Images [B, C, H, W] in [0, 1] with noise added, clipped to [0, 1]."""
        noise = _draw(tuple(x.shape), x, self.generator, is_normal=True)
        return (x + self.mean + self.std * noise.to(x.dtype)).clamp(0.0, 1.0)


def _draw(shape: tuple[int, ...], like: Tensor, generator: torch.Generator | None, *, is_normal: bool) -> Tensor:
    """Random numbers on the device of `like`, drawn where the generator lives."""
    device = generator.device if generator is not None else like.device
    draw = torch.randn if is_normal else torch.rand
    return draw_rows(draw, shape, device=device, generator=generator).to(like.device)
