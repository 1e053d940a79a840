"""The menus of the attributions page: figures of what is shown, that know how they were made and name no file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.figures.attribution_map import AttributionFigure
from analysis.figures.cohort_figure import CohortFigure
from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.figures.sanity_table import SanityTable
from analysis.provenance import read_provenance
from app import attributions_state
from app.attributions_page import case_view, cohort_files, cohort_view, downloads
from app.components.heat_grid import HeatGridPayload, HeatGridState
from tests.app.session import Session
from xaae_core.case_tokens import case_token, short_token
from xaae_core.checkpoints import load_checkpoint

Menus = dict[str, dict[str, Any]]


@pytest.fixture
def menus(monkeypatch: pytest.MonkeyPatch) -> Menus:
    """What the menus were given, by their key; and what the grids were sent under "grid"."""
    seen: Menus = {}

    def keep(make: Callable[[], Figure], **options: Any) -> None:
        seen[options["key"]] = {"make": make, **options}

    def watch(payload: HeatGridPayload, *, key: str, **options: Any) -> HeatGridState:
        seen[key] = {"payload": payload}
        return HeatGridState(opened=None)

    monkeypatch.setattr(downloads, "figure_menu", keep)
    monkeypatch.setattr(cohort_files, "figure_menu", keep)
    for module in (case_view, cohort_view):
        monkeypatch.setattr(module, "heat_grid", watch)
    return seen


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path, menus: Menus) -> Callable[..., Session]:
    """Opens the page on the tiny model, and waits for what it computes."""

    def open_page(**state: Any) -> Session:
        session: Session = open_session(checkpoint=tiny_model, data=tiny_pictures)
        for key, value in state.items():
            session.app.session_state[key] = value
        session.go("attributions.py")
        for _, job in session.app.session_state[attributions_state._JOBS].values():
            job.wait(120)
        return session.run()

    return open_page


def test_the_menus_hold_the_maps_and_their_checks(tiny: Callable[..., Session], menus: Menus, tiny_model: Path) -> None:
    methods = ["saliency"]
    session = tiny(**{attributions_state.METHODS: methods, attributions_state.CHECKED: True})
    session.assert_well()
    payload = menus[attributions_state.GRID]["payload"]
    maps = menus["take_maps"]["make"]()
    drawing = maps.drawing
    assert isinstance(drawing, AttributionFigure)
    for row, made in zip(payload.rows, drawing.attributions, strict=True):
        assert row.id == made.method
        if row.main.heat is not None:
            np.testing.assert_array_equal(row.main.heat, made.map)
    assert [verdict.partition(":")[0] for verdict in drawing.verdicts] == [row.verdict_words for row in payload.rows]
    checks = menus["take_checks"]["make"]().drawing
    assert isinstance(checks, SanityTable)
    assert [row.method for row in checks.rows] == methods
    for row in checks.rows:
        assert {check.name for check in row.checks} >= {"destroyed", "shuffled", "random"}


def test_the_figures_know_how_they_were_made_and_name_no_file(
    tiny: Callable[..., Session], menus: Menus, tiny_model: Path
) -> None:
    case = "bright/00.png"
    tiny(**{attributions_state.METHODS: ["saliency"], attributions_state.CHECKED: True, "case": case})
    opened = load_checkpoint(tiny_model)
    for key, kind in (("take_maps", "attribution"), ("take_checks", "sanity")):
        menu = menus[key]
        content = export_figure(menu["make"](), "svg")
        told = read_provenance(content).provenance
        assert (told.kind, told.checkpoint_sha256, told.seed) == (kind, opened.sha256, 0)
        assert told.case_ids == (case_token(case),)
        assert told.settings["methods"] == ["saliency"]
        assert told.settings["evaluated"] is True
        assert told.direction["target"] in ("bright", "dark"), "a direction is explained first"
        assert told.data_fingerprint
        assert told.view["page"] == "attributions"
        assert told.view["query"]["case"] == [case_token(case)]
        assert short_token(case) in content.decode()
        assert b"00.png" not in content
        names = [menu["name"], *(offer.file_name for offer in menu["offers"])]
        assert all(short_token(case) in name and "00" not in name.replace(short_token(case), "") for name in names)


def test_maps_that_are_measured_but_not_checked_say_so(tiny: Callable[..., Session], menus: Menus) -> None:
    tiny(**{attributions_state.METHODS: ["input_x_gradient"], attributions_state.CHECKED: False})
    maps = menus["take_maps"]["make"]()
    assert maps.drawing.verdicts == ()
    assert maps.provenance.settings["evaluated"] is False
    (row,) = menus["take_checks"]["make"]().drawing.rows
    assert (row.checks, row.verdict) == ((), "")
    assert {measure.name for measure in row.measures} >= {"deletion", "insertion"}


def test_the_mean_map_leaves_with_its_cases_by_token(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, menus: Menus
) -> None:
    session: Session = open_session(checkpoint=tiny_model, data=tiny_pictures)
    session.app.session_state[attributions_state.VIEW] = attributions_state.MANY_CASES
    session.app.session_state[attributions_state.METHOD] = "saliency"
    session.go("attributions.py")
    next(button for button in session.app.button if button.label == "Make the mean map").click().run()
    for _, job in session.app.session_state[attributions_state._JOBS].values():
        job.wait(120)
    session.run().assert_well()
    payload = menus[attributions_state.COHORT_GRID]["payload"]
    figure = menus["take_cohort"]["make"]()
    assert isinstance(figure.drawing, CohortFigure)
    for row, found in zip(payload.rows, figure.drawing.maps.values(), strict=True):
        np.testing.assert_allclose(row.main.heat, found.mean, rtol=1e-6)
    told = figure.provenance
    assert (told.kind, told.settings["methods"]) == ("cohort_attribution", ["saliency"])
    assert len(told.case_ids) == max(found.n for found in figure.drawing.maps.values())
    assert case_token("bright/00.png") in told.case_ids
    assert ".png" not in told.to_json()
