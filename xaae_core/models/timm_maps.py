"""The maps of a network of timm; timm itself is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from xaae_core.errors import EncoderContractError
from xaae_core.models.spatial_maps import MapSource, check_patches, evenly_spaced


class TimmMaps(MapSource):
    """Maps of a timm network, through its own `forward_intermediates`: channels first, special tokens left out.

    It stores nothing on the network, unlike timm's hooks, so threads may share it.

    Args:
        network: a network of timm.
        n_maps: how many blocks to take, evenly spaced, where all have one resolution.

    Raises:
        EncoderContractError: in a forward pass, images of a size that the network cannot take.
    """

    def __init__(self, network: nn.Module, n_maps: int) -> None:
        super().__init__()
        self.network = network
        strides = [int(entry["reduction"]) for entry in feature_entries(network)]
        self.is_pyramid = max(strides) >= 2 * min(strides)
        self.taken = tuple(range(len(strides))) if self.is_pyramid else evenly_spaced(len(strides), n_maps)
        self.n_maps = len(self.taken)
        self.stride = min(strides)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps [B, C_i, h_i, w_i] of images [B, C, H, W]."""
        self._check_size((images.shape[-2], images.shape[-1]))
        maps: list[Tensor] = self.network.forward_intermediates(  # type: ignore[operator]
            images, indices=list(self.taken), norm=not self.is_pyramid, output_fmt="NCHW", intermediates_only=True
        )
        return maps

    def _check_size(self, size: tuple[int, int]) -> None:
        embed = getattr(self.network, "patch_embed", None)
        patch = getattr(embed, "patch_size", None)
        if patch is not None and not self.is_pyramid and not getattr(embed, "dynamic_img_pad", False):
            check_patches(size, (patch, patch) if isinstance(patch, int) else tuple(patch))
        fixed = getattr(embed, "img_size", None)
        if fixed is not None and getattr(embed, "strict_img_size", False) and tuple(fixed) != size:
            raise EncoderContractError(
                f"this {type(self.network).__name__} of timm takes images of {fixed[0]}×{fixed[1]} pixels only, not "
                f"{size[0]}×{size[1]}: make it with timm.create_model(…, img_size=({size[0]}, {size[1]})), or, a ViT, "
                "with dynamic_img_size=True"
            )


def has_timm_maps(module: nn.Module) -> bool:
    """Whether a module can be asked for its maps as timm's networks can."""
    return callable(getattr(module, "forward_intermediates", None)) and bool(feature_entries(module))


def feature_entries(network: nn.Module) -> list[Mapping[str, Any]]:
    """What timm says of a network's maps, each with its "reduction", shallow first; empty where it says nothing."""
    said: Any = getattr(network, "feature_info", None) or []
    return list(said if isinstance(said, list) else said.get_dicts())
