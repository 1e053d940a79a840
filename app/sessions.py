"""A session as a file: what each page shows, the cohort, the chosen cases and the collected figures; no patient's data.

A zip with `session.json` and, where figures were collected, `basket.zip` (`analysis.figures.archive`). Cases are named
by their tokens (`xaae_core.case_tokens`), the model and the data by their hashes: neither is in the file.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from app.views import View
from xaae_core.case_tokens import is_case_token
from xaae_core.errors import ViewError

SCHEMA = 1
"""Raised when an older version of this tool could not read what a newer one writes."""
FORMAT = "xaae session"
ENDING = ".xaae"
MAX_BYTES = 512 * 2**20
_MAX_JSON = 64 * 2**20
_JSON, _BASKET = "session.json", "basket.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, KeyError,
           TypeError, AttributeError, RecursionError)  # fmt: skip


@dataclass(frozen=True)
class SavedSession:
    """What a session file holds.

    Attributes:
        view: of the page that was open.
        views: of each page that was visited, this one included.
        checkpoint_sha256: of the model.
        checkpoint_name: of the model, for people.
        data_fingerprint: of the data; "" without any.
        cohort: which cases were looked at, `Cohort.to_text`.
        selection: tokens of the cases that were chosen on the maps.
        basket: the collected figures as `write_archive` wrote them; b"" for none.
    """

    view: View
    views: tuple[View, ...] = ()
    checkpoint_sha256: str = ""
    checkpoint_name: str = ""
    data_fingerprint: str = ""
    cohort: str = ""
    selection: tuple[str, ...] = ()
    basket: bytes = b""


def write_session(session: SavedSession) -> bytes:
    """The session as the bytes of a file; the same session gives the same bytes."""
    told = {
        "format": FORMAT,
        "schema": SCHEMA,
        "checkpoint_sha256": session.checkpoint_sha256,
        "checkpoint_name": session.checkpoint_name,
        "data_fingerprint": session.data_fingerprint,
        "view": session.view.to_json(),
        "views": [view.to_json() for view in sorted(session.views, key=lambda view: view.page)],
        "cohort": session.cohort,
        "selection": list(session.selection),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1)
        archive.writestr(zipfile.ZipInfo(_JSON, _EPOCH), text, zipfile.ZIP_DEFLATED)
        if session.basket:
            archive.writestr(zipfile.ZipInfo(_BASKET, _EPOCH), session.basket, zipfile.ZIP_STORED)
    return file.getvalue()


def is_session(content: bytes) -> bool:
    """Whether the first bytes are those of a session file, or of another zip."""
    return content.startswith(b"PK")


def read_session(content: bytes, name: str) -> SavedSession:
    """The session that `write_session` wrote.

    Args:
        content: of the file.
        name: what messages call it.

    Raises:
        ViewError: no session file, a damaged one, one of a newer version, or one with nonsense in it.
    """
    if len(content) > MAX_BYTES:
        raise ViewError(f"{name} has {len(content):,} bytes; a saved session has at most {MAX_BYTES:,}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            told = json.loads(_member(archive, _JSON, _MAX_JSON).decode("utf-8"))
            basket = _member(archive, _BASKET, MAX_BYTES) if _BASKET in archive.namelist() else b""
    except _DAMAGE as error:
        raise ViewError(
            f"{name} is no saved session, or a damaged one ({error}): save it again from the menu “Share”"
        ) from error
    return _checked(told, basket, name)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file of the zip, unpacked no further than it may be."""
    with archive.open(name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} unpacks to more than {most:,} bytes")
    return content


def _checked(told: Any, basket: bytes, name: str) -> SavedSession:
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ViewError(f"{name} is no saved session: save one from the menu “Share” at the top of a page")
    schema = told.get("schema")
    if type(schema) is int and schema > SCHEMA:
        raise ViewError(
            f"{name} was saved by a newer version of this tool (version {schema}; this one reads up to {SCHEMA}): "
            "update the tool with pip install --upgrade xaae"
        )
    texts = {key: told.get(key, "") for key in ("checkpoint_sha256", "checkpoint_name", "data_fingerprint", "cohort")}
    selection, views = told.get("selection", []), told.get("views", [])
    is_sound = type(schema) is int and schema >= 1 and all(isinstance(text, str) for text in texts.values())
    is_sound = is_sound and isinstance(views, list) and isinstance(selection, list)
    if not is_sound or not all(isinstance(each, str) and is_case_token(each) for each in selection):
        raise ViewError(f"{name}: its entries cannot be used: save the session again from the menu “Share”")
    return SavedSession(
        view=View.from_json(told.get("view"), name),
        views=tuple(View.from_json(view, name) for view in views),
        selection=tuple(selection),
        basket=basket,
        **texts,
    )
