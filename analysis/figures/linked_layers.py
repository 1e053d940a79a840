"""The layers of one panel of the linked maps, in Altair: all cases in grey, the chosen ones above, arrows and flow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.density_map import extent_of
from analysis.figures.point_colours import PointColours

if TYPE_CHECKING:
    from analysis.figures.latent_map import MapFigure

GREY = "#d3d3d3"
DOUBTFUL = "#9a9a9a"
INK = "#111111"
SHOW_DOUBT = "doubt"
"""Name of the parameter that says whether cases whose place says little are crossed and grey."""
_SHAPES = (
    "circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-left", "triangle-right",
)  # fmt: skip
_CROSS = "M-1,-1L1,1M-1,1L1,-1"
_RING = "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0ZM.65,0A.65,.65,0,1,0,-.65,0A.65,.65,0,1,0,.65,0Z"


def panel_layers(
    number: int,
    letter: str,
    figure: MapFigure,
    colours: PointColours,
    params: Sequence[Any],
    chosen: Any,
    side: float,
) -> Any:
    """One panel as a layered chart of `side` pixels; the data, one row a case, come from the chart it is put into.

    Args:
        number: of the panel; its places are the fields x0 and y0, x1 and y1 …
        letter: before its title, such as "(a) ".
        figure: the map.
        colours: of all panels.
        params: selections that are made in this panel and its legend.
        chosen: predicate of the cases that keep their colour.
        side: width and height in pixels.
    """
    import altair as alt

    base = alt.Chart().encode(**_places(number, figure), tooltip=_tooltip(figure, colours))
    size = float(np.clip(24_000 / max(len(figure.projection), 1), 14, 60))
    below = base.mark_point(filled=True, size=size * 0.7, color=GREY, opacity=0.8, aria=False)
    known = base.transform_filter(chosen).transform_filter("isValid(datum.colour)")
    layers = [below]
    crossed = figure.is_doubtful is not None and bool(figure.is_doubtful.any())
    if crossed:
        is_crossed = f"{SHOW_DOUBT} && datum.doubt{number}"
        layers.append(
            base.transform_filter(chosen)
            .transform_filter(is_crossed)
            .mark_point(shape=_CROSS, filled=False, size=size * 0.5, stroke=DOUBTFUL, strokeWidth=0.8)
        )
        known = known.transform_filter(f"!({is_crossed})")
    *rings, points = _coloured(known, figure, colours, size, f"placed{number}")
    layers += [*rings, points.add_params(*params)]  # a legend only listens for layers that have its colours
    layers += list(_arrow_layers(figure, colours, side))
    layers += list(_flow_layers(figure, side))
    return alt.layer(*layers).properties(
        width=side,
        height=side,
        title=alt.TitleParams(letter + (figure.title or figure.projection.title), fontSize=13, anchor="middle"),
    )


def _places(number: int, figure: MapFigure) -> dict[str, Any]:
    import altair as alt

    left, right, bottom, top = extent_of(figure.projection.points, 0.04)
    has_units = figure.projection.plane is not None
    axes = [
        alt.Axis(title=title, grid=False, ticks=has_units, labels=has_units, domainColor="#8c8c8c", tickCount=6)
        for title in figure.projection.axes
    ]
    return {
        "x": alt.X(f"x{number}:Q", scale=alt.Scale(domain=[left, right], nice=False, zero=False), axis=axes[0]),
        "y": alt.Y(f"y{number}:Q", scale=alt.Scale(domain=[bottom, top], nice=False, zero=False), axis=axes[1]),
    }


def _tooltip(figure: MapFigure, colours: PointColours) -> list[Any]:
    import altair as alt

    shown = [alt.Tooltip("id:N", title="case"), alt.Tooltip("label:N"), alt.Tooltip("prediction:N")]
    if colours.name not in ("", "label", "prediction"):
        shown.append(alt.Tooltip("words:N", title=colours.name))
    return shown


def _coloured(base: Any, figure: MapFigure, colours: PointColours, size: float, placed: str) -> Iterator[Any]:
    """The chosen cases in their colours; those placed afterwards as open rings, on white for want of a hole."""
    channels = _number_channels(colours) if colours.values is not None else _group_channels(colours)
    if figure.projection.n_placed:
        rings = base.transform_filter(f"datum.{placed}")
        if colours.values is None:
            yield rings.mark_point(filled=False, fill="white", size=size, strokeWidth=1.1).encode(**channels)
        else:  # a stroke beside the fill of the others would turn the scale's bar into single symbols
            yield rings.mark_point(filled=True, color="white", opacity=1, size=size, aria=False)
            yield rings.mark_point(filled=True, shape=_RING, opacity=1, size=size).encode(**channels)
        base = base.transform_filter(f"!datum.{placed}")
    yield base.mark_point(filled=True, size=size, opacity=0.85).encode(**channels)


def _number_channels(colours: PointColours) -> dict[str, Any]:
    import altair as alt

    stops = [_hex(colours.scale[1](step / 8)) for step in range(9)]
    scale = alt.Scale(domain=np.linspace(colours.low, colours.high, 9).tolist(), range=stops, clamp=True)
    legend = alt.Legend(title=colours.name, orient="bottom", direction="horizontal", gradientLength=260)
    return {"color": alt.Color("colour:Q", scale=scale, legend=legend)}


def _group_channels(colours: PointColours) -> dict[str, Any]:
    import altair as alt

    domain = legend_names(colours)
    legend = alt.Legend(
        title=colours.name, orient="bottom", direction="horizontal", columns=max(1, min(len(domain), 6)),
        labelLimit=220, symbolOpacity=1,
    )  # fmt: skip
    shapes = [_SHAPES[code % len(_SHAPES)] for code in range(len(domain))]
    return {
        "color": alt.Color("colour:N", scale=alt.Scale(domain=domain, range=list(colours.colours)), legend=legend),
        "shape": alt.Shape("colour:N", scale=alt.Scale(domain=domain, range=shapes), legend=legend),
    }


def legend_names(colours: PointColours) -> list[str]:
    """What the legend calls each group: its name with the number of its cases."""
    return [f"{name} ({int((colours.codes == code).sum()):,})" for code, name in enumerate(colours.groups)]


def _arrow_layers(figure: MapFigure, colours: PointColours, side: float) -> Iterator[Any]:
    """Directions with their cones and degrees; of several each in the colour of its group."""
    import altair as alt

    named = dict(zip(colours.groups, colours.colours, strict=True)) if len(figure.arrows) > 1 else {}
    for arrow in figure.arrows:
        colour = named.get(arrow.name, INK)
        if arrow.cone is not None and len(arrow.cone) > 2:
            corners = [{"x": float(x), "y": float(y), "n": n} for n, (x, y) in enumerate(arrow.cone)]
            outline = alt.Chart(alt.InlineData(values=corners)).mark_line(
                interpolate="linear-closed", fill=colour, fillOpacity=0.18, strokeWidth=0
            )
            yield outline.encode(x="x:Q", y="y:Q", order="n:O")
        yield from _shafts(
            [(*arrow.start, *arrow.end, 1.0)],
            figure,
            side,
            width=1.8,
            head=90,
            colour=colour,
            dashed=arrow.could_be_noise,
        )
    for arrow in figure.arrows:
        cone = f" ± {arrow.cone_degrees:.0f}°" if math.isfinite(arrow.cone_degrees) else ""
        tip = [{"x": arrow.end[0], "y": arrow.end[1], "name": f"{arrow.name}{cone}", "words": arrow.words}]
        is_left = arrow.end[0] < arrow.start[0]
        place: dict[str, Any] = {
            "align": "right" if is_left else "left",
            "dx": -8 if is_left else 8,
            "fontSize": 11,
            "fontWeight": "bold",
        }
        text = alt.Chart(alt.InlineData(values=tip)).encode(x="x:Q", y="y:Q", text="name:N", tooltip="words:N")
        yield text.mark_text(**place, stroke="white", strokeWidth=3, strokeOpacity=0.8, aria=False)
        yield text.mark_text(**place, color=named.get(arrow.name, INK))


def _flow_layers(figure: MapFigure, side: float) -> Iterator[Any]:
    """Where the score rises, paler where the slope explains less."""
    if figure.flow is None:
        return
    meant = [arrow for arrow in figure.flow.arrows if arrow.strength >= 0.05]
    ends = [
        (a.x - a.dx / 2.3, a.y - a.dy / 2.3, a.x + a.dx / 2.3, a.y + a.dy / 2.3, 0.25 + 0.75 * a.strength)
        for a in meant
    ]
    if ends:
        yield from _shafts(ends, figure, side, width=1.3, head=34)


def _shafts(
    ends: Sequence[tuple[float, float, float, float, float]],
    figure: MapFigure,
    side: float,
    *,
    width: float,
    head: float,
    colour: str = INK,
    dashed: bool = False,
) -> Iterator[Any]:
    """Arrows from (x, y) to (x2, y2) with an opacity: a line and a triangle each."""
    import altair as alt

    left, right, *_ = extent_of(figure.projection.points, 0.04)
    back = 0.45 * math.sqrt(head) * (right - left) / side  # the head's middle lies behind its tip
    rows = []
    for x, y, x2, y2, opacity in ends:
        dx, dy = x2 - x, y2 - y
        length = math.hypot(dx, dy) or 1.0
        place: dict[str, Any] = {"hx": x2 - back * dx / length, "hy": y2 - back * dy / length}
        rows.append({"x": x, "y": y, **place, "turn": math.degrees(math.atan2(dx, dy)), "strength": opacity})
    data = alt.InlineData(values=rows)
    opacity_of = alt.Opacity("strength:Q", scale=None, legend=None)
    rule = alt.Chart(data).mark_rule(color=colour, strokeWidth=width, strokeDash=[4, 2] if dashed else [1, 0])
    yield rule.encode(x="x:Q", y="y:Q", x2="hx:Q", y2="hy:Q", opacity=opacity_of)
    tips = alt.Chart(data).mark_point(shape="triangle-up", filled=True, size=head, color=colour)
    yield tips.encode(x="hx:Q", y="hy:Q", angle=alt.Angle("turn:Q", scale=None), opacity=opacity_of)


def _hex(rgba: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgba[:3])
