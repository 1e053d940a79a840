"""A convolution's per-case weight gradients: what came back at each place, times the window of the input it saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_BYTES_AT_ONCE = 2**21
"""Windows and gradients that are laid down together: what they need stays in the processor's cache."""
_CHANNELS_WORTH_TURNING = 4


@dataclass(frozen=True, eq=False)
class WindowFactor:
    """Of B cases, from which their gradients of a convolution's weights can be laid down.

    Attributes:
        d: gradients of the layer's output [B, O, H', W'].
        a: its input [B, C, H, W].
        kernel: (height, width) of the windows.
        stride: their steps.
        padding: zeros around the input, above and at the sides.
        dilation: steps inside a window.
    """

    d: Tensor
    a: Tensor
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    @classmethod
    def of(cls, layer: nn.Conv2d, d: Tensor, a: Tensor) -> WindowFactor:
        """Of a layer without groups whose padding is of zeros."""
        (up, aside) = (int(size) for size in layer.padding)
        kernel, stride, dilation = ((int(one), int(other)) for one, other in _sizes(layer))
        return cls(d, a, kernel, stride, (up, aside), dilation)

    def __len__(self) -> int:
        return len(self.d)

    def rows(self) -> Tensor:
        """All gradients, laid down [B, O·C·k²]."""
        made = self.d.new_empty(len(self), self.n_weights)
        for start in range(0, len(self), self._at_once):
            self._lay_down(start, made[start : start + self._at_once])
        return made

    def parts(self) -> Iterator[tuple[int, Tensor]]:
        """(first case, gradients [b, O·C·k²]) of a few cases at a time; a part is overwritten by the next one."""
        room = self.d.new_empty(self._at_once, self.n_weights)
        for start in range(0, len(self), self._at_once):
            yield start, self._lay_down(start, room[: len(self) - start])

    @property
    def n_inputs(self) -> int:
        """C·k²."""
        return self.a.shape[1] * self.kernel[0] * self.kernel[1]

    @property
    def n_weights(self) -> int:
        """O·C·k²."""
        return self.d.shape[1] * self.n_inputs

    @property
    def _at_once(self) -> int:
        each = (self.n_weights + self.n_inputs * self.d[0, 0].numel()) * self.d.element_size()
        return max(1, min(len(self), _BYTES_AT_ONCE // each))

    def _lay_down(self, start: int, room: Tensor) -> Tensor:
        """Gradients [b, O·C·k²] of the cases from one on, as many as there is room for."""
        some = slice(start, start + len(room))
        shape = len(room), self.d.shape[1], self.n_inputs
        torch.bmm(self.d[some].flatten(2), self._windows(self.a[some]), out=room.view(shape))
        return room

    def _windows(self, a: Tensor) -> Tensor:
        """The input as each place saw it [b, H'·W', C·k²], copied in runs as long as they can be.

        The order of C·k² is whatever is quick, and the same for every case.
        """
        if self.dilation != (1, 1):
            return F.unfold(a, self.kernel, self.dilation, self.padding, self.stride).transpose(1, 2)
        (up, aside), (height, width) = self.padding, self.kernel
        if a.shape[1] < _CHANNELS_WORTH_TURNING:
            views = F.pad(a, (aside, aside, up, up)).unfold(2, height, self.stride[0]).unfold(3, width, self.stride[1])
            return views.permute(0, 1, 4, 5, 2, 3).reshape(len(a), self.n_inputs, -1).transpose(1, 2)
        turned = F.pad(a.permute(0, 2, 3, 1), (0, 0, aside, aside, up, up)).contiguous()
        views = turned.unfold(1, height, self.stride[0]).unfold(2, width, self.stride[1])  # [b, H', W', C, k, k]
        return views.permute(0, 1, 2, 4, 5, 3).reshape(len(a), -1, self.n_inputs)


def _sizes(layer: nn.Conv2d) -> Iterator[tuple[int, ...]]:
    yield layer.kernel_size
    yield layer.stride
    yield layer.dilation
