"""The menus of the maps page: figures that know how they were made, made without a session, that name no case."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from analysis.figures.biplot import Biplot
from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.figures.map_drawing import MapDrawing
from analysis.figures.style import FigureStyle
from analysis.provenance import read_provenance
from analysis.provenance.citations import cited
from app import maps_state
from app.maps_page import downloads
from app.views import View
from tests.app.session import Session
from tests.app.test_maps_page import choose, open_maps
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.demo import demo_checkpoint, demo_latents
from xaae_core.latents import read_latents


@dataclass(frozen=True)
class Menu:
    make: Callable[[], Figure]
    name: str
    offers: dict[str, Callable[[], Any]]


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> dict[str, Menu]:
    """The menus that the page drew last, by key."""
    seen: dict[str, Menu] = {}

    def look(make: Any, *, key: str, name: str, offers: Any = (), **further: Any) -> None:
        seen[key] = Menu(make, name, {offer.label: offer.make for offer in offers})

    monkeypatch.setattr(downloads, "figure_menu", look)
    return seen


@pytest.fixture
def demo(open_session: Any, menus: dict[str, Menu]) -> Session:
    session = open_maps(open_session)
    session.assert_well()
    return session


def test_the_figure_of_the_maps_knows_how_it_was_made(demo: Session, menus: dict[str, Menu]) -> None:
    menu, table = menus["maps_figure"], read_latents(demo_latents())
    figure = menu.make()
    assert menu.name == "maps-pls-pca"
    assert isinstance(figure.drawing, MapDrawing)
    assert [drawn.method for drawn in figure.drawing.maps] == ["pls", "pca"]
    told = read_provenance(export_figure(figure, "svg", FigureStyle(dpi=72))).provenance
    sha = load_checkpoint(demo_checkpoint()).sha256
    assert (told.kind, told.checkpoint_sha256, told.data_fingerprint) == ("map", sha, table.data_fingerprint)
    assert told.settings["methods"] == ["pls", "pca"]
    assert told.direction["target"] == "effusion"
    assert told.seed == 0
    view = View.from_json(told.view)
    assert view.page == "maps"
    assert view.query["model"] == (sha[:16],)
    assert {citation.key for citation in cited(told)} >= {"wold2001", "pearson1901"}


def test_the_figure_shows_the_colours_of_the_screen_and_the_chosen_cases(demo: Session, menus: dict[str, Menu]) -> None:
    table = read_latents(demo_latents())
    mask = np.zeros(len(table), dtype=bool)
    mask[[3, 77, 1100]] = True
    choose(demo, mask)
    figure = menus["maps_figure"].make()
    np.testing.assert_array_equal(figure.drawing.is_selected, mask)
    assert figure.provenance.settings["chosen"] == 3
    assert figure.drawing.colours.colours == ("#2f7bbf", "#d9730d")
    rows = list(csv.DictReader(io.StringIO(figure.drawing.numbers())))
    assert [row["case"] for row in rows if row["selected"] == "yes"] == [case_token(c) for c in table.ids[mask]]


def test_the_biplot_is_that_of_the_pages_direction(demo: Session, menus: dict[str, Menu]) -> None:
    menu = menus["biplot_figure"]
    figure = menu.make()
    assert menu.name == "biplot-effusion"
    assert isinstance(figure.drawing, Biplot)
    assert figure.drawing.arrow.end == pytest.approx((2, 0), abs=1e-6)
    assert figure.provenance.kind == "biplot"
    assert figure.provenance.settings["methods"] == ["pls"]
    told = figure.provenance.direction
    assert f"AUROC {told['quality']:.3f}" in figure.drawing.caption()


def test_no_figure_and_no_page_names_a_case(demo: Session, menus: dict[str, Menu]) -> None:
    table = read_latents(demo_latents())
    files = [menus["maps_figure"].offers["Linked page (HTML)"]()]
    for menu in menus.values():
        figure = menu.make()
        files += [export_figure(figure, "svg", FigureStyle(dpi=72)), figure.drawing.numbers().encode()]
    assert not any(str(table.ids[0])[:-3].encode() in file for file in files)


def test_the_linked_page_knows_how_it_was_made(demo: Session, menus: dict[str, Menu]) -> None:
    found = read_provenance(menus["maps_figure"].offers["Linked page (HTML)"]())
    assert found.warnings == ()
    told = found.provenance
    assert told.settings["methods"] == ["pls", "pca"]
    assert told.created


def test_the_cases_file_keeps_the_ids_that_users_join_on(demo: Session, menus: dict[str, Menu]) -> None:
    rows = list(csv.DictReader(menus["maps_figure"].offers["All cases (CSV)"]().decode().splitlines()))
    assert [row["id"] for row in rows] == read_latents(demo_latents()).ids.tolist()


def test_the_layouts_settings_are_in_the_address(open_session: Any, menus: dict[str, Menu]) -> None:
    session: Session = open_session()
    session.app.session_state[maps_state.PERPLEXITY] = 10
    session.app.session_state[maps_state.MIN_DIST] = 0.5
    session.app.session_state[maps_state.CASES] = "folder"
    session.app.session_state[maps_state.LEFT] = session.app.session_state[maps_state.RIGHT] = "pca"
    session.go("maps.py").assert_well()
    query = menus["maps_figure"].make().provenance.view["query"]
    assert query[maps_state.CASES] == ["folder"]  # of the demo, the training cases are the usual ones
    assert query[maps_state.PERPLEXITY] == ["10"]
    assert float(query[maps_state.MIN_DIST][0]) == 0.5


def test_without_a_direction_there_is_no_biplot(open_session: Any, menus: dict[str, Menu]) -> None:
    with patch.object(downloads.MapScene, "found", (None, "no direction")):
        open_maps(open_session, "pca", "pca")
    assert "maps_figure" in menus
    assert "biplot_figure" not in menus
