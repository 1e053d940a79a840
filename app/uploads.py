"""Uploaded checkpoints, kept under the digest of their bytes so that sessions share one copy."""

from __future__ import annotations

import hashlib
from pathlib import Path

from xaae_core.atomic_files import atomic_path
from xaae_core.checkpoints import is_checkpoint_name
from xaae_core.errors import NotACheckpointError


def keep_upload(name: str, content: memoryview | bytes, cache: Path) -> Path:
    """Write an upload to the cache folder; returns its path.

    Args:
        name: the file's name as given; only its ending is used.
        content: the bytes.
        cache: the app's cache folder.

    Raises:
        NotACheckpointError: the ending is not one of a checkpoint.
    """
    if not is_checkpoint_name(name):
        raise NotACheckpointError(f"{name} is not a checkpoint: expected .safetensors or .pth")
    digest = hashlib.sha256(content).hexdigest()
    path = cache / "uploads" / f"{digest[:24]}{Path(name).suffix.lower()}"
    if not path.is_file():
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            file.write(content)
    return path
