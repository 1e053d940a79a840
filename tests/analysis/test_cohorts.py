"""Columns of a table and the cohorts that are chosen by them."""

import numpy as np
import pytest

from analysis.case_columns import case_columns, groups
from analysis.cohorts import Cohort, Condition
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.errors import CohortError


def test_what_the_tool_knows_comes_first_and_is_right_for_every_case() -> None:
    table = two_clouds(40)
    columns = case_columns(table)
    assert list(columns) == ["label", "prediction", "error", "confidence", "split", "severity"]
    for row in range(len(table)):
        assert columns["label"].text(row) == table.classes[table.labels[row]]
        assert columns["error"].text(row) == ("right" if table.predictions[row] == table.labels[row] else "wrong")
        assert columns["split"].text(row) == table.split[row]
    assert columns["split"].groups == ("train", "test"), "in the order of their use"


def test_a_model_of_numbers_has_numbers_for_prediction_and_error() -> None:
    table = numbers_table()
    columns = case_columns(table)
    assert table.predicted is not None
    np.testing.assert_allclose(columns["error"].values, table.predicted - table.columns["grade"])
    assert "label" not in columns


def test_text_columns_become_groups_and_unknown_entries_stay_unknown() -> None:
    site = np.array(["b", "", "a", "b", "None"] * 4)
    column = case_columns(table_of(np.random.default_rng(0).normal(size=(20, 3)), site=site))["site"]
    assert column.groups == ("a", "b")
    assert column.codes[:5].tolist() == [1, -1, 0, 1, -1]
    assert column.counts().tolist() == [4, 8]


def test_few_whole_numbers_are_grades_and_others_stay_numbers() -> None:
    z = np.random.default_rng(0).normal(size=(20, 3))
    columns = case_columns(table_of(z, grade=np.tile([0, 10, 2, 1], 5), age=np.arange(20) * 1.5))
    assert columns["grade"].groups == ("0", "1", "2", "10"), "in their order as numbers, not as text"
    assert columns["age"].kind == "numbers"


def test_a_column_of_500_values_and_one_of_none() -> None:
    names = np.array([f"ward {k % 500}" for k in range(1000)])
    columns = case_columns(table_of(np.zeros((1000, 2)), ward=names, empty=np.full(1000, np.nan)))
    assert len(columns["ward"].groups) == 500
    assert columns["ward"].text(777) == "ward 277"
    assert "empty" not in columns


def test_a_column_with_the_name_of_one_of_the_tools_own_keeps_both() -> None:
    columns = case_columns(table_of(np.zeros((8, 2)), np.arange(8) % 2, label=np.arange(8) * 1.5))
    assert columns["label"].groups == ("no", "yes")
    assert columns["label (of the table)"].values is not None


def test_a_label_that_the_table_has_no_name_for_is_refused() -> None:
    with pytest.raises(ValueError, match="2 groups"):
        groups("label", np.array([0, 2]), ("a", "b"))


def test_a_cohort_is_all_its_conditions() -> None:
    table = two_clouds(60)
    columns = case_columns(table)
    cohort = Cohort((Condition("label", ("yes",)), Condition("severity", low=6.0), Condition("split", ("test",))))
    expected = (table.labels == 1) & (table.columns["severity"] >= 6.0) & (table.split == "test")
    mask = cohort.mask(columns, len(table))
    assert 0 < mask.sum() < len(table)
    np.testing.assert_array_equal(mask, expected)
    assert cohort.words == "label is yes and severity at least 6 and split is test"
    assert cohort.remaining(columns, len(table))[-1] == mask.sum()
    assert Cohort().mask(columns, len(table)).all()


def test_unknown_numbers_meet_no_condition() -> None:
    columns = case_columns(table_of(np.zeros((4, 2)), age=np.array([1.5, np.nan, 99.5, 50.5])))
    assert Condition("age", low=-1e9).mask(columns["age"]).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    "cohort",
    [
        Cohort(),
        Cohort((Condition("label", ("Saint-Étienne", 'a"b', "x,y")),)),
        Cohort((Condition("age", low=40.0), Condition("age", high=60.5), Condition("age", low=0.1, high=0.2))),
    ],
)
def test_a_link_gives_the_same_cohort_back(cohort: Cohort) -> None:
    assert Cohort.from_text(cohort.to_text()) == cohort


def test_a_link_names_no_group_of_a_tables_own_column_and_means_the_same_cases() -> None:
    names = np.array(["Doe^Jane", "", "Roe^Richard", "Doe^Jane"])
    columns = case_columns(table_of(np.zeros((4, 2)), np.arange(4) % 2, patient=names))
    cohort = Cohort((Condition("patient", ("Doe^Jane",)), Condition("label", ("no", "yes"))))
    text = cohort.to_text()
    assert "Doe" not in text
    assert '["no","yes"]' in text, "what the tool itself says of cases can be read"
    linked = Cohort.from_text(text)
    np.testing.assert_array_equal(linked.mask(columns, 4), cohort.mask(columns, 4))
    assert cohort.mask(columns, 4).tolist() == [True, False, False, True]
    assert linked.named(columns) == cohort
    assert linked.to_text() == text
    others = case_columns(table_of(np.zeros((4, 2)), np.arange(4) % 2, patient=names[[2, 2, 2, 2]]))
    with pytest.raises(CohortError, match='has no "~'):
        linked.mask(others, 4)


@pytest.mark.parametrize(
    "text",
    [
        "x", "[]", "{}", "[1]", '[["a"]]', '[["a",[]]]', '[["a",[1]]]', '[["a",null,null]]', '[["a",true,1]]',
        '[["a",2,1]]', '[["a",NaN,1]]', '[["a",1,Infinity]]', f'[["a",1,{10**400}]]', "[" * 5000, "[[" * 9000,
        '[["a","b","c"]]', str([["a", 1, 2]] * 30).replace("'", '"'), "null", '"text"',
    ],
)  # fmt: skip
def test_a_hostile_link_is_refused(text: str) -> None:
    with pytest.raises(CohortError):
        Cohort.from_text(text)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (Condition("nothing", ("a",)), 'there is no column "nothing"'),
        (Condition("label", ("maybe",)), 'has no "maybe"; expected some of no, yes'),
        (Condition("label", low=1.0), "expected groups"),
        (Condition("severity", ("a",)), "expected a range of numbers"),
    ],
)
def test_a_condition_that_does_not_fit_the_table_says_what_would(condition: Condition, says: str) -> None:
    table = two_clouds(20)
    with pytest.raises(CohortError, match=says):
        Cohort((condition,)).mask(case_columns(table), len(table))


def test_a_label_that_the_model_does_not_know_is_neither_right_nor_wrong() -> None:
    table = table_of(np.zeros((4, 2)), np.array([0, 1, 1, -1]))  # classes "no" and "yes"
    columns = case_columns(table, model_classes=("yes", "maybe"))
    assert columns["prediction"].groups == ("yes", "maybe")
    called = [columns["prediction"].text(row) for row in range(4)]
    expected = ["", *("right" if name == "yes" else "wrong" for name in called[1:3]), ""]
    assert [columns["error"].text(row) for row in range(4)] == expected
    assert "error" not in case_columns(table, model_classes=("other", "maybe"))
