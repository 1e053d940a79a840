"""What the folder browser says a folder holds."""

from pathlib import Path

import pytest

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
