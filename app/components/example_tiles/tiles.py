"""Mounts a row (or a page) of cases; a click on a picture opens its case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

Kind = Literal["distance", "weight", "helpful", "harmful", "doubt"]
"""What a bar means; it decides its colour, and from which side it grows."""
Where = Literal["here", "traverse"]


@dataclass(frozen=True)
class Bar:
    """A number as a bar.

    Attributes:
        share: of the full length, in [0, 1].
        text: the number, written beside the bar.
        kind: what it means.
        tick: where a mark stands, in [0, 1]; None: no mark.
    """

    share: float
    text: str
    kind: Kind
    tick: float | None = None


@dataclass(frozen=True)
class ExampleTile:
    """One case.

    Attributes:
        row: of its table, under which its picture is served.
        id: the stable id.
        name: what is shown of the id.
        label: its class or number; "" where none is known.
        agrees: whether that is the explained case's; None where that cannot be said.
        prediction: what the model says of it; "" where it says nothing.
        bar: its score; None: no bar.
        lines: what is told on hover, and read aloud.
        missing: why there is no picture; "" where there is one.
        sentence: below the label, in full; "" for none.
    """

    row: int
    id: str
    name: str
    label: str
    agrees: bool | None
    prediction: str
    bar: Bar | None
    lines: tuple[str, ...] = ()
    missing: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class OpenedTile:
    """What was clicked, in one run only.

    Attributes:
        id: of the case.
        row: its row.
        where: on this page, or on the page where a case is moved or explained.
    """

    id: str
    row: int
    where: Where


@cache
def _component() -> ComponentRenderer:
    folder = files("app.components.example_tiles")
    script, style = ((folder / name).read_text("utf-8") for name in ("tiles.js", "tiles.css"))
    return st.components.v2.component("xaae_example_tiles", html='<div class="ex-root"></div>', css=style, js=script)


def example_tiles(
    tiles: Sequence[ExampleTile],
    *,
    key: str,
    cases_url: str,
    columns: int,
    name: str,
    aspect: float = 1.0,
    other_page: str = "Traverse",
) -> OpenedTile | None:
    """Show cases side by side.

    Args:
        tiles: in reading order.
        key: names them on the page.
        cases_url: where their pictures are served (`app.served.serve_cases`), relative to the app's root.
        columns: pictures side by side; further ones follow below.
        name: what they are, for screen readers.
        aspect: width of a tile over its height.
        other_page: the page that the button on a tile opens, as it is called.

    Returns:
        What was clicked in this run.
    """
    answer = _component()(
        key=key,
        data={
            "cases": cases_url,
            "columns": columns,
            "name": name,
            "aspect": aspect,
            "otherPage": other_page,
            "tiles": [asdict(tile) for tile in tiles],
        },
        on_open_change=lambda: None,
    )
    return _opened(answer.get("open"), tiles)


def _opened(value: Any, tiles: Sequence[ExampleTile]) -> OpenedTile | None:
    """The click; None if there was none, or if it was on a case that is no longer shown."""
    if not isinstance(value, dict) or value.get("where") not in ("here", "traverse"):
        return None
    return next((OpenedTile(tile.id, tile.row, value["where"]) for tile in tiles if tile.id == value.get("id")), None)
