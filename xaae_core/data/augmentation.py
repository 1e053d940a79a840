"""Small random changes of training images that leave the finding what it is."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from xaae_core.batch_share import draw_rows


@dataclass(frozen=True, kw_only=True)
class Augment:
    """How far a training image may be changed, drawn anew for each image of each batch.

    Attributes:
        shift: largest move in each direction, as a share of the side (0…0.5).
        zoom: largest enlargement or reduction, as a share (0…0.5).
        brightness: largest change of all values, as a share (0…0.9); black stays black.
        horizontal_flip: mirror every other image. Off unless asked for: in a mirrored chest the heart is on
            the wrong side, and left and right are findings of their own.
    """

    shift: float = 0.04
    zoom: float = 0.05
    brightness: float = 0.1
    horizontal_flip: bool = False

    def __post_init__(self) -> None:
        for name, value, most in (
            ("shift", self.shift, 0.5),
            ("zoom", self.zoom, 0.5),
            ("brightness", self.brightness, 0.9),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name} is {value}; expected 0 to {most}, a share of the whole")


def augment_batch(images: Tensor, augment: Augment, *, seed: int) -> Tensor:
    """Shift, zoom, mirror and brighten each image; what comes in from outside the picture is black.

    Args:
        images: [B, C, H, W] in [0, 1].
        augment: the limits.
        seed: the same seed gives the same changes, on every device.

    Returns:
        A new tensor [B, C, H, W] in [0, 1].
    """
    generator = torch.Generator().manual_seed(seed)

    def drawn(limit: float) -> Tensor:
        return (2 * draw_rows(torch.rand, (len(images),), generator=generator) - 1) * limit  # [B]

    zoom, shift_x, shift_y, brightness = map(drawn, (augment.zoom, augment.shift, augment.shift, augment.brightness))
    mirrored = draw_rows(torch.rand, (len(images),), generator=generator) < 0.5 * augment.horizontal_flip
    matrix = torch.zeros(len(images), 2, 3)  # from a place in the result to one in the image, sides −1…1
    matrix[:, 0, 0] = torch.where(mirrored, -1.0, 1.0) / (1 + zoom)
    matrix[:, 1, 1] = 1 / (1 + zoom)
    matrix[:, :, 2] = 2 * torch.stack((shift_x, shift_y), dim=1)
    grid = functional.affine_grid(matrix.to(images), list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
    return (moved * (1 + brightness).to(images)[:, None, None, None]).clamp(0, 1)
