"""Files and folders that are either whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TEMPORARY = re.compile(r"\..+-[0-9a-f]{12}(\.(pth|safetensors|parquet|npz|json|toml|csv|png|txt))?")


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; renamed onto it when the block ends well, removed otherwise.

    A process killed inside the block, or a full disk, leaves the old file as it was.

    Raises:
        OSError: what the block raises; where the disk is full it names `path`, which the system does not.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(6)}{target.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    mode = temporary.stat().st_mode
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(mode)  # safetensors puts a private file in its place; ours are ordinary ones
        temporary.replace(target)
    except OSError as error:
        if error.filename is None and error.errno in _NO_ROOM:
            raise OSError(error.errno, os.strerror(error.errno), str(target)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def remove_abandoned(folder: str | Path) -> None:
    """Remove the temporary files that killed processes have left in a folder which nobody writes to now."""
    for path in Path(folder).glob(".*-*"):
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def write_text_atomically(path: str | Path, text: str) -> Path:
    """Write text in UTF-8, whole or not at all; returns the path."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


@contextmanager
def atomic_folder(path: str | Path, *, replaced_if: str = "") -> Iterator[Path]:
    """Yield a new folder beside `path`; renamed onto it when the block ends well, removed otherwise.

    Args:
        path: must be absent or empty; its parents are made.
        replaced_if: name of a file by which an earlier folder of the same making is known: it may be replaced.

    Raises:
        FileExistsError: the folder holds something else.
    """
    target = Path(path)
    has_content = target.exists() and (not target.is_dir() or any(target.iterdir()))
    if has_content and not (replaced_if and (target / replaced_if).is_file()):
        raise FileExistsError(f"{target} already holds something; name a folder that is absent or empty")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield partial
        partial.chmod(0o755)
        if has_content:
            shutil.rmtree(target)
        elif target.exists():
            target.rmdir()
        os.replace(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
