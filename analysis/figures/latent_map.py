"""A map of the latent space as a figure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.formats import OKABE_ITO, Format, plain, render
from analysis.projections import Projection
from xaae_core.latents import LatentTable

_MARKERS = "osD^vPX*"
_GREY = "#9a9a9a"
_MOST_POINTS = 10_000
"""Points drawn as vectors; more become a picture inside the vector file."""


@dataclass(frozen=True, eq=False)
class MapFigure:
    """What a figure of a map shows.

    Attributes:
        projection: the map.
        table: the latents it was made of, row by row.
        colour_by: a column of numbers; "" for the labels, or the model's own number where there are none.
        title: a line above; "" for the method's name.
    """

    projection: Projection
    table: LatentTable
    colour_by: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        if len(self.projection) != len(self.table):
            raise ValueError(
                f"the map has {len(self.projection)} points, the table {len(self.table)} cases; expected the table "
                "that the map was made of"
            )


def draw_map(figure: MapFigure, form: Format = "png", *, width_inches: float = 4.6, dpi: int = 300) -> bytes:
    """Draw a map with its legend and its caption; the bytes of a PNG, SVG or PDF.

    Classes differ by colour and by shape, so that the figure survives a grey printer.

    Args:
        figure: what to show.
        form: "png", "svg" or "pdf".
        width_inches: final width.
        dpi: dots per inch.
    """
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(width_inches, width_inches * 1.12), layout="constrained", facecolor="white")
    axes = canvas.subplots()
    numbers = _numbers(figure)
    if numbers is None:
        _draw_groups(axes, figure)
    else:
        _draw_numbers(canvas, axes, figure, numbers)
    axes.set_title(plain(figure.title or figure.projection.title, most=60), fontsize=9)
    axes.set_xlabel(plain(figure.projection.axes[0], most=80), fontsize=7)
    axes.set_ylabel(plain(figure.projection.axes[1], most=80), fontsize=7)
    _scale(axes, figure.projection)
    canvas.supxlabel(plain(textwrap.fill(figure.projection.caption(), 84)), fontsize=6, ha="left", x=0.02)
    return render(canvas, form, dpi=dpi)


def map_rows(figure: MapFigure) -> Iterator[dict[str, str | float]]:
    """The numbers behind a map, one row a case: id, x, y, label, split, prediction, neighbours_kept."""
    table, projection, quality = figure.table, figure.projection, figure.projection.quality
    for row, name in enumerate(table.ids.tolist()):
        x, y = projection.points[row].tolist()
        yield {
            "id": name,
            "x": round(x, 6),
            "y": round(y, 6),
            "label": truth_of(table, row),
            "split": str(table.split[row]),
            "prediction": prediction_of(table, row),
            "neighbours_kept": round(float(quality.kept[row]), 4) if quality else "",
        }


def truth_of(table: LatentTable, row: int) -> str:
    """A case's class or true number; "" where it is not known."""
    if table.labels[row] >= 0 and table.classes:
        return table.classes[table.labels[row]]
    known = table.columns.get(table.target_name)
    return "" if known is None or not np.isfinite(known[row]) else f"{float(known[row]):g}"


def prediction_of(table: LatentTable, row: int) -> str:
    """What the model says of a case: a class or a number; "" where it says nothing."""
    if table.predicted is not None:
        return f"{float(table.predicted[row]):.6g}"
    index = int(table.predictions[row])
    return table.classes[index] if 0 <= index < len(table.classes) else ""


def _numbers(figure: MapFigure) -> tuple[str, NDArray[np.float64]] | None:
    """Name and values of what the points are coloured by, where that is a number."""
    table = figure.table
    name = figure.colour_by or ("" if (table.labels >= 0).any() else table.target_name)
    column = table.columns.get(name)
    if name in table.classes or column is None or not np.issubdtype(column.dtype, np.number):
        return None
    return name, column.astype(np.float64)


def _draw_groups(axes: Any, figure: MapFigure) -> None:
    table, points = figure.table, figure.projection.points
    counts = np.bincount(table.labels[table.labels >= 0], minlength=len(table.classes))
    shown = np.sort(np.argsort(-counts, kind="stable")[: len(_MARKERS)]) if len(counts) else np.empty(0, dtype=int)
    rest = ~np.isin(table.labels, shown)
    if rest.any():
        name = "not labelled" if (table.labels[rest] < 0).all() else "other"
        _scatter(axes, points[rest], name, marker=".", color=_GREY)
    for place, index in enumerate(shown):
        rows = table.labels == index
        _scatter(axes, points[rows], table.classes[index], marker=_MARKERS[place], color=OKABE_ITO[place])
    axes.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2, frameon=False)


def _draw_numbers(canvas: Any, axes: Any, figure: MapFigure, numbers: tuple[str, NDArray[np.float64]]) -> None:
    name, values = numbers
    points, known = figure.projection.points, np.isfinite(values)
    _scatter(axes, points[~known], "", marker=".", color=_GREY)
    drawn = _scatter(axes, points[known], "", marker="o", c=values[known], cmap="cividis")
    bar = canvas.colorbar(drawn, ax=axes, fraction=0.04, pad=0.02)
    bar.set_label(plain(name, most=60), fontsize=7)
    bar.ax.tick_params(labelsize=6)


def _scatter(axes: Any, points: NDArray[np.float32], name: str, **style: Any) -> Any:
    label = f"{plain(name, most=32)} ({len(points):,})" if name else None
    size = float(np.clip(4000 / max(len(points), 1), 2, 18))
    is_dense = len(points) > _MOST_POINTS
    return axes.scatter(
        points[:, 0], points[:, 1], s=size, alpha=0.75, linewidths=0, label=label, rasterized=is_dense, **style
    )


def _scale(axes: Any, projection: Projection) -> None:
    """Equal units on both axes; no numbers on axes whose units mean nothing."""
    if projection.method in ("umap", "tsne"):
        axes.set_xticks([])
        axes.set_yticks([])
    axes.tick_params(labelsize=6)
    axes.set_aspect("equal", adjustable="datalim")
