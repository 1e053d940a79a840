"""A site is told by what it says of the label and by what pictures show of it, each apart from the other."""

import numpy as np
import pytest
from scipy.stats.contingency import association as scipy_association
from sklearn.metrics import roc_auc_score

from xaae_core.data.checks.association import associate, auroc, correlation_ratio, cramers_v, crosstab
from xaae_core.data.checks.named_columns import named_columns
from xaae_core.data.checks.sites import check_sites


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_auroc_is_scikit_learns_with_ties(rng):
    is_case, scores = rng.random(200) < 0.3, rng.integers(0, 10, 200)
    assert auroc(is_case, scores) == pytest.approx(roc_auc_score(is_case, scores))
    assert np.isnan(auroc(np.zeros(5, bool), np.arange(5)))


def test_cramers_v_is_scipys_but_for_its_bias(rng):
    first = rng.integers(0, 3, 5000)
    second = np.where(rng.random(5000) < 0.6, first, rng.integers(0, 3, 5000))
    uncorrected = scipy_association(crosstab(first, second).astype(int), method="cramer")
    assert cramers_v(first, second) == pytest.approx(uncorrected, abs=0.01)
    assert cramers_v(first, first) == pytest.approx(1)
    assert cramers_v(first, np.zeros_like(first)) == 0


def test_cramers_v_does_not_grow_with_the_number_of_names(rng):
    values = [cramers_v(rng.integers(0, 15, 150), rng.integers(0, 2, 150)) for _ in range(200)]
    assert np.median(values) < 0.06  # uncorrected, chance alone gives 0.31


def test_the_correlation_ratio_is_a_correlation_for_two_names(rng):
    names = rng.integers(0, 2, 3000)
    values = names + rng.standard_normal(3000)
    assert correlation_ratio(names, values) == pytest.approx(abs(np.corrcoef(names, values)[0, 1]), abs=0.01)
    assert correlation_ratio(names, rng.standard_normal(3000)) < 0.08


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_chance_is_found_to_be_chance_and_a_link_to_be_one(kind, rng):
    column = rng.integers(0, 4, 400)
    free = rng.integers(0, 2, 400) if kind == "classes" else rng.standard_normal(400)
    tied = (column >= 2).astype(np.int64) if kind == "classes" else column + 0.3 * rng.standard_normal(400)
    chance, link = associate(column, free), associate(column, tied)
    assert chance.p > 0.05
    assert link.p < 0.01
    assert link.low - 1e-9 <= link.strength <= link.high + 1e-9
    assert link.strength > 0.9
    if kind == "classes":
        assert chance.score == pytest.approx(0.5, abs=0.1)
        assert link.score == pytest.approx(1)
    else:
        assert abs(chance.score) < 0.2
        assert link.score > 0.9


def test_false_alarms_of_p_are_as_rare_as_p_says(rng):
    values = [associate(rng.integers(0, 3, 60), rng.integers(0, 2, 60), seed=i).p for i in range(60)]
    assert np.mean(np.array(values) < 0.1) < 0.25


def test_names_are_told_from_numbers_and_from_single_pictures(portraits, write_set, given_of):
    given = given_of(
        write_set(
            portraits(60),
            site=["a", "b", ""] * 20,
            scanner=[1, 2] * 30,
            age=[20 + number for number in range(60)],
            weight=[50.5 + number % 3 for number in range(60)],
            accession=[f"X{number}" for number in range(60)],
            constant=["same"] * 60,
        )
    )
    columns = {column.name: column for column in named_columns(given.dataset)}
    assert set(columns) == {"site", "scanner"}
    assert columns["site"].names == ("(empty)", "a", "b")
    assert columns["site"].is_origin


def scene(portraits, n, sites, is_visible):
    """Pictures that show their site by a dark frame, or do not."""
    pictures = portraits(n)
    for picture, site in zip(pictures, sites, strict=True):
        if is_visible and site == "north":
            picture[:4] = 0
    return pictures


@pytest.mark.parametrize(
    ("says", "shows", "level", "words"),
    [
        ("all", True, "stop", "fixes the label and can be seen"),
        ("much", True, "warn", "says much of the label and can be seen"),
        ("much", False, "warn", "says much of the label and could not be told"),
        ("nothing", True, "note", "says nothing of the label but can be seen"),
        ("nothing", False, "good", "says nothing of the label and could not be told"),
    ],
)
def test_the_five_cases(says, shows, level, words, portraits, write_set, given_of, rng):
    labels = np.array(["ill", "well"] * 60)
    site = np.where(labels == "ill", "north", "south")
    flipped = {"all": 0.0, "much": 0.2, "nothing": 0.5}[says]
    site = np.where((np.arange(120) // 2 * 7 % 10) < 10 * flipped, np.where(site == "north", "south", "north"), site)
    folder = write_set(
        scene(portraits, 120, site, shows), label=labels, site=site, split=["train", "valid", "test"] * 40
    )
    (finding,) = list(check_sites(given_of(folder)))
    assert finding.level == level
    assert words in finding.title
    assert "AUROC" in finding.detail


def test_a_finer_diagnosis_does_not_stop(portraits, write_set, given_of):
    labels = ["ill", "well", "well"] * 40
    folder = write_set(portraits(120), label=labels, diagnosis=["cancer", "nevus", "wart"] * 40, split=["train"] * 120)
    (finding,) = list(check_sites(given_of(folder)))
    assert finding.level == "note"
    assert finding.remedy.startswith("Nothing, if diagnosis is part of the diagnosis itself")


def test_a_site_of_a_target_of_numbers(portraits, write_set, given_of, rng):
    site = np.array(["north", "south"] * 50)
    values = (site == "north") * 3 + rng.standard_normal(100)
    folder = write_set(scene(portraits, 100, site, True), label=values.round(3), site=site, split=["train"] * 100)
    (finding,) = list(check_sites(given_of(folder)))
    assert finding.level == "warn"
    assert "η" in finding.detail


def test_pictures_of_a_patient_do_not_vouch_for_each_other(portraits, write_set, given_of):
    """Each patient is of one site and has its own look: without grouping, the site could be told by the patient."""
    rng = np.random.default_rng(0)
    bases = portraits(12)
    pictures = [np.clip(b + rng.normal(0, 3, b.shape), 0, 255).astype(np.uint8) for b in bases for _ in range(10)]
    columns = {
        "patient": [f"p{number // 10}" for number in range(120)],
        "site": [("north", "south")[number // 10 % 2] for number in range(120)],
        "label": ["a", "b"] * 60,
        "split": ["train"] * 120,
    }
    (grouped,) = list(check_sites(given_of(write_set(pictures, **columns))))
    assert "could not be told" in grouped.title
    columns["patient"] = [""] * 120
    (loose,) = list(check_sites(given_of(write_set(pictures, **columns))))
    assert "can be seen" in loose.title
