"""Bad input given through the pages: a clear message, and the session stays as it was and goes on."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import state
from tests.app import bad_files
from tests.app.cli_folders import write_pictures
from tests.app.session import Session


@pytest.fixture
def session(open_session: Any, tiny_model: Path, tiny_pictures: Path) -> Session:
    """The traverse page on the tiny model, its pictures and one of its cases."""
    opened: Session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures, case="dark/05.png")
    opened.assert_well()
    return opened


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("torn.png", bad_files.torn_png, ["torn.png", "damaged or truncated"]),
        ("empty.png", bytes, ["empty.png", "empty (0 bytes)"]),
        ("letter.png", lambda: b"%PDF-1.7 not a picture", ["letter.png", "PNG, JPEG"]),
        ("dot.png", lambda: bad_files.saved(bad_files.noise(1, 1)), ["dot.png", "1 × 1 px", "at least 16 px"]),
        ("wall.png", bad_files.huge_png, ["wall.png", "30,000 × 30,000", "at most 64 megapixels"]),
    ],
)
def test_a_picture_that_cannot_be_read_takes_nobodys_place(
    session: Session, name: str, make: Callable[[], bytes], words: list[str]
) -> None:
    before = session.path.header["path_id"]
    session.upload_picture(name, make())
    assert len(session.errors) == 1
    for word in words:
        assert word in session.errors[0]
    session.assert_page_drawn()
    assert session.path.header["path_id"] == before
    session.upload_picture("good.png", bad_files.saved(bad_files.noise(64, 64)))
    session.assert_well()
    assert session.shown_case == "good.png"


@pytest.mark.parametrize(
    ("name", "make", "note"),
    [
        ("print.jpg", bad_files.cmyk_jpeg, ""),
        ("deep.png", bad_files.deep_png, ""),
        ("glass.png", bad_files.see_through_png, "transparent areas are shown as black"),
        ("moving.gif", bad_files.animated_gif, "only the first of 3 frames or pages is used"),
    ],
)
def test_an_unusual_picture_opens_and_says_what_was_left_out(
    session: Session, name: str, make: Callable[[], bytes], note: str
) -> None:
    session.upload_picture(name, make())
    session.assert_well()
    session.assert_page_drawn()
    assert session.shown_case == name
    assert note in session.words("caption")


def test_a_file_that_was_torn_in_the_folder_is_named_skipped_and_counted(session: Session, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "torn", per_class=12)
    (folder / "dark" / "03.png").write_bytes(bad_files.torn_png())  # its header is sound
    (folder / "dark" / "04.png").write_bytes(b"not a picture")
    session.open_folder(folder)
    session.assert_well()
    session.assert_page_drawn()
    assert "22 cases, 2 skipped" in bar_words(session)
    session.go("start.py")
    session.assert_well()
    rows = session.app.dataframe[0].value
    assert sorted(Path(name).name for name in rows["file"]) == ["03.png", "04.png"]
    assert any("truncated" in why for why in rows["why"])


def test_a_folder_of_one_class_is_shown_and_the_missing_direction_explained(session: Session, tmp_path: Path) -> None:
    session.open_folder(write_pictures(tmp_path / "one", per_class=12, classes=("dark",)))
    assert len(session.errors) == 1
    assert "a direction needs cases with and without it" in session.errors[0]
    assert len(session.app.get("bidi_component")) == 1  # the cases
    assert [box.label for box in session.app.text_input].count("Data folder") == 2  # the way out, and the bar


def test_the_model_keeps_its_class_names_when_a_folder_has_fewer(session: Session, tmp_path: Path) -> None:
    session.open_folder(write_pictures(tmp_path / "one", per_class=12, classes=("dark",)))
    entries = session.app.session_state["_case_strip_cases_strip"].catalogue
    assert entries.classes == ("bright", "dark")


def test_foreign_class_names_are_told_and_not_compared(session: Session, tmp_path: Path) -> None:
    session.open_folder(write_pictures(tmp_path / "foreign", per_class=12, classes=("sick", "well")))
    session.assert_well()
    assert "The model knows bright, dark; the folder calls its cases sick, well." in session.words("caption")
    assert session.path.header["towards"] == "towards sick"
    assert session.path.header["class_name"] == "dark"  # the model has no probability of "sick"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder.mkdir(), "picture"),
        (lambda folder: (folder / "empty_class").mkdir(parents=True), "picture"),
        (lambda folder: None, "is not there"),
        (lambda folder: folder.write_text("a file"), "is a file"),
    ],
)
def test_a_folder_without_pictures_takes_nobodys_place(
    session: Session, tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    folder, before = tmp_path / "my_$data_here", session.path.header["path_id"]
    make(folder)
    session.open_folder(folder)
    assert len(session.errors) == 1
    assert words in session.errors[0]
    assert folder.name in session.errors[0]
    session.assert_page_drawn()
    assert session.path.header["path_id"] == before
    session.open_folder(write_pictures(tmp_path / "good", per_class=12))
    session.assert_well()


def test_a_folder_whose_every_picture_is_torn_is_refused(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "all_torn"
    for name in ("bright", "dark"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.png").write_bytes(bad_files.torn_png())
    session.open_folder(folder)
    assert any("none of the 2 cases could be read" in error for error in session.errors)
    assert not session.app.exception
    session.app.button(key="rescue_close").click().run()
    session.assert_well()


def test_a_folder_deleted_while_open_is_told_and_comes_back(
    open_session: Any, tiny_model: Path, tmp_path: Path
) -> None:
    folder = write_pictures(tmp_path / "drive", per_class=12)
    session = open_session("traverse.py", checkpoint=tiny_model, data=folder)
    session.assert_well()
    shutil.move(folder, tmp_path / "unplugged")
    session.run()
    assert any("is not there" in error for error in session.errors)
    assert session.app.button(key="rescue_close")
    shutil.move(tmp_path / "unplugged", folder)
    session.app.button(key="rescue_again").click().run()
    session.assert_well()
    session.assert_page_drawn()


def test_a_picture_deleted_while_open_leaves_the_others(open_session: Any, tiny_model: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", per_class=12)
    session = open_session("traverse.py", checkpoint=tiny_model, data=folder, case="dark/05.png")
    (folder / "dark" / "05.png").unlink()
    session.run()
    session.assert_well()
    assert "no case “dark/05.png”" in session.words("info")
    session.assert_page_drawn()


def test_a_checkpoint_deleted_while_open_leaves_a_way_on(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, tmp_path: Path
) -> None:
    model = tmp_path / "gone.safetensors"
    shutil.copy(tiny_model, model)
    session = open_session("traverse.py", checkpoint=model, data=tiny_pictures)
    model.unlink()
    session.run()
    assert len(session.errors) == 1
    assert "gone.safetensors cannot be opened" in session.errors[0]
    session.app.button(key="rescue_demo").click().run()
    session.assert_well()
    session.assert_page_drawn()


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("nothing.safetensors", lambda _: b"", "nothing.safetensors is empty (0 bytes)"),
        ("learner.pth", lambda _: bad_files.pickle_bytes(), "learner.pth is a pickle"),
        ("whole_object.pth", lambda _: bad_files.pickled_pth(), "whole_object.pth holds pickled objects"),
        ("torn.safetensors", lambda model: model.read_bytes()[:-100], "torn.safetensors is truncated or damaged"),
        ("head.safetensors", lambda model: model.read_bytes()[:40], "head.safetensors is truncated"),
        ("other.safetensors", bad_files.other_model, "other.safetensors"),
        ("header.safetensors", lambda _: bad_files.huge_header(), "header.safetensors is"),
        ("picture.safetensors", lambda _: bad_files.saved(bad_files.noise(64, 64)), "is not a checkpoint"),
    ],
)
def test_a_checkpoint_that_cannot_be_opened_takes_nobodys_place(
    session: Session, tiny_model: Path, tmp_path: Path, name: str, make: Callable[[Path], bytes], words: str
) -> None:
    before = session.path.header["path_id"]
    session.upload_model(name, make(tiny_model))
    assert len(session.errors) == 1
    assert words in session.errors[0]
    session.assert_page_drawn()
    assert session.path.header["path_id"] == before
    assert session.app.session_state[state.CHECKPOINT] == str(tiny_model)
    assert not list((tmp_path / "cache" / "uploads").rglob("*.*")), "what cannot be opened is not kept"
    session.upload_model("good.safetensors", tiny_model.read_bytes())
    session.assert_well()
    assert Path(session.app.session_state[state.CHECKPOINT]).name == "good.safetensors"


def test_a_bad_checkpoint_in_the_models_folder_is_told_and_changes_nothing(
    session: Session, tiny_model: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "torn.safetensors").write_bytes(bad_files.other_model(tiny_model))
    (models / "weights_of_something.safetensors").write_bytes(bad_files.huge_header())
    session.run()
    box = next(box for box in session.app.selectbox if box.label == "Model")
    assert sum("torn.safetensors" in option for option in box.options) == 1
    assert not any("weights_of_something" in option for option in box.options)
    box.set_value(str(models / "torn.safetensors")).run()
    assert len(session.errors) == 1
    session.assert_page_drawn()
    assert session.app.session_state[state.CHECKPOINT] == str(tiny_model)


def bar_words(session: Session) -> str:
    return " | ".join(
        block.proto.popover.label.replace("\\", "") for block in session.app.get("popover") if block.proto is not None
    )
