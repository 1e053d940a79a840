"""The maps page without a browser: what it offers, what a choice does, and what bad input is told."""

import csv
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from analysis.cohorts import Cohort, Condition
from app import maps_state, state
from app.cached_maps import Place, joined_data, training_data
from app.cohort_state import SELECTION
from app.maps_page import downloads, views
from app.maps_page.cases import MapCases, ShownCases
from app.opened_data import open_data
from app.selection_files import selection_csv
from app.workspace import Workspace
from tests.analysis.latent_tables import two_clouds
from tests.app.cli_folders import write_pictures
from tests.app.session import Session
from xaae_core.checkpoints import load_checkpoint
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
from xaae_core.errors import ImageError
from xaae_core.latents import read_latents


@pytest.fixture
def demo(open_session: Any) -> Session:
    """The maps page on the demo's training cases, with the two maps that are there at once."""
    session = open_maps(open_session)
    session.assert_well()
    return session


def open_maps(open_session: Any, left: str = "pls", right: str = "pca", **options: Any) -> Session:
    """The maps page with two maps that need no computing; leaving the start page empties the address."""
    session: Session = open_session(**options)
    session.app.session_state[maps_state.LEFT] = left
    session.app.session_state[maps_state.RIGHT] = right
    return session.go("maps.py")


def choose(session: Session, mask: np.ndarray, **further: object) -> None:
    """What a lasso around some cases does."""
    draw = views.linked_maps
    waiting = [{"selected": mask, "is_new": True, **further}]

    def answer_once(*arguments: Any, **options: Any) -> Any:
        drawn = draw(*arguments, **options)
        return replace(drawn, **waiting.pop()) if waiting else drawn

    with patch.object(views, "linked_maps", answer_once):
        session.run()
    assert not waiting


def test_the_demo_shows_the_training_cases_because_its_folder_is_small(demo: Session) -> None:
    assert "linked_maps" in {part.key for part in demo.app.get("bidi_component")}
    labels = {button.label for button in demo.app.get("download_button")}
    assert labels >= {"PNG", "SVG", "PDF", "Linked page (HTML)", "All cases (CSV)", "Numbers (CSV)"}
    assert "within" in demo.words("caption"), "the direction's cone is stated in degrees"


def test_chosen_cases_are_named_counted_and_kept_for_the_other_pages(demo: Session) -> None:
    table = read_latents(demo_latents())
    mask = np.zeros(len(table), dtype=bool)
    mask[[3, 77, 1100]] = True
    choose(demo, mask)
    demo.assert_well()
    assert "3 cases chosen" in demo.words("markdown")
    assert demo.app.session_state[SELECTION] == tuple(table.ids[mask].tolist())
    assert demo.go("traverse.py").go("maps.py").app.session_state[SELECTION] == tuple(table.ids[mask].tolist())
    demo.assert_well()


def test_a_chosen_case_of_the_open_folder_opens_in_traverse_as_itself(demo: Session) -> None:
    table = read_latents(demo_latents())
    row = int(np.flatnonzero(table.ids == "phantom-000121")[0])
    choose(demo, np.arange(len(table)) == row, opened=row)
    demo.run().assert_well()  # the browser's timer
    assert demo.shown_case == "phantom-000121"


def test_a_chosen_case_that_is_not_in_the_folder_opens_as_a_picture(demo: Session) -> None:
    table = read_latents(demo_latents())
    row = int(np.flatnonzero(table.ids == "phantom-000005")[0])
    choose(demo, np.arange(len(table)) == row, opened=row)
    demo.run().assert_well()  # the browser's timer
    assert demo.shown_case == "phantom-000005.png"


def test_a_model_without_labels_still_has_its_pca(open_session: Any, tiny_model: Path, tmp_path: Path) -> None:
    one_class = write_pictures(tmp_path / "one", classes=("bright",), per_class=6)
    session = open_maps(open_session, checkpoint=tiny_model, data=one_class)
    assert not session.app.exception
    assert any("PLS needs a direction" in error and "with and without it" in error for error in session.errors)
    assert session.app.get("bidi_component"), "PCA is drawn all the same"


def test_too_few_cases_say_how_many_a_map_needs(open_session: Any, tiny_model: Path, tmp_path: Path) -> None:
    few = write_pictures(tmp_path / "few", per_class=1)
    session = open_maps(open_session, checkpoint=tiny_model, data=few)
    assert not session.app.exception
    assert any("at least 4" in error for error in session.errors)


def test_a_cohort_that_does_not_fit_the_cases_on_the_map_is_said(demo: Session) -> None:
    with patch.object(views.MapScene, "cohort", (None, "The cohort (site is x) does not fit these cases")):
        demo.run()
    assert "does not fit these cases" in demo.words("info")


def test_the_cohort_reaches_the_map(demo: Session) -> None:
    cohort = Cohort((Condition("label", ("effusion",)),))
    seen: list[np.ndarray | None] = []
    draw = views.linked_maps

    def look(*arguments: Any, **options: Any) -> Any:
        seen.append(options["in_cohort"])
        return draw(*arguments, **options)

    with patch.object(state, "cohort", lambda: cohort), patch.object(views, "linked_maps", look):
        demo.run()
    table = read_latents(demo_latents())
    assert seen[-1] is not None
    np.testing.assert_array_equal(seen[-1], table.labels == 1)


