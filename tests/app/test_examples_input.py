"""The examples page on data that lack something: each is said with what to do, and the rest of the page stays."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.cohorts import Cohort, Condition
from app import examples_state
from app.cohort_state import COHORT, SELECTION
from app.opened_data import open_data
from tests.app import bad_files
from tests.app.cli_folders import write_model, write_pictures
from tests.app.examples_session import LABELS, Shown, watched_tiles
from tests.app.session import Session
from tests.app.test_cli_numbers import write_study
from xaae_core.checkpoints import load_checkpoint
from xaae_core.latents import LatentTable, write_latents


@pytest.fixture(autouse=True)
def shown() -> Iterator[Shown]:
    with watched_tiles() as seen:
        yield seen


def model_with_training(
    folder: Path, model: Path, pictures: Path, choose: Any = None, **changes: Any
) -> tuple[Path, LatentTable]:
    """A copy of a model with a table of its training beside it."""
    folder.mkdir(exist_ok=True)
    copy = Path(shutil.copy(model, folder / "model.safetensors"))
    table = open_data(pictures, load_checkpoint(copy)).latents
    if choose is not None:
        table = table.rows(choose(table))
    write_latents(table, folder / "model.latents.parquet")
    return copy, table


def labels_of(session: Session) -> Session:
    session.app.session_state[examples_state.TAB] = LABELS
    return session.run()


def wait_for_estimate(session: Session) -> Session:
    for _ in range(200):
        if "Estimating" not in session.words("caption"):
            return session
        session.run()
    raise AssertionError("no estimate came")


def test_without_data_the_page_says_what_to_open(open_session: Any, tiny_model: Path) -> None:
    session = open_session("examples.py", checkpoint=tiny_model)
    session.assert_well()
    assert "Examples come from the training cases" in session.words("info")
    assert any(str(box.key).startswith("examples_data") for box in session.app.text_input)


def test_a_picture_of_ones_own_is_placed_between_the_cases(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, shown: Shown
) -> None:
    session = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    session.upload_picture("mine.png", bad_files.saved(bad_files.noise(64, 64)))
    session.assert_well()
    assert len(shown["nearest"]) == len(shown["mixture"]) == 5
    assert {tile.agrees for tile in shown["nearest"]} == {None}, "its label is not known"
    assert "label not known" in session.words("markdown")


def test_one_training_case_is_too_few_and_said_once(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, tmp_path: Path
) -> None:
    model, _ = model_with_training(tmp_path / "one", tiny_model, tiny_pictures, lambda table: np.arange(1))
    session = open_session("examples.py", checkpoint=model, data=tiny_pictures)
    assert not session.app.exception
    assert len(session.errors) == 1
    assert "1 training case; neighbours need at least 2" in session.errors[0]
    assert session.app.get("bidi_component"), "the cases to choose from are still there"


def test_training_pictures_that_are_gone_are_said_and_can_be_named(
    open_session: Any, tiny_model: Path, tmp_path: Path, shown: Shown
) -> None:
    pictures = write_pictures(tmp_path / "training", per_class=6)
    model, _ = model_with_training(tmp_path / "gone", tiny_model, pictures)
    moved = shutil.move(pictures, tmp_path / "moved")
    others = write_pictures(tmp_path / "others", classes=("a", "b"), per_class=2)
    session = open_session("examples.py", checkpoint=model, data=others)
    assert not session.app.exception
    assert all("name the folder" in tile.missing or "is not in the open folder" in tile.missing
               for tile in shown["nearest"])  # fmt: skip
    assert [tile.id for tile in shown["nearest"]], "they are named all the same"
    wait_for_estimate(session)
    assert any("comparing gradients needs at least 2: name the folder" in error for error in session.errors)
    box = next(box for box in session.app.text_input if str(box.key).startswith("examples_training_pictures"))
    box.set_value(str(moved)).run()
    session.app.button(key="examples_training_pictures_open").click().run()
    wait_for_estimate(session).assert_well()
    assert {tile.missing for tile in shown["nearest"]} == {""}


def test_another_picture_under_the_name_of_a_training_case_is_not_shown(
    open_session: Any, tiny_model: Path, tmp_path: Path, shown: Shown
) -> None:
    pictures = write_pictures(tmp_path / "training", per_class=6)
    model, table = model_with_training(tmp_path / "other", tiny_model, pictures)
    row = table.row_of("bright/03.png")
    shutil.copy(pictures / "dark" / "01.png", pictures / "bright" / "03.png")
    open_session("examples.py", checkpoint=model, data=pictures, case="bright/02.png")
    missing = {tile.row: tile.missing for tiles in shown.values() for tile in tiles}
    assert row in missing
    assert "03.png is not the case that the table was made from (bright/03)" in missing.pop(row)
    assert set(missing.values()) == {""}


def test_a_case_of_a_table_without_its_picture_still_has_its_neighbours(
    open_session: Any, tiny_model: Path, tmp_path: Path, shown: Shown
) -> None:
    pictures = write_pictures(tmp_path / "training", per_class=6)
    table = open_data(pictures, load_checkpoint(tiny_model)).latents
    write_latents(table, tmp_path / "table.parquet")
    shutil.rmtree(pictures)
    session = open_session("examples.py", checkpoint=tiny_model, data=tmp_path / "table.parquet")
    assert not session.app.exception
    assert "picture not found" in session.words("markdown")
    assert len(shown["nearest"]) == 5
    assert all(tile.missing for tile in shown["nearest"])


def test_a_model_of_numbers_has_examples_but_no_loss_of_labels(
    open_session: Any, tmp_path: Path, shown: Shown, numbers_model: Path
) -> None:
    session = open_session("examples.py", checkpoint=numbers_model, data=write_study(tmp_path / "study"))
    session.assert_well()
    assert session.app.selectbox(key=examples_state.LOSS).options == ["how well it is drawn"]
    assert "predicts numbers" in session.app.selectbox(key=examples_state.LOSS).help
    assert len(shown["nearest"]) == 5
    labels_of(session)
    assert not session.app.exception
    assert any("doubting a label needs two classes" in error for error in session.errors)


@pytest.fixture(scope="module")
def numbers_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    from tests.app.cli_folders import SIDE
    from xaae_core.checkpoints import save_checkpoint
    from xaae_core.model_card import card_for
    from xaae_core.models import add_xaae_blocks, build_encoder

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = add_xaae_blocks(
            build_encoder("small:8-16", 1),
            input_size=SIDE, input_channels=1, encoding_dims=4, classes=1,
            decoder="light", recons_metric="ssim", encoder_spec="small:8-16",
        )  # fmt: skip
    model.set_target_scale(25, 14)
    told = {"columns": {"file": "picture", "label": "severity"}, "task": "auto"}
    card = card_for(model, name="severity", classes=("severity",), target="severity", task="continuous", training=told)
    return save_checkpoint(model, tmp_path_factory.mktemp("numbers") / "severity.safetensors", card)


def test_one_class_says_what_doubting_labels_needs(open_session: Any, tiny_model: Path, tmp_path: Path) -> None:
    one_class = write_pictures(tmp_path / "one", classes=("bright",), per_class=6)
    session = labels_of(open_session("examples.py", checkpoint=tiny_model, data=one_class))
    assert not session.app.exception
    assert any("needs two classes of at least 2 cases each" in error for error in session.errors)


def test_labels_that_the_model_does_not_know_offer_no_loss_of_labels(
    open_session: Any, tiny_model: Path, tmp_path: Path, shown: Shown
) -> None:
    folder = write_pictures(tmp_path / "abc", classes=("a", "b", "c"), per_class=4)
    session = open_session("examples.py", checkpoint=tiny_model, data=folder)
    assert session.app.selectbox(key=examples_state.LOSS).options == ["how well it is drawn"]
    labels_of(session)
    assert not session.app.exception
    assert shown["doubts"]
    assert all(button.key != "self_influence_begin" for button in session.app.button)


def test_the_cohort_limits_the_search_only_when_asked(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, shown: Shown
) -> None:
    session = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    session.app.session_state[COHORT] = Cohort((Condition("label", ("dark",)),))
    session.run().assert_well()
    assert "the cohort does not limit them" in session.words("caption")
    session.app.selectbox(key=examples_state.SEARCHED).set_value("cohort").run()
    session.assert_well()
    assert "the 12 cases of the cohort among 24" in session.words("caption")
    assert {tile.label for tile in shown["nearest"]} == {"dark"}
    labels_of(session)
    assert not session.app.exception
    assert any("two classes" in error for error in session.errors), "one class is left in the cohort"


def test_a_cohort_and_a_selection_without_training_cases_say_how_to_get_some(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, shown: Shown
) -> None:
    session = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    nobody = Cohort((Condition("label", ("dark",)), Condition("confidence", low=0.9999)))
    session.app.session_state[COHORT] = nobody
    session.app.selectbox(key=examples_state.SEARCHED).set_value("cohort").run()
    assert not session.app.exception
    assert any("none of the 24 training cases belongs to the cohort" in error for error in session.errors)
    labels_of(session)
    assert any("no case belongs to the cohort" in error for error in session.errors)
    session.app.session_state[COHORT] = Cohort()
    session.app.session_state[examples_state.TAB] = "Behind this case"
    session.run().app.selectbox(key=examples_state.SEARCHED).set_value("selection").run()
    assert any("none of the 24 training cases is chosen" in error for error in session.errors)
    session.app.session_state[SELECTION] = ("dark/01.png", "dark/02.png", "bright/05.png", "not a case")
    session.run().assert_well()
    assert {tile.id for tile in shown["nearest"]} <= {"dark/01.png", "dark/02.png", "bright/05.png"}
    assert "the 3 cases chosen on the maps among 24" in session.words("caption")


def test_latents_of_another_model_are_not_taken(
    open_session: Any, tiny_model: Path, tiny_pictures: Path, tmp_path: Path
) -> None:
    _, table = model_with_training(tmp_path / "a", tiny_model, tiny_pictures)
    other = write_model(tmp_path / "other.safetensors", seed=3)
    write_latents(table, tmp_path / "other.latents.parquet")
    session = open_session("examples.py", checkpoint=other, data=tiny_pictures)
    session.assert_well()
    assert "the training's own are not known here" in session.words("caption"), "those beside it are another model's"
    session.open_folder(tmp_path / "a" / "model.latents.parquet")
    assert not session.app.exception
    assert any("another checkpoint" in error or "another model" in error for error in session.errors)
