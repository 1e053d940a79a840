"""Uploaded checkpoints, kept under the digest of their bytes so that sessions share one copy."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from xaae_core.atomic_files import atomic_path
from xaae_core.checkpoints import is_checkpoint_name
from xaae_core.errors import NotACheckpointError

_NAME_LENGTH = 80


def keep_upload(name: str, content: memoryview | bytes, cache: Path) -> Path:
    """Write an upload to the cache folder; returns its path.

    Args:
        name: the file's name as given; it is kept, without folders and odd characters, for messages.
        content: the bytes.
        cache: the app's cache folder.

    Raises:
        NotACheckpointError: the ending is not one of a checkpoint.
    """
    if not is_checkpoint_name(name):
        raise NotACheckpointError(f"{name} is not a checkpoint: expected .safetensors or .pth")
    path = cache / "uploads" / hashlib.sha256(content).hexdigest()[:24] / _file_name(name)
    if not path.is_file():
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            file.write(content)
    return path


def forget_upload(path: Path) -> None:
    """Delete an upload that cannot be opened."""
    path.unlink(missing_ok=True)
    with suppress(OSError):  # another name of the same bytes may lie there
        path.parent.rmdir()


def _file_name(name: str) -> str:
    """A file name that every file system takes, with the ending kept."""
    base = re.split(r"[/\\]", name)[-1]
    suffix = Path(base).suffix.lower()
    stem = re.sub(r"[^\w. +-]", "_", Path(base).stem).strip(" .")[:_NAME_LENGTH]
    return (stem or "model") + suffix
