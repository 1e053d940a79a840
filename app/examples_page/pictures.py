"""The pictures of examples: each is the one its row was made from, or there is none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from app import cached
from app.cached_examples import picture_of, place_in_z
from app.case_pictures import drawn_channels, png_of
from app.maps_page.cases import MapCases
from xaae_core.errors import ImageError, XaaeError
from xaae_core.signal_form import SignalForm

LARGEST = 320
"""Longer side of a served picture, in pixels."""
MOST_CHANNELS = 8
"""Of a signal, in a served picture."""
_NEAR_ENOUGH = 0.25
"""Of the usual spacing: a file that the model puts farther from its row than this is another picture."""


def drawn_words(form: SignalForm | None) -> str:
    """What the tiles leave out of the cases, as a sentence to append; "" where nothing."""
    if form is None or form.n_channels <= MOST_CHANNELS:
        return ""
    names = [form.channel_names[channel] for channel in drawn_channels(form.n_channels, LARGEST, MOST_CHANNELS)]
    return f" The small drawings show {len(names)} of the {form.n_channels} channels: {', '.join(names)}."


class ExamplePictures:
    """The pictures of a table's cases: `app.served.CaseSource`.

    A folder can hold another file under a name that the table knows. So a picture counts only if the model puts it
    where the table says.

    Args:
        cases: the cases.
        spacing: their usual spacing in z; None where it is not known, and nothing is checked.
    """

    def __init__(self, cases: MapCases, spacing: float | None) -> None:
        self._cases, self._spacing = cases, spacing

    def __len__(self) -> int:
        return len(self._cases.table)

    def read(self, row: int) -> NDArray[np.float32]:
        """The picture of a row as the model takes it [C, H, W].

        Raises:
            ImageError: it is not there, cannot be read, or is not the one that the table was made from.
        """
        found = self._cases.data.files.find(row)
        if found is None:  # the demo's are drawn anew from their ids
            return picture_of(self._cases, row, self._cases.key)
        pixels = self._cases.picture(row)
        if self._spacing is None:
            return pixels
        workspace = self._cases.workspace
        checkpoint = workspace.checkpoint
        z = place_in_z(checkpoint, cached.stamp(found), workspace.recipe, checkpoint.sha256)
        wanted = self._cases.table.z[row]
        if z.shape != wanted.shape or float(np.linalg.norm(z - wanted)) > _NEAR_ENOUGH * self._spacing:
            raise ImageError(
                f"{found.name} is not the case that the table was made from ({self._cases.name(row)}): name the "
                "folder that holds the cases of the training"
            )
        return pixels

    def missing(self, row: int) -> str:
        """Why there is no picture of a row; "" where there is one."""
        try:
            self.read(row)
        except XaaeError as error:
            return str(error)
        return ""

    def words(self, row: int) -> Mapping[str, object]:
        """Id, name and lines of a row."""
        cases = self._cases
        return {"id": str(cases.table.ids[row]), "name": cases.name(row), "lines": cases.lines(row)}

    def picture(self, row: int) -> bytes:
        """The picture of a row as PNG; raises XaaeError."""
        return png_of(self.read(row), LARGEST, form=self._cases.workspace.signal_form, most_channels=MOST_CHANNELS)
