"""The cases that lie on the maps: those of the open folder, or those that the model was trained on."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.case_columns import CaseColumn
from app import cached, cached_maps, state
from app.case_files import CaseFiles
from app.components.case_strip.thumbnails import make_thumbnail
from app.workspace import Workspace
from xaae_core.demo import demo_latents
from xaae_core.errors import DatasetError, ImageError
from xaae_core.latents import LatentTable

Choice = Literal["folder", "training"]
THUMBNAIL = 160
FEW = 200
"""A folder with fewer cases makes a poor map: the training cases are offered first where there are more of them."""


@dataclass(frozen=True, eq=False)
class MapCases:
    """The cases on the maps; row numbers are those of `table`, whatever is filtered.

    Attributes:
        workspace: the open model with its data.
        choice: "folder" or "training".
        files: where pictures of training cases are looked for; None for the folder's own cases.
    """

    workspace: Workspace
    choice: Choice
    files: CaseFiles | None = None

    @classmethod
    def of(cls, workspace: Workspace, choice: Choice) -> MapCases:
        """The cases of a session; the pictures are found later, in threads that know of no session."""
        training = workspace.training
        if choice == "folder" or training is None:
            return cls(workspace, choice)
        return cls(workspace, choice, cached_maps.case_files(training, state.checkpoint_path(), state.data_folder()))

    @property
    def table(self) -> LatentTable:
        """The latents, one row a case."""
        table = self.workspace.latents if self.choice == "folder" else self.workspace.training
        if table is None:
            raise DatasetError("no cases are open: choose a data folder")
        return table

    @cached_property
    def key(self) -> tuple[str, str]:
        """Names the table in caches."""
        return self.table.checkpoint_sha256, f"{self.choice}:{self.table.data_fingerprint}"

    @cached_property
    def columns(self) -> dict[str, CaseColumn]:
        """What the cases can be coloured and chosen by."""
        return cached_maps.columns_of(self.table, self.key)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Case id → what is shown."""
        return cached_maps.names_of(self.table, self.key)

    def name(self, row: int) -> str:
        """What is shown of a row's id."""
        case_id = str(self.table.ids[row])
        return self.names.get(case_id, case_id)

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
        if self.files is None:
            return self.workspace.read_case(row).pixels
        found = self.files.find(row)
        if found is not None:
            return cached.picture_at(cached.stamp(found), self.workspace.recipe).pixels
        if self.is_demo_training:
            from xaae_core.data.phantoms import draw_by_id

            return draw_by_id(str(self.table.ids[row]), size=self.workspace.checkpoint.model.input_size[0]).image[None]
        raise ImageError(f"the picture of {self.name(row)} is not in the open folder: open the folder that holds it")

    def row_in_folder(self, row: int) -> str | None:
        """The id of the same case in the open folder; None where the folder has no such case."""
        latents = self.workspace.latents
        if latents is None:
            return None
        case_id = str(self.table.ids[row])
        return self._in_folder.get(case_id) or self._in_folder.get(Path(case_id).stem)

    @property
    def is_demo_training(self) -> bool:
        """Whether these are the phantoms that the demo was trained on: they are drawn anew from their ids."""
        if self.choice != "training":
            return False
        demo = cached.read_latents_at(cached.stamp(demo_latents()))
        return self.table.checkpoint_sha256 == demo.checkpoint_sha256

    @cached_property
    def _in_folder(self) -> dict[str, str]:
        """Ids of the open folder by themselves and by their names without folder and ending."""
        latents = self.workspace.latents
        if latents is None:
            return {}
        ids = latents.ids.tolist()
        return {**{Path(case_id).stem: case_id for case_id in ids}, **{case_id: case_id for case_id in ids}}


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
        return png_of(self._cases.picture(row), THUMBNAIL)


def png_of(pixels: NDArray[np.float32], side: int | None = None) -> bytes:
    """A picture [C, H, W] in [0, 1] as PNG, scaled down so that no side is longer than `side`; None: as it is."""
    stream = io.BytesIO()
    levels = make_thumbnail(pixels, side or max(pixels.shape[1:]))
    Image.fromarray(levels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def offered_cases(workspace: Workspace) -> list[Choice]:
    """Which cases a map can be made of, the better one first; [] without any."""
    folder, training = workspace.latents, workspace.training
    if folder is None or len(folder) == 0:
        return ["training"] if training is not None else []
    if training is None or training is folder:
        return ["folder"]
    return ["training", "folder"] if len(folder) < FEW < len(training) else ["folder", "training"]
