"""Linked maps as a file that anyone can open: cases chosen in one map show in the others, without a network."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.formats import Format
from analysis.figures.latent_map import MapFigure, predictions_of, truths_of
from analysis.figures.linked_layers import SHOW_DOUBT, legend_names, panel_layers
from analysis.figures.map_captions import NUMERALS, figure_caption
from analysis.figures.point_colours import PointColours
from analysis.provenance import Provenance, embed_provenance
from xaae_core.case_tokens import case_token
from xaae_core.errors import ProjectionError

if TYPE_CHECKING:
    from altair import VConcatChart

MOST_POINTS = 10_000
"""Cases that a browser can move as single marks."""
_HELP = (
    "Drag a rectangle in one map: the same cases keep their colour in the other, the rest turns grey. Rectangles in "
    "both maps choose what lies in both. Click the legend to choose groups (shift for several). Shift and drag moves "
    "the map, the wheel zooms, a double click takes everything back. Hover a point for its case."
)
_SECURITY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
)


def linked_maps_chart(figures: Sequence[MapFigure], *, side: float = 420) -> VConcatChart:
    """Maps of the same cases beside each other, linked, as an Altair chart.

    Args:
        figures: one to three maps; the first one says what the points are coloured by. Selections of a figure are
            left out: the reader makes their own.
        side: width and height of a panel in pixels.

    Returns:
        The chart: `display` it, hand it to `linked_maps_page` or to `chart_file`.

    Raises:
        ProjectionError: more than 10,000 cases (what to use instead).
        ValueError: no map, more than three, or maps of other cases.
    """
    import altair as alt

    if not 1 <= len(figures) <= 3 or any(each.is_other(figures[0]) for each in figures):
        raise ValueError(f"{len(figures)} maps; expected 1 to 3 of the same cases in the same order")
    figures = [replace(figure, is_selected=None) for figure in figures]
    n_cases = len(figures[0].table)
    if n_cases > MOST_POINTS:
        raise ProjectionError(
            f"{n_cases:,} cases; a linked page draws at most {MOST_POINTS:,} one by one: choose a cohort, open the "
            "maps page, or take the figure as PNG, SVG or PDF, which shows the density of that many (map_drawing)"
        )
    colours = figures[0].colours()
    legend = [] if colours.values is not None else [alt.selection_point("legend", fields=["colour"], bind="legend")]
    brushes = [_brush(number) for number in range(len(figures))]
    chosen = brushes[0]
    for other in [*brushes[1:], *legend]:
        chosen = chosen & other
    panels = [
        panel_layers(
            number,
            f"({NUMERALS[number]}) " if len(figures) > 1 else "",
            figure,
            colours,
            [brushes[number], _view(number), *(legend if number == 0 else [])],
            chosen,
            side,
        )
        for number, figure in enumerate(figures)
    ]
    maps = alt.hconcat(*panels, spacing=18).resolve_scale(color="shared", shape="shared")
    count = alt.Chart().transform_filter(chosen).transform_aggregate(n="count()")
    count = count.transform_calculate(words=f"format(datum.n, ',') + ' of {n_cases:,} cases chosen'")
    told = count.mark_text(align="left", x=0, fontSize=12).encode(text="words:N").properties(width=side, height=14)
    lines = textwrap.wrap(figure_caption(figures, colours), int(len(figures) * side / 5.0))
    chart = alt.vconcat(told, maps, spacing=4).properties(
        title=alt.TitleParams(lines, orient="bottom", anchor="start", fontSize=10, fontWeight="normal", offset=14)
    )
    if any(figure.is_doubtful is not None and figure.is_doubtful.any() for figure in figures):
        switch = alt.binding_checkbox(name="Grey out cases whose place on the map says little ")
        chart = chart.add_params(alt.param(SHOW_DOUBT, value=True, bind=switch))
    chart = chart.configure_view(stroke="#8c8c8c", strokeWidth=0.6).configure_axis(titleFontWeight="normal")
    chart.data = {"values": _rows(figures, colours)}  # as an argument, each row would be checked: seconds for nothing
    return chart


def linked_maps_page(
    chart: VConcatChart, *, title: str = "Linked maps of the latent space", provenance: Provenance | None = None
) -> bytes:
    """The chart as one HTML file with all its JavaScript inside; it asks nothing of any network.

    Args:
        chart: of `linked_maps_chart`.
        title: of the page.
        provenance: how it was made; kept in the page, which reopens then as every figure does.

    Returns:
        UTF-8; about 1 MB and 200 bytes a case.
    """
    settings = {
        "mode": "vega-lite",
        "renderer": "canvas",
        "actions": {"export": True, "source": False, "compiled": False, "editor": False},
        "downloadFileName": "maps",
    }
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_SECURITY}">
<title>{escape(title)}</title>
<style>body {{ font: 14px system-ui, sans-serif; margin: 1.2rem; color: #1c1c1c; background: #fff }}
h1 {{ font-size: 1.1rem; font-weight: 600 }} p {{ max-width: 60rem }} .vega-bind {{ margin: .5rem 0 }}</style>
<script>{_libraries()}</script></head>
<body><h1>{escape(title)}</h1><p>{escape(_HELP)}</p><div id="maps"></div>
<noscript>The maps need JavaScript; it is inside this file and asks nothing of any network.</noscript>
<script>vegaEmbed("#maps", {_in_script(chart.to_dict())}, {_in_script(settings)}).then(
  shown => {{ window.shown = shown.view; document.body.dataset.state = "ready"; }},
  error => {{ document.getElementById("maps").textContent = "The maps could not be drawn: " + error; }});</script>
</body></html>
""".encode()
    return page if provenance is None else embed_provenance(page, "html", provenance)


