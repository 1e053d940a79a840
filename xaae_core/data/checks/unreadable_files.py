"""Files that were left out: missing, damaged, not pictures; grouped by the reason, however many there are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.wording import count_of, percent
from xaae_core.data.listings import BrokenFile

CHECK = "unreadable"
_MOST = 0.5  # of all files: something is wrong with the folder, not with single files
_MANY_KINDS = 12
_MISSING = "there is no such file"


def check_unreadable_files(given: CheckInput) -> Iterator[Finding]:
    """One finding for each kind of reason, the most frequent first."""
    broken = given.dataset.broken
    if not broken:
        yield Finding(CHECK, "good", f"All {count_of(len(given.dataset), 'picture')} can be read")
        return
    n_all = len(given.dataset) + len(broken)
    if len(broken) > _MOST * n_all:
        yield Finding.about(
            CHECK,
            "stop",
            f"{count_of(len(broken), 'file')} of {n_all:,} cannot be used ({percent(len(broken) / n_all)})",
            "What is left is no fair sample of the data: whatever made files unreadable may go with the label.",
            "Check that the table belongs to this folder and that the files are of a kind this tool opens.",
            cases=(file.path.name for file in broken),
        )
    kinds = sorted(group_by_reason(broken).items(), key=lambda entry: -len(entry[1]))
    for kind, files in kinds[:_MANY_KINDS]:
        yield _missing(given, files) if _MISSING in kind else _damaged(files)
    if len(kinds) > _MANY_KINDS:
        rest = [file for _, files in kinds[_MANY_KINDS:] for file in files]
        yield Finding.about(
            CHECK,
            "warn",
            f"{count_of(len(rest), 'file')} left out for {len(kinds) - _MANY_KINDS} other reasons",
            "; ".join(file.reason for file in rest[:3]),
            "See the list of skipped files.",
            cases=(file.path.name for file in rest),
        )


def group_by_reason(broken: Sequence[BrokenFile]) -> dict[str, list[BrokenFile]]:
    """Broken files by their reason without names, paths and numbers; all in their order."""
    groups: dict[str, list[BrokenFile]] = defaultdict(list)
    for file in broken:
        groups[_kind(file)].append(file)
    return dict(groups)


def _kind(file: BrokenFile) -> str:
    """The reason of a file without what is its own."""
    text = file.reason.replace(str(file.path.parent), "…").replace(file.path.name, "…")
    if _MISSING in text:
        return _MISSING  # wherever it was expected
    return re.sub(r"0x[0-9a-f]+|\d[\d,.]*", "#", text)


def _missing(given: CheckInput, files: Sequence[BrokenFile]) -> Finding:
    return Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(files), 'label')} without a file: the table names pictures that are not there",
        f"They are left out; {count_of(len(given.dataset), 'picture')} remain. If the missing ones are of one kind (a "
        "site, the ill), what is learned is off by that.",
        f"Copy the files to where the table says, for example {files[0].path}, or correct the column of files.",
        cases=(file.path.name for file in files),
    )


def _damaged(files: Sequence[BrokenFile]) -> Finding:
    first = files[0]
    reason = first.reason.removeprefix(f"{first.path.name}: ")
    what, _, remedy = reason.rpartition(": ")
    return Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(files), 'file')} left out: {what or reason}",
        "They are used for nothing; a figure on the rest is a figure without them."
        + (f" The reason is that of {first.path.name}." if len(files) > 1 else ""),
        (remedy[:1].upper() + remedy[1:] + "." if what else "Look at the files, or leave them out of the table."),
        cases=(file.path.name for file in files),
    )
