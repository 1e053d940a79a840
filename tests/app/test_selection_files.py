"""What was chosen leaves the app whole: the same cases, ids and columns in CSV and in Parquet."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.selection_files import selection_csv, selection_parquet
from tests.analysis.latent_tables import numbers_table, two_clouds
from xaae_core.latents import LatentTable

ROWS = np.array([7, 3, 12])


def both(table: LatentTable, rows: np.ndarray, **coordinates: np.ndarray) -> list[pd.DataFrame]:
    text = dict.fromkeys(("id", "path", "label", "prediction", "split"), str)
    return [
        pd.read_csv(io.BytesIO(selection_csv(table, rows, coordinates)), dtype=text, keep_default_na=False),
        pd.read_parquet(io.BytesIO(selection_parquet(table, rows, coordinates))),
    ]


def test_both_files_hold_the_chosen_cases_in_their_order():
    table = two_clouds()
    for frame in both(table, ROWS, **{"UMAP x": np.arange(60.0)}):
        assert frame["id"].tolist() == [f"case {row}" for row in ROWS]
        assert frame["label"].tolist() == [table.classes[table.labels[row]] for row in ROWS]
        assert frame["prediction"].tolist() == frame["label"].tolist()
        assert frame["split"].tolist() == table.split[ROWS].tolist()
        np.testing.assert_allclose(frame["probability"].astype(float), 0.9, rtol=1e-6)
        np.testing.assert_array_equal(frame["severity"].astype(float), table.columns["severity"][ROWS])
        assert frame["UMAP x"].tolist() == ROWS.tolist()


def test_a_mask_chooses_as_row_numbers_do():
    table, mask = two_clouds(), np.zeros(60, dtype=bool)
    mask[np.sort(ROWS)] = True
    assert selection_csv(table, mask) == selection_csv(table, np.sort(ROWS))
    assert len(pd.read_parquet(io.BytesIO(selection_parquet(table, np.zeros(60, dtype=bool))))) == 0


@pytest.mark.parametrize("name", ['a,"b"\nc', "=1+1", "ünï/кот 🙂.png", " spaced "])
def test_odd_ids_come_back_letter_for_letter(name: str):
    table = two_clouds()
    table = replace(table, ids=np.array([name, *table.ids[1:]]))
    for frame in both(table, np.array([0])):
        assert frame["id"].tolist() == [name]


def test_what_is_not_known_is_empty():
    table = two_clouds()
    table = replace(table, labels=np.full(60, -1), columns={"age": np.full(60, np.nan)})
    csv, parquet = both(table, ROWS)
    assert csv["label"].tolist() == csv["age"].tolist() == ["", "", ""]
    assert parquet["label"].isna().all()
    assert parquet["age"].isna().all()


def test_a_column_of_a_name_that_is_taken_keeps_its_own_place():
    table = replace(two_clouds(), columns={"label": np.arange(60), "split": np.arange(60) * 2})
    for frame in both(table, ROWS, label=np.arange(60.0) * 3):
        assert frame["label 2"].tolist() == ROWS.tolist()
        assert frame["split 2"].tolist() == (ROWS * 2).tolist()
        assert frame["label 3"].tolist() == (ROWS * 3).tolist()


def test_a_model_of_numbers_gives_numbers():
    table = numbers_table()
    for frame in both(table, ROWS):
        np.testing.assert_array_equal(frame["label"].astype(float), table.columns["grade"][ROWS])
        np.testing.assert_array_equal(frame["prediction"].astype(float), table.predicted[ROWS])


def test_a_folder_that_names_its_classes_otherwise_keeps_the_models_answers():
    content = selection_parquet(two_clouds(), ROWS, model_classes=("cold", "warm"))
    frame = pd.read_parquet(io.BytesIO(content))
    assert set(frame["prediction"]) <= {"cold", "warm"}
    assert set(frame["label"]) <= {"no", "yes"}
