"""U-Net decoders whose skip connections can be dropped, in training and at inference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.dimensional_layers import Size, batch_norm, convolution, sides_of
from xaae_core.models.skip_dropout import KeptSkips, SkipDropoutPer, check_skip_dropout, drop_channels, drop_images
from xaae_core.models.skip_taps import EncoderLayout, find_layout
from xaae_core.models.upsampling import PixelShuffleUp, convolve_doubled, fit_to

_BYTES_AT_ONCE = 2**24
"""Where maps are larger, memory comes anew from the system for many of them: a quarter of the time of a decode."""


class SkipBlock(nn.Module):
    """One stage of the decoder: enlarge, join the skip, convolve.

    The convolution over the concatenation [upsampled, skip] is written as the sum of one over each
    half. That is the same function, but the half of the skip need not be computed when it is dropped,
    and is computed once for a whole path that shares its skips.
    """

    def __init__(self, n_in: int, n_skip: int, skip_size: Size, n_out: int, *, is_light: bool) -> None:
        super().__init__()
        self.skip_size = skip_size
        self.n_skip = n_skip
        self.is_light = is_light
        n_dims = len(skip_size)
        if is_light:
            self.up: nn.Module = nn.Upsample(scale_factor=2, mode="nearest")
            n_up = n_in
        else:
            n_up = max(n_in // 2, 1)
            self.up = PixelShuffleUp(n_in, n_up, n_dims=n_dims)
        self.conv_up = convolution(n_dims, n_up, n_out, bias=False)
        if n_skip:
            self.skip_norm = batch_norm(n_dims, n_skip)
            self.conv_skip = convolution(n_dims, n_skip, n_out, bias=False)
            nn.init.zeros_(self.conv_skip.weight)  # a skip that training always drops must not add noise later
        self.norm = batch_norm(n_dims, n_out)
        self.tail = nn.Identity() if is_light else _conv(n_dims, n_out, n_out)

    def forward(self, x: Tensor, skip: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Enlarge x [B, n_in, h, w] to the skip's size; a skip of batch 1 is shared by all of B."""
        return self.join(x, self.detail(skip, mask))

    def detail(self, skip: Tensor | None, mask: Tensor | None = None) -> Tensor | None:
        """What a skip adds [B or 1, n_out, H, W]; None without one."""
        if skip is None or not self.n_skip:
            return None
        detail = F.relu(self.skip_norm(skip))
        added: Tensor = self.conv_skip(detail if mask is None else detail * mask)
        return added

    def join(self, x: Tensor, detail: Tensor | None) -> Tensor:
        """Enlarge x [B, n_in, h, w] and add the detail."""
        x = self._enlarge(x)  # [B, n_out, H, W]
        out: Tensor = self.tail(F.relu(self.norm(x if detail is None else x + detail)))
        return out

    def _enlarge(self, x: Tensor) -> Tensor:
        is_doubled = self.is_light and self.skip_size == tuple(2 * side for side in sides_of(x))
        if is_doubled and x.ndim == 4 and x.device.type == "cpu":
            return convolve_doubled(x, self.conv_up.weight)
        enlarged: Tensor = self.conv_up(fit_to(self.up(x), self.skip_size))
        return enlarged


