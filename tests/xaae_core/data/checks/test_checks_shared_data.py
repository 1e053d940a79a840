"""The check on real pictures: what is known of them is found, and the figures of the mark finder are printed again.

Which pictures bear a ruler, a caption or a side letter was written down by looking at them, before any was scored; none
of them was used to set the finder's limits.
"""

import random
from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.checks import CheckReport, check_dataset
from xaae_core.data.checks.picture_measures import measure_picture
from xaae_core.data.dataset import read_dataset

DATA = Path(__file__).parents[5] / "shared" / "data"
pytestmark = pytest.mark.shared_data

# Positions in a shuffled list of file names (random.Random(7)), positions 120 to 179.
RULER_OR_TEXT = {0, 1, 2, 6, 10, 11, 12, 16, 17, 18, 19, 22, 23, 24, 25, 26, 27, 30, 31, 34, 35, 36, 37, 40, 44, 45, 48,
                 52, 53, 54, 56, 58}  # fmt: skip


def checked(name: str, *, every: int = 1, ids: tuple[str, ...] = ()) -> CheckReport:
    """The report on every so manieth picture and those named."""
    if not (DATA / name).is_dir():
        pytest.skip(f"../shared/data/{name} is not here")
    dataset = read_dataset(DATA / name)
    rows = [row for row, known in enumerate(dataset.ids) if row % every == 0 or known in ids]
    return check_dataset(dataset.take(rows))


def test_rulers_on_skin_are_found_with_few_false_alarms(capsys):
    if not (DATA / "isic2017").is_dir():
        pytest.skip("../shared/data/isic2017 is not here")
    paths = sorted((DATA / "isic2017" / "images").iterdir())
    random.Random(7).shuffle(paths)
    flagged = np.array([measure_picture(path).mark.score >= 1 for path in paths[120:180]])
    truth = np.isin(np.arange(60), list(RULER_OR_TEXT))
    precision, recall = truth[flagged].mean(), flagged[truth].mean()
    with capsys.disabled():
        print(f"\nrulers on 60 dermoscopies: precision {precision:.2f}, recall {recall:.2f}")
    assert precision >= 0.9
    assert recall >= 0.6


def test_the_site_of_chest_films_can_be_seen_but_says_little():
    report = checked("tb_cxr")
    site = next(finding for finding in report.findings if finding.check == "sites")
    assert (site.level, site.title) == ("note", "source says nothing of the label but can be seen in the picture")
    marks = next(finding for finding in report.findings if finding.check == "marks")
    assert marks.n_cases > 0.75 * 800  # nearly all bear an L or R; the finder sees some 85 %
    assert report.worst == "note"


def test_the_same_photograph_developed_twice_is_found_across_splits():
    pair = ("images/ISIC_0000162.jpg", "images/ISIC_0014826.jpg")
    report = checked("isic2017", every=4, ids=pair)
    crossing = next(f for f in report.findings if f.check == "duplicates" and "more than one split" in f.title)
    assert crossing.cases == pair
    diagnosis = next(finding for finding in report.findings if finding.check == "sites")
    assert diagnosis.level == "note"
