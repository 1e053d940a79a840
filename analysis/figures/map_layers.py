"""What lies on a map: points or their density, placed and doubtful cases, names of groups, arrows, flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.density_map import MOST_POINTS, density_image, extent_of, share_image
from analysis.figures.drawn_map import DrawnMap
from analysis.figures.formats import plain
from analysis.figures.group_outlines import draw_outlines
from analysis.figures.point_colours import GREY, MARKERS, PointColours
from analysis.figures.style import FigureStyle
from analysis.map_arrows import MapArrow
from analysis.score_flow import ScoreFlow

UNSELECTED = "#e0e0e0"
MOST_VECTORS = 1_000
"""More points than this are rasterised inside SVG and PDF: as vectors they make slow, large files."""
_USUAL_SIDE = 3.4  # inches
_ROUNDS = 4  # groups are drawn in turns, so that the last does not hide the first
_MOST_RINGS = 2_000
_HATCH = "////"
_MANY_GROUPS = 9  # so many need their names on the map
PAPER_BEHIND = {"boxstyle": "round,pad=0.12", "facecolor": "white", "alpha": 0.72, "linewidth": 0}
"""Behind words; outlined letters would no longer be text in SVG and PDF."""


def draw_points(
    axes: Any,
    drawn: DrawnMap,
    colours: PointColours,
    is_selected: NDArray[np.bool_] | None,
    style: FigureStyle,
    *,
    side: float,
) -> None:
    """The cases of a map: one by one, or above 10,000 as a picture.

    Args:
        axes: of matplotlib.
        drawn: the map.
        colours: of its points, those of the style.
        is_selected: cases [N] that keep their colour; None: all.
        style: of the figure.
        side: width of the map in inches; points are smaller on smaller maps.
    """
    is_dense = len(drawn) > MOST_POINTS
    if is_dense:
        _draw_density(axes, drawn, colours, is_selected)
        if style.is_greyscale:
            draw_outlines(axes, drawn.points, colours, is_selected)
    else:
        _draw_each(axes, drawn, colours, is_selected, side)
    if (is_dense or len(colours.groups) >= _MANY_GROUPS) and len(drawn.arrows) < 2:  # several arrows have the names
        _name_groups(axes, drawn.points, colours, style)


def draw_arrows(axes: Any, arrows: tuple[MapArrow, ...], colours: PointColours, style: FigureStyle) -> None:
    """Directions with their cones; an arrow that could be noise is dashed. Arrows of groups have their colour."""
    if not arrows:
        return
    named = dict(zip(colours.groups, colours.colours, strict=True)) if len(arrows) > 1 else {}
    for arrow in arrows:
        colour = named.get(arrow.name, "#111111")
        if arrow.cone is not None and len(arrow.cone) > 2:
            axes.fill(*arrow.cone.T, facecolor=colour, alpha=0.22, edgecolor="none", zorder=4)
        shaft = {"arrowstyle": "-|>", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
        if arrow.could_be_noise:
            shaft["linestyle"] = (0, (2, 1.4))
        axes.annotate("", xy=arrow.end, xytext=arrow.start, arrowprops=shaft | {"path_effects": _halo(2.6)}, zorder=5)
        axes.update_datalim([arrow.start, arrow.end])
    axes.autoscale_view()
    for arrow, place in zip(arrows, _label_places(axes, arrows), strict=True):
        cone = f" ± {arrow.cone_degrees:.0f}°" if np.isfinite(arrow.cone_degrees) else ""
        axes.annotate(
            plain(f"{arrow.name}{cone}", most=32), xy=place, fontsize=style.size("small"), bbox=PAPER_BEHIND, zorder=6,
            va="center", ha="left" if arrow.end[0] >= arrow.start[0] else "right",
            color=_darker(named.get(arrow.name, "#111111")),
        )  # fmt: skip


def _label_places(axes: Any, arrows: tuple[MapArrow, ...]) -> list[tuple[float, float]]:
    """Beside the tips; where two labels would cover each other, the later one moves on along the map's height."""
    span = max(np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim()))
    places: list[tuple[float, float]] = []
    for arrow in arrows:
        dx, dy = np.subtract(arrow.end, arrow.start)
        x, y = arrow.end[0] + np.copysign(0.012 * span, dx), arrow.end[1] + np.sign(dy) * 0.01 * span
        while any(abs(x - other[0]) < 0.13 * span and abs(y - other[1]) < 0.03 * span for other in places):
            y += np.copysign(0.01 * span, dy)
        places.append((float(x), float(y)))
    return places


def draw_flow(axes: Any, flow: ScoreFlow) -> None:
    """Where the score rises: an arrow a cell, the paler the less of the local differences its slope explains."""
    meant = [arrow for arrow in flow.arrows if arrow.strength >= 0.05 and (arrow.dx or arrow.dy)]
    if not meant:
        return
    x, y, dx, dy, strength = np.array([(a.x, a.y, a.dx, a.dy, a.strength) for a in meant]).T
    colour = np.zeros((len(meant), 4))
    colour[:, 3] = 0.25 + 0.75 * strength
    white = np.ones((len(meant), 4))
    white[:, 3] = 0.6 * colour[:, 3]
    settings = {"angles": "xy", "scale_units": "xy", "scale": 1.15, "pivot": "mid", "units": "width"}
    settings |= {"headwidth": 4.2, "headlength": 4.6, "headaxislength": 4.2, "minlength": 0.5}
    axes.quiver(x, y, dx, dy, color=white, width=0.0085, zorder=4, **settings)
    axes.quiver(x, y, dx, dy, color=colour, width=0.0045, zorder=5, **settings)


