"""The training cases whose gradients are compared: read, drawn where there are many, those left out counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analysis.examples.sample_losses import SampleLoss
    from analysis.examples.samples import TensorSamples
    from xaae_core.latents import LatentTable
    from xaae_core.models.latent_model import LatentModel

LossName = Literal["reconstruction", "label"]
ReadPicture = Callable[[int], "NDArray[np.float32]"]
"""Gives the picture [C, H, W] of a row; raises ImageError that says where it was looked for."""


@dataclass(frozen=True, eq=False)
class TrainingPictures:
    """Training cases that gradient methods can be run on.

    Attributes:
        samples: their pictures, labels and ids.
        rows: their rows in the table [N].
        n_drawn: how many were to be read.
        n_offered: how many there were to draw from.
        reasons: why some of the drawn were left out.
    """

    samples: TensorSamples
    rows: NDArray[np.int64]
    n_drawn: int
    n_offered: int
    reasons: tuple[str, ...]

    def notes(self) -> tuple[str, ...]:
        """What must be known of them, a sentence each."""
        notes = []
        if self.n_drawn < self.n_offered:
            notes.append(f"{self.n_drawn} of {self.n_offered:,} training cases, drawn at random")
        if self.reasons:
            notes.append(f"{len(self.reasons)} of {self.n_drawn} training cases left out; the first: {self.reasons[0]}")
        return tuple(notes)


def drawn_for_gradients(table: LatentTable, *, with_labels: bool, limit: int | None) -> NDArray[np.int64]:
    """Rows of the cases that are read: those with a label where it is needed; of more than `limit`, so many drawn."""
    import numpy as np

    rows = np.flatnonzero(table.labels >= 0) if with_labels else np.arange(len(table))
    if limit is None or len(rows) <= limit:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, limit, replace=False))


def read_training_pictures(
    table: LatentTable,
    read: ReadPicture,
    *,
    with_labels: bool,
    limit: int | None,
    remedy: str,
    least_share: float = 0.5,
    progress: Callable[[int, int], None] | None = None,
) -> TrainingPictures:
    """Read the pictures of training cases; what cannot be read is left out, and said.

    Args:
        table: the training cases.
        read: gives the picture of a row.
        with_labels: whether the loss needs labels: cases without one are passed over.
        limit: cases at most, drawn at random with a fixed seed; None: all.
        remedy: what to do where too few pictures are there, for the error.
        least_share: of the drawn that must be readable; of a few that happen to be there nothing may be said of all.
        progress: called with (done, all); an exception it raises cancels.

    Raises:
        ExamplesError: fewer than 2 pictures, or less than `least_share` of them, can be read.
    """
    import numpy as np
    import torch

    from analysis.examples.samples import samples_of
    from xaae_core.errors import ExamplesError, XaaeError

    drawn = drawn_for_gradients(table, with_labels=with_labels, limit=limit)
    n_offered = int((table.labels >= 0).sum()) if with_labels else len(table)
    images, kept, reasons = [], [], []
    for place, row in enumerate(drawn.tolist()):
        if progress is not None:
            progress(place, len(drawn))
        try:
            images.append(torch.from_numpy(read(row).copy()))
            kept.append(row)
        except XaaeError as error:
            reasons.append(str(error))
    if len(kept) < max(2, len(drawn) * least_share):
        raise ExamplesError(
            f"{len(kept)} of {len(drawn)} training cases have a picture that can be read; comparing gradients needs at "
            f"least 2 and half of them: {remedy}. The first: {(reasons or ['none has a label'])[0]}"
        )
    labels = torch.from_numpy(table.labels[kept].copy()) if with_labels else None
    samples = samples_of(torch.stack(images), labels, table.ids[kept].tolist())
    return TrainingPictures(samples, np.array(kept, np.int64), len(drawn), n_offered, tuple(reasons))


def explained_picture(
    model: LatentModel, picture: NDArray[np.float32], name: str, loss: LossName, *, remedy: str
) -> TensorSamples:
    """The explained case [1, C, H, W]; with the model's own answer as its label where the loss is of labels.

    Raises:
        ExamplesError: a loss of labels, of a model without a classifier.
    """
    import torch

    from analysis.examples.samples import samples_of
    from xaae_core.errors import ExamplesError

    x = torch.from_numpy(picture.copy())[None]
    if loss == "reconstruction":
        return samples_of(x, None, [name])
    with torch.inference_mode():
        said = model.classify(model.encode(x).z)
    if said is None:
        raise ExamplesError(f"the model has no classifier, so it has no loss of labels: {remedy}")
    return samples_of(x, said.argmax(dim=1).clone(), [name])


def loss_called(name: LossName, model: LatentModel, *, remedy: str) -> SampleLoss:
    """The loss of a name.

    Raises:
        ExamplesError: the loss of labels, of a model of numbers.
    """
    from analysis.examples.sample_losses import LabelLoss, OutputLoss
    from xaae_core.errors import ExamplesError

    if name == "reconstruction":
        return OutputLoss()
    if model.classes == 1:
        raise ExamplesError(f"the model predicts a number, and of its own answer there is no loss to compare: {remedy}")
    return LabelLoss()
