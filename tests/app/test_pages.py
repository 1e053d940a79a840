"""Every page opens; what is chosen changes what is shown, and stays while pages are switched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app import cached, state
from tests.app.session import MODEL_PAGES, Session
from xaae_core.case_tokens import case_token
from xaae_core.demo import demo_images


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path) -> Session:
    """The traverse page on the tiny model and its pictures."""
    session: Session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures)
    session.assert_well()
    return session


@pytest.mark.parametrize("page", MODEL_PAGES)
def test_every_page_opens_on_the_demo(open_session: Any, page: str) -> None:
    session = open_session(page)
    session.assert_well()
    assert session.app.get("bidi_component"), "nothing of the model or its cases is drawn"


@pytest.mark.parametrize("page", MODEL_PAGES)
def test_every_page_opens_on_a_model_of_ones_own(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, page: str
) -> None:
    session = open_session(page, checkpoint=tiny_model, data=tiny_pictures)
    session.assert_well()
    assert session.app.get("bidi_component")


@pytest.mark.parametrize("page", MODEL_PAGES)
def test_every_page_says_what_to_do_without_data(open_session: Any, tiny_model: Path, page: str) -> None:
    session = open_session(page, checkpoint=tiny_model)
    session.assert_well()
    assert any("Data folder" in box.label for box in session.app.text_input)


def test_the_demo_opens_where_the_picture_has_somewhere_to_go(open_session: Any) -> None:
    header = open_session("traverse.py").path.header
    assert header["towards"] == "towards effusion"
    chances = header["probabilities"]
    assert chances[0] < 0.1
    assert chances[-1] > 0.9
    assert chances == sorted(chances)
    assert header["flip"] is not None


def test_range_and_steps_lay_the_path(tiny: Session) -> None:
    assert (len(tiny.path.steps), tiny.path.steps[0], tiny.path.steps[-1]) == (21, -3, 3)
    tiny.app.selectbox(key=state.SPAN).set_value(2.0).run()
    tiny.app.selectbox(key=state.N_STEPS).set_value(11).run()
    np.testing.assert_allclose(tiny.path.steps, np.linspace(-2, 2, 11))
    assert len(tiny.path.checksums("decoded")) == 11
    tiny.assert_well()


def test_the_target_turns_the_direction_around(tiny: Session) -> None:
    first = tiny.path
    assert first.header["towards"] == "towards dark"
    tiny.app.selectbox(key=state.TARGET).set_value("bright").run()
    second = tiny.path
    assert (second.header["towards"], second.header["away"]) == ("towards bright", "away from bright")
    # Two classes: the same line, walked the other way.
    frames = first.checksums("decoded"), second.checksums("decoded")
    assert frames[0][10] == frames[1][10]
    assert frames[0] != frames[1]
    np.testing.assert_allclose(
        np.array(first.header["probabilities"]), 1 - np.array(second.header["probabilities"])[::-1], atol=1e-4
    )


def test_a_measured_quantity_can_be_the_target(open_session: Any) -> None:
    session = open_session("traverse.py")
    session.app.selectbox(key=state.TARGET).set_value("severity").run()
    session.assert_well()
    assert session.path.header["towards"] == "towards severity"
    assert session.path.header["class_name"] == "effusion"


def test_skip_dropout_lets_the_original_through(tiny: Session) -> None:
    skips = tiny.app.select_slider(key=state.SKIP_DROPOUT)
    assert tiny.app.number_input(key=state.SEED).disabled
    assert "All of this picture comes from z." in tiny.words("caption")
    z_only = tiny.path.checksums("decoded")
    skips.set_value(0.0).run()
    everything = tiny.path.checksums("decoded")
    assert all(z_only[step] != everything[step] for step in z_only)
    assert "is copied past it by the skip connections" in tiny.words("caption")
    tiny.assert_well()


def test_the_seed_counts_between_the_ends_of_skip_dropout(tiny: Session) -> None:
    tiny.app.select_slider(key=state.SKIP_DROPOUT).set_value(0.5).run()
    first = tiny.path.checksums("decoded")
    tiny.app.number_input(key=state.SEED).set_value(7).run()
    assert tiny.path.checksums("decoded") != first
    tiny.app.number_input(key=state.SEED).set_value(0).run()
    assert tiny.path.checksums("decoded") == first


def test_next_and_previous_go_around_the_ends(tiny: Session) -> None:
    tiny.pick("bright/00")
    assert tiny.shown_case == "bright/00"
    seen = []
    for which in ("next", "next", "previous", "previous", "previous", "next"):
        tiny.press_key(which)
        seen.append(tiny.shown_case)
    assert seen == ["bright/01", "bright/02", "bright/01", "bright/00", "dark/11", "bright/00"]
    assert tiny.app.query_params[state.CASE] == case_token("bright/00.png")
    tiny.assert_well()


def test_next_stays_within_what_the_strip_shows(tiny: Session) -> None:
    tiny.pick("bright/00")
    tiny.app.session_state[state.SHOWN] = ("bright/00.png", "dark/03.png", "dark/07.png")
    tiny.press_key("next")
    assert tiny.shown_case == "dark/03"


def test_next_from_a_case_that_the_filter_hides_is_the_next_one_shown(tiny: Session) -> None:
    tiny.pick("dark/04")
    tiny.app.session_state[state.SHOWN] = ("bright/00.png", "dark/03.png", "dark/07.png")
    tiny.press_key("previous")
    assert tiny.shown_case == "dark/03"


def test_the_address_names_the_case(open_session: Any, tiny_model: Path, tiny_pictures: Path) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures, case="dark/05.png")
    assert session.shown_case == "dark/05"
    session.assert_well()


def test_an_address_with_an_unknown_case_says_so(open_session: Any, tiny_model: Path, tiny_pictures: Path) -> None:
    session = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures, case="nobody_knows.png")
    assert "no case “nobody_knows.png”" in session.words("info")
    session.assert_page_drawn()


def test_a_picture_of_ones_own_is_shown_and_given_back(tiny: Session, tmp_path: Path) -> None:
    tiny.pick("dark/05")
    file = tmp_path / "mine.png"
    Image.fromarray(np.random.default_rng(3).integers(0, 255, (70, 90), dtype=np.uint8)).save(file)
    tiny.upload_picture("mine.png", file.read_bytes())
    tiny.assert_well()
    assert tiny.path.header["caption"] == "mine.png · label not known"
    tiny.assert_page_drawn()
    tiny.app.button(key="bar_picture_back").click().run()
    assert tiny.shown_case == "dark/05"


def test_a_choice_of_a_case_puts_the_picture_of_ones_own_away(tiny: Session) -> None:
    tiny.upload_picture("mine.png", (demo_images() / _first_picture(demo_images())).read_bytes())
    assert tiny.shown_case == "mine.png"
    tiny.pick("dark/05")
    assert tiny.shown_case == "dark/05"


def test_everything_chosen_survives_the_way_over_another_page(tiny: Session) -> None:
    tiny.pick("dark/05")
    tiny.app.select_slider(key=state.SKIP_DROPOUT).set_value(0.35).run()
    tiny.app.selectbox(key=state.TARGET).set_value("bright").run()
    tiny.app.selectbox(key=state.SPAN).set_value(2.0).run()
    tiny.app.selectbox(key=state.N_STEPS).set_value(11).run()
    tiny.app.number_input(key=state.SEED).set_value(5).run()
    before = tiny.path.header
    tiny.go("start.py").go("traverse.py")
    tiny.assert_well()
    assert tiny.path.header["path_id"] == before["path_id"]
    assert tiny.shown_case == "dark/05"


def test_another_model_takes_its_own_target_and_leaves_the_demos_pictures(
    open_session: Any, tiny_model: Path, tiny_pictures: Path
) -> None:
    session = open_session("traverse.py")
    session.app.selectbox(key=state.TARGET).set_value("no effusion").run()
    session.upload_model("tiny.safetensors", tiny_model.read_bytes())
    session.assert_well()
    assert session.app.session_state[state.DATA] == ""
    session.open_folder(tiny_pictures)
    session.assert_well()
    assert session.path.header["towards"] == "towards dark"
    session.app.button(key="bar_model_demo").click().run()
    session.assert_well()
    assert session.path.header["towards"] == "towards effusion"


def test_two_sessions_share_one_model(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached.checkpoint_at.clear()
    opened = []
    load = cached.open_checkpoint
    monkeypatch.setattr(cached, "open_checkpoint", lambda path: opened.append(path) or load(path))
    first = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures)
    second = open_session("traverse.py", checkpoint=tiny_model, data=tiny_pictures)
    assert opened == [str(tiny_model)]
    second.app.selectbox(key=state.SPAN).set_value(2.0).run()
    assert first.run().path.steps[0] == -3
    assert second.path.steps[0] == -2


def test_a_folder_that_was_moved_is_read_where_it_is_now(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    _copy(tiny_pictures, there)
    open_session("traverse.py", checkpoint=tiny_model, data=there).assert_well()
    there.rename(here)
    moved = open_session("traverse.py", checkpoint=tiny_model, data=here)
    moved.assert_well()
    moved.assert_page_drawn()


def _first_picture(folder: Path) -> str:
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("images/*.png"))[0]


def _copy(source: Path, target: Path) -> None:
    for file in source.rglob("*.png"):
        path = target / file.relative_to(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.read_bytes())
