"""What the open model, data and case amount to; the pages' one way to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn
from analysis.cohorts import Cohort
from analysis.directions import Direction
from analysis.trust import Neighbourhood
from app import cached, state
from app.case_data import CaseData, Mask, Rows
from app.case_names import CaseNames
from app.case_table import class_note
from app.opened_data import classes_of, open_data
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.recipes import CaseInput, CaseRecipe, recipe_for
from xaae_core.errors import CohortError, DatasetError, ImageError, XaaeError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import Encoding
from xaae_core.signal_form import SignalForm, case_noun, signal_form_of

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
    image: CaseInput
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
        data: the data folder, or the table of latents; None when none is open.
        training: latents that directions are fitted on, whatever the cohort is; None when there are none.
    """

    checkpoint: Checkpoint
    data: CaseData | None
    training: LatentTable | None

    @property
    def latents(self) -> LatentTable | None:
        """Where the model puts the open cases, all of them whatever the cohort is; None without data."""
        return self.data.latents if self.data is not None else None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Class names of the model; () of a model of numbers."""
        return classes_of(self.checkpoint)

    @property
    def columns(self) -> dict[str, CaseColumn]:
        """What the open cases can be chosen by; {} without data."""
        return self.data.columns if self.data is not None else {}

    @cached_property
    def cohort_problem(self) -> str:
        """Why the session's cohort does not fit these data, so that all cases are looked at; "" where it does."""
        try:
            if self.data is not None:
                self.data.mask_of(state.cohort())
        except CohortError as error:
            return str(error)
        return ""

    @property
    def cohort(self) -> Cohort:
        """The cases that are looked at; all where the session's cohort does not fit these data."""
        return Cohort() if self.cohort_problem else state.cohort().named(self.columns)

    @property
    def cohort_mask(self) -> Mask:
        """Which rows of `latents` are looked at [N]; [0] without data."""
        return self.data.mask_of(self.cohort) if self.data is not None else np.empty(0, dtype=bool)

    @cached_property
    def cohort_rows(self) -> Rows:
        """The rows that are looked at, in order."""
        return np.flatnonzero(self.cohort_mask)

    @property
    def selected_rows(self) -> Rows:
        """The rows of `latents` that are chosen on the maps page, in order; those of other cases are passed over."""
        return self.data.rows_of(state.selection()) if self.data is not None else np.empty(0, np.int64)

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

    @property
    def names(self) -> CaseNames:
        """Case id → what is shown."""
        return self.data.names if self.data is not None else CaseNames()

    @cached_property
    def class_note(self) -> str:
        """A sentence where the folder's classes are not the model's; "" where they are."""
        return class_note(self.data.classes, self.classes) if self.data is not None else ""

    @cached_property
    def signal_form(self) -> SignalForm | None:
        """What the signals look like, where the model is one of signals; None of pictures."""
        return signal_form_of(self.checkpoint.model)

    @cached_property
    def recipe(self) -> CaseRecipe:
        """How the model's pictures are read."""
        return recipe_for(self.checkpoint.model, self.checkpoint.card)

    def read_upload(self, name: str, content: bytes) -> CaseInput:
        """A picture of the user's own as the model takes it; raises ImageError."""
        return cached.uploaded_picture(content, name, self.recipe)

    def read_case(self, row: int) -> CaseInput:
        """The picture of a row of `latents` as the model takes it; raises XaaeError."""
        assert self.data is not None  # callers have cases
        found = self.data.files.find(row)
        if found is None:
            raise ImageError(f"{self._whereabouts(row)}: name the folder that holds the {case_noun(self.signal_form)}s")
        return cached.picture_at(cached.stamp(found), self.recipe)

    def case(self) -> Case | None:
        """The open case: an upload, the chosen one, or the first of the data.

        None without any, or where a table of latents is open and the picture is not there (`missing_picture`).
        """
        upload = state.uploaded()
        if upload is not None:
            image = self.read_upload(upload.name, upload.content)
            return self._described(upload.name, image, upload.name, "", "")
        row = self.open_row()
        if row is None or self.latents is None or self.missing_picture():
            return None
        name = str(self.latents.ids[row])
        return self._described(
            name, self.read_case(row), self.names[name], self.label_of(row), str(self.latents.split[row])
        )

    def open_row(self) -> int | None:
        """Row of the open case: the chosen one, or the first of the cohort; None without data."""
        if self.data is None or len(self.data) == 0:
            return None
        row = self.data.row_of(state.case_id())
        return self.first_interesting() if row is None else row

    def label_of(self, row: int) -> str:
        """What is known of the case in a row of `latents`: its class, or its number; "" where nothing is."""
        return self.data.label_of(row) if self.data is not None else ""

    def missing_picture(self) -> str:
        """That, and where, the picture of the open case of a table of latents was looked for; "" where it is there."""
        row = self.open_row()
        if row is None or self.data is None or not self.data.is_table or state.uploaded() is not None:
            return ""
        return "" if self.data.files.find(row) is not None else self._whereabouts(row)

    def _whereabouts(self, row: int) -> str:
        assert self.data is not None  # callers have cases
        name, recorded = self.names[str(self.data.latents.ids[row])], str(self.data.latents.paths[row])
        noun = case_noun(self.signal_form)
        return f"the {noun} of {name} is not at {recorded}" if recorded else f"no {noun} is recorded for {name}"

    def missing_case(self) -> str:
        """The case that is asked for, by the address or an earlier choice, if the data have no such one; else ""."""
        asked = state.case_id()
        is_missing = self.data is not None and state.uploaded() is None and self.data.row_of(asked) is None
        return asked if is_missing else ""

    def is_outside_cohort(self, case_id: str) -> bool:
        """Whether a case of the data is open although the cohort leaves it out."""
        row = self.data.row_of(case_id) if self.data is not None else None
        return row is not None and not self.cohort_mask[row]

    def _described(self, case_id: str, image: CaseInput, name: str, label: str, split: str) -> Case:
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
        """Row of the case to open first: of the cohort, near the decision, where the picture has somewhere to go."""
        assert self.latents is not None  # callers have cases
        rows = self.cohort_rows if len(self.cohort_rows) else np.arange(len(self.latents))
        target, chances = self.checkpoint.card.target, self.latents.probabilities
        if self.latents.predicted is not None:
            values = self.latents.predicted[rows]
            return int(rows[np.abs(values - np.median(values)).argmin()])
        if target not in self.classes or chances.shape[1] <= self.classes.index(target):
            return int(rows[0])
        return int(rows[np.abs(chances[rows, self.classes.index(target)] - 0.3).argmin()])

    def encoding(self, case: Case) -> Encoding:
        """The case as the model encodes it."""
        return self._encoded(case.image.pixels, case.key)

    def has_skips(self, case: Case) -> bool:
        """Whether the model's decoder has skip connections."""
        return bool(self.encoding(case).skips)

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
    return Workspace(checkpoint, None, cached.training_latents(checkpoint))


def with_data(workspace: Workspace, report: Callable[[int, int], None] | None = None) -> Workspace:
    """The workspace with the session's data; unchanged where none is chosen.

    Args:
        workspace: the open model.
        report: called with (done, all) while cases are encoded; an exception it raises cancels.

    Raises:
        XaaeError: the folder cannot be opened; the message says why and what to do.
    """
    folder, checkpoint = state.data_folder(), workspace.checkpoint
    if folder is None:
        return workspace
    data = open_data(folder, checkpoint, pictures=state.pictures_folder(), report=report)
    return Workspace(checkpoint, data, workspace.training or data.latents)


def _digest(pixels: NDArray[np.float32]) -> str:
    return hashlib.blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=16).hexdigest()
