"""Latent vectors of many images as one table, in memory and as Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from xaae_core.atomic_files import atomic_path
from xaae_core.errors import ImageError, LatentTableError

if TYPE_CHECKING:
    from torch import Tensor

    from xaae_core.models.latent_model import LatentModel

_META = b"xaae_latents"
_PREFIX = "column:"


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


@dataclass(frozen=True, eq=False)
class LatentTable:
    """Where a model puts each case; one row a case, arrays read-only.

    Attributes:
        z: latent vectors [N, D], float32.
        ids: stable names [N].
        paths: image files [N]; "" where there is none.
        split: "train", "valid" or "test" [N].
        labels: class index [N]; −1: not known.
        probabilities: of each class [N, classes]; [N, 0] without a classifier.
        classes: class names in the order of labels and probabilities.
        columns: further columns [N] by name (factors, site, …).
        checkpoint_sha256: the model it was made with.
        data_fingerprint: the data it was made from.
        skipped: (id, reason) of cases that could not be read.
    """

    z: NDArray[np.float32]
    ids: NDArray[np.str_]
    paths: NDArray[np.str_]
    split: NDArray[np.str_]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    checkpoint_sha256: str = ""
    data_fingerprint: str = ""
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.z)
        lengths = {name: len(getattr(self, name)) for name in ("ids", "paths", "split", "labels", "probabilities")}
        lengths |= {name: len(values) for name, values in self.columns.items()}
        wrong = {name: length for name, length in lengths.items() if length != n}
        if self.z.ndim != 2 or wrong:
            raise LatentTableError(f"z has shape {self.z.shape}, but these columns have other lengths: {wrong}")
        for array in (self.z, self.ids, self.paths, self.split, self.labels, self.probabilities):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.z)

    @property
    def predictions(self) -> NDArray[np.int64]:
        """Most probable class [N]; −1 without a classifier."""
        if self.probabilities.shape[1] == 0:
            return np.full(len(self), -1)
        return self.probabilities.argmax(axis=1)

    def rows(self, mask: NDArray[Any]) -> LatentTable:
        """The table of some rows: a boolean mask [N] or row numbers."""
        return replace(
            self,
            **{name: getattr(self, name)[mask] for name in ("z", "ids", "paths", "split", "labels", "probabilities")},
            columns={name: values[mask] for name, values in self.columns.items()},
        )

    def row_of(self, case_id: str) -> int:
        """Row of a case; raises LatentTableError if it is not in the table."""
        found = np.flatnonzero(self.ids == case_id)
        if len(found) == 0:
            raise LatentTableError(f'the case "{case_id}" is not in the table of {len(self)} cases')
        return int(found[0])


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
    """Row numbers and images of each batch, and what could not be read; reads ahead in two threads."""
    import torch

    from xaae_core.data.images import read_image, to_tensor

    def read(row: int) -> Tensor | str:
        try:
            return to_tensor(read_image(cases.paths[row], channels=channels, size=size, resize=resize))
        except ImageError as error:
            return str(error)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for start in range(0, len(cases.ids), batch_size):
            rows = range(start, min(start + batch_size, len(cases.ids)))
            results = list(pool.map(read, rows))
            good = [(row, image) for row, image in zip(rows, results, strict=True) if not isinstance(image, str)]
            failed = [
                (str(cases.ids[row]), image) for row, image in zip(rows, results, strict=True) if isinstance(image, str)
            ]
            images = torch.stack([image for _, image in good]) if good else torch.empty(0)
            yield [row for row, _ in good], images, failed


def write_latents(table: LatentTable, path: str | Path) -> Path:
    """Write a table as Parquet, whole or not at all; returns the path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "id": pa.array(table.ids.tolist(), pa.string()),
        "path": pa.array(table.paths.tolist(), pa.string()),
        "split": pa.array(table.split.tolist(), pa.string()),
        "label": pa.array(table.labels),
        "prediction": pa.array(table.predictions),
        "z": _matrix(table.z),
        "probabilities": _matrix(table.probabilities),
    }
    columns |= {_PREFIX + name: pa.array(values.tolist()) for name, values in table.columns.items()}
    meta = {name: getattr(table, name) for name in ("classes", "checkpoint_sha256", "data_fingerprint", "skipped")}
    arrow = pa.table(columns).replace_schema_metadata({_META: json.dumps(meta).encode()})
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd")
    return Path(path)


def read_latents(path: str | Path) -> LatentTable:
    """Read a table that `write_latents` wrote.

    Raises:
        LatentTableError: no such file, not Parquet, or not a table of latents.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow = pq.read_table(path)
        meta = json.loads((arrow.schema.metadata or {})[_META])
        columns = {name: arrow[name].combine_chunks() for name in arrow.column_names}
        return LatentTable(
            z=_from_matrix(columns["z"]),
            ids=_strings(columns["id"]),
            paths=_strings(columns["path"]),
            split=_strings(columns["split"]),
            labels=columns["label"].to_numpy().astype(np.int64),
            probabilities=_from_matrix(columns["probabilities"]),
            classes=tuple(meta["classes"]),
            columns={
                name.removeprefix(_PREFIX): np.array(values.to_pylist())
                for name, values in columns.items()
                if name.startswith(_PREFIX)
            },
            checkpoint_sha256=meta["checkpoint_sha256"],
            data_fingerprint=meta["data_fingerprint"],
            skipped=tuple((case, reason) for case, reason in meta["skipped"]),
        )
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise LatentTableError(
            f"{Path(path).name} is not a table of latents ({error}): write it anew with xaae extract"
        ) from error


def _matrix(values: NDArray[np.float32]) -> Any:
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), pa.float32()), values.shape[1])


def _from_matrix(array: Any) -> NDArray[np.float32]:
    values: NDArray[np.float32] = array.flatten().to_numpy().reshape(len(array), array.type.list_size)
    return values.copy()


def _strings(array: Any) -> NDArray[np.str_]:
    return np.array(array.to_pylist(), dtype=np.str_)
