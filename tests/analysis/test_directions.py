"""Directions with known answers: planted ones are found, invented ones are not believed."""

import math
import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.cross_decomposition import PLSRegression
from sklearn.metrics import roc_auc_score

from analysis import direction_fit, directions
from analysis.directions import auroc, fit_direction, spearman
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable


def planted(n=300, dims=8, *, noise=1.0, seed=0, classes=("healthy", "ill"), labels=None, columns=None, split=None):
    """Latents in which the label's class is a shift along (1, 1, 0, …)/√2, and that direction."""
    rng = np.random.default_rng(seed)
    axis = np.zeros(dims)
    axis[:2] = math.sqrt(0.5)
    severity = rng.uniform(-1, 1, n)
    z = rng.normal(size=(n, dims)) * noise + 3 * severity[:, None] * axis + 5.0
    table = LatentTable(
        z=z.astype(np.float32),
        ids=np.array([f"case-{i}" for i in range(n)]),
        paths=np.array([""] * n),
        split=np.array(["train"] * n) if split is None else split,
        labels=(severity > 0).astype(int) if labels is None else labels,
        probabilities=np.zeros((n, len(classes)), np.float32),
        classes=classes,
        columns={"severity": severity} | (columns or {}),
    )
    return table, axis


@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize("target", [None, "ill", "severity"])
def test_a_planted_direction_is_found(target, n_components):
    table, axis = planted(noise=0.5, n=600)
    found = fit_direction(table, target, n_components=n_components, n_bootstrap=50)
    assert found.vector @ axis > 0.97
    assert np.linalg.norm(found.vector) == pytest.approx(1)
    assert found.quality > 0.9
    assert found.quality_name == ("Spearman" if target == "severity" else "AUROC")
    assert (found.target, found.counterpart) == (
        ("severity", "less severity") if target == "severity" else ("ill", "healthy")
    )
    assert found.quality_interval[0] < found.quality < found.quality_interval[1]
    assert 0 < found.cone_degrees < 30
    assert found.n_cases == 600
    assert found.method == f"PLS, {n_components} component{'s' if n_components > 1 else ''}"


@pytest.mark.parametrize("n_components", [1, 2])
def test_the_direction_is_that_of_scikit_learns_pls(n_components):
    table, _ = planted()
    y = (table.labels == 1).astype(float)
    coefficients = PLSRegression(n_components, scale=False).fit(table.z.astype(float), y).coef_.ravel()
    expected = coefficients / np.linalg.norm(coefficients)
    np.testing.assert_allclose(
        fit_direction(table, n_components=n_components, n_bootstrap=0).vector, expected, atol=1e-6
    )


def test_the_sign_flips_with_the_target():
    table, _ = planted()
    ill, healthy = (fit_direction(table, name, n_bootstrap=20) for name in ("ill", "healthy"))
    np.testing.assert_allclose(ill.vector, -healthy.vector, atol=1e-12)
    assert ill.scale == pytest.approx(healthy.scale)
    assert ill.quality == pytest.approx(healthy.quality, abs=0.02)
    assert table.z[table.labels == 1] @ ill.vector @ np.ones(int((table.labels == 1).sum())) > 0
    swapped, _ = planted(labels=1 - table.labels)
    np.testing.assert_allclose(fit_direction(swapped, n_bootstrap=0).vector, -ill.vector, atol=1e-12)


def test_scores_are_standard_deviations_from_the_centre():
    table, _ = planted()
    found = fit_direction(table, n_bootstrap=0)
    scores = found.score(table.z)
    assert scores.mean() == pytest.approx(0, abs=1e-6)
    assert scores.std() == pytest.approx(1, abs=1e-6)
    assert found.score(found.centre[None]) == pytest.approx(0)
    assert scores[table.labels == 1].mean() > scores[table.labels == 0].mean()


def test_a_step_changes_the_score_by_exactly_that_much():
    table, _ = planted()
    found = fit_direction(table, n_bootstrap=0)
    steps = np.array([-3.0, -0.5, 0.0, 2.25])
    moved = found.move(table.z[7], steps)
    np.testing.assert_allclose(found.score(moved) - found.score(table.z[7:8]), steps, atol=1e-9)
    np.testing.assert_array_equal(moved[2], table.z[7].astype(float))
    away = moved - table.z[7]
    np.testing.assert_allclose(away - np.outer(away @ found.vector, found.vector), 0, atol=1e-9)  # nowhere else


