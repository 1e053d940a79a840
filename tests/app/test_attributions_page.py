"""The attributions page without a browser: maps are the analysis's, checks follow, nothing finished is lost."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.attributions import METHODS, ClassLogit, DirectionScore, MethodSettings, Representation, attribute
from app import attributions_state
from app.attribution_tables import COLUMNS, evaluation_csv
from app.attributions_page import case_view, cohort_view
from app.attributions_page.averaging import ALL, CohortExplanation, CohortQuestion
from app.attributions_page.choice import METHOD_HELP, METHOD_WORDS, MethodChoice
from app.attributions_page.downloads import maps_archive
from app.attributions_page.explaining import CaseExplanation, CaseQuestion
from app.attributions_page.rows import row_of
from app.cohort_state import SELECTION
from app.components.heat_grid import HeatGridPayload, HeatGridState
from app.found_maps import FoundMap, FoundMaps
from tests.app.cli_folders import SIDE, write_pictures
from tests.app.session import Session
from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.data.images import read_image
from xaae_core.errors import ImageError
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
        assert {name for name, _, _ in row.scores} >= {"Changes with the model", "Better than random", "Insertion"}


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


def question(model: Path, *methods: str, **changes: Any) -> CaseQuestion:
    opened = load_checkpoint(model).model
    pixels = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(1, SIDE, SIDE)
    asked: dict[str, Any] = {
        "model": opened, "pixels": pixels, "target": ClassLogit(0), "methods": methods, "baseline": None,
        "told": MethodChoice(n_steps=4), "is_checked": False, "table": None, "mask": None, "key": ("k",),
    }  # fmt: skip
    return CaseQuestion(**{**asked, **changes})


def test_what_is_finished_outlasts_a_cancel(tiny_model: Path) -> None:
    kept = FoundMaps()
    job = CaseExplanation(question(tiny_model, "saliency", "occlusion", told=MethodChoice(window=2)), kept)
    while job.found("saliency").attribution is None and not job.is_done:
        pass
    job.cancel()
    job.wait(60)
    assert job.is_cancelled
    assert job.found("saliency").attribution is not None
    assert job.found("occlusion").attribution is None
    row = row_of("occlusion", job.found("occlusion"), is_checked=False, is_over=True)
    assert (row.main.heat, row.main.note) == (None, "not computed")


def test_a_method_that_fails_leaves_the_others(tiny_model: Path) -> None:
    asked = question(tiny_model, "latent_shift", "saliency", target=Representation())
    job = CaseExplanation(asked, FoundMaps())
    job.wait(60)
    assert job.error() is None
    assert "latent shift needs a way in z" in job.found("latent_shift").problem
    assert job.found("saliency").attribution is not None


def test_a_setting_of_another_method_keeps_the_map(tiny_model: Path) -> None:
    before, after = question(tiny_model, "saliency"), question(tiny_model, "saliency", told=MethodChoice(n_steps=99))
    assert before.name("saliency") == after.name("saliency")
    assert before.name("integrated_gradients") != after.name("integrated_gradients")
    seeded = question(tiny_model, "saliency", told=MethodChoice(n_steps=4, seed=1))
    assert before.name("saliency") != seeded.name("saliency"), "the checks are random"


def test_a_mask_adds_how_far_the_map_lies_inside(tiny_model: Path) -> None:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[10:30, 10:30] = True
    job = CaseExplanation(question(tiny_model, "saliency", mask=mask), FoundMaps())
    job.wait(60)
    made = job.found("saliency").attribution
    assert made is not None
    inside = made.measure("energy_inside")
    assert inside is not None
    assert inside.value == pytest.approx(np.abs(made.map)[mask].sum() / np.abs(made.map).sum(), rel=1e-5)


def test_files_hold_the_very_maps_and_all_that_was_found(tiny_model: Path) -> None:
    job = CaseExplanation(question(tiny_model, "saliency", "latent_shift", is_checked=True), FoundMaps())
    job.wait(120)
    found = [job.found(method) for method in job.question.methods]
    maps = [one.attribution for one in found if one.attribution is not None]
    with zipfile.ZipFile(io.BytesIO(maps_archive(maps))) as archive:
        names = archive.namelist()
        stored = np.load(io.BytesIO(archive.read("saliency.npy")), allow_pickle=False)
    np.testing.assert_array_equal(stored, maps[0].map)
    assert len(names) == 2 + len(maps[1].parts)
    rows = list(csv.DictReader(io.StringIO(evaluation_csv("case", found))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["kind"] for row in rows} == {"figure", "measure", "check", "verdict"}
    verdicts = {row["method"]: row["name"] for row in rows if row["kind"] == "verdict"}
    assert verdicts == {one.attribution.method: one.strip.verdict for one in found if one.attribution and one.strip}


def cohort_question(model: Path, pictures: Path, **changes: Any) -> CohortQuestion:
    opened = load_checkpoint(model).model
    files = sorted(pictures.rglob("*.png"))

    def read(row: int) -> Any:
        return read_image(files[row], size=(SIDE, SIDE), channels=1)

    asked: dict[str, Any] = {
        "model": opened, "target": ClassLogit(0), "method": "saliency", "baseline": "black",
        "settings": MethodSettings(), "read": read, "rows": tuple(range(len(files))),
        "labels": tuple(file.parent.name for file in files), "key": "k",
    }  # fmt: skip
    return CohortQuestion(**{**asked, **changes})


def test_pictures_that_cannot_be_read_are_counted_and_left_out(tiny_model: Path, tmp_path: Path) -> None:
    asked = cohort_question(tiny_model, write_pictures(tmp_path / "p", per_class=2))
    good = asked.read

    def read(row: int) -> Any:
        if row == 1:
            raise ImageError("gone.png cannot be opened")
        return good(row)

    job = CohortExplanation(cohort_question(tiny_model, tmp_path / "p", read=read))
    job.wait(60)
    assert job.left_out == ["gone.png cannot be opened"]
    assert {name: found.n for name, found in job.maps().items()} == {ALL: 3, "bright": 1, "dark": 2}
    maps = [attribute(asked.model, good(row).pixels, ClassLogit(0), method="saliency").map for row in (0, 2, 3)]
    np.testing.assert_allclose(job.maps()[ALL].mean, np.mean(maps, axis=0), atol=1e-6)
    np.testing.assert_allclose(job.maps()[ALL].spread, np.std(maps, axis=0, ddof=1), atol=1e-5)


def test_no_readable_picture_is_an_error_that_names_the_first(tiny_model: Path, tmp_path: Path) -> None:
    def read(row: int) -> Any:
        raise ImageError(f"picture {row} is damaged")

    job = CohortExplanation(cohort_question(tiny_model, write_pictures(tmp_path / "p", per_class=1), read=read))
    job.wait(60)
    assert "picture 0 is damaged" in str(job.error())


def test_a_row_says_that_nothing_is_known_yet() -> None:
    row = row_of("saliency", FoundMap(), is_checked=True, is_over=False)
    assert (row.main.heat, row.main.note, row.verdict) == (None, "being computed …", "")


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
