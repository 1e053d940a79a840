"""The examples page without a browser: which cases it shows and why, long work, files, and what bad input is told."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import pytest
import torch

from analysis.examples import find_nearest
from analysis.examples.influence import DampedInverse, measure_influence
from analysis.examples.sample_losses import LabelLoss, OutputLoss
from analysis.examples.samples import samples_of
from analysis.examples.simplex import fit_max_entropy, fit_simplex
from analysis.traversals import encode_image
from app import examples_state, state
from app.examples_page import rows
from tests.app.examples_session import (
    Shown,
    buttons,
    click,
    compute,
    pixels_of,
    press,
    run_until,
    show_case,
    table_of,
    watched_tiles,
)
from tests.app.session import Session
from xaae_core.checkpoints import Checkpoint, load_checkpoint


@pytest.fixture(autouse=True)
def shown() -> Iterator[Shown]:
    with watched_tiles() as seen:
        yield seen


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path, shown: Shown) -> Session:
    """The page on a small folder and a model whose training is not known."""
    session: Session = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    session.assert_well()
    return session


@pytest.fixture
def checkpoint(tiny_model: Path) -> Checkpoint:
    return load_checkpoint(tiny_model)


def test_the_nearest_cases_are_those_of_find_nearest(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    show_case(tiny, str(table.ids[5])).assert_well()
    found = find_nearest(table.z[5:6], table)
    wanted = [column for column in found.most_important(0, 6).tolist() if column != 5][:5]
    assert [tile.id for tile in shown["nearest"]] == table.ids[wanted].tolist()
    assert [tile.bar.text for tile in shown["nearest"] if tile.bar] == [f"{d:.2f} ×" for d in found.relative(0)[wanted]]
    assert [tile.agrees for tile in shown["nearest"]] == (table.labels[wanted] == table.labels[5]).tolist()
    assert "24 cases of the open folder (the training's own are not known here)" in tiny.words("caption")
    assert "itself among the searched cases" in tiny.words("caption")


@pytest.mark.parametrize(("name", "fit"), [("simplex_entropy", fit_max_entropy), ("simplex", fit_simplex)])
def test_the_weights_are_the_estimators_without_the_case_itself(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path, name: str, fit: Any
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    tiny.app.session_state[examples_state.MIXTURE] = name
    show_case(tiny, str(table.ids[3])).assert_well()
    others = np.delete(np.arange(len(table)), 3)
    z = encode_image(checkpoint.model, pixels_of(table, 3)).z
    weights = fit(z, torch.from_numpy(table.z[others].copy()))[0].double().numpy()
    order = np.argsort(-weights, kind="stable")[:5]
    assert [tile.id for tile in shown["mixture"]] == table.ids[others][order].tolist()
    shares = np.array([tile.bar.share for tile in shown["mixture"] if tile.bar])
    np.testing.assert_allclose(shares, weights[order] / weights[order].max(), rtol=1e-3)
    left = np.linalg.norm(weights @ table.z[others] - table.z[3]) / np.linalg.norm(
        table.z[3] - table.z[others].mean(axis=0)
    )
    assert f"leaves {left:.0%} of the case over" in tiny.words("markdown")


@pytest.mark.parametrize("loss", ["reconstruction", "label"])
def test_helpful_and_harmful_are_in_the_order_of_measure_influence(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path, loss: str
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    tiny.app.session_state[examples_state.METHOD] = "influence"
    tiny.app.session_state[examples_state.LOSS] = loss
    tiny.app.session_state[examples_state.PARAMETERS] = "last_block"
    show_case(tiny, str(table.ids[7])).assert_well()
    assert "helpful" not in shown, "nothing is computed before it is asked for"
    compute(tiny).assert_well()
    x = torch.from_numpy(np.stack([pixels_of(table, row) for row in range(len(table))]))
    own = checkpoint.model.classify(checkpoint.model.encode(x[7:8]).z)
    assert own is not None
    has_labels = loss == "label"
    found = measure_influence(
        cast(torch.nn.Module, checkpoint.model),
        samples_of(x, torch.from_numpy(table.labels.copy()) if has_labels else None),
        samples_of(x[7:8], own.argmax(dim=1) if has_labels else None),
        loss=LabelLoss() if has_labels else OutputLoss(), mode=DampedInverse(), parameters="last_block",
    )  # fmt: skip
    order = [row for row in np.argsort(-found.scores[0], kind="stable").tolist() if row != 7]
    helpful = [row for row in order if found.scores[0, row] > 0][:5]
    harmful = [row for row in reversed(order) if found.scores[0, row] < 0][:5]
    assert [tile.row for tile in shown.get("helpful", [])] == helpful
    assert [tile.row for tile in shown.get("harmful", [])] == harmful
    assert len(helpful) + len(harmful) >= 5
    words = tiny.words("caption")
    assert "influence (damped inverse)" in words
    assert "(last_block)" in words
    assert ("classification loss" if has_labels else "reconstruction error") in words


def test_another_session_finds_what_was_computed(
    tiny: Session, shown: Shown, open_session: Any, tiny_model: Path, tiny_pictures: Path
) -> None:
    compute(tiny).assert_well()
    helpful = shown.pop("helpful")
    other = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    other.assert_well()
    assert shown["helpful"] == helpful


def test_the_time_is_said_before_and_a_cancelled_computation_keeps_nothing(tiny: Session, shown: Shown) -> None:
    run_until(tiny, lambda: "influence_begin" in buttons(tiny))
    assert "It takes about" in tiny.words("caption")
    assert "parameters (" in tiny.words("caption")
    slow = patch("app.examples_page.gradients.trace_training", _until_cancelled)
    with slow:
        press(tiny, "influence_begin")
        assert "influence_cancel" in buttons(tiny)
        press(tiny, "influence_cancel")
    tiny.assert_well()
    assert "Nothing half-done is kept" in tiny.words("info")
    assert "helpful" not in shown
    compute(tiny).assert_well()
    assert "Nothing half-done" not in tiny.words("info")
    assert shown["helpful"] or shown["harmful"]


def test_a_computation_for_another_case_goes_on_and_says_whose_it_is(
    tiny: Session, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    show_case(tiny, str(table.ids[2]))
    run_until(tiny, lambda: "influence_begin" in buttons(tiny))
    with patch("app.examples_page.gradients.trace_training", _until_cancelled):
        press(tiny, "influence_begin")
        show_case(tiny, str(table.ids[9])).assert_well()
        bars = [str(block.proto.text) for block in tiny.app.get("progress")]
        assert any("bright/02" in text.replace("\\", "") for text in bars), bars
        press(tiny, "influence_cancel")
    assert "Nothing half-done" not in tiny.words("info"), "this case's own was not cancelled"


def test_a_click_opens_the_case_here_or_in_traverse(tiny: Session, shown: Shown) -> None:
    wanted = shown["nearest"][1]
    click(tiny, rows, "nearest", 1)
    tiny.assert_well()
    assert tiny.app.session_state[state.CASE] == wanted.id
    assert wanted.name in tiny.bar[2]
    there = shown["mixture"][0]
    click(tiny, rows, "mixture", 0, "traverse")
    tiny.run().assert_well()  # the browser's timer
    assert tiny.shown_case == there.name


def test_a_training_case_that_is_not_in_the_folder_opens_as_a_picture_and_keeps_its_label(
    open_session: Any, shown: Shown
) -> None:
    session: Session = open_session("examples.py")
    session.assert_well()
    assert "Searched: the 800 cases that the model learned from" in session.words("caption")
    wanted = shown["nearest"][0]
    click(session, rows, "nearest", 0)
    session.assert_well()
    assert f"{wanted.id}.png" in session.bar[2]
    assert wanted.id not in [tile.id for tile in shown["nearest"]]
    assert "itself among the searched cases" in session.words("caption")
    assert f"label {wanted.label}" in session.words("markdown")


def _until_cancelled(*_: Any, progress: Any, **__: Any) -> Any:
    """A computation that would take a minute."""
    for step in range(6000):
        progress(step, 6000)
        time.sleep(0.01)
    raise AssertionError("it was not cancelled")
