"""Nothing of a patient leaves by the pages: every file of every menu, links, sessions, archives and logs are searched.

The screen shows the cases' names, since its user has the files. Tables of cases (`Offer`s) keep them, too.
"""

import io
import logging
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from analysis.figures.archive import write_archive
from analysis.figures.style import FigureStyle
from app import figure_menu, figure_style
from app.sessions import SavedSession
from app.share_menu import session_file
from app.views import View
from tests.app.patient_folder import FILE_WORDS, PatientFolder, write_patients
from tests.byte_search import Hit, search_bytes

ADDRESSES: dict[str, dict[str, str]] = {
    "traverse": {},
    "maps": {"left": "pls", "right": "pca"},
    "attributions": {"methods": "saliency"},
    "examples": {},
    "start": {},
}
MENUS = {"traverse": 2, "maps": 2, "attributions": 1, "examples": 1, "start": 0}
"""Figures that each page offers at least; of a model that nobody trained the start page has none."""


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> PatientFolder:
    return write_patients(tmp_path_factory.mktemp("pages") / "study")


def told(hits: list[Hit]) -> str:
    return "\n".join(f"{hit.needle!r} in {hit.where}" for hit in hits)


@pytest.mark.parametrize("page", ADDRESSES)
def test_what_a_page_gives_away_holds_nothing_of_a_patient(
    page: str, patients: PatientFolder, tiny_model: Path, open_session: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    menus: dict[str, Any] = {}
    offered: dict[str, Any] = {}

    def keep(menu: Any) -> None:
        menus[menu.key] = menu
        offered[menu.key] = [file for file in menu.files() if file.file_name.endswith((".zip", ".csv"))]

    said = io.StringIO()
    small = patch.object(figure_style, "PAPER", FigureStyle(dpi=72))
    with patch.object(figure_menu, "_draw", keep), small, redirect_stdout(said), redirect_stderr(said):
        session = open_session(f"{page}.py", checkpoint=tiny_model, data=patients.root, **ADDRESSES[page])
    assert not session.app.exception
    assert len(menus) >= MENUS[page], f"{page} shows {session.errors}"
    never = (*patients.tag_texts(), *FILE_WORDS)
    hits = search_bytes(said.getvalue().encode(), never, where="stdout")
    hits += search_bytes(caplog.text.encode(), never, where="logs")
    link = View(page, {key: tuple(values) for key, values in session.app.query_params.items()})
    hits += search_bytes(link.link().encode(), never, where="link")
    figures = [menu.make() for menu in menus.values()]
    for key, files in offered.items():
        for file in files:
            name, content = f"{key}: {file.file_name}", _bytes(file.make())
            hits += search_bytes(content, never, where=name)
            hits += search_bytes(file.file_name.encode(), never, where=f"name of {name}")
            if not file.file_name.endswith(".csv"):
                assert search_bytes(content, ["untrained"]), f"the search does not see the model's name in {name}"
        for table in menus[key].offers:
            content = _bytes(table.make())
            hits += search_bytes(content, patients.tag_texts(), where=f"{key}: {table.file_name}")
            hits += search_bytes(table.file_name.encode(), never, where=f"{key}: name of {table.file_name}")
    hits += search_bytes(write_archive(figures) if figures else b"", never, where="archive")
    saved = session_file(SavedSession(link, (link,)), figures, patients.files)
    hits += search_bytes(saved, never, where="session")
    assert not hits, told(hits)


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
