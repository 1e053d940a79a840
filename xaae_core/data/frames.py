"""Which picture of a file is meant: `scan.nii.gz#42` is slice 42 of scan.nii.gz, counted from 0."""

import os
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from xaae_core.errors import ImageError

_FRAME = re.compile(r"(?s)(.+)#([0-9]{1,9})")


@dataclass(frozen=True)
class FramePath:
    """A picture file and the frame of it that is meant.

    Attributes:
        file: the file, as it lies on disk.
        frame: number of the frame, page or slice from 0; None where none is named.
    """

    file: Path
    frame: int | None


def split_frame(path: str | PathLike[str]) -> FramePath:
    """Part a path from the frame it names; a real file whose name ends like one (`case#2`) is that file.

    Args:
        path: of a picture file, perhaps with `#` and a number at its end. Nothing needs to be there.
    """
    text = os.fspath(path)
    match = _FRAME.fullmatch(text)
    if match is None or os.path.isfile(text):
        return FramePath(Path(text), None)
    return FramePath(Path(match[1]), int(match[2]))


def check_frame(frame: int | None, n_frames: int, name: str) -> None:
    """Refuse a frame that the file does not have.

    Raises:
        ImageError: names the frame, and says how many there are.
    """
    if frame is None or frame < n_frames:
        return
    numbers = "the only one is #0" if n_frames == 1 else f"their numbers are #0 to #{n_frames - 1:,}"
    raise ImageError(
        f"{name}: frame #{frame:,} was asked for, but the file has {n_frames:,} "
        f"{'frame' if n_frames == 1 else 'frames'}: {numbers}"
    )


def middle_frame(frame: int | None, n_frames: int, *, kind: str = "frame") -> tuple[int, str]:
    """The frame of a volume to show, and a sentence on it where none was named ("" otherwise).

    Args:
        frame: the frame that is asked for; None for the middle one, the later of two.
        n_frames: how many the file has.
        kind: what they are called.
    """
    if frame is not None or n_frames == 1:
        return frame or 0, ""
    middle = n_frames // 2
    return middle, f"the middle one of {n_frames:,} {kind}s is used, #{middle:,}: add #0 to #{n_frames - 1:,} to choose"
