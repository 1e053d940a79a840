"""The check as a whole: once over the pictures, the same again, stopped at once, and nothing raises."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from xaae_core.data.checks import LEVELS, CheckReport, Finding, check_dataset
from xaae_core.data.checks.data_check import CHECKS
from xaae_core.data.checks.findings import MAX_CASES, worst_first
from xaae_core.data.checks.threaded_map import map_in_threads
from xaae_core.data.dataset import read_dataset


@pytest.fixture
def folder(portraits, write_set):
    pictures = portraits(60)
    pictures[50] = pictures[3]
    pictures[20] = 255 - pictures[20]
    return write_set(pictures, site=["a", "b", "c"] * 20)


def test_the_same_set_and_seed_give_the_same_report(folder):
    first, second = (check_dataset(read_dataset(folder), seed=3).to_json() for _ in range(2))
    assert first == second


def test_the_report_is_json_and_tells_the_worst(folder):
    report = check_dataset(read_dataset(folder))
    said = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert said["worst"] == report.worst == said["findings"][0]["level"]
    assert said["pictures"] == 60
    levels = [LEVELS.index(finding["level"]) for finding in said["findings"]]
    assert levels == sorted(levels)


def test_every_finding_above_good_says_what_it_does_and_what_to_do(folder):
    for finding in check_dataset(read_dataset(folder), size=(64, 64), channels=3).findings:
        assert finding.title
        assert "\n" not in finding.title
        if finding.level != "good":
            assert finding.detail, finding.title
            assert finding.remedy, finding.title


def test_numbers_instead_of_classes(portraits, write_set):
    rng = np.random.default_rng(0)
    folder = write_set(portraits(60), label=rng.normal(0, 1, 60).round(3), site=["a", "b"] * 30)
    report = check_dataset(read_dataset(folder))
    assert set(report.counts) == {"count", "mean", "min", "max"}
    assert report.worst in ("note", "warn")


def test_every_picture_is_opened_once(folder, monkeypatch):
    from xaae_core.data.checks import picture_measures

    opened: list[str] = []
    read = picture_measures.read_image
    monkeypatch.setattr(picture_measures, "read_image", lambda path, **o: opened.append(path.name) or read(path, **o))
    check_dataset(read_dataset(folder))
    assert sorted(opened) == sorted(f"{number:03d}.png" for number in range(60))


def test_progress_counts_every_picture_and_can_stop_the_check(folder):
    dataset, seen = read_dataset(folder), []
    check_dataset(dataset, progress=lambda done, n_all: seen.append((done, n_all)))
    assert seen == [(number, 60) for number in range(1, 61)]

    class StoppedError(Exception):
        pass

    def cancel(done, n_all):
        if done == 5:
            raise StoppedError

    with pytest.raises(StoppedError):
        check_dataset(dataset, progress=cancel)


def test_stopped_work_is_not_finished_in_the_background():
    begun, lock = [], threading.Lock()

    def work(item):
        with lock:
            begun.append(item)
        return item

    def stop(done, n_all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(map_in_threads(work, range(10_000), stop))
    assert len(begun) < 200


def test_a_set_of_which_nothing_can_be_decoded_is_a_report_too(portraits, write_set, encoded):
    whole = encoded(portraits(1, side=96)[0])
    report = check_dataset(read_dataset(write_set([whole[: len(whole) // 2]] * 8)))
    assert len(report.dataset) == 0
    assert report.worst == "stop"
    assert len(report.dataset.broken) == 8


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_pictures(n, portraits, write_set):
    report = check_dataset(read_dataset(write_set(portraits(n), label=["a"] * n, split=["train"] * n), min_classes=1))
    assert report.worst == "stop"


def test_no_check_raises_on_pictures_that_are_all_the_same(write_set):
    pictures = [np.full((120, 120), 90, np.uint8)] * 40
    report = check_dataset(
        read_dataset(write_set(pictures, site=["a", "b"] * 20)), size=(64, 64), normalisation=([0.5], [0.2])
    )
    assert report.worst == "stop"


def test_findings_keep_a_bounded_number_of_cases():
    finding = Finding.about("x", "note", "t", cases=(str(n) for n in range(1000)))
    assert (len(finding.cases), finding.n_cases) == (MAX_CASES, 1000)


def test_within_a_level_findings_keep_the_order_of_the_checks():
    findings = [Finding("a", "note", "1"), Finding("b", "stop", "2"), Finding("c", "note", "3")]
    assert [finding.check for finding in worst_first(findings)] == ["b", "a", "c"]


def test_no_finding_is_good(folder):
    report = check_dataset(read_dataset(folder))
    assert replace(report, findings=()).worst == "good"
    assert isinstance(report, CheckReport)
    assert len(CHECKS) == 12