def _draw_each(
    axes: Any, drawn: DrawnMap, colours: PointColours, is_selected: NDArray[np.bool_] | None, side: float
) -> None:
    points, rgb = drawn.points, colours.rgb()
    size = float(np.clip(7000 / max(len(points), 1), 2, 18) * np.clip((side / _USUAL_SIDE) ** 2, 0.5, 1.3))
    is_raster = len(points) > MOST_VECTORS
    is_shown = np.ones(len(points), dtype=bool) if is_selected is None else is_selected
    is_doubtful = np.zeros(len(points), dtype=bool) if drawn.is_doubtful is None else drawn.is_doubtful
    grey = {"marker": "o", "color": UNSELECTED, "zorder": 1, "linewidths": 0, "rasterized": is_raster}
    _scatter(axes, points[~is_shown], size / 2, **grey)
    crossed = is_shown & is_doubtful
    crosses = GREY if is_selected is None else rgb[crossed]
    cross = {"marker": "x", "color": crosses, "zorder": 1.5, "linewidths": 0.6, "rasterized": is_raster}
    _scatter(axes, points[crossed], size, **cross)
    for rows, code in _turns(colours, is_shown & ~is_doubtful):
        for is_ring in (False, True):
            found = rows & (drawn.placed == is_ring)
            look = {"marker": MARKERS[code] if code >= 0 else ".", "zorder": 2 if code >= 0 else 1.6}
            _scatter(axes, points[found], size, rasterized=is_raster, **look, **_filling(colours, rgb, found, is_ring))


def _turns(colours: PointColours, is_shown: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], int]]:
    """Which points [N] are drawn together, and the code of their group: in turns, so that none hides another."""
    turn = np.random.default_rng(0).integers(_ROUNDS, size=len(is_shown))
    for number in range(_ROUNDS):
        for code in range(-1, max(len(colours.groups), 1)):
            rows = is_shown & (turn == number)
            rows &= colours.codes == code if colours.values is None else colours.is_known == (code == 0)
            if rows.any():
                yield rows, code


def _filling(colours: PointColours, rgb: NDArray[np.float64], rows: NDArray[np.bool_], is_ring: bool) -> dict[str, Any]:
    """How points of one group are filled; a placed case is an open ring of its colour."""
    one = rgb[rows] if colours.values is not None else rgb[np.flatnonzero(rows)[:1]]
    if is_ring:
        return {"facecolors": "none", "edgecolors": one, "linewidths": 0.7}
    if colours.values is not None and colours.is_known[rows].all():
        norm, shades = colours.scale
        return {"c": colours.values[rows], "norm": norm, "cmap": shades, "linewidths": 0, "alpha": 0.8}
    return {"color": one[:1], "linewidths": 0, "alpha": 0.8}


def _scatter(axes: Any, points: NDArray[np.float32], size: float, **look: Any) -> None:
    if len(points):
        axes.scatter(points[:, 0], points[:, 1], s=size, **look)


def _draw_density(axes: Any, drawn: DrawnMap, colours: PointColours, is_selected: NDArray[np.bool_] | None) -> None:
    points = drawn.points
    extent = extent_of(points)
    image = density_image(points, colours, extent, is_selected=is_selected)
    axes.imshow(image, extent=extent, origin="lower", interpolation="nearest", zorder=1)
    if drawn.is_doubtful is not None and drawn.is_doubtful.any():
        share = share_image(points, drawn.is_doubtful, extent)
        x, y = ((np.arange(len(share)) + 0.5) / len(share) * (high - low) + low for low, high in _sides(extent))
        hatched = axes.contourf(x, y, share, levels=[0.5, 2], colors="none", hatches=[_HATCH], zorder=2)
        hatched.set_edgecolor("#4d4d4d")
        hatched.set_linewidth(0)
        if hasattr(hatched, "set_hatch_linewidth"):  # from matplotlib 3.11 on
            hatched.set_hatch_linewidth(0.4)
    placed = points[drawn.placed][:_MOST_RINGS]
    _scatter(axes, placed, 5, marker="o", facecolors="none", edgecolors="#111111", linewidths=0.35, zorder=3)


def _sides(extent: tuple[float, float, float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
    return extent[:2], extent[2:]


def _name_groups(axes: Any, points: NDArray[np.float32], colours: PointColours, style: FigureStyle) -> None:
    """Each group's name where it is densest."""
    extent = extent_of(points)
    for code, name in enumerate(colours.groups):
        rows = colours.codes == code
        if not rows.any():
            continue
        x, y = _densest(points[rows], extent)
        axes.text(
            x, y, plain(name, most=18), fontsize=style.size("small"), ha="center", va="center", color="#111111",
            zorder=6, bbox=PAPER_BEHIND,
        )  # fmt: skip


def _densest(points: NDArray[np.float32], extent: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Middle of the points in the fullest square of a coarse grid, its surroundings counted in part."""
    from scipy.ndimage import gaussian_filter

    low, high = (np.array(side) for side in zip(*_sides(extent), strict=True))
    places = np.clip(((points - low) / (high - low) * 24).astype(np.int64), 0, 23)
    counts = np.bincount(places[:, 1] * 24 + places[:, 0], minlength=576).reshape(24, 24)
    row, column = np.unravel_index(gaussian_filter(counts.astype(np.float64), 1).argmax(), counts.shape)
    near = (np.abs(places - (column, row)) <= 1).all(axis=1)
    middle: NDArray[np.float64] = np.median(points[near] if near.any() else points, axis=0).astype(np.float64)
    return middle


def _darker(colour: str) -> tuple[float, ...]:
    """A colour that small letters can be read in."""
    from matplotlib.colors import to_rgb

    return tuple(0.62 * part for part in to_rgb(colour))


def _halo(width: float) -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="white", alpha=0.85)]