class DynamicUnetSkipDropout(nn.Module):
    """Decoder that mirrors an encoder, with dropout on its skip connections.

    `skip_dropout=1` (the reference's default) drops every skip: nothing but the latent vector reaches
    the picture. What a call drops, it is told (`KeptSkips`); train or eval mode does not decide it.

    Args:
        encoder: the encoder to mirror; its skip layers are found by a dummy pass.
        n_out: channels of the picture or signal.
        img_size: (height, width) in pixels, or (samples,).
        skip_dropout: share that `thin_for_training` drops, in [0, 1].
        skip_dropout_per: what training drops at random: "channel" (as Dropout2d) or "image" (all skips of
            an image or none: z still steers, and the skips sharpen).
        decoder: "unet" (the reference's: sub-pixel upsampling, two convolutions a stage) or "light"
            (nearest upsampling, one convolution: some four times cheaper on a CPU).
        layout: the encoder's layout where it is known already.
    """

    def __init__(
        self,
        encoder: nn.Module,
        n_out: int,
        img_size: Size,
        skip_dropout: float = 1.0,
        *,
        skip_dropout_per: SkipDropoutPer = "channel",
        decoder: Literal["unet", "light"] = "unet",
        layout: EncoderLayout | None = None,
    ) -> None:
        super().__init__()
        if decoder not in ("unet", "light"):
            raise ValueError(f'decoder is "{decoder}"; expected "unet" or "light"')
        if skip_dropout_per not in ("channel", "image"):
            raise ValueError(f'skip_dropout_per is "{skip_dropout_per}"; expected "channel" or "image"')
        self.layout = layout or find_layout(encoder, img_size, n_out)
        self.skip_dropout = check_skip_dropout(skip_dropout)
        self.skip_dropout_per = skip_dropout_per
        self.img_size = img_size
        is_light = decoder == "light"
        n_dims = len(img_size)
        channels, *sides = self.layout.feature_shape
        self.inner = nn.Sequential(batch_norm(n_dims, channels), nn.ReLU())
        if not is_light:
            self.inner.extend([_conv(n_dims, channels, channels * 2), _conv(n_dims, channels * 2, channels)])
        blocks: list[SkipBlock] = []
        size = tuple(sides)
        for n_skip, *skip_size in reversed(self.layout.skip_shapes):
            target = tuple(skip_size)
            bridge, channels = _bridge(channels, size, target, is_light=is_light)
            n_next = _width(channels, n_skip, is_light=is_light)
            blocks += [*bridge, SkipBlock(channels, n_skip, target, n_next, is_light=is_light)]
            channels, size = n_next, target
        bridge, channels = _bridge(channels, size, img_size, is_light=is_light)
        self.blocks = nn.ModuleList([*blocks, *bridge])
        self.n_head = max(channels // 2, 8)
        self.head = nn.Sequential(
            PixelShuffleUp(channels, self.n_head, kernel_size=3, n_dims=n_dims),
            convolution(n_dims, self.n_head, n_out),
        )

    def forward(self, features: Tensor, skips: KeptSkips | Sequence[Tensor] | None = None) -> Tensor:
        """Decode features [B, C, h, w] to pictures [B, n_out, H, W] in [0, 1], or [B, C, t] to signals [B, n_out, T].

        Signals have no range: they may go beyond what their form calls low and high.

        Args:
            features: the deepest map.
            skips: one map for each skip layer, shallow first, of batch B or of batch 1 to be shared; or what
                is kept of them; None: without.

        Raises:
            ValueError: another number of skips than there are skip layers.
        """
        kept = skips if isinstance(skips, KeptSkips) or skips is None else KeptSkips(tuple(skips))
        n_skips = len(self.layout.skip_shapes)
        if kept is not None and len(kept.maps) != n_skips:
            raise ValueError(f"{len(kept.maps)} skips; this decoder takes {n_skips}, one for each skip layer, or none")
        details = self._details(kept)
        n_parts = self._n_parts(features)
        if n_parts == 1:
            return self._draw(features, details)
        parts = features.tensor_split(n_parts)
        bounds = [0, *accumulate(len(part) for part in parts)]
        return torch.cat(
            [self._draw(part, _rows(details, *bound)) for part, bound in zip(parts, pairwise(bounds), strict=True)]
        )

    def _details(self, kept: KeptSkips | None) -> list[Tensor | None]:
        """What each stage is given by its skip; of skips that are shared, once for all."""
        waiting = list(kept.maps) if kept is not None else []  # shallow first: the deepest is popped first
        masks = list(kept.masks) if kept is not None and kept.masks is not None else []
        return [
            block.detail(waiting.pop(), masks.pop() if masks else None) if waiting and block.n_skip else None
            for block in self._stages()
        ]

    def _draw(self, features: Tensor, details: Sequence[Tensor | None]) -> Tensor:
        x = self.inner(features)
        if x.ndim == 4 and x.device.type == "cpu":  # a quarter to a third less time for the convolutions, same values
            x = x.contiguous(memory_format=torch.channels_last)
        for block, detail in zip(self._stages(), details, strict=True):
            x = block.join(x, detail)
        made = fit_to(self.head(x), self.img_size)
        return torch.sigmoid(made) if made.ndim == 4 else made

    def _stages(self) -> Iterator[SkipBlock]:
        for block in self.blocks:
            assert isinstance(block, SkipBlock)
            yield block

    def _n_parts(self, features: Tensor) -> int:
        """In how many parts a batch is best drawn: images do not depend on each other once training is over."""
        if self.training or torch.is_grad_enabled() or features.device.type != "cpu":
            return 1
        bytes_each = self.n_head * math.prod(self.img_size) * features.element_size()  # of an image's largest map
        n_at_once = max(_BYTES_AT_ONCE // bytes_each, torch.get_num_threads())
        return max(1, math.ceil(len(features) / n_at_once))

    def thin_for_training(self, skips: Sequence[Tensor]) -> KeptSkips | None:
        """Drop as training does; in eval mode by a fixed pattern, so that validation is reproducible."""
        if self.skip_dropout_per == "image":
            return drop_images(skips, self.skip_dropout, is_random=self.training)
        generator = None if self.training else torch.Generator().manual_seed(0)
        return drop_channels(skips, self.skip_dropout, generator)


def _rows(details: Sequence[Tensor | None], start: int, stop: int) -> list[Tensor | None]:
    """The details of some images; shared ones as they are."""
    return [detail if detail is None or len(detail) == 1 else detail[start:stop] for detail in details]


def _conv(n_dims: int, n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(convolution(n_dims, n_in, n_out, bias=False), batch_norm(n_dims, n_out), nn.ReLU())


def _width(n_in: int, n_skip: int, *, is_light: bool) -> int:
    """Channels after a stage."""
    if is_light:
        return max(8, min(n_in * 3 // 4, n_skip * 3 // 2))
    return max(8, n_in // 2 + n_skip) if n_skip >= n_in else max(8, (n_in // 2 + n_skip) // 2 * 2)


def _bridge(channels: int, size: Size, target: Size, *, is_light: bool) -> tuple[list[SkipBlock], int]:
    """Stages without a skip, where the next resolution is more than twice this one (patch embeddings)."""
    blocks: list[SkipBlock] = []
    while all(side * 4 <= goal + 1 for side, goal in zip(size, target, strict=True)):
        size = tuple(side * 2 for side in size)
        n_next = max(8, channels // 2)
        blocks.append(SkipBlock(channels, 0, size, n_next, is_light=is_light))
        channels = n_next
    return blocks, channels
