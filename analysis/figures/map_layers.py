"""What lies on a map: points or their density, placed and doubtful cases, names of groups, arrows, flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.density_map import MOST_POINTS, density_image, extent_of, share_image
from analysis.figures.formats import plain
from analysis.figures.point_colours import GREY, MARKERS, PointColours
from analysis.map_arrows import MapArrow
from analysis.score_flow import ScoreFlow

if TYPE_CHECKING:
    from analysis.figures.latent_map import MapFigure

UNSELECTED = "#e0e0e0"
_ROUNDS = 4  # groups are drawn in turns, so that the last does not hide the first
_MOST_RINGS = 2_000
_HATCH = "////"
_MANY_GROUPS = 9  # so many need their names on the map
_WHITE = {"boxstyle": "round,pad=0.12", "facecolor": "white", "alpha": 0.72, "linewidth": 0}
"""Behind words; outlined letters would no longer be text in SVG and PDF."""


def draw_points(axes: Any, figure: MapFigure, colours: PointColours) -> None:
    """The cases of a map: one by one, or above 10,000 as a picture."""
    is_dense = len(figure.projection) > MOST_POINTS
    if is_dense:
        _draw_density(axes, figure, colours)
    else:
        _draw_each(axes, figure, colours)
    if (is_dense or len(colours.groups) >= _MANY_GROUPS) and len(figure.arrows) < 2:  # several arrows have the names
        _name_groups(axes, figure, colours)


def draw_arrows(axes: Any, arrows: tuple[MapArrow, ...], colours: PointColours) -> None:
    """Directions with their cones; an arrow that could be noise is dashed. Arrows of groups have their colour."""
    if not arrows:
        return
    named = dict(zip(colours.groups, colours.colours, strict=True)) if len(arrows) > 1 else {}
    for arrow in arrows:
        colour = named.get(arrow.name, "#111111")
        if arrow.cone is not None and len(arrow.cone) > 2:
            axes.fill(*arrow.cone.T, facecolor=colour, alpha=0.22, edgecolor="none", zorder=4)
        style = {"arrowstyle": "-|>", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
        if arrow.could_be_noise:
            style["linestyle"] = (0, (2, 1.4))
        axes.annotate("", xy=arrow.end, xytext=arrow.start, arrowprops=style | {"path_effects": _halo(2.6)}, zorder=5)
        axes.update_datalim([arrow.start, arrow.end])
    axes.autoscale_view()
    for arrow, place in zip(arrows, _label_places(axes, arrows), strict=True):
        cone = f" ± {arrow.cone_degrees:.0f}°" if np.isfinite(arrow.cone_degrees) else ""
        axes.annotate(
            plain(f"{arrow.name}{cone}", most=32), xy=place, fontsize=6, bbox=_WHITE, zorder=6, va="center",
            ha="left" if arrow.end[0] >= arrow.start[0] else "right", color=_darker(named.get(arrow.name, "#111111")),
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


def _draw_each(axes: Any, figure: MapFigure, colours: PointColours) -> None:
    points, rgb = figure.projection.points, colours.rgb()
    size = float(np.clip(4000 / max(len(points), 1), 2, 18))
    is_shown = np.ones(len(points), dtype=bool) if figure.is_selected is None else figure.is_selected
    is_doubtful = np.zeros(len(points), dtype=bool) if figure.is_doubtful is None else figure.is_doubtful
    _scatter(axes, points[~is_shown], size / 2, marker="o", color=UNSELECTED, zorder=1, linewidths=0)
    crossed = is_shown & is_doubtful
    crosses = GREY if figure.is_selected is None else rgb[crossed]
    _scatter(axes, points[crossed], size, marker="x", color=crosses, zorder=1.5, linewidths=0.6)
    turn = np.random.default_rng(0).integers(_ROUNDS, size=len(points))
    for number in range(_ROUNDS):
        for code in range(-1, max(len(colours.groups), 1)):
            rows = is_shown & ~is_doubtful & (turn == number)
            rows &= colours.codes == code if colours.values is None else colours.is_known == (code == 0)
            marker = MARKERS[code] if code >= 0 else "."
            style = {"marker": marker, "zorder": 2 if code >= 0 else 1.6}
            paint = rgb if colours.values is not None else rgb[np.flatnonzero(rows)[:1]]
            for is_ring in (False, True):
                drawn = rows & (figure.projection.placed == is_ring)
                colour = paint[drawn] if len(paint) == len(rgb) else paint
                _scatter(axes, points[drawn], size, **style, **_filling(colour, is_ring))


def _filling(colour: NDArray[np.float64], is_ring: bool) -> dict[str, Any]:
    """A placed case is an open ring of its colour."""
    if is_ring:
        return {"facecolors": "none", "edgecolors": colour, "linewidths": 0.7}
    return {"color": colour, "linewidths": 0, "alpha": 0.8}


def _scatter(axes: Any, points: NDArray[np.float32], size: float, **style: Any) -> None:
    if len(points):
        axes.scatter(points[:, 0], points[:, 1], s=size, **style)


def _draw_density(axes: Any, figure: MapFigure, colours: PointColours) -> None:
    points = figure.projection.points
    extent = extent_of(points)
    image = density_image(points, colours, extent, is_selected=figure.is_selected)
    axes.imshow(image, extent=extent, origin="lower", interpolation="nearest", zorder=1)
    if figure.is_doubtful is not None and figure.is_doubtful.any():
        share = share_image(points, figure.is_doubtful, extent)
        x, y = ((np.arange(len(share)) + 0.5) / len(share) * (high - low) + low for low, high in _sides(extent))
        hatched = axes.contourf(x, y, share, levels=[0.5, 2], colors="none", hatches=[_HATCH], zorder=2)
        hatched.set_edgecolor("#4d4d4d")
        hatched.set_linewidth(0)
        if hasattr(hatched, "set_hatch_linewidth"):  # from matplotlib 3.11 on
            hatched.set_hatch_linewidth(0.4)
    placed = points[figure.projection.placed][:_MOST_RINGS]
    _scatter(axes, placed, 5, marker="o", facecolors="none", edgecolors="#111111", linewidths=0.35, zorder=3)


def _sides(extent: tuple[float, float, float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
    return extent[:2], extent[2:]


def _name_groups(axes: Any, figure: MapFigure, colours: PointColours) -> None:
    """Each group's name where it is densest."""
    points, extent = figure.projection.points, extent_of(figure.projection.points)
    for code, name in enumerate(colours.groups):
        rows = colours.codes == code
        if not rows.any():
            continue
        x, y = _densest(points[rows], extent)
        axes.text(
            x, y, plain(name, most=18), fontsize=6.5, ha="center", va="center", color="#111111", zorder=6, bbox=_WHITE,
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
