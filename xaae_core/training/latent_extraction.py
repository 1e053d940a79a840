"""Latent vectors of the loaders' images, for the figures and for the table of latents."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from xaae_core.latents import LatentTable, encode_images, joined_chances, joined_values, write_latents


def extract_loader_latents(
    model: Any,
    dls: Any,
    *,
    classes: Sequence[str] = (),
    parts: Sequence[str] = ("train", "valid"),
    checkpoint_sha256: str = "",
    data_fingerprint: str = "",
) -> LatentTable:
    """Encode the train and valid images of fastai loaders, in order, unchanged by augmentation.

    Args:
        model: a `LatentModel`; it is put into eval mode for the pass and back. Of pairs [B, 2, …] the first are taken.
        dls: fastai `DataLoaders`.
        classes: names of the classes, for the table; () where the labels are numbers, or have no names.
        parts: which of "train" and "valid".
        checkpoint_sha256: digest of the model's file, kept with the table.
        data_fingerprint: digest of the data, kept with the table.
    """
    z, said, labels, items = [], [], [], []
    device = next(model.parameters()).device
    with _eval_mode(model):
        for part in parts:
            loader = plain_loader(dls, part)
            for batch in loader:
                latents, predictions = encode_images(model, _cases(batch[0], model).to(device))
                z.append(latents)
                said.append(predictions)
                labels.append(batch[-1].as_subclass(torch.Tensor).cpu().numpy())
            items += [(part, item) for item in _items(loader)]
    paths, ids = _paths_and_ids(items)
    targets = np.concatenate(labels)
    is_numeric = getattr(model, "is_regressor", False) or targets.dtype.kind == "f"
    target_name = str(getattr(dls, "xaae_target", "") or "target") if is_numeric else ""
    names = tuple(classes) or tuple(f"class {index}" for index in range(0 if is_numeric else int(targets.max()) + 1))
    return LatentTable(
        z=np.concatenate(z),
        ids=np.array(ids, dtype=np.str_),
        paths=np.array(paths, dtype=np.str_),
        split=np.array([part for part, _ in items], dtype=np.str_),
        labels=np.full(len(items), -1) if target_name else targets.astype(np.int64),
        probabilities=joined_chances(said, z),
        classes=() if target_name else names,
        columns={target_name: targets.astype(np.float64)} if target_name else {},
        target_name=target_name,
        predicted=joined_values(said),
        checkpoint_sha256=checkpoint_sha256,
        data_fingerprint=data_fingerprint,
    )


def _cases(inputs: Any, model: Any) -> torch.Tensor:
    """Single cases [B, …] of a batch of them, or of pairs."""
    x: torch.Tensor = inputs.as_subclass(torch.Tensor)
    return x[:, 0] if x.ndim == len(model.input_size) + 3 else x


def save_loader_latents(table: LatentTable, path: str | Path) -> Path:
    """Write the table as Parquet; returns the path."""
    return write_latents(table, path)


def plain_loader(dls: Any, part: str) -> Any:
    """A loader over all of a part: in order, none dropped, and without augmentation where fastai knows how."""
    loader = dls.train if part == "train" else dls.valid
    if part == "train" and hasattr(loader.dataset, "tls") and hasattr(loader.dataset, "items"):
        # As validation images: transforms that are for training only (split_idx 0) do not run.
        return dls.test_dl(loader.dataset.items, with_labels=True)
    return loader.new(shuffle=False, drop_last=False)


def _items(loader: Any) -> list[Any]:
    """What each row was made from: fastai's items, or the row's number."""
    dataset = loader.dataset
    return list(dataset.items) if hasattr(dataset, "tls") else list(range(len(dataset)))


def _paths_and_ids(items: Sequence[tuple[str, Any]]) -> tuple[list[str], list[str]]:
    """Paths ("" for items that are no files) and stable names: the path below the common folder."""
    if not all(isinstance(item, str | Path) for _, item in items):
        return [""] * len(items), [f"{part}-{item:06d}" for part, item in items]
    paths = [str(item) for _, item in items]
    root = os.path.commonpath([os.path.dirname(path) for path in paths])
    return paths, [os.path.relpath(path, root).replace(os.sep, "/") for path in paths]


@contextmanager
def _eval_mode(model: nn.Module) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