@pytest.mark.parametrize("n_components", [1, 3])
def test_what_labels_without_meaning_give_is_not_believed(n_components):
    """In 60 dimensions 80 cases fit any labels; cross-validated, that shows."""
    qualities, fitted = [], []
    for seed in range(12):
        labels = np.random.default_rng(100 + seed).permutation(np.arange(80) % 2)
        table, _ = planted(80, 60, seed=seed, labels=labels)
        found = fit_direction(table, n_components=n_components, n_bootstrap=0, seed=seed)
        qualities.append(found.quality)
        fitted.append(roc_auc_score(labels, found.score(table.z)))
    assert np.mean(qualities) == pytest.approx(0.5, abs=0.08)
    assert np.mean(fitted) > 0.85  # what the fitted rows would have claimed


def test_what_a_column_without_meaning_gives_is_not_believed():
    qualities = []
    for seed in range(12):
        noise = np.random.default_rng(200 + seed).normal(size=80)
        table, _ = planted(80, 60, seed=seed, columns={"noise": noise})
        qualities.append(fit_direction(table, "noise", n_bootstrap=0, seed=seed).quality)
    assert abs(np.mean(qualities)) < 0.15


def test_no_case_is_scored_by_a_direction_it_was_fitted_to(monkeypatch):
    table, _ = planted(40)
    fitted_rows = []
    original = direction_fit.pls_direction

    def watched(z, y, n_components):
        fitted_rows.append({tuple(row) for row in np.round(z, 6)})
        return original(z, y, n_components)

    for module in (directions, direction_fit):
        monkeypatch.setattr(module, "pls_direction", watched)
    fit_direction(table, folds=5, n_bootstrap=0)
    everything, *folds = fitted_rows
    assert len(folds) == 5
    left_out = [everything - fold for fold in folds]
    assert set.union(*left_out) == everything  # each case once
    assert sum(len(part) for part in left_out) == len(everything) == 40


def test_other_splits_are_held_out_and_not_fitted():
    split = np.array(["train"] * 200 + ["valid"] * 50 + ["test"] * 50)
    table, _ = planted(split=split)
    found = fit_direction(table, n_bootstrap=0)
    alone = fit_direction(table.rows(split == "train"), n_bootstrap=0)
    np.testing.assert_array_equal(found.vector, alone.vector)
    assert found.n_cases == 200
    others = table.rows(split != "train")
    assert found.held_out == pytest.approx(roc_auc_score(others.labels, found.score(others.z)))
    assert math.isnan(alone.held_out)
    assert fit_direction(table, fit_split=None, n_bootstrap=0).n_cases == 300
    assert fit_direction(table, fit_split="test", n_bootstrap=0).n_cases == 50
    assert fit_direction(table, fit_split="elsewhere", n_bootstrap=0).n_cases == 300


def test_each_of_several_classes_is_told_from_the_rest():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    corners = np.eye(5)[:3] * 4
    names = np.array([str(i) for i in range(300)])
    z = (corners[labels] + rng.normal(size=(300, 5))).astype(np.float32)
    table = LatentTable(z, names, names, np.array(["train"] * 300), labels, np.zeros((300, 3)), ("a", "b", "c"))
    for index, name in enumerate(table.classes):
        found = fit_direction(table, name, n_bootstrap=0)
        assert found.vector.argmax() == index
        assert found.quality > 0.95
        assert found.counterpart == f"not {name}"
    assert fit_direction(table, n_bootstrap=0).target == "b"  # the second


def test_cases_without_a_label_are_left_out():
    table, _ = planted()
    labels = np.where(np.arange(300) < 100, -1, table.labels)
    partly, _ = planted(labels=labels)
    found = fit_direction(partly, n_bootstrap=0)
    assert found.n_cases == 200
    np.testing.assert_array_equal(found.vector, fit_direction(table.rows(np.arange(300) >= 100), n_bootstrap=0).vector)
    gaps = np.where(np.arange(300) < 120, np.nan, table.columns["severity"])
    with_gaps, _ = planted(columns={"severity": gaps})
    assert fit_direction(with_gaps, "severity", n_bootstrap=0).n_cases == 180


def test_the_same_seed_gives_the_same_and_another_seed_other_folds():
    table, _ = planted(60, noise=2.0)
    first, again, other = (fit_direction(table, seed=seed, n_bootstrap=50) for seed in (1, 1, 2))
    assert (first.quality, first.quality_interval, first.cone_degrees) == (
        again.quality, again.quality_interval, again.cone_degrees,
    )  # fmt: skip
    assert first.quality != other.quality
    np.testing.assert_array_equal(first.vector, other.vector)  # the direction itself has no chance in it


def test_the_global_generator_is_left_alone():
    table, _ = planted(40)
    state = np.random.get_state()[1].copy()
    fit_direction(table, n_bootstrap=5)
    assert (np.random.get_state()[1] == state).all()


