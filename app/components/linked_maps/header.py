"""The few kilobytes that a rerun sends: words, settings, and where the browser fetches the arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.components.linked_maps.colours import MapColours, number_colours
from app.components.linked_maps.panels import MapPanel, PanelArrow
from app.components.linked_maps.selection import pack_mask
from app.served import Served, serve_bytes


class _Shelf:
    """Offers arrays to the browser and keeps what it offered."""

    def __init__(self) -> None:
        self.served: list[Served] = []

    def offer(self, content: bytes) -> str:
        self.served.append(serve_bytes(content))
        return self.served[-1].url

    def offer_mask(self, mask: NDArray[np.bool_] | None) -> str | None:
        return None if mask is None else self.offer(pack_mask(mask))


def make_header(
    panels: Sequence[MapPanel],
    colours: MapColours,
    *,
    key: str,
    cases_url: str,
    cohort: NDArray[np.bool_] | None,
    selected: NDArray[np.bool_] | None,
    source: str,
    show_doubtful: bool,
    n_label: str,
) -> tuple[dict[str, object], tuple[Served, ...]]:
    """Make what the browser is sent.

    Args:
        panels: the maps.
        colours: of the points.
        key: names the maps on the page.
        cases_url: names the cases.
        cohort: bool [N] or None.
        selected: bool [N] or None.
        source: names where `selected` is from; the browser does not take back its own.
        show_doubtful: whether doubtful points are marked.
        n_label: what the rows are.

    Returns:
        A dictionary for JSON, and what must be kept while the browser may fetch it.
    """
    shelf = _Shelf()
    header: dict[str, object] = {
        "key": key,
        "n": len(panels[0]),
        "n_label": n_label,
        "cases": cases_url,
        "panels": [_panel_header(panel, shelf) for panel in panels],
        "colours": _colours_header(colours, shelf),
        "cohort": shelf.offer_mask(cohort),
        "selected": {"source": source, "url": shelf.offer_mask(selected)},
        "show_doubtful": show_doubtful,
    }
    return header, tuple(shelf.served)


def _panel_header(panel: MapPanel, shelf: _Shelf) -> dict[str, object]:
    points = panel.points.astype("<f4", copy=False)
    return {
        "key": panel.key,
        "title": panel.title,
        "axes": list(panel.axes),
        "has_units": panel.has_units,
        "words": panel.words,
        "points": shelf.offer(points.tobytes()),
        "placed": shelf.offer_mask(panel.placed),
        "doubtful": None if panel.doubtful is None else shelf.offer(panel.doubtful.tobytes()),
        "arrows": [_arrow_header(arrow) for arrow in panel.arrows],
        "flow": [[float(number) for number in mark] for mark in panel.flow],
    }


def _arrow_header(arrow: PanelArrow) -> dict[str, object]:
    return {
        "name": arrow.name,
        "start": [float(number) for number in arrow.start],
        "end": [float(number) for number in arrow.end],
        "cone": None if arrow.cone is None else arrow.cone.tolist(),
        "words": arrow.words,
    }


def _colours_header(colours: MapColours, shelf: _Shelf) -> dict[str, object]:
    words: dict[str, object] = {
        "name": colours.name,
        "kind": colours.kind,
        "url": shelf.offer(colours.levels.tobytes()),
    }
    if colours.kind == "groups":
        return words | {"groups": list(colours.groups), "colours": list(colours.colours)}
    ramps = {
        name: number_colours(diverging=colours.diverging, is_dark=is_dark).ravel().tolist()
        for name, is_dark in (("light", False), ("dark", True))
    }
    scale = {"low": float(colours.low), "high": float(colours.high), "diverging": colours.diverging}
    return words | scale | {"unit": colours.unit, "ramps": ramps}
