"""Directions of several classes, of grades and of numbers; and what the resampled directions are good for."""

import numpy as np
import pytest

from analysis.direction_fit import angles_to, pls_direction, resampled_directions
from analysis.directions import fit_direction, fit_directions
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable


def many_classes(n_classes=5, n=300, dims=8, *, present=None, seed=0):
    """Classes around the corners of a simplex; only those `present` have cases."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n_classes) if present is None else np.array(present))[
        np.arange(n) % len(present or range(n_classes))
    ]
    z = 4 * np.eye(max(n_classes, dims))[labels][:, :dims] + rng.normal(size=(n, dims))
    names = np.array([f"case {row}" for row in range(n)])
    return LatentTable(
        z.astype(np.float32), names, names, np.array(["train"] * n), labels, np.zeros((n, n_classes)),
        tuple(f"class {index}" for index in range(n_classes)),
    )  # fmt: skip


def test_every_class_gets_a_direction_that_is_its_own():
    table = many_classes()
    found = fit_directions(table, n_bootstrap=20, n_permutations=199)
    assert [direction.target for direction in found] == list(table.classes)
    for index, direction in enumerate(found):
        alone = fit_direction(table, f"class {index}", n_bootstrap=20, n_permutations=199)
        np.testing.assert_array_equal(direction.vector, alone.vector)
        assert (direction.p_value, direction.quality) == (alone.p_value, alone.quality)
        assert direction.vector.argmax() == index
        assert direction.counterpart == f"not class {index}"
        assert direction.is_significant


def test_two_classes_and_numbers_have_one_direction():
    assert [found.target for found in fit_directions(two_clouds(), n_bootstrap=0)] == ["yes"]
    table = numbers_table()
    assert [found.target for found in fit_directions(table, n_bootstrap=0)] == [table.target_name]


def test_named_targets_are_fitted_in_their_order():
    found = fit_directions(two_clouds(), ["severity", "no"], n_bootstrap=0)
    assert [(direction.target, direction.kind) for direction in found] == [("severity", "continuous"), ("no", "binary")]
    assert fit_directions(two_clouds(), []) == ()


def test_classes_without_cases_are_left_out():
    assert [found.target for found in fit_directions(many_classes(present=[0, 3, 4]), n_bootstrap=0)] == [
        "class 0", "class 3", "class 4",
    ]  # fmt: skip
    with pytest.raises(DirectionError, match="every case has the same class 1"):
        fit_directions(many_classes(present=[1]), n_bootstrap=0)


def test_five_hundred_classes_are_not_fitted_unasked():
    table = many_classes(500, n=1500)
    with pytest.raises(DirectionError, match=r"500 classes; at most 30 .* the largest \(class 0, class 1, class 2\)"):
        fit_directions(table)
    assert len(fit_directions(table, ["class 7"], n_bootstrap=0)) == 1
    with pytest.raises(DirectionError, match=r"expected a class \(class 0, .*, … 488 more\)"):
        fit_direction(table, "class 500")


def graded(n=200, *, grades=(0, 1, 2, 3), seed=0):
    rng = np.random.default_rng(seed)
    level = rng.integers(4, size=n)
    z = rng.normal(size=(n, 6))
    z[:, 2] += level
    return table_of(z, np.zeros(n), grade=np.array(grades)[level])


def test_of_grades_only_the_order_counts():
    """From mild to severe need not be as far as from none to mild."""
    even, uneven, down = (graded(grades=each) for each in ((0, 1, 2, 3), (0, 1, 10, 1000), (3, 2, 1, 0)))
    first, second, third = (fit_direction(table, "grade", n_bootstrap=30) for table in (even, uneven, down))
    assert first.kind == "ordinal"
    assert first.method == "PLS of ranks, 1 component"
    assert first.quality_name == "Spearman"
    np.testing.assert_allclose(first.vector, second.vector, atol=1e-12)
    np.testing.assert_allclose(first.vector, -third.vector, atol=1e-12)
    assert first.quality == second.quality > 0.6
    assert first.vector.argmax() == 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.arange(40) % 2, "ordinal"),
        (np.arange(40) % 10, "ordinal"),
        (np.arange(40) % 11, "continuous"),
        (np.arange(40) % 3 + 0.5, "continuous"),
        (np.where(np.arange(40) % 5 == 0, np.nan, np.arange(40) % 3), "ordinal"),
    ],
)
def test_a_column_of_few_whole_numbers_is_read_as_grades(values, kind):
    table = table_of(np.random.default_rng(0).normal(size=(40, 4)), np.zeros(40), column=values)
    assert fit_direction(table, "column", n_bootstrap=0).kind == kind


def test_a_rare_grade_does_not_stop_the_cross_validation():
    grade = np.where(np.arange(80) == 0, 3, np.arange(80) % 2)
    table = table_of(np.random.default_rng(0).normal(size=(80, 4)), np.zeros(80), grade=grade)
    assert np.isfinite(fit_direction(table, "grade", n_bootstrap=0).quality)


def test_resampled_directions_are_those_of_resampled_cases():
    """What weighs cases by how often they are drawn gives what fitting the drawn cases gives."""
    table = two_clouds(50, gap=1.0)
    z, y = table.z.astype(float) + 100, table.labels.astype(float)
    found = resampled_directions(z, y, 1, 30, np.random.default_rng(4))
    drawn = np.random.default_rng(4).integers(50, size=(30, 50))
    expected = [pls_direction(z[rows], y[rows], 1) for rows in drawn]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("n_components", [1, 2])
def test_the_cone_holds_95_of_100_resampled_directions(n_components):
    found = fit_direction(two_clouds(80, gap=1.0), n_components=n_components, n_bootstrap=200)
    assert found.resampled.shape == (200, 6)
    np.testing.assert_allclose(np.linalg.norm(found.resampled, axis=1), 1, atol=1e-6)
    assert np.mean(angles_to(found.vector, found.resampled) <= found.cone_degrees) == pytest.approx(0.95, abs=0.006)
    assert not found.resampled.flags.writeable


def test_resamples_of_one_class_only_give_no_direction():
    labels = np.arange(12) == 0  # a third of the resamples miss it
    table = table_of(np.random.default_rng(0).normal(size=(12, 3)), labels)
    found = fit_direction(table, n_bootstrap=100)
    assert 30 < len(found.resampled) < 90
    assert np.isfinite(found.cone_degrees)
    assert fit_direction(table, n_bootstrap=0).resampled.shape == (0, 3)
