"""The cases that a report moves along the direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.report import CasePicture
from app.report_cases import doubtful_and_clear
from app.workspace import Case, Workspace
from xaae_core.errors import XaaeError

OPEN, DOUBTFUL, CLEAR, SELECTED = (
    "the open case",
    "the most doubtful one",
    "the clearest one",
    "those chosen on the maps",
)
MOST_SELECTED = 10
_MOST_TRIED = 50


def offered_cases(workspace: Workspace, case: Case | None) -> tuple[str, ...]:
    """The kinds of cases there are."""
    if workspace.data is None:
        return (OPEN,) if case is not None else ()
    selected = (SELECTED,) if len(workspace.selected_rows) else ()
    return (*((OPEN,) if case is not None else ()), DOUBTFUL, CLEAR, *selected)


def case_pictures(workspace: Workspace, case: Case | None, kinds: Sequence[str]) -> tuple[CasePicture, ...]:
    """The cases of these kinds, each once; those whose picture cannot be read are passed over."""
    found: dict[str, CasePicture] = {}
    if OPEN in kinds and case is not None:
        found[case.id] = CasePicture(case.id, case.image.pixels, case.label, case.split)
    for rows, most in _wanted(workspace, kinds):
        taken = 0
        for row in rows[:_MOST_TRIED]:
            picture = _picture(workspace, int(row), found)
            if picture is not None:
                found[picture.id], taken = picture, taken + 1
            if taken == most:
                break
    return tuple(found.values())


def _wanted(workspace: Workspace, kinds: Sequence[str]) -> Iterator[tuple[Sequence[int], int]]:
    if workspace.latents is None:
        return
    target = workspace.checkpoint.card.target
    doubtful, clear = doubtful_and_clear(workspace.latents, target, workspace.classes, workspace.cohort_rows)
    if DOUBTFUL in kinds:
        yield doubtful, 1
    if CLEAR in kinds:
        yield clear, 1
    if SELECTED in kinds:
        yield workspace.selected_rows.tolist(), MOST_SELECTED


def _picture(workspace: Workspace, row: int, found: dict[str, CasePicture]) -> CasePicture | None:
    assert workspace.latents is not None  # rows of it
    case_id = str(workspace.latents.ids[row])
    if case_id in found:
        return None
    try:
        read = workspace.read_case(row)
    except XaaeError:
        return None  # its file has gone; the report tells which cases it has
    return CasePicture(case_id, read.pixels, workspace.label_of(row), str(workspace.latents.split[row]))
