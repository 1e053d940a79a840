"""Reopening figures: dropped on the start page or given to `xaae reopen`, they open the view they were made from."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.figures.export import FILE_FORMS, export_figure
from analysis.figures.figure import Figure
from analysis.figures.film import encode_gif, encode_mp4
from analysis.figures.panels import combine_figures
from analysis.provenance import Provenance
from analysis.provenance.figure_files import embed_provenance
from analysis.provenance.making import provenance_of
from app.cli import main
from app.reopening import reopen_figure, version_differences, versions_now
from app.views import View, view_of
from tests.analysis.figures.drawings import Wave
from tests.app.session import Session
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import file_sha256, load_checkpoint
from xaae_core.demo import demo_checkpoint

CASE = "images/phantom-000121.png"
DEMO = file_sha256(demo_checkpoint())
VIEWS = {
    "traverse": {"range": "± 2 SD", "step": "1.2", "steps": "11"},
    "maps": {"left": "PCA", "right": "PCA", "doubt": "true"},
    "attributions": {"methods": ("Saliency",), "checks": "false"},
    "examples": {"examples": "4"},
    "start": {},
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("demo_in_empty_places")


def made(view: View | None, **changed: Any) -> Provenance:
    """The provenance of a figure of the demo."""
    told = provenance_of(
        "path", load_checkpoint(demo_checkpoint()), view=view.to_json() if view else None, case_ids=[CASE]
    )
    return replace(told, **changed)


def png(provenance: Provenance) -> bytes:
    """The cheapest figure."""
    file = io.BytesIO()
    Image.new("L", (16, 16)).save(file, "PNG")
    return embed_provenance(file.getvalue(), "png", provenance)


def dropped(content: bytes, name: str = "figure.png") -> Session:
    """A session on whose start page a file was dropped."""
    session = Session().run()
    session.app.file_uploader(key="reopen_0").upload(name, content).run()
    return session


def arrived(session: Session, page: str) -> Session:
    """The run after the file came has left for the page; the browser's address is below that page from now on."""
    assert session.app.session_state["link"].page == page
    session.app._page_hash = ""
    return session


@pytest.mark.parametrize("page", list(VIEWS))
def test_a_dropped_figure_opens_its_page_with_its_settings(page: str) -> None:
    view = view_of(page, DEMO, case=case_token(CASE), **VIEWS[page])  # type: ignore[arg-type]
    session = arrived(dropped(png(made(view))), page)
    session.assert_well()
    assert session.words("info") == "Reopened from figure.png."
    address = session.app.query_params
    shown = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in address.items()}
    assert {key: shown.get(key) for key in view.query} == dict(view.query)


@pytest.mark.parametrize("form", FILE_FORMS)
def test_every_format_gives_the_same_view_back(form: Any) -> None:
    view = view_of("traverse", DEMO, case=case_token(CASE), step="1.2")
    drawing = Wave()
    content = export_figure(Figure(drawing, made(view)), form) if form in ("png", "svg", "pdf") else moving(form, view)
    figure = reopen_figure(content, f"figure.{form}")
    assert (figure.container, figure.whole.view, figure.warnings) == (form, view, ())


def moving(form: str, view: View) -> bytes:
    """A film of two frames."""
    frames = [np.full((16, 16, 3), level, np.uint8) for level in (0, 255)]
    film = encode_gif(frames) if form == "gif" else encode_mp4(frames)
    return embed_provenance(film, form, made(view))  # type: ignore[arg-type]


def test_settings_of_before_do_not_stay_where_the_figure_had_none() -> None:
    session = Session("traverse", range="± 5 SD", steps="61", case="images/phantom-000459.png").run()
    session.go("start.py")
    view = view_of("traverse", DEMO, case=case_token(CASE), range="± 2 SD")
    session.app.file_uploader(key="reopen_0").upload("figure.png", png(made(view))).run()
    arrived(session, "traverse")
    address = session.app.query_params
    assert (address["range"], "steps" in address, address["case"]) == ("± 2 SD", False, case_token(CASE))
    assert session.shown_case == "phantom-000121"


def test_panels_are_listed_and_each_opens() -> None:
    views = [view_of("traverse", DEMO, case=case_token(CASE), step=step) for step in ("0.6", "-0.9")]
    whole = combine_figures([Figure(Wave(), made(view)) for view in views])
    session = dropped(png(whole.provenance))
    session.assert_well()
    buttons = [button for button in session.app.button if str(button.key).startswith("reopen_panel")]
    assert [button.label[0] for button in buttons] == ["a", "b"]
    buttons[1].click().run()
    arrived(session, "traverse")
    assert session.path.header["start"] == -0.9


def test_a_figure_without_a_view_opens_the_page_of_its_kind_and_says_so() -> None:
    session = arrived(dropped(png(made(None))), "traverse")
    assert "does not say with which settings" in session.words("info")
    assert session.shown_case == "phantom-000121"


def test_an_edited_figure_opens_and_says_that_it_was_edited() -> None:
    view = view_of("traverse", DEMO, case=case_token(CASE))
    content = Image.open(io.BytesIO(png(made(view))))
    content.load()
    other = io.BytesIO()
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    for key, text in content.info.items():
        told.add_itxt(str(key), str(text))
    Image.new("L", (16, 16), 200).save(other, "PNG", pnginfo=told)
    session = arrived(dropped(other.getvalue()), "traverse")
    assert "edited after it was made" in session.words("info")


def test_a_missing_model_is_named_on_the_page(tiny_model: Path) -> None:
    sha256 = file_sha256(tiny_model)
    view = view_of("traverse", sha256, case=case_token(CASE))
    session = arrived(dropped(png(made(view, checkpoint_sha256=sha256))), "traverse")
    assert sha256[:16] in session.words("warning")
    session.app.button(key="link_go_on").click().run()
    session.assert_well()
    assert session.shown_case == "phantom-000121"


