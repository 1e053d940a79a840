"""Files that were left out stay readable in a report, however many and of whatever kinds."""

from pathlib import Path

from xaae_core.data.checks import check_dataset
from xaae_core.data.checks.findings import MAX_CASES
from xaae_core.data.checks.unreadable_files import check_unreadable_files, group_by_reason
from xaae_core.data.dataset import read_dataset
from xaae_core.data.listings import BrokenFile


def test_thousands_of_broken_files_become_one_line_a_reason():
    files = [
        BrokenFile(Path(f"/a/{n}.png"), f"{n}.png: the file is damaged ({n} bytes missing): copy it")
        for n in range(3000)
    ]
    files += [BrokenFile(Path(f"/a/b{n}.png"), f"b{n}.png: the file is empty (0 bytes): export it") for n in range(10)]
    groups = group_by_reason(files)
    assert sorted(len(group) for group in groups.values()) == [10, 3000]
    assert [file for group in groups.values() for file in group] == files


def test_missing_files_are_told_apart_from_damaged_ones(portraits, write_set, given_of, found):
    pictures = [*portraits(10), None, None, b"no picture at all"]
    findings = found(check_unreadable_files, given_of(write_set(pictures)), "warn")
    missing, damaged = findings
    assert missing.n_cases == 2
    assert missing.cases == ("010.png", "011.png")
    assert damaged.cases == ("012.png",)
    assert damaged.remedy


def test_damage_behind_the_header_is_found_by_the_pass_itself(portraits, write_set, encoded):
    whole = encoded(portraits(1, side=96)[0])
    folder = write_set([*portraits(12), whole[: len(whole) * 2 // 3]])
    report = check_dataset(read_dataset(folder))
    assert len(report.dataset) == 12
    assert any(f.check == "unreadable" and f.cases == ("012.png",) for f in report.findings)


def test_a_folder_that_is_mostly_broken_stops(portraits, write_set, given_of, found):
    findings = found(check_unreadable_files, given_of(write_set([*portraits(4), *[b"?"] * 300])), "stop")
    (finding,) = findings
    assert finding.n_cases == 300
    assert len(finding.cases) == MAX_CASES


def test_a_sound_folder_is_good(portraits, write_set, given_of, found):
    assert not found(check_unreadable_files, given_of(write_set(portraits(4))))
