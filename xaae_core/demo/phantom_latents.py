"""Where a model puts the phantoms of the demo: drawn anew from their ids, encoded, tabled with their factors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from xaae_core.data.phantoms import CLASS_NAMES, FACTOR_NAMES, SPLITS, PhantomSet, demo_phantoms
from xaae_core.latents import LatentTable, encode_images, joined_chances

if TYPE_CHECKING:
    from xaae_core.models.latent_model import LatentModel


def tabulate_phantoms(
    model: LatentModel,
    sets: Sequence[tuple[str, PhantomSet]],
    *,
    images: dict[str, str] | None = None,
    checkpoint_sha256: str = "",
    batch_size: int = 50,
) -> LatentTable:
    """Encode phantoms; every factor becomes a column of the table.

    Args:
        model: the model in eval mode, for images of one channel.
        sets: (split, phantoms) pairs.
        images: path of the picture by id, for phantoms that lie on disk; the others have the path "".
        checkpoint_sha256: digest of the model's file, kept with the table.
        batch_size: images a forward pass.
    """
    import torch

    z, said = [], []
    for _, phantoms in sets:
        for start in range(0, len(phantoms), batch_size):
            pixels = torch.from_numpy(phantoms.images[start : start + batch_size].astype(np.float32) / 255)
            latents, predictions = encode_images(model, pixels)
            z.append(latents)
            said.append(predictions)
    ids = [identity for _, phantoms in sets for identity in phantoms.ids]
    return LatentTable(
        z=np.concatenate(z),
        ids=np.array(ids, dtype=np.str_),
        paths=np.array([(images or {}).get(identity, "") for identity in ids], dtype=np.str_),
        split=np.array([split for split, phantoms in sets for _ in phantoms.ids], dtype=np.str_),
        labels=np.concatenate([phantoms.labels for _, phantoms in sets]),
        probabilities=joined_chances(said, z),
        classes=CLASS_NAMES,
        columns={name: np.concatenate([phantoms.factors[name] for _, phantoms in sets]) for name in FACTOR_NAMES},
        checkpoint_sha256=checkpoint_sha256,
        data_fingerprint=fingerprint_phantoms(sets),
    )


def draw_demo_sets(*, size: int) -> tuple[tuple[str, PhantomSet], ...]:
    """Every split of the demo data, drawn anew (some 4 s at 192 px)."""
    return tuple((split, demo_phantoms(split, size=size)) for split in SPLITS)


def fingerprint_phantoms(sets: Sequence[tuple[str, PhantomSet]]) -> str:
    """SHA-256 (hex) of ids, splits, classes and pixels: changes when one of them does."""
    digest = hashlib.sha256()
    for split, phantoms in sets:
        for identity, label, image in zip(phantoms.ids, phantoms.labels, phantoms.images, strict=True):
            digest.update(f"{identity}\0{split}\0{CLASS_NAMES[label]}\0{image.shape}\0".encode())
            digest.update(image.tobytes())
    return digest.hexdigest()
