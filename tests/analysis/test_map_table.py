"""Maps as one table: every case with its places, its label and what was measured, as CSV and as Parquet."""

import csv
import dataclasses
import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.map_table import MapColumns, map_csv, map_parquet, map_table, table_format
from analysis.projections import project
from tests.analysis.latent_tables import table_of, two_clouds

TABLE = two_clouds(40)


def test_one_map_has_plain_names_and_several_have_those_of_their_methods():
    pca, pls = (MapColumns(project(TABLE, method)) for method in ("pca", "pls"))
    alone, both = map_table([pca], TABLE), map_table([pca, pls], TABLE)
    assert [*alone] == ["id", "x", "y", "label", "split", "prediction", "neighbours_kept", "placed", "error"]
    assert np.array_equal(both["x_pca"], alone["x"])
    assert np.array_equal(both["x_pls"], pls.projection.points[:, 0])
    assert len(both["id"]) == 40


def test_what_is_not_known_is_empty_and_not_zero():
    labels = np.array([0, 1, -1, 1] * 10)
    table = table_of(np.random.default_rng(0).normal(size=(40, 3)), labels)
    moved = np.full(40, 0.25)
    moved[3] = np.nan
    made = MapColumns(project(table, "pca", rate=False), moved, np.arange(40) % 3 - 1)
    columns = map_table([made], table)
    assert "neighbours_kept" not in columns  # it was not measured
    rows = list(csv.DictReader(io.StringIO(map_csv(columns).decode())))
    assert (rows[2]["label"], rows[2]["error"]) == ("", "")
    assert (rows[3]["moved"], rows[4]["moved"]) == ("", "0.25")
    assert [row["group"] for row in rows[:3]] == ["-1", "0", "1"]
    read = pq.read_table(io.BytesIO(map_parquet(columns)))
    assert read["label"].null_count == read["error"].null_count == 10
    assert read["moved"].null_count == 1
    assert read["placed"].to_pylist() == [False] * 40


def test_ids_survive_whatever_letters_are_in_them():
    names = np.array([f'a,"{row}"\nü' for row in range(40)])
    table = dataclasses.replace(TABLE, ids=names)
    columns = map_table([MapColumns(project(table, "pca"))], table)
    assert [row["id"] for row in csv.DictReader(io.StringIO(map_csv(columns).decode(), newline=""))] == names.tolist()
    assert pq.read_table(io.BytesIO(map_parquet(columns)))["id"].to_pylist() == names.tolist()


def test_parquet_says_how_the_map_was_made_and_keeps_every_digit():
    made = project(TABLE, "pca")
    content = map_parquet(map_table([MapColumns(made)], TABLE), {"seed": 4})
    read = pq.read_table(io.BytesIO(content))
    assert json.loads(read.schema.metadata[b"xaae_maps"]) == {"seed": 4}
    assert np.array_equal(np.stack([read["x"], read["y"]], axis=1), made.points)


def test_further_columns_come_along():
    columns = map_table([MapColumns(project(TABLE, "pca"))], TABLE, {"shared": np.linspace(0, 1, 40)})
    assert map_csv(columns).decode().splitlines()[0].endswith(",shared")


def test_other_endings_are_refused():
    assert table_format("a/b.CSV") == "csv"
    with pytest.raises(ValueError, match=r'"m.xlsx" ends with ".xlsx"; a table of a map is .csv or .parquet'):
        table_format("m.xlsx")
