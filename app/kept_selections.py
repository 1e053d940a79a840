"""Cases chosen together, kept in the app's cache folder under a short id, so that a link can name them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from xaae_core.atomic_files import write_text_atomically
from xaae_core.errors import ViewError

_FOLDER = "selections"
_ID = re.compile(r"[0-9a-f]{10}")
_MOST_KEPT = 500


def selection_id(ids: Sequence[str]) -> str:
    """Ten hexadecimal letters that stand for these cases, in whatever order; "" for none."""
    if not ids:
        return ""
    told = "\0".join(sorted(ids)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(told, digest_size=5, person=b"xaae selection").hexdigest()


def keep_selection(ids: Sequence[str], cache: Path) -> str:
    """Write the cases' ids to the cache folder; returns their short id, "" for none.

    Nothing of a case is in the file's name. Where the folder cannot be written to, the short id is returned all the
    same: a link with it works as long as the session lasts.
    """
    short = selection_id(ids)
    if short:
        path = cache / _FOLDER / f"{short}.json"
        try:
            if not path.is_file():
                write_text_atomically(path, json.dumps(sorted(ids)))
                _forget_oldest(path.parent)
        except OSError:
            pass
    return short


def read_selection(short: str, cache: Path) -> tuple[str, ...]:
    """The ids of the cases that were kept under a short id.

    Raises:
        ViewError: no such id, or what was kept is gone or damaged.
    """
    if not _ID.fullmatch(short):
        raise ViewError(f"the selection “{short[:20]}” is no id of one; expected ten letters of 0 to 9 and a to f")
    try:
        ids = json.loads((cache / _FOLDER / f"{short}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ViewError(
            f"the selection {short} is not kept on this computer (any more): choose the cases anew"
        ) from error
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids) or selection_id(ids) != short:
        raise ViewError(f"the selection {short} is damaged: choose the cases anew")
    return tuple(ids)


def _forget_oldest(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_MOST_KEPT]:
        path.unlink(missing_ok=True)