def chart_file(chart: VConcatChart, form: Format = "svg", *, dpi: int = 200) -> bytes:
    """The chart as an image, drawn without a browser; every case has its colour.

    Args:
        chart: of `linked_maps_chart`.
        form: "png", "svg" or "pdf".
        dpi: dots per inch of a PNG, at 96 pixels of the chart an inch.
    """
    import vl_convert

    drawing = chart.to_dict()
    if form == "svg":
        return str(vl_convert.vegalite_to_svg(drawing, allowed_base_urls=[])).encode()
    if form == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(drawing, allowed_base_urls=[]))
    return bytes(vl_convert.vegalite_to_png(drawing, scale=dpi / 96, allowed_base_urls=[]))


def _rows(figures: Sequence[MapFigure], colours: PointColours) -> list[dict[str, Any]]:
    """One row a case: its places on the maps, what it is coloured by, and what the hover says; ids stay at home."""
    table = figures[0].table
    names = [*legend_names(colours), None]
    labels, predictions = truths_of(table).tolist(), predictions_of(table).tolist()
    rows: list[dict[str, Any]] = []
    for row, case in enumerate(table.ids.tolist()):
        entry: dict[str, Any] = {"id": case_token(case), "label": labels[row], "prediction": predictions[row]}
        if colours.values is None:
            code = int(colours.codes[row])
            entry["colour"] = names[code]
            entry["words"] = colours.groups[code] if code >= 0 else colours.rest
        else:
            value = float(colours.values[row])
            entry["colour"] = value if np.isfinite(value) else None
            entry["words"] = f"{value:.4g}" if np.isfinite(value) else colours.rest
        for number, figure in enumerate(figures):
            x, y = figure.projection.points[row].tolist()
            entry |= {f"x{number}": float(f"{x:.6g}"), f"y{number}": float(f"{y:.6g}")}
            entry[f"placed{number}"] = bool(figure.projection.placed[row])
            if figure.is_doubtful is not None:
                entry[f"doubt{number}"] = bool(figure.is_doubtful[row])
        rows.append(entry)
    return rows


def _brush(number: int) -> Any:
    import altair as alt

    return alt.selection_interval(
        f"brush{number}", encodings=["x", "y"], zoom=False, clear="dblclick",
        on="[pointerdown[!event.shiftKey], window:pointerup] > window:pointermove!",
        translate="[pointerdown[!event.shiftKey], window:pointerup] > window:pointermove!",
        mark=alt.BrushConfig(fill="#2f7bbf", fillOpacity=0.08, stroke="#2f7bbf"),
    )  # fmt: skip


def _view(number: int) -> Any:
    """What the wheel and a drag with shift change: the part of the map that is seen."""
    import altair as alt

    return alt.selection_interval(
        f"view{number}", bind="scales", zoom="wheel!", clear="dblclick",
        on="[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!",
        translate="[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!",
    )  # fmt: skip


@cache
def _libraries() -> str:
    """The JavaScript of Vega, Vega-Lite and vega-embed, for inside a script element."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).replace("</script", "<\\/script")


def _in_script(value: object) -> str:
    """JSON that no name of a case can end the script element from."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
