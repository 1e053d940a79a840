"""How an item of a loader becomes a tensor, and how the training batches are changed."""

from typing import Any

import torch
from fastai.data.core import Transform
from fastai.torch_core import TensorBase, TensorImage, TensorImageBW

from xaae_core.data.augmentation import Augment, augment_batch
from xaae_core.data.pixel_sources import PixelSource


class ReadPixels(Transform):
    """An item (a path, an upload, a number in an array) becomes a `TensorImage` [C, H, W]."""

    def __init__(self, source: PixelSource[Any]) -> None:
        super().__init__()
        self.source = source

    def encodes(self, item: Any) -> Any:
        """The image that `item` stands for."""
        tensor = torch.from_numpy(self.source(item))
        return TensorImageBW(tensor) if self.source.channels == 1 else TensorImage(tensor)


class TensorSignal(TensorBase):
    """A signal [C, T] as its form scales it, or a batch of them."""


class ReadSignals(Transform):
    """An item (a path, an upload) becomes a `TensorSignal` [C, T]."""

    def __init__(self, source: PixelSource[Any]) -> None:
        super().__init__()
        self.source = source

    def encodes(self, item: Any) -> Any:
        """The signal that `item` stands for."""
        return TensorSignal(torch.from_numpy(self.source(item)))


class AugmentTraining(Transform):
    """`augment_batch` on the batches of the training loader only.

    What it draws hangs on that loader's `rng` alone, as the order of the images does: whoever sets the
    one attribute before an epoch repeats the epoch exactly, which resuming a killed training needs.
    """

    split_idx = 0

    def __init__(self, augment: Augment) -> None:
        super().__init__()
        self.augment = augment
        self.loader: Any = None

    def encodes(self, images: TensorImage) -> TensorImage:
        """Changed images; targets are of another type and pass untouched."""
        seed = self.loader.rng.getrandbits(63)
        return augment_batch(images.as_subclass(torch.Tensor), self.augment, seed=seed)
