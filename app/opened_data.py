"""Opening cases: a folder of pictures, which is encoded, or a table of latents, which was encoded elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st

from app import cached
from app.case_data import CaseData, FolderFiles
from app.case_files import CaseFiles
from app.case_table import in_terms_of, with_classes_of
from app.model_latents import check_model
from app.settings import read_settings
from app.words import count
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.dataset import ImageDataset
from xaae_core.errors import LatentTableError
from xaae_core.latent_table import LatentTable, is_latent_table
from xaae_core.model_card import ModelCard


def open_data(
    path: Path,
    checkpoint: Checkpoint,
    *,
    pictures: Path | None = None,
    report: Callable[[int, int], None] | None = None,
) -> CaseData:
    """Open a data folder, its table of labels, or a table of latents that `xaae extract` wrote.

    Args:
        path: the data.
        checkpoint: the open model.
        pictures: of a table of latents, the folder of its pictures; None: where the table says.
        report: called with (done, all) while cases are encoded; an exception it raises cancels.

    Raises:
        XaaeError: it cannot be opened, or is another model's; the message says why and what to do.
    """
    if is_latent_table(path):
        return _from_table(cached.stamp(path), checkpoint, checkpoint.sha256, pictures)
    dataset = cached.open_dataset(path, checkpoint.card)
    table = cached.latents_of(checkpoint, dataset, read_settings().cache, report)
    return _from_folder(dataset, table, classes_of(checkpoint))


def check_data(path: Path, checkpoint: Checkpoint) -> None:
    """Raise what `open_data` would raise before anything is encoded."""
    if is_latent_table(path):
        open_data(path, checkpoint)
    else:
        cached.open_dataset(path, checkpoint.card)


def fingerprint_of(path: Path, card: ModelCard | None) -> str:
    """The fingerprint of a data folder, or of a table of latents, without encoding anything.

    Raises:
        XaaeError: it cannot be opened.
    """
    if is_latent_table(path):
        return cached.read_latents_at(cached.stamp(path)).data_fingerprint
    return cached.open_dataset(path, card).fingerprint


def classes_of(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Class names of a model; () of a model of numbers."""
    return checkpoint.card.classes if checkpoint.card.task == "classes" else ()


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={ImageDataset: id, LatentTable: id})
def _from_folder(dataset: ImageDataset, table: LatentTable, classes: tuple[str, ...]) -> CaseData:
    latents = in_terms_of(table, dataset, classes)
    return CaseData(
        name=dataset.name,
        words=dataset.describe(),
        latents=latents,
        files=FolderFiles(latents),
        classes=dataset.classes,
        model_classes=classes,
        left_out=(*((file.path.name, file.reason) for file in dataset.broken), *table.skipped),
        notes=dataset.notes,
        made_of=(dataset, table),  # while this is kept, no other objects can have their ids
    )


@st.cache_resource(max_entries=3, show_spinner="Reading the table of cases …")
def _from_table(key: cached.Stamp, _checkpoint: Checkpoint, sha256: str, pictures: Path | None) -> CaseData:
    path, classes = Path(key[0]), classes_of(_checkpoint)
    read = cached.read_latents_at(key)
    check_model(_checkpoint, read)
    table, left_out = _usable(read, path)
    # Any program can write such a table, so that its fingerprint may be missing, or be that of more cases.
    origin = f"{read.data_fingerprint}:{key}:{len(table)}"
    table = replace(table, data_fingerprint=hashlib.sha256(origin.encode()).hexdigest())
    latents = with_classes_of(table, classes)
    return CaseData(
        name=path.name.removesuffix(".parquet").removesuffix(".latents"),
        words=f"{count(len(table), 'case')}, encoded before",
        latents=latents,
        files=CaseFiles(latents, latents=path, data=pictures),
        classes=table.classes,
        model_classes=classes,
        left_out=(*table.skipped, *left_out),
        notes=tuple(_notes(read)),
        is_table=True,
    )


def _notes(table: LatentTable) -> Iterator[str]:
    if not table.checkpoint_sha256:
        yield "The table does not say which model made it; it is taken for this one's."
    if len(table) > cached.MOST_FITTED:
        yield (
            f"Directions found here are learned from {cached.MOST_FITTED:,} of these cases, and steps compared with "
            f"{cached.MOST_NEIGHBOURS:,}, drawn once."
        )


def _usable(table: LatentTable, path: Path) -> tuple[LatentTable, tuple[tuple[str, str], ...]]:
    """The rows that have a name of their own and a finite z; and what was left out, with the reason."""
    if len(table) == 0:
        raise LatentTableError(f"{path.name} has no cases: write it anew with xaae extract")
    ids = table.ids.tolist()
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(name for name in ids if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise LatentTableError(
            f'{path.name} has two cases called "{twice}"; expected ids that are unique: write it anew with xaae extract'
        )
    is_finite = np.isfinite(table.z).all(axis=1) & (table.ids != "")
    if is_finite.all():
        return table, ()
    if not is_finite.any():
        raise LatentTableError(f"{path.name} has no case with a finite z: write it anew with xaae extract")
    left_out = tuple((name or "(no id)", "its z is not finite") for name in table.ids[~is_finite].tolist())
    return table.rows(is_finite), left_out
