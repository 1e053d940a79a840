"""The examples page's list of doubtful labels, and its files, without a browser."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from analysis.examples.sample_losses import LabelLoss
from analysis.examples.samples import samples_of
from analysis.examples.wrong_labels import measure_self_influence, rank_wrong_labels
from analysis.figures.export import draw_file
from app import examples_state, state
from app.cohort_state import SELECTION
from app.examples_page import labels_tab, main_tab
from app.examples_page.downloads import notes_of, provenance_of_sheet, scores_csv, sheet_figure, shown_rows
from app.examples_page.label_files import doubts_csv
from tests.app.examples_session import LABELS, Shown, click, compute, pixels_of, press, table_of, watched_tiles
from tests.app.session import Session
from xaae_core.case_tokens import case_token, short_token
from xaae_core.checkpoints import Checkpoint, load_checkpoint


@pytest.fixture(autouse=True)
def shown() -> Iterator[Shown]:
    with watched_tiles() as seen:
        yield seen


@pytest.fixture
def tiny(open_session: Any, tiny_model: Path, tiny_pictures: Path) -> Session:
    """The page on a small folder and a model whose training is not known."""
    session: Session = open_session("examples.py", checkpoint=tiny_model, data=tiny_pictures)
    session.assert_well()
    return session


@pytest.fixture
def checkpoint(tiny_model: Path) -> Checkpoint:
    return load_checkpoint(tiny_model)


def test_labels_are_ranked_as_rank_wrong_labels_does_a_page_at_a_time(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    wanted = rank_wrong_labels(table_of(checkpoint, tiny_pictures))
    tiny.app.session_state[examples_state.TAB] = LABELS
    tiny.run().assert_well()
    assert [tile.id for tile in shown["doubts"]] == wanted.ids[:12].tolist()
    first = wanted.sentence(0)
    assert shown["doubts"][0].sentence == f"{first[0].upper()}{first[1:]}."
    assert "a question, not an answer" in tiny.words("markdown")
    press(tiny, "doubts_next").assert_well()
    assert [tile.id for tile in shown["doubts"]] == wanted.ids[12:24].tolist()
    press(tiny, "doubts_choose").assert_well()
    assert tiny.app.session_state[SELECTION] == tuple(wanted.ids[12:24].tolist())
    click(tiny, labels_tab, "doubts", 3)
    assert tiny.app.session_state[state.CASE] == wanted.ids[15]


def test_self_influence_counts_when_it_was_measured(
    tiny: Session, shown: Shown, checkpoint: Checkpoint, tiny_pictures: Path
) -> None:
    table = table_of(checkpoint, tiny_pictures)
    tiny.app.session_state[examples_state.TAB] = LABELS
    tiny.run()
    compute(tiny, "self_influence").assert_well()
    x = torch.from_numpy(np.stack([pixels_of(table, row) for row in range(len(table))]))
    samples = samples_of(x, torch.from_numpy(table.labels.copy()), table.ids.tolist())
    own = measure_self_influence(checkpoint.model, samples, loss=LabelLoss())
    assert [tile.id for tile in shown["doubts"]] == rank_wrong_labels(table, self_influence=own).ids[:12].tolist()
    largest = max(own, key=lambda case: own[case])
    told = {tile.id: tile.sentence for tile in shown["doubts"]}
    assert "pulls harder at the model than 96% of the cases" in told[largest], "than 23 of 24"
    assert "self-influence counts as much" in tiny.words("caption")


def scenes(session: Session) -> list[Any]:
    """The scenes that the page hands to its files."""
    seen: list[Any] = []
    with patch.object(main_tab, "show_menu", lambda *arguments: seen.append(arguments)):
        session.run()
    return seen


def test_the_scores_leave_as_csv_with_their_methods(tiny: Session, checkpoint: Checkpoint, tiny_pictures: Path) -> None:
    table = table_of(checkpoint, tiny_pictures)
    compute(tiny)
    (scene, choice, importance), *_ = scenes(tiny)
    found = list(csv.DictReader(io.StringIO(scores_csv(scene, choice, importance).decode())))
    assert sorted(row["id"] for row in found) == sorted(table.ids.tolist())
    by_id = {row["id"]: row for row in found}
    assert len(by_id) == len(found)
    (score,) = [name for name in found[0] if name.startswith("TracIn (loss=reconstruction error")]
    (weight,) = [name for name in found[0] if name.startswith("SimplEx, maximum entropy")]
    for case, value in zip(importance.train_ids.tolist(), importance.scores[0].tolist(), strict=True):
        assert float(by_id[case][score]) == pytest.approx(value, rel=1e-6)
    for column, case in enumerate(table.ids.tolist()):
        assert float(by_id[case]["distance in z"]) == pytest.approx(scene.nearest.distances[0, column], rel=1e-6)
    assert [row["is this case"] for row in found].count("yes") == 1
    weights = [float(row[weight]) for row in found if row[weight]]
    assert sum(weights) == pytest.approx(1, abs=1e-4)
    assert len(weights) == len(found) - 1


def test_the_contact_sheet_says_its_methods_and_has_the_pages_cases(tiny: Session, shown: Shown) -> None:
    compute(tiny)
    (scene, choice, importance), *_ = scenes(tiny)
    rows = shown_rows(scene, choice, importance)
    figure = sheet_figure(scene, rows, notes_of(scene, choice, importance), lambda _: None)
    names = [tile.name for row in figure.rows for tile in row.tiles]
    seen = [tile.id for row in ("nearest", "mixture", "helpful", "harmful") for tile in shown.get(row, [])]
    assert names == [f"case {short_token(case)}" for case in seen]
    svg = draw_file(figure, "svg").decode()
    for words in ("TracIn (loss=reconstruction error", "SimplEx, maximum entropy", "Searched: the 24 cases"):
        assert words in svg
    assert not any(case in svg + figure.numbers() + figure.caption() for case in seen), "no file names leave"


def test_each_tile_has_the_score_of_its_case(tiny: Session) -> None:
    compute(tiny)
    (scene, choice, importance), *_ = scenes(tiny)
    found = {row.role: row for row in shown_rows(scene, choice, importance)}
    table, mixture = scene.searched.table, scene.mixture(choice.mixture)
    similar = found["similar"]
    assert similar.scores == pytest.approx([scene.spacings[column] for column in similar.columns])
    for role, known in (("part of the mixture", mixture), ("helpful", importance), ("harmful", importance)):
        by_id = dict(zip(known.train_ids.tolist(), known.scores[0].tolist(), strict=True))
        row = found[role]
        assert row.scores == pytest.approx([by_id[str(table.ids[column])] for column in row.columns])
    assert all(score > 0 for score in found["helpful"].scores)
    assert all(score < 0 for score in found["harmful"].scores)


def test_the_sheet_knows_how_it_was_made(tiny: Session, checkpoint: Checkpoint) -> None:
    compute(tiny)
    (scene, choice, importance), *_ = scenes(tiny)
    rows = shown_rows(scene, choice, importance)
    told = provenance_of_sheet(scene, choice, importance, rows)
    assert told.checkpoint_sha256 == checkpoint.sha256
    assert told.settings["methods"] == ["nearest", "simplex_entropy", "tracin"]
    assert told.case_ids[0] == case_token(scene.subject.id)
    drawn = {case_token(str(scene.searched.table.ids[column])) for row in rows for column in row.columns}
    assert set(told.case_ids[1:]) == drawn
    assert told.view["page"] == "examples"
    assert told.view["query"]["case"] == [case_token(scene.subject.id)]
    assert scene.subject.id not in told.to_json()


def test_the_list_of_doubtful_labels_leaves_whole(tiny: Session, checkpoint: Checkpoint, tiny_pictures: Path) -> None:
    ranking = rank_wrong_labels(table_of(checkpoint, tiny_pictures))
    tiny.app.session_state[examples_state.TAB] = LABELS
    asked: list[Any] = []

    def keep(*arguments: Any) -> int:
        asked.append(arguments)
        return 1

    with patch.object(labels_tab, "_page_controls", keep):
        tiny.run()
    found = list(csv.DictReader(io.StringIO(doubts_csv(*asked[0]).decode())))
    assert [row["id"] for row in found] == ranking.ids.tolist()
    assert [row["why"] for row in found] == [ranking.sentence(place) for place in range(len(ranking))]
