"""The attributions page without a browser: maps are the analysis's, checks follow, nothing finished is lost."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.attributions import METHODS, ClassLogit, DirectionScore, attribute
from app import attributions_state
from app.attributions_page import case_view, cohort_view
from app.attributions_page.choice import METHOD_HELP, METHOD_WORDS
from app.cohort_state import SELECTION
from app.components.heat_grid import HeatGridPayload, HeatGridState
from tests.app.cli_folders import SIDE
from tests.app.session import Session
from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.model_card import card_for
from xaae_core.models.lfxai_names import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.pretext import Identity

Grids = dict[str, list[HeatGridPayload]]


@pytest.fixture
def grids(monkeypatch: pytest.MonkeyPatch) -> Grids:
    """What the grids of maps were sent, by their key."""
    sent: Grids = {}

    def watch(payload: HeatGridPayload, *, key: str, **options: Any) -> HeatGridState:
        sent.setdefault(key, []).append(payload)
        return HeatGridState(opened=None)

    monkeypatch.setattr(case_view, "heat_grid", watch)
    monkeypatch.setattr(cohort_view, "heat_grid", watch)
    return sent


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path, grids: Grids) -> Callable[..., Session]:
    """Opens the attributions page on the tiny model; one quick method unless others are asked for."""

    def open_page(**state: Any) -> Session:
        session: Session = open_session(checkpoint=tiny_model, data=tiny_pictures)
        defaults = {attributions_state.METHODS: ["saliency"], attributions_state.CHECKED: False}
        for key, value in {**defaults, **state}.items():
            session.app.session_state[key] = value
        return session.go("attributions.py")

    return open_page


def finish(session: Session) -> Session:
    """Wait for what the page computes beside itself, and draw it."""
    for _, job in session.app.session_state[attributions_state._JOBS].values():
        job.wait(120)
    return session.run()


def test_every_method_is_offered_with_words() -> None:
    assert set(METHOD_WORDS) == set(METHODS) == set(METHOD_HELP)


def test_the_map_on_the_page_is_the_one_that_the_analysis_makes(
    tiny: Callable[..., Session], grids: Grids, tiny_model: Path
) -> None:
    session = finish(tiny(**{attributions_state.EXPLAINED: "class:dark"}))
    session.assert_well()
    payload = grids[attributions_state.GRID][-1]
    model = load_checkpoint(tiny_model).model
    expected = attribute(model, payload.picture, ClassLogit(model.classes - 1, "dark"), method="saliency")
    (row,) = payload.rows
    assert row.title == "Saliency"
    np.testing.assert_allclose(row.main.heat, expected.map, atol=1e-6)
    assert f"{expected.score:.3g}".replace("-", "−") in row.sentence


def test_the_direction_is_explained_first_since_no_other_tool_does(tiny: Callable[..., Session]) -> None:
    offered = tiny().app.selectbox(key=attributions_state.EXPLAINED)
    assert offered.options[0].startswith("score towards")
    assert len(offered.options) == 7, "two directions, two classes, z, one dimension, the error"


def test_each_map_is_put_to_the_checks_and_says_what_came_of_it(tiny: Callable[..., Session], grids: Grids) -> None:
    finish(
        tiny(**{attributions_state.CHECKED: True, attributions_state.METHODS: ["saliency", "grad_cam"]})
    ).assert_well()
    for row in grids[attributions_state.GRID][-1].rows:
        assert row.verdict in ("good", "doubtful", "bad")
        assert [tile.label for tile in row.strip] == ["model destroyed", "labels shuffled", "moved at random"]
        assert all(tile.heat is not None or tile.note for tile in row.strip)
        assert {name for name, _, _ in row.scores} >= {
            "Changes with the model",
            "Better than random",
            "Insertion, × its range",
        }


def test_another_choice_of_methods_keeps_the_finished_maps(tiny: Callable[..., Session], grids: Grids) -> None:
    session = finish(tiny())
    first = grids[attributions_state.GRID][-1].rows[0].main.heat
    session.app.multiselect(key=attributions_state.METHODS).set_value(["saliency", "input_x_gradient"]).run()
    finish(session).assert_well()
    rows = grids[attributions_state.GRID][-1].rows
    assert [row.id for row in rows] == ["saliency", "input_x_gradient"]
    assert np.shares_memory(rows[0].main.heat, first), "the very same map, not computed again"


def test_no_method_says_what_to_do(tiny: Callable[..., Session]) -> None:
    assert "Choose one method or more" in tiny(**{attributions_state.METHODS: []}).words("info")


def test_a_dimension_beyond_z_in_the_address_is_the_first_one(tiny: Callable[..., Session], grids: Grids) -> None:
    session = tiny(**{attributions_state.EXPLAINED: "dimension", attributions_state.DIMENSION: 99})
    finish(session).assert_well()
    assert grids[attributions_state.GRID][-1].rows[0].sentence.startswith("Latent dimension 0")


def test_a_model_without_a_classifier_offers_no_class(
    open_session: Any, tiny_pictures: Path, tmp_path: Path, grids: Grids
) -> None:
    network = AutoEncoderMnist(EncoderMnist(4), DecoderMnist(4), 4, Identity()).eval()
    model = save_checkpoint(network, tmp_path / "headless.safetensors", card_for(network, name="headless"))
    session: Session = open_session(checkpoint=model, data=tiny_pictures)
    session.app.session_state[attributions_state.METHODS] = ["saliency"]
    session.app.session_state[attributions_state.CHECKED] = False
    session.go("attributions.py")
    assert not any(
        name.startswith("answer for") for name in session.app.selectbox(key=attributions_state.EXPLAINED).options
    )
    finish(session).assert_well()


def test_an_upload_of_the_users_own_is_explained(tiny: Callable[..., Session], grids: Grids) -> None:
    file = io.BytesIO()
    Image.fromarray(np.full((SIDE, SIDE), 90, np.uint8)).save(file, "PNG")
    session = tiny()
    session.upload_picture("mine.png", file.getvalue())
    finish(session).assert_well()
    assert grids[attributions_state.GRID][-1].picture.mean() == pytest.approx(90 / 255, abs=1e-3)


def test_many_cases_are_averaged_when_the_reader_says_so(tiny: Callable[..., Session], grids: Grids) -> None:
    session = tiny(**{attributions_state.VIEW: "Many", attributions_state.METHOD: "saliency"})
    assert attributions_state.COHORT_GRID not in grids
    session.app.session_state[SELECTION] = ("bright/00.png", "bright/01.png", "dark/00.png")
    session.run()
    next(button for button in session.app.button if button.label == "Make the mean map").click().run()
    finish(session).assert_well()
    payload = grids[attributions_state.COHORT_GRID][-1]
    assert [row.title for row in payload.rows] == ["All 3 cases", "bright: 2 cases", "dark: 1 case"]
    mean, bright, dark = (row.main.heat for row in payload.rows)
    np.testing.assert_allclose(mean, (2 * bright + dark) / 3, atol=1e-6)


def test_an_empty_cohort_says_so(tiny: Callable[..., Session]) -> None:
    session = tiny(**{attributions_state.VIEW: "Many", SELECTION: ("nobody",)})
    assert "none of the cases selected on the maps is in the cohort" in session.words("info")


def test_a_direction_names_its_map_by_the_table_it_was_fitted_on(tiny: Callable[..., Session]) -> None:
    session = finish(tiny())
    (name, job) = session.app.session_state[attributions_state._JOBS]["case"]
    assert isinstance(job.question.target, DirectionScore)
    assert name[0][0][1] in ("direction:bright", "direction:dark")


def test_a_click_on_a_title_opens_all_that_was_found(
    tiny: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = finish(tiny())
    monkeypatch.setattr(case_view, "heat_grid", lambda payload, **_: HeatGridState(opened="saliency"))
    session.run().assert_well()
    told = "\n".join(element.proto.body for element in session.app.get("html"))
    assert "deletion" in told
    assert "convergence" not in told, "saliency shares nothing out"


def test_a_picture_unlike_all_that_was_learned_is_warned_of(tiny: Callable[..., Session]) -> None:
    session = finish(tiny())
    assert "has seen little like it" not in session.words("warning")
    file = io.BytesIO()
    stripes = np.tile(np.array([0, 255], np.uint8), (SIDE, SIDE // 2))
    Image.fromarray(stripes).save(file, "PNG")
    session.upload_picture("stripes.png", file.getvalue())
    assert "has seen little like it" in finish(session).words("warning")
