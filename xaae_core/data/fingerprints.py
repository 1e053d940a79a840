"""A short name for the contents of a data set, so that results can tell which data they were made from."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from xaae_core.data.frames import split_frame
from xaae_core.errors import DatasetError

_WHOLE = 1024**2  # bytes; files up to this size are read in full
_END = 64 * 1024  # bytes at each end of a larger file


def fingerprint_images(
    ids: Sequence[str], class_names: Sequence[str], splits: Sequence[str], paths: Sequence[Path]
) -> str:
    """SHA-256 (hex) over one line per image, sorted by id: id, class, split, size, content digest.

    The content digest is BLAKE2b of the file up to 1 MB; of a larger file, of its first and last 64 KB,
    which with its length tells two exports apart without reading an archive in full; of a frame (`file#n`) that of
    its file, read once for all frames, and n. Dates, order and the folder's place do not matter; one changed label,
    split or picture does.

    Raises:
        DatasetError: a file cannot be read any more.
    """
    whole = hashlib.sha256()
    content = cache(_content)
    for row in sorted(zip(ids, class_names, splits, paths, strict=True)):
        path = split_frame(row[3])
        size, digest = content(path.file)
        frame = () if path.frame is None else (f"#{path.frame}",)
        # Each text with its length, so that no two different rows can give the same bytes.
        for text in (*row[:3], str(size), digest, *frame):
            data = text.encode()
            whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def _content(path: Path) -> tuple[int, str]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(_WHOLE if size <= _WHOLE else _END)
            if size > _WHOLE:
                file.seek(-_END, 2)
                data += file.read(_END)
    except OSError as error:
        raise DatasetError(
            f"{path.name} cannot be read any more ({error.strerror}): read the data folder again"
        ) from error
    return size, hashlib.blake2b(data).hexdigest()
