"""Explanations of several tasks: equal ones correlate wholly, opposite ones the other way."""

from pathlib import Path

import numpy as np
import pytest

from analysis.experiments.parts import PartStore, run_parts
from analysis.experiments.plans import pretext
from analysis.experiments.task_comparison import TASKS, compare_tasks
from tests.analysis.experiments.tiny_networks import tiny_pictures, tiny_setup

MAPS = np.random.default_rng(0).random((5, 1, 4, 4))


def both(runs):
    return {"features": runs, "examples": runs}


def test_equal_opposite_and_bent_explanations():
    found = compare_tasks(("a", "b", "c"), both([[MAPS, -MAPS, MAPS**7]]))
    pearson, spearman = found.between["features", "pearson"][0], found.between["features", "spearman"][0]
    assert pearson[0, 1] == pytest.approx(-1)
    assert spearman[0, 2] == pytest.approx(1)
    assert 0.3 < pearson[0, 2] < 0.95
    np.testing.assert_allclose(pearson, pearson.T)
    np.testing.assert_allclose(np.diag(spearman), 1)


def test_they_are_those_of_numpy_and_scipy():
    from scipy.stats import spearmanr

    maps = np.random.default_rng(1).random((3, 40))
    found = compare_tasks(("a", "b", "c"), both([list(maps)]))
    np.testing.assert_allclose(found.between["examples", "pearson"][0], np.corrcoef(maps), atol=1e-12)
    np.testing.assert_allclose(found.between["examples", "spearman"][0], spearmanr(maps, axis=1)[0], atol=1e-12)


def test_the_same_task_again_is_compared_between_all_pairs_of_runs():
    rng = np.random.default_rng(2)
    runs = [[MAPS, rng.random(MAPS.shape)] for _ in range(3)]
    found = compare_tasks(("steady", "chance"), both(runs))
    again = found.again["features", "pearson"]
    assert again.shape == (3, 2)
    np.testing.assert_allclose(again[:, 0], 1)
    assert (np.abs(again[:, 1]) < 0.6).all()
    rows = [row for row in found.rows() if row["task"] == row["other_task"] == "steady"]
    assert {row["run"] for row in rows} == {"0-1", "0-2", "1-2"}
    assert compare_tasks(("a", "b"), both(runs[:1])).again["features", "pearson"].shape == (0, 2)


def test_black_pixels_alone_make_ranks_agree_and_are_left_out_where_it_says_so(tmp_path: Path):
    """What every map has at the baseline, 0, is no agreement: two random maps seem alike."""
    data = tiny_pictures()
    data.x_test[:, :, 1:] = 0  # black save for a row
    setup = tiny_setup(data)
    rng, store = np.random.default_rng(0), PartStore(tmp_path, setup.settings)
    explained = data.x_test[setup.explained_rows()].numpy()
    for part in pretext.parts_of(setup):
        store.write(part.key, {"features": explained * rng.random(explained.shape), "examples": rng.random((8, 12))}, 0)
    found = pretext.collect(setup, store)
    seeming, real = (found.across(kind, "spearman").mean() for kind in ("features", "lit_features"))
    assert seeming > 0.9
    assert real < 0.75


def test_one_task_or_a_missing_explanation_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        compare_tasks(("a",), both([[MAPS]]))
    with pytest.raises(ValueError, match="at least two"):
        compare_tasks(("a", "b"), both([[MAPS, MAPS], [MAPS]]))


def test_the_plan_explains_the_same_cases_in_every_task_and_draws(tmp_path: Path):
    setup = tiny_setup()
    store = PartStore(tmp_path, setup.settings)
    run_parts(pretext.parts_of(setup), store)
    shapes = {store.read(f"{task}-{run}", "examples").shape for task in TASKS for run in range(2)}
    assert shapes == {(8, 12)}
    assert (store.read("denoising-1", "features") >= 0).all()
    found = pretext.collect(setup, store)
    assert found.n_runs == 2
    assert len(found.rows()) == 6 * (6 * 2 + 4)
    assert "the same task from another seed" in found.sentences()[0]
    assert found.draw("svg")
