"""What a figure's file says of the view it was made from, and what is not as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from analysis.provenance.figure_files import read_provenance
from analysis.provenance.provenance import Provenance
from app.views import CASE, DATA, MODEL, View
from xaae_core.errors import ProvenanceError, ViewError

_SHORT = 16
_MOST_PANELS = 200
_PAGES = {
    "path": "traverse", "change": "traverse", "samples": "traverse", "map": "maps", "biplot": "maps",
    "attribution": "attributions", "cohort_attribution": "attributions", "sanity": "attributions",
    "localisation": "attributions", "examples": "examples", "labels": "examples", "training": "train",
    "quality": "start",
}  # fmt: skip
"""Where a figure of each kind is shown, for one that does not say it."""
_COMPARED = ("xaae", "torch")


@dataclass(frozen=True)
class ReopenedView:
    """A view that a figure, or a panel of one, was made from.

    Attributes:
        provenance: how it was made.
        view: what shows it again; None where no page does.
        notes: what cannot be restored, a sentence each.
    """

    provenance: Provenance
    view: View | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReopenedFigure:
    """A figure's file.

    Attributes:
        name: of the file.
        container: "png", "svg", "pdf", "gif", "mp4" or "html".
        whole: the figure.
        panels: those of a figure of several; () of another.
        warnings: what was edited since it was made, a sentence each.
    """

    name: str
    container: str
    whole: ReopenedView
    panels: tuple[ReopenedView, ...] = ()
    warnings: tuple[str, ...] = ()


def reopen_figure(content: bytes, name: str) -> ReopenedFigure:
    """Read the file of a figure that this tool exported.

    Args:
        content: its bytes.
        name: what messages call it.

    Raises:
        ProvenanceError: no figure, one without its provenance, a damaged one, or one of a newer version.
    """
    if not content:
        raise ProvenanceError(f"{name} is empty: expected a PNG, SVG, PDF, GIF, MP4 or HTML that this tool exported")
    found = read_provenance(content, name=name)
    panels = tuple(_view_of(panel, name) for panel in _panels_of(found.provenance, name))
    return ReopenedFigure(name, found.container, _view_of(found.provenance, name), panels, found.warnings)


def version_differences(provenance: Provenance, now: Mapping[str, str]) -> tuple[str, ...]:
    """Which packages are of another major version than when the figure was made, a sentence each.

    Args:
        provenance: of the figure.
        now: package → version, as `Provenance.stamped` notes them.
    """
    said = []
    for package in _COMPARED:
        then, current = str(provenance.versions.get(package, "")), now.get(package, "")
        if then and current and _major(then) != _major(current):
            said.append(f"{package} is another version: {then} then, {current} now; numbers may differ")
    return tuple(said)


def versions_now() -> dict[str, str]:
    """Package → version of what is installed."""
    return Provenance(kind="").stamped().versions


def _major(version: str) -> str:
    """What decides whether two versions do the same: the first number, and of 0.x the second too."""
    parts = version.split("+")[0].split(".")
    return ".".join(parts[: 2 if parts[0] == "0" else 1])


def _panels_of(provenance: Provenance, name: str) -> list[Provenance]:
    told = provenance.settings.get("panels", [])
    if not isinstance(told, list) or len(told) > _MOST_PANELS:
        return []
    found = []
    for place, panel in enumerate(told, start=1):
        found.append(Provenance.from_json(json.dumps(panel), f"{name}, panel {place}"))
    return found


def _view_of(provenance: Provenance, name: str) -> ReopenedView:
    """The view, with the hashes that the provenance knows and the view does not say."""
    if provenance.kind == "panels":
        return ReopenedView(provenance, None)
    hashes = {MODEL: provenance.checkpoint_sha256[:_SHORT], DATA: provenance.data_fingerprint[:_SHORT]}
    known = {key: (text,) for key, text in hashes.items() if text}
    try:
        view = View.from_json(provenance.view, name) if provenance.view else None
    except ViewError as error:
        return ReopenedView(provenance, _guessed(provenance, known), (f"{error}; the page opens as it comes.",))
    if view is not None:
        return ReopenedView(provenance, replace(view, query={**known, **view.query}))
    note = "It does not say with which settings of the page it was made: the page opens as it comes."
    guessed = _guessed(provenance, known)
    return ReopenedView(provenance, guessed, (note,) if guessed is not None else ())


def _guessed(provenance: Provenance, known: Mapping[str, Any]) -> View | None:
    """The page that shows such figures, with the model, the data and the case; None where there is no such page."""
    page = _PAGES.get(provenance.kind)
    if page is None:
        return None
    case = {CASE: (provenance.case_ids[0],)} if len(provenance.case_ids) == 1 else {}
    return View(page, {**known, **case})
