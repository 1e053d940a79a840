"""Vision transformers as encoders: the tokens of ViT and Swin become feature maps that a U-Net can use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.errors import EncoderContractError
from xaae_core.models.spatial_maps import STRIDES, MapPyramid, MapSource, check_patches, evenly_spaced
from xaae_core.models.timm_maps import TimmMaps, has_timm_maps

if TYPE_CHECKING:
    from torchvision.models import SwinTransformer, VisionTransformer


class SpatialTransformer(MapPyramid):
    """A vision transformer of torchvision or timm as an encoder for `add_xaae_blocks`.

    Of a ViT the tokens of several blocks, evenly spaced over its depth and after its last normalisation, become
    maps (class and register tokens are left out), and are resampled without parameters to a pyramid of strides.
    Of a Swin the stages are taken as they are. The transformer's own weights are used, not copied, and the
    transformer is not changed; a classification head stays unused.

        add_xaae_blocks(SpatialTransformer(my_vit), input_size=224)

    Images may be of other sizes than the transformer was made for: torchvision's position embeddings are
    interpolated; timm's models must be made for the size (`img_size=`) or for any (`dynamic_img_size=True`).

    Args:
        transformer: torchvision's VisionTransformer or SwinTransformer (version 1 or 2), or a model of timm.
        strides: pixels of the image for one of the map, rising, one for each level; only for a ViT.

    Raises:
        EncoderContractError: another module; or, in a forward pass, images that the patches do not divide.
    """

    def __init__(self, transformer: nn.Module, *, strides: Sequence[int] = STRIDES) -> None:
        if not strides or list(strides) != sorted(set(strides)) or strides[0] < 2:
            raise ValueError(f"strides are {tuple(strides)}; expected rising numbers of pixels of at least 2")
        super().__init__(_maps_of(transformer, len(strides)), strides)


def _maps_of(transformer: nn.Module, n_maps: int) -> MapSource:
    from torchvision.models import SwinTransformer, VisionTransformer

    if isinstance(transformer, VisionTransformer):
        return _VitMaps(transformer, n_maps)
    if isinstance(transformer, SwinTransformer):
        return _SwinMaps(transformer)
    if has_timm_maps(transformer):
        return TimmMaps(transformer, n_maps)
    raise EncoderContractError(
        f"SpatialTransformer cannot read a {type(transformer).__name__}; expected torchvision's VisionTransformer or "
        "SwinTransformer, or a model of timm. For another transformer write a wrapper of your own: a module whose "
        "forward reshapes the tokens to a map [B, channels, h, w]."
    )


class _VitMaps(MapSource):
    """Blocks of torchvision's VisionTransformer; it holds its parts, but not its head."""

    conv_proj: nn.Module
    class_token: Tensor
    encoder: Any

    def __init__(self, vit: VisionTransformer, n_maps: int) -> None:
        super().__init__()
        self.is_pyramid = False
        self.patch_size = int(vit.patch_size)
        self.conv_proj = vit.conv_proj
        self.class_token = vit.class_token
        self.encoder = vit.encoder
        self.taken = evenly_spaced(len(vit.encoder.layers), n_maps)
        self.n_maps = len(self.taken)

    def forward(self, images: Tensor) -> list[Tensor]:
        check_patches((images.shape[-2], images.shape[-1]), (self.patch_size, self.patch_size))
        x = self.conv_proj(images)  # [B, D, h, w]
        grid = (x.shape[-2], x.shape[-1])
        x = x.flatten(2).transpose(1, 2)  # [B, h·w, D]
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1)  # [B, 1 + h·w, D]
        x = self.encoder.dropout(x + resample_positions(self.encoder.pos_embedding, grid))
        maps = []
        for index, block in enumerate(self.encoder.layers):
            x = block(x)
            if index in self.taken:
                maps.append(self.encoder.ln(x)[:, 1:].transpose(1, 2).reshape(len(x), -1, *grid))  # [B, D, h, w]
        return maps


class _SwinMaps(MapSource):
    """Stages of torchvision's SwinTransformer, channels first."""

    features: nn.Sequential
    norm: nn.Module

    def __init__(self, swin: SwinTransformer) -> None:
        super().__init__()
        self.is_pyramid = True
        self.features = swin.features  # patches, stage, merging, stage, …
        self.norm = swin.norm
        self.n_maps = len(range(1, len(swin.features), 2))

    def forward(self, images: Tensor) -> list[Tensor]:
        x, maps = images, []
        last = len(self.features) - 1
        for index, part in enumerate(self.features):
            x = part(x)  # [B, h, w, D]
            if index % 2:
                maps.append((self.norm(x) if index == last else x).permute(0, 3, 1, 2).contiguous())
        return maps


def resample_positions(positions: Tensor, grid: tuple[int, int]) -> Tensor:
    """Position embeddings [1, 1 + n², D] of a square grid with a class token, for another grid [1, 1 + h·w, D]."""
    side = math.isqrt(positions.shape[1] - 1)
    if (side, side) == grid:
        return positions
    square = positions[:, 1:].transpose(1, 2).reshape(1, -1, side, side)  # [1, D, n, n]
    resampled = F.interpolate(square, size=grid, mode="bicubic", align_corners=False)
    return torch.cat([positions[:, :1], resampled.flatten(2).transpose(1, 2)], dim=1)
