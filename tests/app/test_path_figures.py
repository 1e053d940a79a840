"""What figures of a path say of their making: a view that the page understands, and nothing of a file's name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.directions import fit_direction
from analysis.latent_axes import axis_direction
from app import controls, path_figures
from app.path_figures import PathMaking
from app.table_cases import case_of_file, row_of_file
from app.views import KEYS, View
from tests.analysis.figures.paths import figure_of, path_of
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.demo import demo_checkpoint
from xaae_core.latent_table import LatentTable
from xaae_core.latents import read_latents

CASE = "station 3/Müller, Anna 1950.png"
LATENTS = demo_checkpoint().with_name("phantoms.latents.parquet")


@pytest.fixture(scope="module")
def table() -> LatentTable:
    return read_latents(LATENTS)


def making_of(table: LatentTable, *, skip_dropout: float = 1.0, view: View | None = None, **choice: int) -> PathMaking:
    checkpoint = load_checkpoint(demo_checkpoint())
    found = axis_direction(table, choice["dimension"]) if "dimension" in choice else fit_direction(table, None)
    return PathMaking(
        checkpoint, found, CASE, "effusion", table.data_fingerprint, 2.0, 9, skip_dropout, 7, view or View("traverse")
    )


def test_a_figure_names_its_case_by_a_token_only(table: LatentTable) -> None:
    making = making_of(table)
    path = figure_of(path_of(), title=making.title)
    for figure in (making.path(path, at=-1.5), making.change(path, 8)):
        told = figure.provenance.stamped().to_json()
        for text in (told, figure.title, making.name, figure.drawing.caption(), figure.drawing.numbers()):
            assert "Anna" not in text
            assert "station" not in text
        assert figure.provenance.case_ids == (case_token(CASE),)
        assert case_token(CASE)[:6] in figure.title


def test_the_view_has_the_pages_own_words(table: LatentTable) -> None:
    making = making_of(table, skip_dropout=0.35)
    query = making.path(figure_of(path_of()), at=-1.5).provenance.view["query"]
    assert query["range"] == ["± 2 SD"]
    assert query["step"] == ["-1.5"]
    assert query["steps"] == ["9"]
    assert query["seed"] == ["7"]
    assert query["skips"] == [controls.skip_words(0.35)]
    assert set(query) <= {*KEYS["traverse"], "model", "case"}
    assert making.change(figure_of(path_of()), 8).provenance.view["query"]["step"] == ["2"]


def test_one_dimension_of_z_is_named_by_its_number(table: LatentTable) -> None:
    query = making_of(table, dimension=3).path(figure_of(path_of())).provenance.view["query"]
    assert (query["target"], query["axis"]) == (["one dimension of z"], ["3"])


@pytest.mark.parametrize("value", controls.SKIP_LEVELS)
def test_skip_dropouts_are_written_as_the_control_writes_them(value: float) -> None:
    assert path_figures._skips(value) == ("" if value == 1 else controls.skip_words(value))


def test_what_else_the_page_shows_is_kept_and_its_old_path_is_not(table: LatentTable) -> None:
    now = View("traverse", {"cohort": ("split:test",), "range": ("± 6 SD",), "axis": ("5",)})
    query = making_of(table, view=now).path(figure_of(path_of())).provenance.view["query"]
    assert query["cohort"] == ["split:test"]
    assert query["range"] == ["± 2 SD"]
    assert "axis" not in query


def test_files_are_found_in_a_table_wherever_they_lie(table: LatentTable, tmp_path: Path) -> None:
    named = replace(
        table,
        ids=np.array([f"part/{name}.png" for name in table.ids]),
        paths=np.array([f"pictures/{number}.png" for number in range(len(table))]),
    )
    latents = tmp_path / "t.parquet"
    for file in (tmp_path / "pictures" / "5.png", tmp_path / "moved" / named.ids[5]):
        assert row_of_file(named, file, latents=latents) == 5, file
    assert row_of_file(table, tmp_path / f"{table.ids[5]}.png", latents=latents) == 5, "the id is its name"
    assert case_of_file(named, tmp_path / named.ids[5], latents=latents) == (
        named.ids[5],
        table.classes[table.labels[5]],
    )
    assert case_of_file(named, tmp_path / "unknown.png", latents=latents) == ("unknown.png", "")


def test_of_two_cases_of_one_name_none_is_taken(table: LatentTable, tmp_path: Path) -> None:
    ids = table.ids.astype("<U40")
    ids[:2] = "twin"
    twins = replace(table, ids=ids, paths=np.array([""] * len(table)))
    assert row_of_file(twins, tmp_path / "twin.png", latents=LATENTS) is None
