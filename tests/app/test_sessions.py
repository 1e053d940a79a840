"""Sessions as files: saved, dropped on the start page, and restored; bad files are refused with the remedy."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analysis.figures.figure import Figure
from analysis.figures.panels import Panels
from analysis.provenance import Provenance
from app.cli import main
from app.kept_selections import selection_id
from app.sessions import FORMAT, SavedSession, read_session, write_session
from app.share_menu import session_file
from app.views import View, view_of
from tests.app.session import Session
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import file_sha256
from xaae_core.demo import demo_checkpoint
from xaae_core.errors import ViewError

CASE = "images/phantom-000121.png"
OTHER = "images/phantom-000459.png"
DEMO = file_sha256(demo_checkpoint())


pytestmark = pytest.mark.usefixtures("demo_in_empty_places")


@pytest.fixture
def saved() -> SavedSession:
    """The traverse page with settings of its own, the attributions page with others, two chosen cases."""
    path = view_of("traverse", DEMO, case=case_token(CASE), range="± 2 SD", step="1.2")
    other = view_of("examples", DEMO, case=case_token(OTHER), examples="4")
    session = SavedSession(view=path, views=(path, other), checkpoint_sha256=DEMO, checkpoint_name="demo")
    return read_session(session_file(session, (), (CASE, OTHER)), "session.xaae")


def leave(session: Session, page: str) -> Session:
    """The run after the file came has left for the page; the browser's address is below that page from now on."""
    assert session.app.session_state["link"].page == page
    session.app._page_hash = ""
    return session


def test_what_is_saved_is_what_is_read(saved: SavedSession) -> None:
    assert saved.view.query["step"] == ("1.2",)
    assert {view.page for view in saved.views} == {"traverse", "examples"}
    assert read_session(write_session(saved), "x") == saved
    assert write_session(saved) == write_session(saved)


def test_nothing_of_a_case_is_in_the_file(saved: SavedSession) -> None:
    with zipfile.ZipFile(io.BytesIO(write_session(saved))) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert b"phantom" not in content
    assert case_token(OTHER).encode() in content


def test_a_dropped_session_opens_its_page_and_the_others_as_they_were(saved: SavedSession) -> None:
    session = Session().run()
    session.app.file_uploader(key="reopen_0").upload("session.xaae", write_session(saved)).run()
    leave(session, "traverse")
    session.assert_well()
    assert session.words("info") == "Reopened from session.xaae."
    assert (session.shown_case, session.path.header["start"]) == ("phantom-000121", 1.2)
    assert session.app.query_params["range"] == "± 2 SD"
    assert set(session.app.session_state["selection"]) == {CASE, OTHER}
    assert session.app.query_params["chosen"] == selection_id([CASE, OTHER])
    session.go("examples.py")
    session.assert_well()
    address = session.app.query_params
    assert address["examples"] == "4"
    assert address["case"] == case_token(CASE), "the case that is open now, not the one of back then"
    session.app.selectbox(key="examples").set_value(6).run()
    session.go("traverse.py").go("examples.py")
    assert session.app.query_params["examples"] == "6", "restored once, then the reader's"


def test_a_restored_session_forgets_what_was_looked_at_before(saved: SavedSession) -> None:
    session = Session("traverse", steps="11", cohort="").run()
    session.go("start.py")
    session.app.file_uploader(key="reopen_0").upload("session.xaae", write_session(saved)).run()
    leave(session, "traverse")
    assert "steps" not in session.app.query_params
    assert len(session.path.steps) == 21


def test_the_app_starts_with_a_session(saved: SavedSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.xaae"
    file.write_bytes(write_session(saved))
    monkeypatch.setenv("XAAE_OPENED", str(file))
    session = Session().run()
    leave(session, "traverse")
    session.assert_well()
    assert session.path.header["start"] == 1.2
    session.go("start.py")
    assert session.app.session_state["link"].page == "start", "it is opened once"
    other = Session("traverse", range="± 1 SD").run()
    assert other.app.query_params["range"] == "± 1 SD", "a link wins over the file"


def test_a_file_that_is_gone_leaves_the_start_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAAE_OPENED", str(tmp_path / "gone.xaae"))
    session = Session().run()
    assert "gone.xaae cannot be read" in " ".join(session.errors)
    assert session.app.title


def test_the_menu_has_the_link_and_the_session() -> None:
    session = Session("traverse", case=CASE, step="0.6").run()
    session.app.session_state["share"] = True
    session.run()
    (link,) = [code.value for code in session.app.code]
    assert link.startswith(f"traverse?case={case_token(CASE)}&")
    assert link.endswith("&step=0.6")
    assert "Save session" in [button.proto.label for button in session.app.get("download_button")]


def test_the_figures_for_the_report_travel_with_the_session() -> None:
    figures = [Figure(Panels(()), Provenance(kind="panels"), title, "a note") for title in ("first", "second")]
    session = SavedSession(view=View("start"), checkpoint_sha256=DEMO)
    content = session_file(session, figures, ())
    app = Session().run()
    app.app.file_uploader(key="reopen_0").upload("session.xaae", content).run()
    kept = [each.figure for each in app.app.session_state["basket"]]
    assert [(figure.title, figure.note) for figure in kept] == [("first", "a note"), ("second", "a note")]


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return file.getvalue()


def told(**changed: Any) -> bytes:
    sound = {"format": FORMAT, "schema": 1, "view": {"page": "start", "query": {}}, "views": [], "selection": []}
    return zipped(session_json=json.dumps({**sound, **changed}).encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no saved session"),
        (b"PK\x03\x04 nothing", "no saved session"),
        (zipped(other_json=b"{}"), "no saved session"),
        (zipped(session_json=b"\xff\xfe"), "no saved session"),
        (zipped(session_json=b"[" * 100_000), "no saved session"),
        (zipped(session_json=b"[]"), "no saved session"),
        (zipped(session_json=b" " * (70 * 2**20)), "unpacks to more"),
        (told(format="other"), "no saved session"),
        (told(schema=2), "newer version"),
        (told(schema="1"), "cannot be used"),
        (told(view={"page": "nowhere"}), "no page"),
        (told(view=None), "no page"),
        (told(views=[{"page": "maps", "query": {"x": [1]}}]), "cannot be used"),
        (told(selection=["Doe^John"]), "cannot be used"),
        (told(cohort=3), "cannot be used"),
    ],
)  # fmt: skip
def test_a_bad_session_file_is_refused_with_the_remedy(content: bytes, words: str) -> None:
    with pytest.raises(ViewError, match=words):
        read_session(content, "mine.xaae")


def test_a_sound_one_is_not_refused() -> None:
    assert read_session(told(), "mine.xaae") == SavedSession(view=View("start"))


def test_a_bad_session_is_refused_before_the_server_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, str]] = []

    def execute(program: str, arguments: list[str], environment: dict[str, str]) -> None:
        started.append(environment)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", execute)
    file = tmp_path / "mine.xaae"
    file.write_bytes(told(schema=2))
    result = CliRunner().invoke(main, ["app", "--session", str(file)])
    assert (result.exit_code, started) == (2, [])
    assert "newer version" in result.stderr
    file.write_bytes(told())
    assert CliRunner().invoke(main, ["app", "--session", str(file)]).exit_code == 0
    assert started[0]["XAAE_OPENED"] == str(file)