def test_the_cone_narrows_with_more_cases():
    few, many = (fit_direction(planted(n)[0], n_bootstrap=60).cone_degrees for n in (40, 1000))
    assert many < few / 2


@pytest.mark.parametrize(
    ("change", "target", "message"),
    [
        ({}, "nothing", r'no target "nothing"; expected a class \(healthy, ill\) or a column of numbers \(severity\)'),
        ({"columns": {"site": np.array(["A"] * 30)}}, "site", 'no target "site"'),
        ({"labels": np.ones(30, int)}, "ill", "every case has the same ill"),
        ({"labels": np.zeros(30, int)}, None, "every case has the same ill"),
        ({"labels": np.full(30, -1)}, None, "0 labelled cases; a direction needs at least 3"),
        ({"labels": np.r_[0, 1, np.full(28, -1)]}, None, "2 labelled cases"),
        ({"columns": {"flat": np.full(30, 0.3)}}, "flat", "every case has the same flat"),
        ({"columns": {"gone": np.full(30, np.nan)}}, "gone", "0 labelled cases"),
        ({"classes": ()}, None, 'no target ""; expected a class \\(none\\)'),
    ],
)
def test_what_cannot_be_fitted_is_said(change, target, message):
    if change.get("classes") == ():
        change = change | {"labels": np.full(30, -1)}
    with pytest.raises(DirectionError, match=message):
        fit_direction(planted(30, **change)[0], target)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_latents_that_are_no_numbers_are_named(value):
    table, _ = planted(30)
    z = table.z.copy()
    z[[4, 9], 1] = value
    broken = LatentTable(z, table.ids, table.paths, table.split, table.labels, table.probabilities, table.classes)
    with pytest.raises(DirectionError, match="z is not finite for 2 cases, the first: case-4, case-9"):
        fit_direction(broken)


def test_latents_that_do_not_differ_have_no_direction():
    table, _ = planted(30)
    same = LatentTable(
        np.ones_like(table.z), table.ids, table.paths, table.split, table.labels, table.probabilities, table.classes
    )
    with pytest.raises(DirectionError, match="all 30 cases have the same z"):
        fit_direction(same)


@pytest.mark.parametrize("options", [{"n_components": 0}, {"n_bootstrap": -1}])
def test_impossible_options_are_named(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        fit_direction(planted(30)[0], **options)


@pytest.mark.parametrize("n_ill", [1, 2, 3])
def test_few_cases_of_a_class_give_fewer_folds_or_no_quality(n_ill):
    labels = np.r_[np.ones(n_ill, int), np.zeros(20 - n_ill, int)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_direction(planted(20, labels=labels)[0], n_bootstrap=30)
    assert math.isnan(found.quality) is (n_ill == 1)
    assert math.isnan(found.quality_interval[0]) is (n_ill == 1)


def test_a_column_that_is_nearly_constant_can_be_cross_validated():
    """Where the one case that differs is left out, there is nothing to learn; that is no error."""
    rare = np.zeros(30)
    rare[3] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_direction(planted(30, columns={"rare": rare})[0], "rare", n_bootstrap=30)
    assert math.isfinite(found.quality)


def test_more_components_than_dimensions_are_as_many_as_there_are():
    table, _ = planted(30, dims=2)
    found = fit_direction(table, n_components=50, n_bootstrap=0)
    assert found.method == "PLS, 2 components"
    np.testing.assert_allclose(found.vector, fit_direction(table, n_components=2, n_bootstrap=0).vector)


def test_directions_are_read_only():
    found = fit_direction(planted(30)[0], n_bootstrap=0)
    for array in (found.vector, found.centre):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize("seed", range(5))
def test_measures_equal_scikit_learns_and_scipys(seed):
    rng = np.random.default_rng(seed)
    labels, scores = rng.integers(2, size=50), rng.integers(8, size=50) / 7  # with ties
    assert auroc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))
    assert spearman(labels + scores, scores) == pytest.approx(spearmanr(labels + scores, scores).statistic)


def test_measures_without_an_answer_are_not_numbers():
    assert math.isnan(auroc(np.ones(4), np.arange(4.0)))
    assert math.isnan(auroc(np.array([]), np.array([])))
    assert math.isnan(spearman(np.ones(4), np.arange(4.0)))
    assert math.isnan(spearman(np.arange(2.0), np.arange(2.0)))
    assert auroc(np.array([0, 0, 1, 1]), np.array([1.0, 2, 3, 4])) == 1
    assert spearman(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])) == -1
