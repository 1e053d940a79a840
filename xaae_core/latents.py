"""Latent vectors of a data set: each picture read, encoded and entered into a `LatentTable`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import ImageError, LatentTableError
from xaae_core.latent_table import LatentTable, read_latents, write_latents

if TYPE_CHECKING:
    from torch import Tensor

    from xaae_core.models.latent_model import LatentModel

__all__ = ["Cases", "LatentTable", "encode_images", "extract_latents", "read_latents", "write_latents"]


class Cases(Protocol):
    """What `extract_latents` asks of a data set; `xaae_core.data.ImageDataset` is one."""

    @property
    def ids(self) -> Sequence[str]:
        """Stable names of the cases."""
        ...

    @property
    def paths(self) -> Sequence[Path]:
        """The image files."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class index of each case; −1: not known."""
        ...

    @property
    def split(self) -> Sequence[str]:
        """Part of each case: "train", "valid" or "test"."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the labels."""
        ...

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Further columns."""
        ...

    @property
    def fingerprint(self) -> str:
        """Digest of the data."""
        ...


def extract_latents(
    model: LatentModel,
    cases: Cases,
    *,
    resize: Literal["pad", "squash"] = "pad",
    checkpoint_sha256: str = "",
    batch_size: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> LatentTable:
    """Encode every case of a data set.

    Args:
        model: the model in eval mode.
        cases: the data set.
        resize: how pictures are brought to the model's size, as the card says.
        checkpoint_sha256: digest of the model's file, kept with the table.
        batch_size: images a forward pass.
        progress: called with (done, all) after each batch; an exception it raises cancels.

    Returns:
        The table; unreadable pictures are left out and named in `skipped`.

    Raises:
        LatentTableError: not one picture could be read.
    """
    import torch

    z, probabilities, kept, skipped = [], [], [], []
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    for rows, images, failed in _read_batches(cases, model.input_channels, model.input_size, resize, batch_size):
        skipped += failed
        if rows:
            latents, chances = encode_images(model, images.to(device))
            z.append(latents)
            probabilities.append(chances)
            kept += rows
        if progress is not None:
            progress(len(kept) + len(skipped), len(cases.ids))
    if not kept:
        raise LatentTableError(
            f"none of the {len(cases.ids)} pictures could be read; the first: {skipped[0] if skipped else 'none given'}"
        )
    picked = np.array(kept)
    return LatentTable(
        z=np.concatenate(z),
        ids=np.array(cases.ids, dtype=np.str_)[picked],
        paths=np.array([str(path) for path in cases.paths], dtype=np.str_)[picked],
        split=np.array(cases.split, dtype=np.str_)[picked],
        labels=np.asarray(cases.labels, dtype=np.int64)[picked],
        probabilities=np.concatenate(probabilities),
        classes=tuple(cases.classes),
        columns={name: np.asarray(values)[picked] for name, values in cases.columns.items()},
        checkpoint_sha256=checkpoint_sha256,
        data_fingerprint=cases.fingerprint,
        skipped=tuple(skipped),
    )


def encode_images(model: LatentModel, images: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Latents [B, D] and class probabilities [B, classes] of images [B, C, H, W] in [0, 1]."""
    import torch

    with torch.inference_mode():
        z = model.encode(images).z
        logits = model.classify(z)
        chances = torch.empty(len(z), 0) if logits is None else logits.softmax(dim=1)
    return z.float().cpu().numpy(), chances.float().cpu().numpy()


def _read_batches(
    cases: Cases, channels: int, size: tuple[int, int], resize: Literal["pad", "squash"], batch_size: int
) -> Iterator[tuple[list[int], Tensor, list[tuple[str, str]]]]:
    """Row numbers and images of each batch, and what could not be read; reads one batch ahead in two threads."""
    import torch

    from xaae_core.data.images import read_image, to_tensor

    def read(row: int) -> Tensor | str:
        try:
            return to_tensor(read_image(cases.paths[row], channels=channels, size=size, resize=resize))
        except ImageError as error:
            return str(error)

    n_cases = len(cases.ids)
    with ThreadPoolExecutor(max_workers=2) as pool:
        batches = [range(start, min(start + batch_size, n_cases)) for start in range(0, n_cases, batch_size)]
        coming = deque([pool.map(read, rows) for rows in batches[:1]])
        for number, rows in enumerate(batches):
            coming.extend(pool.map(read, following) for following in batches[number + 1 : number + 2])
            results = list(zip(rows, coming.popleft(), strict=True))
            good = [(row, image) for row, image in results if not isinstance(image, str)]
            failed = [(str(cases.ids[row]), image) for row, image in results if isinstance(image, str)]
            images = torch.stack([image for _, image in good]) if good else torch.empty(0)
            yield [row for row, _ in good], images, failed
