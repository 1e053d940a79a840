"""What the folder browser says a folder holds; and work in the background."""

import threading
from pathlib import Path

import pytest

from app.background import Background, Report, WorkCancelledError
from app.folder_listing import MOST_COUNTED, MOST_LISTED, count_content, list_folder
from app.train_page.data import content_words
from xaae_core.errors import DatasetError


def test_pictures_folders_and_tables_are_counted_by_name(tmp_path: Path) -> None:
    for name in ("a.png", "b.JPG", "notes.txt", ".hidden.png", "labels.csv"):
        (tmp_path / name).touch()
    (tmp_path / "inner").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "inner" / "c.png").touch()
    listing = list_folder(tmp_path)
    assert (listing.here.n_pictures, listing.here.n_folders, listing.here.tables) == (2, 1, ("labels.csv",))
    assert [(content.path.name, content.n_pictures) for content in listing.folders] == [("inner", 1)]
    assert content_words(listing.here) == "2 pictures, 1 folder, 1 table"
    assert content_words(count_content(tmp_path / "nowhere")) == "cannot be opened"


def test_a_folder_of_very_many_is_listed_in_part(tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(MOST_COUNTED + 1):
        (many / f"{number}.png").touch()
    for number in range(MOST_LISTED):
        (tmp_path / f"folder{number}").mkdir()
    listing = list_folder(tmp_path)
    assert (len(listing.folders), listing.n_hidden) == (MOST_LISTED, 1)
    counted = count_content(many)
    assert (counted.n_pictures, counted.is_all) == (MOST_COUNTED, False)
    assert content_words(counted) == "5,000 pictures, and more"


def test_no_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nowhere cannot be opened .*choose another"):
        list_folder(tmp_path / "nowhere")


def test_work_gives_its_result_or_its_error() -> None:
    done = Background(lambda report: 7, key="seven")
    assert done.wait(5)
    assert (done.result(), done.key, done.has_failed) == (7, "seven", False)

    def fail(report: Report) -> None:
        raise DatasetError("no pictures")

    failed = Background(fail)
    assert failed.wait(5)
    assert failed.has_failed
    with pytest.raises(DatasetError, match="no pictures"):
        failed.result()


def test_cancelled_work_ends_at_its_next_report() -> None:
    go_on = threading.Event()

    def count(report: Report) -> None:
        report(1, 10)
        go_on.wait(5)
        report(2, 10)
        raise AssertionError("goes on after it was cancelled")

    work = Background(count)
    while work.progress != (1, 10):
        pass
    work.cancel()
    go_on.set()
    assert work.wait(5)
    assert not work.has_failed
    with pytest.raises(WorkCancelledError):
        work.result()
