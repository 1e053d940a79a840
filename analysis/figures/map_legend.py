"""The one legend of one or several maps: groups with their numbers, or a scale, and what the other signs mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.density_map import MOST_POINTS
from analysis.figures.formats import plain
from analysis.figures.map_layers import UNSELECTED
from analysis.figures.point_colours import GREY, MARKERS, PointColours

if TYPE_CHECKING:
    from analysis.figures.latent_map import MapFigure

_SIZE = 6.5
_ROW = 0.135  # inches
_BAR = 0.36
_LETTER = 0.052  # inches a letter takes at that size


def draw_legend(canvas: Any, axes: Any, figures: Sequence[MapFigure], colours: PointColours) -> None:
    """Fill the axes under the maps with their legend."""
    axes.axis("off")
    signs = _signs(figures, colours)
    bottom = 0.0
    if colours.values is not None:
        height = legend_height(figures, colours, canvas.get_figwidth())
        bottom = 1 - _BAR / height
        _draw_scale(canvas, axes.inset_axes((0.2, 1 - 0.13 / height, 0.6, 0.09 / height)), colours)
    if signs:
        axes.legend(
            handles=signs, loc="center", bbox_to_anchor=(0.0, 0.0, 1.0, 1.0 if bottom == 0 else bottom), fontsize=_SIZE,
            ncols=_columns(signs, canvas.get_figwidth()), frameon=False, borderpad=0, labelspacing=0.35,
            columnspacing=1.2, handletextpad=0.3,
        )  # fmt: skip


def legend_height(figures: Sequence[MapFigure], colours: PointColours, width_inches: float) -> float:
    """Inches that the legend takes at a width of the figure."""
    signs = _signs(figures, colours)
    rows = -(-len(signs) // _columns(signs, width_inches)) if signs else 0
    return 0.06 + rows * _ROW + (_BAR if colours.values is not None else 0.0)


def _signs(figures: Sequence[MapFigure], colours: PointColours) -> list[Any]:
    """A handle with its words for each sign that is drawn."""
    is_dense = len(figures[0].table) > MOST_POINTS
    found = [
        _sign(_counted(figures[0], name, colours.codes == code), "s" if is_dense else MARKERS[code], colour)
        for code, (name, colour) in enumerate(zip(colours.groups, colours.colours, strict=True))
    ]
    if not colours.is_known.all():
        found.append(_sign(_counted(figures[0], colours.rest, ~colours.is_known), "s" if is_dense else ".", GREY))
    if figures[0].is_selected is not None:
        found.append(_sign("not selected", "s" if is_dense else "o", UNSELECTED))
    placed = figures[0].projection.n_placed
    if placed:
        found.append(_sign(f"placed afterwards ({placed:,})", "o", "#444444", is_ring=True))
    found += _doubtful(figures, is_dense)
    return found


def _doubtful(figures: Sequence[MapFigure], is_dense: bool) -> list[Any]:
    """How many cases of each map have a place that says little."""
    judged = [figure for figure in figures if figure.is_doubtful is not None and figure.is_doubtful.any()]
    if not judged:
        return []
    counts = [f"{int(figure.is_doubtful.sum()):,}" for figure in judged if figure.is_doubtful is not None]
    named = [f"{each.projection.title} {count}" for each, count in zip(judged, counts, strict=True)]
    text = f"place says little ({', '.join(named) if len(figures) > 1 else counts[0]})"
    if not is_dense:
        return [_sign(text, "x", GREY)]
    from matplotlib.patches import Patch

    return [Patch(facecolor="none", edgecolor="#444444", hatch="//////", linewidth=0.4, label=text)]


def _counted(figure: MapFigure, name: str, rows: Any) -> str:
    """A name with the number of its cases, or of its selected ones: "ill (47 / 412)"."""
    count = f"{int(rows.sum()):,}"
    if figure.is_selected is not None:
        count = f"{int((rows & figure.is_selected).sum()):,} / {count}"
    return f"{plain(name, most=32)} ({count})"


def _sign(words: str, marker: str, colour: str, *, is_ring: bool = False) -> Any:
    from matplotlib.lines import Line2D

    fill = "none" if is_ring else colour
    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=4.2, markerfacecolor=fill, markeredgecolor=colour,
        markeredgewidth=0.8 if is_ring or marker == "x" else 0, label=words,
    )  # fmt: skip


def _columns(signs: list[Any], width_inches: float) -> int:
    """Columns of the legend that fit side by side, as even as their number allows."""
    longest = max((len(sign.get_label()) for sign in signs), default=1)
    most = int(np.clip(width_inches / (longest * _LETTER + 0.32), 1, max(len(signs), 1)))
    rows = -(-len(signs) // most)
    return -(-len(signs) // max(rows, 1)) or 1


def _draw_scale(canvas: Any, axes: Any, colours: PointColours) -> None:
    from matplotlib.cm import ScalarMappable

    norm, shades = colours.scale
    bar = canvas.colorbar(ScalarMappable(norm, shades), cax=axes, orientation="horizontal", extend="both")
    bar.set_label(plain(colours.name, most=60), fontsize=7, labelpad=1)
    bar.ax.tick_params(labelsize=6, pad=1, length=2)
    bar.outline.set_linewidth(0.4)
