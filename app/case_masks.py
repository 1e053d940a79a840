"""The masks of the open cases: what somebody has outlined, where the data say so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from app.case_data import CaseData
    from xaae_core.data.image_dataset import ImageDataset
    from xaae_core.data.recipes import CaseRecipe

_LEVELS = 6
"""Folders above a picture in which its table may lie."""


@dataclass(frozen=True)
class CaseMasks:
    """Finds and reads the mask of a case: by the open folder's table, else by the table above its picture.

    Attributes:
        draws_phantoms: the cases are the demo's phantoms: where there is no file, the mask is drawn by the case's id.
    """

    draws_phantoms: bool = False

    def mask_of(
        self, data: CaseData, row: int, recipe: CaseRecipe, *, picture_size: tuple[int, int] | None = None
    ) -> NDArray[np.bool_] | None:
        """The mask of a case as the model sees its picture; None where there is none.

        Args:
            data: the open cases.
            row: of the case.
            recipe: how the model's pictures are read.
            picture_size: (height, width) of the picture itself (`ImageData.source_size`), where it is known: without
                it the picture is read once more, to hold the mask's proportions against.

        Returns:
            bool [H, W], read-only. It may be empty, where nothing is outlined.

        Raises:
            ImageError: the mask, or the picture, cannot be read.
            MaskError: a mask of other proportions than the picture.
        """
        from xaae_core.data.images import read_image
        from xaae_core.data.masks import read_mask

        picture = data.files.find(row)
        path = None if picture is None else self.find(data, picture)
        if picture is None or path is None:
            return self._drawn(str(data.latents.ids[row]), recipe) if picture is None else None
        size = read_image(picture, window=recipe.window).source_size if picture_size is None else picture_size
        return read_mask(path, recipe, picture_size=size)

    def find(self, data: CaseData, picture: Path) -> Path | None:
        """The file of a picture's mask; None where none is listed, or where it is not there."""
        for dataset in _datasets_of(data):
            masks = _masks_by_path(dataset)
            if str(picture) in masks:
                return masks[str(picture)]
        return _find_above(picture)

    def _drawn(self, case_id: str, recipe: CaseRecipe) -> NDArray[np.bool_] | None:
        from xaae_core.data.phantoms import draw_by_id
        from xaae_core.errors import DatasetError

        if not self.draws_phantoms or recipe.size[0] != recipe.size[1]:
            return None
        try:
            mask = draw_by_id(Path(case_id).stem, size=recipe.size[0]).mask
        except DatasetError:  # another id than a phantom's
            return None
        mask.flags.writeable = False
        return mask


def _datasets_of(data: CaseData) -> list[ImageDataset]:
    """The folders that cases were opened from, also where two sets of cases were joined."""
    from app.case_data import CaseData
    from xaae_core.data.image_dataset import ImageDataset

    parts = data.made_of if isinstance(data.made_of, tuple) else (data.made_of,)
    found = [part for part in parts if isinstance(part, ImageDataset)]
    return found + [each for part in parts if isinstance(part, CaseData) for each in _datasets_of(part)]


@lru_cache(maxsize=8)
def _masks_by_path(dataset: ImageDataset) -> dict[str, Path | None]:
    return {str(path): mask for path, mask in zip(dataset.paths, dataset.masks, strict=True)}


def _find_above(picture: Path) -> Path | None:
    """By the nearest table in a folder above the picture that lists it."""
    from xaae_core.data.frames import split_frame
    from xaae_core.data.table_files import find_table
    from xaae_core.errors import DatasetError

    for folder in picture.absolute().parents[:_LEVELS]:
        try:
            table = find_table(folder)
            if table is None:
                continue
            status = table.stat()
            masks = _listed_masks(table, status.st_size, status.st_mtime_ns)
        except (DatasetError, OSError):  # no table of pictures after all
            continue
        name = picture.absolute().relative_to(folder).as_posix()
        if name in masks:
            path = folder / masks[name]
            return path if split_frame(path).file.is_file() else None
    return None


@lru_cache(maxsize=8)
def _listed_masks(table: Path, size: int, changed_ns: int) -> dict[str, str]:
    """Mask by picture, both relative to the table's folder; `size` and `changed_ns` make it be read again."""
    from xaae_core.data.labels_table import list_table, stays_inside

    return {image.id: image.mask for image in list_table(table).images if image.mask and stays_inside(image.mask)}
