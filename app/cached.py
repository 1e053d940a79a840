"""Every cache of the app. Keys are digests and file stamps, never the arrays themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.directions import Direction, fit_direction, permutations_for
from analysis.evaluation.quality import Quality, measure_quality
from analysis.latent_axes import LatentAxis, axis_direction, measure_axes, measure_divergences
from analysis.leakage import measure_leakage
from analysis.progressive_paths import PathBuilder
from analysis.traversals import encode_image, path_steps
from analysis.trust import Neighbourhood
from app.model_latents import files_of_training_latents
from app.opened_model import open_checkpoint
from xaae_core.checkpoints import Checkpoint, read_card
from xaae_core.data.dataset import ImageDataset, read_dataset
from xaae_core.data.frames import split_frame
from xaae_core.data.medium import require_medium
from xaae_core.data.recipes import CaseInput, CaseRecipe, recipe_for
from xaae_core.data.signals.signal_options import SignalOptions
from xaae_core.data.splits import split_name
from xaae_core.data.table_columns import TableColumns
from xaae_core.data.table_files import TABLE_STEM, TABLE_SUFFIXES
from xaae_core.data.tasks import TaskWish
from xaae_core.errors import DatasetError, LatentTableError, XaaeError
from xaae_core.latents import LatentTable, extract_latents, read_latents, write_latents
from xaae_core.model_card import ModelCard
from xaae_core.models.latent_model import Encoding
from xaae_core.predictions import Predictions, predict

Stamp = tuple[str, int, int]
FEWEST_TRAINING_CASES = 10
MOST_FITTED = 50_000  # more cases would turn a direction by less than its own uncertainty, and take minutes
MOST_NEIGHBOURS = 10_000  # their spacing is measured pair by pair
ENCODED_AT_ONCE = 16  # few enough that a large model shows progress, and hears "Cancel", every second or two


@dataclass(frozen=True)
class PathRequest:
    """Everything a path depends on besides model, picture and direction.

    Attributes:
        span: range to each side in standard deviations.
        n_steps: number of steps, odd.
        skip_dropout: share of the skips dropped, in [0, 1].
        seed: of the dropped channels.
    """

    span: float
    n_steps: int
    skip_dropout: float
    seed: int


def stamp(path: Path) -> Stamp:
    """What changes when a file changes: its path, size and time."""
    try:
        status = split_frame(path).file.stat()
    except OSError as error:
        raise XaaeError(f"{path} cannot be opened: {error.strerror}. Choose another on the start page.") from error
    return str(path), status.st_size, status.st_mtime_ns


@st.cache_resource(max_entries=4, show_spinner="Opening the model …")
def checkpoint_at(key: Stamp) -> Checkpoint:
    """One model in memory for all sessions."""
    return open_checkpoint(key[0])


@st.cache_data(max_entries=256, show_spinner=False)
def card_at(key: Stamp) -> ModelCard:
    """The card of a checkpoint, without its weights."""
    return read_card(key[0])


@st.cache_resource(max_entries=8, show_spinner="Reading the data folder …")
def dataset_at(
    folder: str, changed: int, columns: TableColumns, task: TaskWish, signals: SignalOptions | None = None
) -> ImageDataset:
    """A data folder, its headers read; `changed`, when a file last came or went, makes it be read again."""
    return read_dataset(folder, columns=columns, task=task, min_classes=1, signals=signals)


def open_dataset(folder: Path, card: ModelCard | None = None) -> ImageDataset:
    """The data set of a folder or table, read again when a file came or went, or when its table changed.

    Args:
        folder: the folder, or the table.
        card: of the model it is opened for: its columns are taken as in the training, if the table has them, and
            signals are read as long, and at the rate, that it takes.
    """
    changed = _last_change(folder)
    asked, task = (card.columns, card.task_wish) if card is not None else (TableColumns(), "auto")
    signals = SignalOptions.of_card(card) if card is not None else None
    if asked.to_mapping():
        with suppress(DatasetError):
            return _of_medium(dataset_at(str(folder), changed, asked, task, signals), card)
    return _of_medium(dataset_at(str(folder), changed, TableColumns(), task, signals), card)


def _of_medium(dataset: ImageDataset, card: ModelCard | None) -> ImageDataset:
    """The data set, if it is of pictures or signals as the model takes them."""
    if card is not None:
        require_medium(dataset, card)
    return dataset


def _last_change(folder: Path) -> int:
    """Newest time of change (ns) of the folder, its table and its class folders; 0 where it cannot be listed."""
    try:
        if folder.is_file():
            return max(folder.stat().st_mtime_ns, folder.parent.stat().st_mtime_ns)
        children = [path for path in folder.iterdir() if path.is_dir()]
        classes = [path for child in children if split_name(child.name) for path in child.iterdir() if path.is_dir()]
        table = [path for path in (folder / f"{TABLE_STEM}{suffix}" for suffix in TABLE_SUFFIXES) if path.is_file()]
        return max(path.stat().st_mtime_ns for path in (folder, *table, *children, *classes))
    except OSError:
        return 0  # read_dataset says what is wrong with it


def latents_of(
    checkpoint: Checkpoint, dataset: ImageDataset, cache: Path, report: Callable[[int, int], None] | None = None
) -> LatentTable:
    """Where the model puts each case; kept on disk, so that a second opening is instant."""
    key = (checkpoint.sha256, dataset.fingerprint)
    file = cache / "latents" / f"{key[0][:16]}-{key[1][:16]}.parquet"
    if file.is_file():
        try:
            table = read_latents_at(stamp(file))
            if (table.checkpoint_sha256, table.data_fingerprint) == key:
                return table
        except LatentTableError:
            file.unlink(missing_ok=True)  # damaged: made again below
    if report is not None:
        report(0, len(dataset))
    recipe = recipe_for(checkpoint.model, checkpoint.card)
    table = extract_latents(
        checkpoint.model,
        dataset,
        resize=recipe.resize,
        window=recipe.window,
        target=checkpoint.card.target,
        checkpoint_sha256=checkpoint.sha256,
        batch_size=ENCODED_AT_ONCE,
        progress=report,
    )
    write_latents(table, file)
    return table


@st.cache_resource(max_entries=16, show_spinner=False)
def read_latents_at(key: Stamp) -> LatentTable:
    """A table of latents on disk."""
    return read_latents(key[0])


def training_latents(checkpoint: Checkpoint) -> LatentTable | None:
    """The latents of the training data that lie beside the checkpoint; None without or of another model."""
    tables = (read_latents_at(stamp(file)) for file in files_of_training_latents(checkpoint))
    return next((table for table in tables if table.checkpoint_sha256 == checkpoint.sha256), None)


@st.cache_resource(max_entries=64, show_spinner="Finding the direction of the target …")
def direction_for(_table: LatentTable, key: tuple[str, str], target: str) -> Direction:
    """The target's direction in a table, of a long one in cases drawn from it; `key` names the table."""
    table = _table.rows(drawn_rows(len(_table), MOST_FITTED))
    tested = permutations_for(len(table))
    return fit_direction(table, target, fit_split=_training_split(table), n_permutations=tested)


