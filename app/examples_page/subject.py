"""The case that is explained: the open one, also where its picture is not there any more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app import state
from app.workspace import Case, Workspace
from xaae_core.latents import LatentTable


@dataclass(frozen=True, eq=False)
class Subject:
    """The case whose examples are looked for.

    Attributes:
        id: its stable name; an upload's file name.
        name: what is shown of it.
        label: its class or number; "" where none is known.
        prediction: what the model says of it; "" where it says nothing.
        probability: of the predicted class; NaN without one.
        key: digest that changes with its place in z.
        z: its place [1, D].
        pixels: its picture [C, H, W] in [0, 1]; None where it is not there.
        is_upload: whether it is a picture of the user's own.
    """

    id: str
    name: str
    label: str
    prediction: str
    probability: float
    key: str
    z: NDArray[np.float32]
    pixels: NDArray[np.float32] | None
    is_upload: bool = False

    @property
    def answer(self) -> str:
        """The prediction with its probability; "" without one."""
        if not self.prediction or math.isnan(self.probability):
            return self.prediction
        return f"{self.prediction} {self.probability:.2f}"


def subject_of(workspace: Workspace, case: Case | None) -> Subject | None:
    """The open case; from the table alone where its picture cannot be read; None where nothing is open."""
    if case is not None:
        z = workspace.encoding(case).z.float().cpu().numpy()
        return Subject(
            *(case.id, case.name, case.label, case.prediction, case.probability, case.key, z, case.image.pixels),
            is_upload=state.uploaded() is not None,
        )
    row = workspace.open_row()
    if row is None or workspace.latents is None or state.uploaded() is not None:
        return None
    return _from_table(workspace, workspace.latents, row)


def _from_table(workspace: Workspace, table: LatentTable, row: int) -> Subject:
    name = str(table.ids[row])
    chances = table.probabilities[row] if table.probabilities.ndim == 2 else np.empty(0)
    best = int(chances.argmax()) if len(chances) else -1
    known = 0 <= best < len(workspace.classes)
    number = "" if table.predicted is None else f"{float(table.predicted[row]):.3g}"
    return Subject(
        id=name,
        name=workspace.names[name],
        label=workspace.label_of(row),
        prediction=workspace.classes[best] if known else number,
        probability=float(chances[best]) if known else float("nan"),
        key=f"row:{table.data_fingerprint}:{name}",
        z=np.array(table.z[row : row + 1], np.float32),
        pixels=None,
    )
