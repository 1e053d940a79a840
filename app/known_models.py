"""Which file holds the model, or the data, of a hash: what was opened on this computer before.

One small file for each in the cache folder, so that several processes write beside each other without a lock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from app.settings import Settings
from app.training.run import MODEL_NAME
from xaae_core.atomic_files import write_text_atomically
from xaae_core.checkpoints import file_sha256, is_checkpoint_name

SHORT = 16
"""Letters of a hash that an address holds."""
_MODELS, _DATA = "known_models", "known_data"
_HASH = re.compile(r"[0-9a-f]{16,64}")


def is_hash(text: str) -> bool:
    """Whether a text can be a hash, or the beginning of one."""
    return _HASH.fullmatch(text) is not None


def remember_model(sha256: str, path: Path, cache: Path) -> None:
    """Keep where a checkpoint lies; a folder that cannot be written to is none of the reader's business."""
    _remember(cache / _MODELS / f"{sha256[:SHORT]}.json", path)


def remember_data(fingerprint: str, path: Path, cache: Path) -> None:
    """Keep where data lie."""
    if is_hash(fingerprint):
        _remember(cache / _DATA / f"{fingerprint[:SHORT]}.json", path)


def find_model(short: str, settings: Settings) -> Path | None:
    """The checkpoint whose SHA-256 begins so: one opened before, the demo's, or one among the models and trainings.

    What was kept is dropped where the file is gone or has become another one.

    Args:
        short: at least the first 16 letters of the hash.
        settings: name the folders.
    """
    if not is_hash(short):
        return None
    entry = settings.cache / _MODELS / f"{short[:SHORT]}.json"
    known = _recall(entry)
    for path in (*([known] if known is not None else []), *_candidates(settings)):
        if _sha256_of(path).startswith(short):
            if path != known:
                _remember(entry, path)
            return path
    entry.unlink(missing_ok=True)
    return None


def find_data(short: str, settings: Settings) -> Path | None:
    """The data folder or table that had this fingerprint when it was opened; None where it is not known or gone."""
    if not is_hash(short):
        return None
    entry = settings.cache / _DATA / f"{short[:SHORT]}.json"
    path = _recall(entry)
    if path is None or not path.exists():
        entry.unlink(missing_ok=True)
        return None
    return path


def _candidates(settings: Settings) -> Iterator[Path]:
    """The checkpoints that the pages offer, the demo's first."""
    from xaae_core.demo import demo_checkpoint

    yield demo_checkpoint()
    yield settings.checkpoint
    if settings.runs.is_dir():
        yield from sorted(settings.runs.glob(f"*/{MODEL_NAME}"), reverse=True)
    if settings.models.is_dir():
        yield from sorted(path for path in settings.models.rglob("*") if is_checkpoint_name(path))


def _sha256_of(path: Path) -> str:
    """The hash of a file as it is now; "" where it cannot be read."""
    try:
        status = path.stat()
        return _hashed(str(path), status.st_size, status.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _hashed(path: str, size: int, changed: int) -> str:
    """The hash of a file of this size and time, so that each is read once in a process."""
    return file_sha256(path)


def _remember(entry: Path, path: Path) -> None:
    path = path.expanduser().absolute()
    if _recall(entry) == path:
        return
    try:
        write_text_atomically(entry, json.dumps({"path": str(path)}))
    except OSError:
        return


def _recall(entry: Path) -> Path | None:
    try:
        told = json.loads(entry.read_text(encoding="utf-8"))
        return Path(told["path"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
