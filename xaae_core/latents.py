"""Latent vectors of a data set: each picture read, encoded and entered into a `LatentTable`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import CaseError, LatentTableError
from xaae_core.latent_table import LatentTable, read_latents, write_latents
from xaae_core.predictions import Predictions, predict

if TYPE_CHECKING:
    from torch import Tensor

    from xaae_core.data.recipes import CaseRecipe
    from xaae_core.models.latent_model import LatentModel

__all__ = ["Cases", "LatentTable", "encode_images", "extract_latents", "read_latents", "write_latents"]


class Cases(Protocol):
    """What `extract_latents` asks of a data set; `xaae_core.data.dataset.ImageDataset` is one."""

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
    def target_name(self) -> str:
        """Column that the labels were taken from."""
        ...

    @property
    def values(self) -> NDArray[np.float64] | None:
        """The labels where they are numbers; None for classes."""
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
    window: tuple[float, float] | None = None,
    target: str = "",
    checkpoint_sha256: str = "",
    batch_size: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> LatentTable:
    """Encode every case of a data set.

    Args:
        model: the model in eval mode.
        cases: the data set.
        resize: how pictures are brought to the model's size, as the card says.
        window: grey scale of DICOM and NIfTI pictures, as the card says; see `recipe_for`.
        target: of a model of numbers, what it has learned to predict; the data's own label if "".
        checkpoint_sha256: digest of the model's file, kept with the table.
        batch_size: images a forward pass.
        progress: called with (done, all) after each batch; an exception it raises cancels.

    Returns:
        The table; unreadable pictures are left out and named in `skipped`.

    Raises:
        LatentTableError: not one picture could be read.
    """
    import torch

    from xaae_core.data.recipes import recipe_of
    from xaae_core.models.signal_pictures import as_picture_model

    model = as_picture_model(model)
    recipe = recipe_of(model, resize=resize, window=window)
    z, said, kept, skipped = [], [], [], []
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    for rows, images, failed in _read_batches(cases, recipe, batch_size):
        skipped += failed
        if rows:
            latents, predictions = encode_images(model, images.to(device))
            z.append(latents)
            said.append(predictions)
            kept += rows
        if progress is not None:
            progress(len(kept) + len(skipped), len(cases.ids))
    if not kept:
        first = ": ".join(skipped[0]) if skipped else "none given"
        raise LatentTableError(f"none of the {len(cases.ids)} cases could be read; the first: {first}")
    picked = np.array(kept)
    labels = {} if cases.values is None else {cases.target_name: cases.values}
    predicted = joined_values(said)
    return LatentTable(
        z=np.concatenate(z),
        ids=np.array(cases.ids, dtype=np.str_)[picked],
        paths=np.array([str(path) for path in cases.paths], dtype=np.str_)[picked],
        split=np.array(cases.split, dtype=np.str_)[picked],
        labels=np.asarray(cases.labels, dtype=np.int64)[picked],
        probabilities=joined_chances(said, z),
        classes=tuple(cases.classes),
        columns={name: np.asarray(values)[picked] for name, values in {**cases.columns, **labels}.items()},
        target_name=(target or cases.target_name) if predicted is not None else "",
        predicted=predicted,
        checkpoint_sha256=checkpoint_sha256,
        data_fingerprint=cases.fingerprint,
        skipped=tuple(skipped),
    )


def encode_images(model: LatentModel, images: Tensor) -> tuple[NDArray[np.float32], Predictions]:
    """Latents [B, D] of images [B, C, H, W] in [0, 1], and what the model says of them."""
    import torch

    with torch.inference_mode():
        z = model.encode(images).z
    return z.float().cpu().numpy(), predict(model, z)


def joined_chances(said: Sequence[Predictions], z: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The probabilities of several batches [N, classes]; [N, 0] where there are none."""
    return np.concatenate([batch.chances(len(rows)) for batch, rows in zip(said, z, strict=True)])


def joined_values(said: Sequence[Predictions]) -> NDArray[np.float64] | None:
    """The predicted numbers of several batches [N]; None where there are none."""
    values = [batch.values for batch in said if batch.values is not None]
    return np.concatenate(values) if values else None


def _read_batches(
    cases: Cases, recipe: CaseRecipe, batch_size: int
) -> Iterator[tuple[list[int], Tensor, list[tuple[str, str]]]]:
    """Row numbers and images of each batch, and what could not be read; reads one batch ahead in two threads."""
    import torch

    from xaae_core.data.images import to_tensor

    def read(row: int) -> Tensor | str:
        try:
            return to_tensor(recipe.read(cases.paths[row]))
        except CaseError as error:
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
