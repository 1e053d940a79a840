"""The cases that lie on the maps: those of the open folder, or those that the model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn
from app import cached, cached_maps, state
from app.case_data import CaseData
from app.case_pictures import png_of
from app.workspace import Workspace
from xaae_core.demo import demo_latents
from xaae_core.errors import DatasetError, ImageError
from xaae_core.latents import LatentTable

Choice = Literal["folder", "training", "placed"]
THUMBNAIL = 160
FEW = 200
"""A folder with fewer cases makes a poor map: the training cases are offered first where there are more of them."""


@dataclass(frozen=True, eq=False)
class MapCases:
    """The cases on the maps; row numbers are those of `table`, whatever is filtered.

    Attributes:
        workspace: the open model with its data.
        choice: "folder", "training", or "placed": the training cases with the folder's new ones placed between them.
        data: the cases of that choice.
        base: of "placed", the training cases; the rows of `table` begin with them. None otherwise.
    """

    workspace: Workspace
    choice: Choice
    data: CaseData
    base: LatentTable | None = None

    @classmethod
    def of(cls, workspace: Workspace, choice: Choice) -> MapCases:
        """The cases of a session.

        Raises:
            DatasetError: there are none.
        """
        if choice == "folder" and workspace.data is not None:
            return cls(workspace, choice, workspace.data)
        if workspace.training is None:
            raise DatasetError("no cases are open: choose a data folder")
        place = cached_maps.Place(state.checkpoint_path(), state.data_folder())
        training = cached_maps.training_data(workspace.training, workspace.classes, place)
        if choice == "placed" and workspace.data is not None:
            joined = cached_maps.joined_data(training, workspace.data)
            return cls(workspace, "placed", joined, workspace.training)
        return cls(workspace, "training", training)

    @property
    def table(self) -> LatentTable:
        """The latents, one row a case."""
        return self.data.latents

    @cached_property
    def key(self) -> tuple[str, str]:
        """Names the table in caches."""
        folder = self.workspace.latents
        added = folder.data_fingerprint if self.choice == "placed" and folder is not None else ""
        return self.table.checkpoint_sha256, f"{self.choice}:{self.table.data_fingerprint}:{added}"

    @property
    def columns(self) -> dict[str, CaseColumn]:
        """What the cases can be coloured and chosen by."""
        return self.data.columns

    def name(self, row: int) -> str:
        """What is shown of a row's id."""
        return self.data.names[str(self.table.ids[row])]

    def lines(self, row: int) -> list[str]:
        """What is known of a row, a line each."""
        told = {"label": "recorded: {}", "prediction": "called: {}", "split": "split: {}"}
        lines = []
        for name, form in told.items():
            text = self.columns[name].text(row) if name in self.columns else ""
            lines += [form.format(text)] if text else []
        confidence = self.columns.get("confidence")
        if confidence is not None and len(lines) > 1:
            lines[1] += f" ({confidence.text(row)})"
        return lines

    def picture(self, row: int) -> NDArray[np.float32]:
        """The picture of a row as the model takes it, [C, H, W] in [0, 1].

        Raises:
            XaaeError: its file cannot be found or read.
        """
        found = self.data.files.find(row)
        if found is not None:
            return cached.picture_at(cached.stamp(found), self.workspace.recipe).pixels
        if self.is_demo_training:
            from xaae_core.data.phantoms import draw_by_id

            return draw_by_id(str(self.table.ids[row]), size=self.workspace.checkpoint.model.input_size[0]).image[None]
        raise ImageError(f"{self.name(row)} is not in the open folder: open the folder that holds it")

    def id_in_folder(self, row: int) -> str | None:
        """The id of the same case in the open folder; None where the folder has no such case."""
        folder = self.workspace.data
        if folder is None:
            return None
        case_id = str(self.table.ids[row])
        same_name = folder.names.id_of(Path(case_id).stem)
        return next((name for name in (case_id, same_name) if folder.row_of(name) is not None), None)

    @property
    def is_demo_training(self) -> bool:
        """Whether these are the phantoms that the demo was trained on: they are drawn anew from their ids."""
        if self.choice == "folder":
            return False
        demo = cached.read_latents_at(cached.stamp(demo_latents()))
        return self.table.checkpoint_sha256 == demo.checkpoint_sha256


class ShownCases:
    """The cases as the browser asks for them: `app.served.CaseSource`."""

    def __init__(self, cases: MapCases) -> None:
        self._cases = cases

    def __len__(self) -> int:
        return len(self._cases.table)

    def words(self, row: int) -> Mapping[str, object]:
        """Id, name and lines of a row."""
        cases = self._cases
        return {"id": str(cases.table.ids[row]), "name": cases.name(row), "lines": cases.lines(row)}

    def picture(self, row: int) -> bytes:
        """The picture of a row as a small PNG; raises XaaeError."""
        return png_of(self._cases.picture(row), THUMBNAIL, form=self._cases.workspace.signal_form)


def offered_cases(workspace: Workspace) -> list[Choice]:
    """Which cases a map can be made of, the better one first; [] without any."""
    folder, training = workspace.latents, workspace.training
    if folder is None or len(folder) == 0:
        return ["training"] if training is not None else []
    if training is None or training is folder:
        return ["folder"]
    is_better = len(folder) < FEW < len(training)
    offered: list[Choice] = ["training", "folder"] if is_better else ["folder", "training"]
    return [*offered, "placed"] if cached_maps.has_new_cases(training, folder) else offered
