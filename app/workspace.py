"""What the open model, data and case amount to; the pages' one way to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.trust import Neighbourhood
from app import cached, state
from app.settings import read_settings
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.dataset import ImageDataset
from xaae_core.data.images import ImageData
from xaae_core.errors import DatasetError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import Encoding

_LEAKAGE_IMAGES = 8


@dataclass(frozen=True)
class Case:
    """The picture that is looked at.

    Attributes:
        id: its stable name; an upload's file name.
        image: the picture as the model takes it.
        key: digest that changes with its pixels.
        label: class name; "" when not known.
        split: "train", "valid", "test" or "" for an upload.
    """

    id: str
    image: ImageData
    key: str
    label: str
    split: str


@dataclass(frozen=True)
class Workspace:
    """The open model with its data.

    Attributes:
        checkpoint: the model.
        dataset: the data folder; None when none is open.
        latents: where the model puts the cases of `dataset`; None without it.
        training: latents that directions are fitted on; None when there are none.
    """

    checkpoint: Checkpoint
    dataset: ImageDataset | None
    latents: LatentTable | None
    training: LatentTable | None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Class names of the model."""
        return self.checkpoint.card.classes

    @property
    def training_key(self) -> tuple[str, str]:
        """Names the table that directions are fitted on."""
        if self.training is None:
            raise DatasetError("no labelled cases are open: choose a data folder on the start page")
        return self.training.checkpoint_sha256, self.training.data_fingerprint

    def direction(self, target: str) -> Direction:
        """The direction of a target; raises DatasetError without labelled cases."""
        key = self.training_key
        assert self.training is not None  # training_key raised otherwise
        return cached.direction_for(self.training, key, target)

    def neighbourhood(self) -> Neighbourhood:
        """The training cases that steps are compared with."""
        key = self.training_key
        assert self.training is not None
        return cached.neighbourhood_for(self.training, key)

    def case(self) -> Case | None:
        """The open case: an upload, the chosen one, or the first of the data."""
        card, model = self.checkpoint.card, self.checkpoint.model
        channels, size = model.input_channels, model.input_size
        upload = state.uploaded()
        if upload is not None:
            image = cached.uploaded_picture(upload.content, upload.name, channels, size, card.resize)
            return Case(upload.name, image, _digest(image.pixels), "", "")
        if self.latents is None or len(self.latents) == 0:
            return None
        rows = np.flatnonzero(self.latents.ids == state.case_id())
        row = int(rows[0]) if len(rows) else first_interesting(self.latents, card.target)
        key = cached.stamp(_path(self.latents, row))
        image = cached.picture_at(key, channels, size, card.resize)
        label = self.latents.labels[row]
        return Case(
            id=str(self.latents.ids[row]),
            image=image,
            key=_digest(image.pixels),
            label=self.latents.classes[label] if label >= 0 else "",
            split=str(self.latents.split[row]),
        )

    def encoding(self, case: Case) -> Encoding:
        """The case as the model encodes it."""
        return cached.encoding_of(self.checkpoint, case.image.pixels, (self.checkpoint.sha256, case.key))

    def has_skips(self, case: Case) -> bool:
        """Whether the model's decoder has skip connections."""
        return bool(self.encoding(case).skips)

    def path_of(self, case_id: str) -> Path:
        """The image file of a case; raises LatentTableError for an unknown one."""
        assert self.latents is not None  # callers have cases
        return Path(str(self.latents.paths[self.latents.row_of(case_id)]))

    def leakage_pictures(self) -> NDArray[np.float32] | None:
        """Some pictures [N, C, H, W] to exchange skips between; None when fewer than two can be read."""
        if self.latents is None:
            return None
        model, card = self.checkpoint.model, self.checkpoint.card
        rows = np.linspace(0, len(self.latents) - 1, min(_LEAKAGE_IMAGES, len(self.latents))).astype(int)
        pictures = [
            cached.picture_at(
                cached.stamp(_path(self.latents, int(row))),
                model.input_channels,
                model.input_size,
                card.resize,
            ).pixels
            for row in dict.fromkeys(rows.tolist())
        ]
        return np.stack(pictures) if len(pictures) > 1 else None


def open_workspace(report: Callable[[int, int], None] | None = None) -> Workspace:
    """Open what the session has chosen; `report` is called with (done, all) while cases are encoded.

    Raises:
        XaaeError: the checkpoint or the data cannot be opened; the message says which and what to do.
    """
    checkpoint = cached.checkpoint_at(cached.stamp(state.checkpoint_path()))
    folder = state.data_folder()
    dataset = cached.open_dataset(folder) if folder is not None else None
    latents = cached.latents_of(checkpoint, dataset, read_settings().cache, report) if dataset is not None else None
    return Workspace(checkpoint, dataset, latents, cached.training_latents(checkpoint) or latents)


def first_interesting(latents: LatentTable, target: str) -> int:
    """Row of the case to open first: near the decision, where the picture has somewhere to go."""
    if target not in latents.classes or latents.probabilities.shape[1] == 0:
        return 0
    chances = latents.probabilities[:, latents.classes.index(target)]
    return int(np.abs(chances - 0.3).argmin())


def _path(latents: LatentTable, row: int) -> Path:
    return Path(str(latents.paths[row]))


def _digest(pixels: NDArray[np.float32]) -> str:
    return hashlib.blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=16).hexdigest()
