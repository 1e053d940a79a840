"""What the open model, data and case amount to; the pages' one way to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.trust import Neighbourhood
from app import cached, state
from app.case_table import class_note, in_terms_of, short_names
from app.settings import read_settings
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.dataset import ImageDataset
from xaae_core.data.images import ImageData
from xaae_core.data.recipes import PictureRecipe, recipe_for
from xaae_core.errors import DatasetError, XaaeError
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
        name: the id without what all ids share, as it is shown.
        label: class name; "" when not known.
        prediction: the class, or the number, the model gives it; "" without either.
        probability: of the predicted class, in [0, 1]; NaN without one.
        split: "train", "valid", "test" or "" for an upload.
    """

    id: str
    image: ImageData
    key: str
    name: str
    label: str
    prediction: str
    probability: float
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
        """Class names of the model; () of a model of numbers."""
        card = self.checkpoint.card
        return card.classes if card.task == "classes" else ()

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

    @cached_property
    def names(self) -> dict[str, str]:
        """Case id → what is shown."""
        return short_names(tuple(self.latents.ids.tolist())) if self.latents is not None else {}

    @cached_property
    def class_note(self) -> str:
        """A sentence where the folder's classes are not the model's; "" where they are."""
        return class_note(self.dataset.classes, self.classes) if self.dataset is not None else ""

    @cached_property
    def recipe(self) -> PictureRecipe:
        """How the model's pictures are read."""
        return recipe_for(self.checkpoint.model, self.checkpoint.card)

    def read_upload(self, name: str, content: bytes) -> ImageData:
        """A picture of the user's own as the model takes it; raises ImageError."""
        return cached.uploaded_picture(content, name, self.recipe)

    def read_case(self, row: int) -> ImageData:
        """The picture of a row of `latents` as the model takes it; raises XaaeError."""
        assert self.latents is not None  # callers have cases
        return cached.picture_at(cached.stamp(Path(str(self.latents.paths[row]))), self.recipe)

    def case(self) -> Case | None:
        """The open case: an upload, the chosen one, or the first of the data; None without any."""
        upload = state.uploaded()
        if upload is not None:
            image = self.read_upload(upload.name, upload.content)
            return self._described(upload.name, image, upload.name, "", "")
        if self.latents is None or len(self.latents) == 0:
            return None
        rows = np.flatnonzero(self.latents.ids == state.case_id())
        row = int(rows[0]) if len(rows) else self.first_interesting()
        name = str(self.latents.ids[row])
        return self._described(
            name, self.read_case(row), self.names[name], self.label_of(row), str(self.latents.split[row])
        )

    def label_of(self, row: int) -> str:
        """What is known of the case in a row of `latents`: its class, or its number; "" where nothing is."""
        assert self.latents is not None  # callers have cases
        label = int(self.latents.labels[row])
        if label >= 0:
            return self.latents.classes[label]
        values = self.latents.columns.get(self.latents.target_name)
        return f"{float(values[row]):g}" if values is not None and np.isfinite(float(values[row])) else ""

    def missing_case(self) -> str:
        """The case that is asked for, by the address or an earlier choice, if the folder has no such one; else ""."""
        asked = state.case_id()
        return asked if self.latents is not None and state.uploaded() is None and asked not in self.names else ""

    def _described(self, case_id: str, image: ImageData, name: str, label: str, split: str) -> Case:
        key = _digest(image.pixels)
        said = cached.predictions_of(self.checkpoint, self._encoded(image.pixels, key), (self.checkpoint.sha256, key))
        chances = said.chances(1)[0]
        best = int(chances.argmax()) if len(chances) else -1
        known = 0 <= best < len(self.classes)
        number = "" if said.values is None else f"{said.values[0]:.3g}"
        return Case(
            id=case_id,
            image=image,
            key=key,
            name=name,
            label=label,
            prediction=self.classes[best] if known else number,
            probability=float(chances[best]) if known else float("nan"),
            split=split,
        )

    def _encoded(self, pixels: NDArray[np.float32], key: str) -> Encoding:
        return cached.encoding_of(self.checkpoint, pixels, (self.checkpoint.sha256, key))

    def first_interesting(self) -> int:
        """Row of the case to open first: near the decision, where the picture has somewhere to go."""
        assert self.latents is not None  # callers have cases
        target, chances = self.checkpoint.card.target, self.latents.probabilities
        if self.latents.predicted is not None:
            return int(np.abs(self.latents.predicted - np.median(self.latents.predicted)).argmin())
        if target not in self.classes or chances.shape[1] == 0:
            return 0
        return int(np.abs(chances[:, self.classes.index(target)] - 0.3).argmin())

    def encoding(self, case: Case) -> Encoding:
        """The case as the model encodes it."""
        return self._encoded(case.image.pixels, case.key)

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
        wanted = np.linspace(0, len(self.latents) - 1, min(_LEAKAGE_IMAGES, len(self.latents))).astype(int)
        pictures = []
        for row in dict.fromkeys(wanted.tolist()):
            with suppress(XaaeError):  # a file that has gone since the folder was read
                pictures.append(self.read_case(row).pixels)
        return np.stack(pictures) if len(pictures) > 1 else None


def open_model() -> Workspace:
    """The session's model, without data; raises XaaeError with the reason and the remedy."""
    checkpoint = cached.checkpoint_at(cached.stamp(state.checkpoint_path()))
    return Workspace(checkpoint, None, None, cached.training_latents(checkpoint))


def with_data(workspace: Workspace, report: Callable[[int, int], None] | None = None) -> Workspace:
    """The workspace with the session's data folder; unchanged where none is chosen.

    Args:
        workspace: the open model.
        report: called with (done, all) while cases are encoded; an exception it raises cancels.

    Raises:
        XaaeError: the folder cannot be opened; the message says why and what to do.
    """
    folder, checkpoint = state.data_folder(), workspace.checkpoint
    if folder is None:
        return workspace
    dataset = cached.open_dataset(folder, checkpoint.card)
    table = cached.latents_of(checkpoint, dataset, read_settings().cache, report)
    latents = in_terms_of(table, dataset, checkpoint.card.classes if checkpoint.card.task == "classes" else ())
    return Workspace(checkpoint, dataset, latents, workspace.training or latents)


def _digest(pixels: NDArray[np.float32]) -> str:
    return hashlib.blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=16).hexdigest()
