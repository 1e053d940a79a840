"""A network's maps, each the output of a module of its own, so that skips can be tapped there and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.errors import EncoderContractError

STRIDES = (4, 8, 16, 32)
"""Of the maps that a network without resolutions of its own is given, in pixels of the image."""


class MapSource(nn.Module):
    """A network that gives several maps of an image.

    Attributes:
        is_pyramid: whether its maps shrink; False: all are of about one size.
        n_maps: how many maps it gives.
    """

    is_pyramid: bool
    n_maps: int

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps [B, C_i, h_i, w_i] of images [B, C, H, W], shallow first."""
        raise NotImplementedError


class MapLevel(nn.Module):
    """One level of a pyramid: hands a map on, resampled to a stride where one is given. Has no parameters.

    Args:
        stride: pixels of the image for one of the map; None: the map as it is.
    """

    def __init__(self, stride: int | None = None) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, features: Tensor, image_size: tuple[int, int]) -> Tensor:
        """The map [B, C, h, w] at ceil(H / stride) × ceil(W / stride): bilinear up, averages down."""
        if self.stride is None:
            return features
        size = (math.ceil(image_size[0] / self.stride), math.ceil(image_size[1] / self.stride))
        if size == tuple(features.shape[-2:]):
            return features
        if size[0] <= features.shape[-2] and size[1] <= features.shape[-1]:
            return F.adaptive_avg_pool2d(features, size)
        return F.interpolate(features, size=size, mode="bilinear", align_corners=False)

    def extra_repr(self) -> str:
        """The stride, for printing."""
        return f"stride={self.stride}"


class MapPyramid(nn.Module):
    """An encoder made of a network with several maps; returns the deepest and lets the others be tapped.

    Args:
        source: the network.
        strides: strides of the levels where the network's own maps are all of one size, rising.

    Attributes:
        map_names: the modules whose outputs may be skips, see `find_layout`.
    """

    def __init__(self, source: MapSource, strides: Sequence[int] = STRIDES) -> None:
        super().__init__()
        self.source = source
        wanted: Sequence[int | None] = [None] * source.n_maps if source.is_pyramid else strides[-source.n_maps :]
        self.levels = nn.ModuleList(MapLevel(stride) for stride in wanted)
        self.map_names = tuple(f"levels.{index}" for index in range(len(self.levels)))

    def forward(self, images: Tensor) -> Tensor:
        """The deepest map [B, channels, h, w] of images [B, C, H, W]."""
        size = (images.shape[-2], images.shape[-1])
        features = images
        for level, found in zip(self.levels, self.source(images), strict=True):
            features = level(found, size)
        return features


class Stages(nn.Sequential):
    """Parts of a network in order; only what a part as a whole returns may be a skip, not what is inside it."""

    @property
    def map_names(self) -> tuple[str, ...]:
        """The modules whose outputs may be skips, see `find_layout`."""
        return tuple(self._modules)


def evenly_spaced(n_blocks: int, n_maps: int) -> tuple[int, ...]:
    """Indices of `n_maps` blocks out of `n_blocks`, the last among them: 12 and 4 give 2, 5, 8, 11."""
    n_taken = min(n_maps, n_blocks)
    return tuple(math.ceil(n_blocks * part / n_taken) - 1 for part in range(1, n_taken + 1))


def check_patches(image_size: tuple[int, int], patch_size: tuple[int, int]) -> None:
    """Raise EncoderContractError unless patches divide an image; names the nearest sizes that they do divide."""
    if all(side % patch == 0 for side, patch in zip(image_size, patch_size, strict=True)):
        return
    below, above = (
        "×".join(str(patch * max(1, rounded(side / patch))) for side, patch in zip(image_size, patch_size, strict=True))
        for rounded in (math.floor, math.ceil)
    )
    raise EncoderContractError(
        f"images of {image_size[0]}×{image_size[1]} pixels cannot be cut into the transformer's patches of "
        f"{patch_size[0]}×{patch_size[1]}: give input_size {below} or {above}"
    )
