"""Pictures and signals with masks of a data folder: which are looked at, and what the training masks tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.reference_maps import usual_place
from analysis.nouns import said_of_form
from xaae_core.data.masks import read_mask, require_inside
from xaae_core.errors import CaseError, DatasetError, MaskError

if TYPE_CHECKING:
    from analysis.attributions import Baseline
    from app.attribution_baselines import BaselineName
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.data.recipes import CaseRecipe

_MOST_TRAINING_MASKS = 1000
_MOST_AVERAGED = 200


@dataclass(frozen=True, eq=False)
class Outlined:
    """A picture and its mask as the model sees them.

    Attributes:
        id: of the picture.
        pixels: [C, H, W] in [0, 1]; of a signal [1, C, T].
        mask: bool [H, W]; of a signal [C, T].
    """

    id: str
    pixels: NDArray[np.float32]
    mask: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TrainingMasks:
    """What the training part's masks tell about size and place.

    Attributes:
        share: median share of the picture that they cover.
        place: how often each pixel is inside [H, W].
        n: masks read.
    """

    share: float
    place: NDArray[np.float32]
    n: int


def read_training_masks(
    dataset: ImageDataset,
    recipe: CaseRecipe,
    *,
    only: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> TrainingMasks | None:
    """Size and usual place of the training part's masks, of at most 1,000 of them; None where it has none.

    Args:
        dataset: the data.
        recipe: how the model's pictures are read.
        only: class that the pictures must be of; "" for any.
        progress: called with (done, all) masks.
    """
    texts = dataset.label_texts()
    rows = [row for row in dataset.rows("train") if dataset.masks[row] is not None and only in ("", texts[row])]
    rows = [rows[place] for place in np.linspace(0, len(rows) - 1, min(len(rows), _MOST_TRAINING_MASKS)).astype(int)]
    shares: list[float] = []

    def masks() -> Iterator[NDArray[np.bool_]]:
        for done, row in enumerate(rows, 1):
            path = dataset.masks[row]
            try:
                mask = read_mask(path, recipe) if path is not None else None
            except (CaseError, MaskError):
                mask = None
            if mask is not None and mask.any():
                shares.append(float(mask.mean()))
                yield mask
            if progress is not None:
                progress(done, len(rows))

    try:
        place = usual_place(masks())
    except MaskError:
        return None
    return TrainingMasks(float(np.median(shares)), place, len(shares))


def choose_rows(dataset: ImageDataset, *, split: str, only: str, limit: int | None, seed: int) -> list[int]:
    """Rows with a mask, drawn without order; a larger limit begins with the pictures of a smaller one.

    Args:
        dataset: the data.
        split: "train", "valid", "test" or "all".
        only: class that the pictures must be of; "" for any.
        limit: pictures at most; None: all.
        seed: of the drawing.

    Raises:
        DatasetError: no such class, or no picture with a mask.
    """
    if only and only not in dataset.classes:
        raise DatasetError(f'{dataset.name} has no class "{only}"; expected one of {", ".join(dataset.classes)}')
    texts = dataset.label_texts()
    rows = [
        row
        for row, mask in enumerate(dataset.masks)
        if mask is not None and split in ("all", dataset.split[row]) and only in ("", texts[row])
    ]
    if not rows:
        what = said_of_form(dataset.form, "picture")
        raise DatasetError(
            f"{dataset.name} has no {what} with a mask in {'any part' if split == 'all' else f'the {split} part'}"
            f"{f' of {only}' if only else ''}: name the masks' files in a column of its table (--mask-column), or "
            "choose another --split"
        )
    drawn = np.random.default_rng(seed).permutation(len(rows))[: len(rows) if limit is None else limit]
    return [rows[place] for place in drawn]


def read_outlined(dataset: ImageDataset, row: int, recipe: CaseRecipe) -> Outlined:
    """A picture and its mask.

    Raises:
        ImageError: one of them cannot be read.
        MaskError: the mask has other proportions than the picture, or is empty, or full.
    """
    path = dataset.masks[row]
    if path is None:
        raise MaskError(f"{dataset.ids[row]} has no mask: name one in the column mask")
    picture = recipe.read(dataset.paths[row])
    mask = read_mask(path, recipe, picture_size=picture.source_size)
    require_inside(mask, Path(path).name)
    return Outlined(dataset.ids[row], picture.pixels, mask)


def choose_baselines(
    name: BaselineName | Literal["mean"], dataset: ImageDataset, recipe: CaseRecipe
) -> Callable[[NDArray[np.float32]], Baseline]:
    """What each picture, or signal, is compared with.

    Args:
        name: see `app.attribution_baselines`; "mean": of at most 200 training pictures.
        dataset: the data.
        recipe: how the model's pictures are read.
    """
    from analysis.attributions import mean_baseline
    from app.attribution_baselines import make_baseline

    form = dataset.form
    if name != "mean":
        return lambda pixels: make_baseline(name, pixels, form)
    rows = dataset.rows("train")
    wanted = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_AVERAGED)).astype(int)] if len(rows) else rows
    mean = mean_baseline((recipe.read(dataset.paths[row]).pixels for row in wanted), form=form)
    return lambda _: mean
