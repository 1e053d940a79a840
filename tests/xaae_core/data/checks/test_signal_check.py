"""The data check of signals finds what spoils results, and says nothing of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xaae_core.data.beats import draw_beats
from xaae_core.data.checks import CheckReport, check_dataset
from xaae_core.data.dataset import read_dataset

BEATS = draw_beats(120, seed=2)
SPLIT = ["train"] * 80 + ["valid"] * 20 + ["test"] * 20


def checked(folder: Path, values: np.ndarray, **entries: object) -> CheckReport:
    path = folder / "beats.npz"
    known = {"y": BEATS.labels, "sampling_rate": 128.0, "channel_names": ["II", "V2"], "split": SPLIT} | entries
    np.savez(path, x=values, **known)  # type: ignore[arg-type]
    return check_dataset(read_dataset(path, min_classes=1))


def titles(report: CheckReport, check: str) -> list[str]:
    return [f"{finding.level}: {finding.title}" for finding in report.findings if finding.check == check]


def test_sound_beats_have_no_finding_of_their_values(tmp_path: Path) -> None:
    labels = np.arange(120) % 2  # nothing that the values tell
    report = checked(tmp_path, BEATS.values, y=labels, patient=[f"p{i}" for i in range(120)])
    assert titles(report, "amplitude") == [
        "good: No channel is flat or clipped, and amplitudes are alike in all splits"
    ]
    assert titles(report, "duplicates") == ["good: No signal is there twice among 120 signals"]
    words = " ".join(f"{finding.title} {finding.detail} {finding.remedy}" for finding in report.findings)
    assert "icture" not in words
    assert {finding.check for finding in report.findings}.isdisjoint({"sizes", "masks", "brightness", "marks"})


def test_copies_across_the_split_stop(tmp_path: Path) -> None:
    values = BEATS.values.copy()
    values[100:105] = values[0:5]
    report = checked(tmp_path, values)
    assert report.worst == "stop"
    assert any("5 signals are in more than one split" in title for title in titles(report, "duplicates"))


def test_flat_clipped_and_other_units_are_named(tmp_path: Path) -> None:
    values = BEATS.values.copy()
    values[3, 1] = 0.2
    values[7] = values[7].clip(-0.05, 0.05)
    values[11] *= 1000
    report = checked(tmp_path, values)
    by_title = {finding.title: finding for finding in report.findings if finding.check == "amplitude"}
    found = {
        word: finding
        for word in ("does not vary", "largest or smallest", "another size")
        for title, finding in by_title.items()
        if word in title
    }
    assert {word: finding.cases for word, finding in found.items()} == {
        "does not vary": ("beats.npz#3",), "largest or smallest": ("beats.npz#7",), "another size": ("beats.npz#11",),
    }  # fmt: skip
    assert "V2" in found["does not vary"].detail


def test_a_label_told_by_amplitude_alone_is_a_rival(tmp_path: Path) -> None:
    gains = np.where(BEATS.labels == 1, 1.5, 1.0)[:, None, None]
    report = checked(tmp_path, BEATS.values * gains)
    assert "mean and the spread of the channels alone (AUROC" in report.rival


def test_recordings_whose_length_gives_the_label_away(tmp_path: Path) -> None:
    for i in range(40):
        length = 256 if i % 2 else 128
        folder = tmp_path / ("long" if i % 2 else "short")
        folder.mkdir(exist_ok=True)
        values = np.random.default_rng(i).normal(size=(1, 1, length))
        np.savez(folder / f"{i}.npz", x=values, sampling_rate=128.0)
    from xaae_core.data.signals.signal_options import SignalOptions

    report = check_dataset(read_dataset(tmp_path, signals=SignalOptions(length=128)))
    assert "AUROC 1.00" in titles(report, "recordings")[0]
