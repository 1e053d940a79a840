"""The data check as a report tells it: without the names of files, which may be those of patients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from analysis.report.content import CheckedData
from xaae_core.case_tokens import short_token
from xaae_core.data.checks import CheckReport, Finding

_SHORTEST_NUMBER = 4


def checked_data(report: CheckReport) -> CheckedData:
    """What was found, with tokens in the place of cases' names.

    Args:
        report: of `check_dataset`.
    """
    known = set(report.dataset.ids) | {file.path.name for file in report.dataset.broken}
    findings = tuple(_without_names(finding, known) for finding in report.findings)
    return CheckedData(report.dataset.describe(), report.counts, findings)


def _without_names(finding: Finding, known: Iterable[str]) -> Finding:
    names = {*known, *finding.cases}
    texts = (finding.title, finding.detail, finding.remedy)
    title, detail, remedy = (_tokens_for(text, names) for text in texts)
    return replace(finding, title=title, detail=detail, remedy=remedy, cases=())


def _tokens_for(text: str, names: Iterable[str]) -> str:
    """A text in which every name of a case is its token."""
    if not text:
        return text
    for name, case in sorted(_named_in(text, names), key=lambda found: -len(found[0])):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f"case {short_token(case)}", text)
    return text


def _named_in(text: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What a text calls a case, and the case: its id, or the file's name alone."""
    for case in names:
        for name in {case, PurePosixPath(case).name}:
            is_count = name.isdecimal() and len(name) < _SHORTEST_NUMBER  # "12 pictures" is no case
            if name and not is_count and name in text:
                yield name, case
