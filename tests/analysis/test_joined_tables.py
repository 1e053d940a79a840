"""New cases join the table of a map: by id, by the names of classes, with what only one table knows left empty."""

import dataclasses

import numpy as np
import pytest

from analysis.joined_tables import join_tables, new_cases
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable


def renamed(table: LatentTable, prefix: str = "new") -> LatentTable:
    ids = np.array([f"{prefix} {name}" for name in table.ids])
    return dataclasses.replace(table, ids=ids)


def test_the_rows_of_both_follow_each_other_with_all_that_is_known():
    first, second = two_clouds(40), renamed(two_clouds(20, seed=1))
    joined = join_tables(first, second)
    assert joined.ids.tolist() == [*first.ids, *second.ids]
    for name in ("z", "labels", "probabilities", "split"):
        assert np.array_equal(getattr(joined, name)[:40], getattr(first, name))
        assert np.array_equal(getattr(joined, name)[40:], getattr(second, name))
    assert np.array_equal(joined.columns["severity"], [*first.columns["severity"], *second.columns["severity"]])


def test_labels_go_by_their_names_and_unknown_ones_stay_unknown():
    first = two_clouds(10)
    labels = np.array([0, 1, 2, -1, 0, 1, 2, -1])
    second = dataclasses.replace(renamed(two_clouds(8)), classes=("maybe", "yes", "no"), labels=labels)
    joined = join_tables(first, second)
    assert joined.classes == ("no", "yes", "maybe")
    said = [joined.classes[code] if code >= 0 else "" for code in joined.labels[10:]]
    assert said == ["maybe", "yes", "no", "", "maybe", "yes", "no", ""]


def test_columns_that_one_table_lacks_are_empty_there():
    z = np.zeros((3, 2))
    first = table_of(z, age=np.array([1, 2, 3]), site=np.array(["a", "b", "c"]))
    second = renamed(table_of(z, site=np.array([1.0, 2.0, 3.0]), flag=np.array([True, False, True])))
    joined = join_tables(first, second).columns
    assert joined["age"][:3].tolist() == [1, 2, 3]
    assert np.isnan(joined["age"][3:]).all()
    assert joined["site"].tolist() == ["a", "b", "c", "1.0", "2.0", "3.0"]
    assert np.isnan(joined["flag"][:3]).all()
    assert joined["flag"][3:].tolist() == [1, 0, 1]


def test_predicted_numbers_are_joined():
    joined = join_tables(numbers_table(30), renamed(numbers_table(12)))
    assert joined.predicted is not None
    assert len(joined.predicted) == 42
    assert np.isfinite(joined.predicted).all()


def test_only_cases_that_are_not_there_yet_are_new():
    first = two_clouds(20)
    more = two_clouds(30)  # its first twenty have the same ids
    assert new_cases(first, more).ids.tolist() == more.ids[20:].tolist()
    with pytest.raises(LatentTableError, match="all 20 cases to place are on the map already"):
        new_cases(first, first)


def test_cases_of_another_model_are_refused():
    first = dataclasses.replace(two_clouds(20), checkpoint_sha256="a" * 64)
    with pytest.raises(LatentTableError, match="another checkpoint"):
        new_cases(first, dataclasses.replace(renamed(first), checkpoint_sha256="b" * 64))
    with pytest.raises(LatentTableError, match="z of 5"):
        new_cases(first, renamed(two_clouds(20, dims=5)))
    assert len(new_cases(first, renamed(two_clouds(20)))) == 20  # one that does not say its checkpoint