@st.cache_resource(max_entries=64, show_spinner=False)
def axis_for(_table: LatentTable, key: tuple[str, str], dimension: int) -> Direction:
    """One dimension of z as a direction in a table; `key` names the table."""
    return axis_direction(_table, dimension, fit_split=_training_split(_table))


@st.cache_resource(max_entries=16, show_spinner=False)
def axes_of(_table: LatentTable, key: tuple[str, str]) -> tuple[LatentAxis, ...]:
    """The dimensions of z, that of the largest spread over the cases of a table first."""
    return measure_axes(_table, fit_split=_training_split(_table))


@st.cache_data(max_entries=16, show_spinner=False)
def divergences_of(
    _checkpoint: Checkpoint, _pictures: NDArray[np.float32], key: tuple[str, str]
) -> NDArray[np.float64] | None:
    """How far each dimension [D] is from the prior, in nats, on some pictures [N, C, H, W]; None without a prior."""
    return measure_divergences(_checkpoint.model, _pictures)


@st.cache_resource(max_entries=16, show_spinner=False)
def quality_of(_table: LatentTable, key: tuple[str, str], target: str) -> Quality | None:
    """Held-out figures of a model on a table that holds its splits; None where nothing there was held out."""
    try:
        return measure_quality(_table, target)
    except LatentTableError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def neighbourhood_for(_table: LatentTable, key: tuple[str, str]) -> Neighbourhood:
    """The training cases that steps are compared with."""
    split = _training_split(_table)
    z = _table.z if split is None else _table.z[_table.split == split]
    return Neighbourhood.of(z[drawn_rows(len(z), MOST_NEIGHBOURS)])


def drawn_rows(n: int, most: int) -> NDArray[np.int64]:
    """All of n rows; where they are more than `most`, so many of them, drawn the same every time, in order."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))


def _training_split(table: LatentTable) -> str | None:
    """The split to learn from; None, all cases, for a folder with hardly any of it, such as one to test with."""
    return "train" if (table.split == "train").sum() > FEWEST_TRAINING_CASES else None


@st.cache_resource(max_entries=128, show_spinner=False)
def picture_at(key: Stamp, recipe: CaseRecipe) -> CaseInput:
    """A picture as the model takes it."""
    return recipe.read(key[0])


@st.cache_resource(max_entries=16, show_spinner=False)
def uploaded_picture(content: bytes, name: str, recipe: CaseRecipe) -> CaseInput:
    """An uploaded picture as the model takes it."""
    return recipe.read(content, name=name)


@st.cache_resource(max_entries=32, show_spinner=False)
def encoding_of(_checkpoint: Checkpoint, _pixels: NDArray[np.float32], key: tuple[str, str]) -> Encoding:
    """One picture encoded; `key` is (model, picture). Never run again while a slider moves."""
    return encode_image(_checkpoint.model, _pixels)


@st.cache_resource(max_entries=256, show_spinner=False)
def predictions_of(_checkpoint: Checkpoint, _encoding: Encoding, key: tuple[str, str]) -> Predictions:
    """What the model says of an encoded picture."""
    return predict(_checkpoint.model, _encoding.z)


@st.cache_resource(max_entries=24, show_spinner=False)
def path_builder(
    _checkpoint: Checkpoint,
    _encoding: Encoding,
    _direction: Direction,
    _neighbourhood: Neighbourhood,
    key: tuple[str, ...],
    request: PathRequest,
) -> PathBuilder:
    """A path, finished or on the way; `key` names model, picture and direction."""
    return PathBuilder(
        _checkpoint.model,
        _encoding,
        _direction,
        path_steps(request.span, request.n_steps),
        neighbourhood=_neighbourhood,
        skip_dropout=request.skip_dropout,
        seed=request.seed,
    )


@st.cache_data(max_entries=64, show_spinner=False)
def z_share(
    _checkpoint: Checkpoint, _pictures: NDArray[np.float32], key: tuple[str, str], skip_dropout: float
) -> float:
    """Share of the picture that comes from z, measured on some pictures [N, C, H, W]."""
    import torch

    with torch.inference_mode():
        encoding = _checkpoint.model.encode(torch.from_numpy(_pictures.copy()))  # a cache may hand out read-only ones
    return measure_leakage(_checkpoint.model, encoding, skip_dropout=skip_dropout).z_share