def test_the_numbers_hold_every_case_with_its_place_on_both_maps(open_session: Any) -> None:
    made: list[bytes] = []
    with patch.object(downloads, "selection_csv", lambda *a, **k: made.append(b"x") or b"x"):
        open_maps(open_session).assert_well()
    assert made == [], "files are made when they are asked for"


def test_several_maps_of_one_method_are_one_map(open_session: Any) -> None:
    session = open_maps(open_session, "pca", "pca")
    session.assert_well()


def test_the_table_is_the_alternative_for_who_cannot_read_a_map(demo: Session) -> None:
    demo.app.toggle(key="map_table").set_value(True).run()
    frame = demo.app.dataframe[0].value
    table = read_latents(demo_latents())
    assert list(frame["id"][:3]) == table.ids[:3].tolist()
    assert list(frame["label"][:3]) == [table.classes[k] for k in table.labels[:3]]
    assert "The first 1,000 of 1,200 cases" in demo.words("caption")


def test_a_selection_leaves_as_csv_with_its_own_ids_and_places() -> None:
    table = read_latents(demo_latents())
    rows = np.array([5, 1100, 7])
    places = {"PCA x": np.arange(len(table), dtype=np.float32)}
    found = list(csv.DictReader(io.StringIO(selection_csv(table, rows, places).decode())))
    assert [row["id"] for row in found] == table.ids[rows].tolist()
    assert [float(row["PCA x"]) for row in found] == rows.tolist()


def test_every_row_has_its_own_words_and_picture(
    tiny_model: Path, tiny_pictures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XAAE_CACHE", str(tmp_path))
    checkpoint = load_checkpoint(tiny_model)
    data = open_data(tiny_pictures, checkpoint)
    table = data.latents
    shown = ShownCases(MapCases.of(Workspace(checkpoint, data, None), "folder"))
    for row in range(len(table)):
        words = shown.words(row)
        assert words["id"] == table.ids[row]
        assert f"recorded: {table.classes[table.labels[row]]}" in words["lines"]
        picture = np.asarray(Image.open(io.BytesIO(shown.picture(row))))
        np.testing.assert_array_equal(picture, np.asarray(Image.open(table.paths[row])))


def test_the_phantoms_of_the_demo_are_drawn_anew_exactly_as_they_were() -> None:
    checkpoint = load_checkpoint(demo_checkpoint())
    table = read_latents(demo_latents())
    data = training_data(table, table.classes, Place(demo_latents(), None))
    cases = MapCases(Workspace(checkpoint, None, table), "training", data)
    file = demo_images() / "images" / "phantom-000121.png"
    picture = cases.picture(table.row_of("phantom-000121"))
    np.testing.assert_allclose(picture[0] * 255, np.asarray(Image.open(file)), atol=0.51)


def test_the_folders_cases_are_placed_on_the_training_cases_map_and_marked(open_session: Any) -> None:
    seen: list[list[Any]] = []
    draw = views.linked_maps

    def look(panels: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(panels)
        return draw(panels, *arguments, **options)

    session = open_session()
    session.app.session_state[maps_state.CASES] = "placed"
    session.app.session_state[maps_state.LEFT] = "pca"
    session.app.session_state[maps_state.RIGHT] = "pls"
    with patch.object(views, "linked_maps", look):
        session.go("maps.py").assert_well()
    table = read_latents(demo_latents())
    for panel in seen[-1]:
        assert panel.placed is not None
        assert panel.placed.tolist() == [False] * len(table) + [True] * 22
    own = int(np.flatnonzero(table.ids == "phantom-000121")[0])
    pca = seen[-1][0].points
    assert np.linalg.norm(pca[len(table) :] - pca[own], axis=1).min() < 1e-3, "the same picture, at the same place"


def test_placed_cases_keep_their_own_pictures(tiny_model: Path, tiny_pictures: Path, tmp_path: Path) -> None:
    checkpoint = load_checkpoint(tiny_model)
    with patch.dict(os.environ, {"XAAE_CACHE": str(tmp_path)}):
        data = open_data(tiny_pictures, checkpoint)
    first, last = data.latents.rows(np.arange(10)), len(data) - 10
    training = training_data(first, data.model_classes, Place(tiny_model, tiny_pictures))
    cases = MapCases(Workspace(checkpoint, data, first), "placed", joined_data(training, data), first)
    assert cases.table.ids.tolist() == data.latents.ids.tolist()
    assert last > 0
    for row in (0, 9, 10, len(data) - 1):
        picture = cases.picture(row)[0] * 255
        np.testing.assert_allclose(picture, np.asarray(Image.open(data.latents.paths[row])), atol=0.51)


def test_a_picture_that_is_nowhere_says_what_to_open(tiny_model: Path) -> None:
    table = two_clouds(6)
    data = training_data(table, table.classes, Place(tiny_model, None))
    cases = MapCases(Workspace(load_checkpoint(tiny_model), None, table), "training", data)
    with pytest.raises(ImageError, match=r"case 2 is not in the open folder: open the folder"):
        cases.picture(2)