def test_other_versions_are_named() -> None:
    told = made(None, versions={"xaae": "0.0.1", "torch": "1.13.1", "captum": "0.1"})
    said = version_differences(told, {"xaae": "0.1.0", "torch": "2.9", "captum": "0.9"})
    assert [text.split()[0] for text in said] == ["xaae", "torch"]
    assert version_differences(told.stamped(), told.versions) == ()
    assert version_differences(made(None).stamped(), versions_now()) == ()


EMPTY_PNG = io.BytesIO()
Image.new("L", (4, 4)).save(EMPTY_PNG, "PNG")
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is empty"),
    "nonsense": (lambda: b"\x00\xff" * 500, "no figure of this tool"),
    "no provenance": (EMPTY_PNG.getvalue, "holds no provenance"),
    "newer": (lambda: png(made(None, schema=99)), "newer version"),
    "a kind of no page": (lambda: png(made(None, kind="hologram")), "no page of this version"),
    "cut": (lambda: png(made(None))[:60], ""),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_is_explained_on_the_page_and_by_the_command(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    content = make()
    session = Session().run()
    session.app.file_uploader(key="reopen_0").upload("figure.png", content).run()
    assert not session.app.exception
    assert len(session.errors) == 1
    assert words in session.errors[0]
    assert "unexpectedly" not in session.errors[0]
    file = tmp_path / "figure.png"
    file.write_bytes(content)
    result = CliRunner().invoke(main, ["reopen", str(file)])
    assert result.exit_code == 2, result.output
    assert words in result.stderr


def test_a_view_with_nonsense_in_it_opens_the_page_as_it_comes() -> None:
    raw = {"page": "traverse", "query": {"range": [1, 2]}}
    figure = reopen_figure(png(replace(made(None), view=raw)), "figure.png")
    assert figure.whole.view is not None
    assert figure.whole.view.page == "traverse"
    assert "cannot be used" in figure.whole.notes[0]


def test_600_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    with file.open("wb") as opened:
        opened.truncate(600 * 2**20)
    result = CliRunner().invoke(main, ["reopen", str(file)])
    assert result.exit_code == 2
    assert "has 629,145,600 bytes" in result.stderr


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Environments of the servers that would have been started."""
    seen: list[dict[str, str]] = []

    def execute(program: str, arguments: list[str], environment: dict[str, str]) -> None:
        seen.append(environment)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", execute)
    return seen


def reopen(file: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["reopen", str(file), *options])


def test_the_command_says_how_it_was_made_and_starts_on_the_view(tmp_path: Path, started: list[dict[str, str]]) -> None:
    view = view_of("traverse", DEMO, case=case_token(CASE), step="1.2")
    file = tmp_path / "figure.png"
    file.write_bytes(png(made(view)))
    result = reopen(file, "--port", "8600")
    assert result.exit_code == 0, result.output
    assert f"http://127.0.0.1:8600/{view.link()}" in result.stdout
    assert DEMO in result.stdout
    assert case_token(CASE) in result.stdout
    assert result.stderr == ""
    assert (started[0]["XAAE_OPENED"], started[0]["XAAE_CHECKPOINT"]) == (str(file), str(demo_checkpoint()))
    assert reopen(file, "--print").exit_code == 0
    assert len(started) == 1, "--print starts nothing"
    facts = json.loads(reopen(file, "--json").stdout)
    assert (facts["kind"], facts["page"], facts["model_found"], facts["differences"]) == ("path", "traverse", True, [])
    assert len(started) == 1


def test_the_command_says_what_differs(
    tmp_path: Path, tiny_model: Path, tiny_pictures: Path, started: list[dict[str, str]]
) -> None:
    file = tmp_path / "figure.png"
    file.write_bytes(png(made(view_of("traverse", DEMO), data_fingerprint="a" * 64)))
    result = reopen(file, "--checkpoint", str(tiny_model), "--data", str(tiny_pictures), "--print")
    assert "the model is another" in result.stderr
    assert "the data set is another" in result.stderr
    assert not started


def test_the_command_names_the_hash_of_a_missing_model(
    tmp_path: Path, tiny_model: Path, started: list[dict[str, str]]
) -> None:
    sha256 = file_sha256(tiny_model)
    file = tmp_path / "figure.png"
    file.write_bytes(png(made(view_of("traverse", sha256), checkpoint_sha256=sha256)))
    result = reopen(file)
    assert result.exit_code == 2
    assert sha256 in result.stderr
    assert "--checkpoint" in result.stderr
    assert not started
    assert reopen(file, "--print").exit_code == 0
    assert reopen(file, "--checkpoint", str(tiny_model)).exit_code == 0
    assert len(started) == 1


def test_a_panel_is_chosen_by_its_letter(tmp_path: Path, started: list[dict[str, str]]) -> None:
    views = [view_of("traverse", DEMO, step=step) for step in ("0.6", "-0.9")]
    file = tmp_path / "figure.png"
    file.write_bytes(png(combine_figures([Figure(Wave(), made(view)) for view in views]).provenance))
    assert "step=-0.9" in reopen(file, "--panel", "b", "--print").stdout
    result = reopen(file, "--panel", "c", "--print")
    assert result.exit_code == 2
    assert "has 2 panels" in result.stderr


def test_the_words_of_a_strangers_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "figure.png"
    file.write_bytes(png(made(None, checkpoint_name="\x1b[2J\x07evil", settings={"a": "\x1b]0;x"})))
    result = reopen(file, "--print")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
