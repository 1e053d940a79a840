"""Maps of pixels in figures: laid on the picture, alone with their scale, with the outline of what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.figures.pictures import bare, show_picture, shown_pixels
from analysis.figures.style import FigureStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = "PuOr_r"
_OUTLIERS = 99.5
"""Percentile of |map| at the colours' end: one hot pixel must not bleach all others. The bar's tips say so."""
LEVELS = (0.35, 0.7)
"""Of the strongest of the smoothed map: where a map without colours has its lines."""
SMOOTHED = 0.025
"""Standard deviation of that smoothing, in widths of the picture."""


def overlay(picture: NDArray[Any], heat: NDArray[Any], *, opacity: float = 0.85) -> NDArray[np.float32]:
    """The picture in grey with the map laid on it [H, W, 3] in [0, 1]; where the map is 0 the picture shows alone.

    Args:
        picture: [C, H, W] in [0, 1].
        heat: attributions [H, W].
        opacity: of the map where it is strongest, in [0, 1].
    """
    from matplotlib import colormaps

    share = np.clip(heat / colour_limit(heat), -1, 1)
    colours = colormaps[COLOURS](share / 2 + 0.5)[..., :3]
    grey = np.asarray(picture, np.float32).mean(axis=0)[..., None]
    weight = (opacity * np.abs(share))[..., None]
    laid: NDArray[np.float32] = (weight * colours + (1 - weight) * grey).astype(np.float32)
    return laid


def colour_limit(heat: NDArray[Any]) -> float:
    """The size of attribution at the ends of the colours: all but the 0.5 % strongest pixels lie within."""
    limit = float(np.percentile(np.abs(heat), _OUTLIERS))
    return limit or float(np.abs(heat).max()) or 1.0


def draw_overlay(axes: Axes, picture: NDArray[Any], heat: NDArray[Any], style: FigureStyle) -> None:
    """The map laid on the picture: in colours, or without them as lines, dashed where it is below 0."""
    if style.is_greyscale:
        show_picture(axes, picture, style)
        _draw_lines(axes, heat)
    else:
        axes.imshow(np.clip(overlay(shown_pixels(picture, style), heat), 0, 1), interpolation="nearest")
        bare(axes)


def draw_heat(axes: Axes, heat: NDArray[Any], style: FigureStyle, *, limit: float = 0.0) -> Any:
    """The map alone, 0 in the middle of its colours; returns the image for its bar.

    Args:
        axes: to draw on.
        heat: the map [H, W].
        style: its colours.
        limit: at the colours' ends; `colour_limit` if 0.
    """
    most = limit or colour_limit(heat)
    drawn = axes.imshow(heat, cmap=style.diverging, vmin=-most, vmax=most, interpolation="nearest")
    bare(axes)
    return drawn


def outline_mask(axes: Axes, mask: NDArray[np.bool_] | None) -> None:
    """The edge of a mask as a white line on a black one: seen on any picture."""
    if mask is None or mask.all() or not mask.any():
        return
    for colour, width in (("#000000", 1.2), ("#ffffff", 0.5)):
        axes.contour(np.asarray(mask, float), levels=[0.5], colors=colour, linewidths=width)


def line_levels(heat: NDArray[Any]) -> tuple[NDArray[np.float64], float]:
    """The smoothed map [H, W] whose lines are drawn, and its largest size."""
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.asarray(heat, np.float64), SMOOTHED * heat.shape[1])
    return smooth, float(np.abs(smooth).max())


def _draw_lines(axes: Axes, heat: NDArray[Any]) -> None:
    smooth, most = line_levels(heat)
    if not most > 0:
        return
    for sign, dash in ((1, "solid"), (-1, (0, (2.2, 1.4)))):
        if (sign * smooth).max() < LEVELS[0] * most:
            continue
        for colour, width in (("#000000", 1.7), ("#ffffff", 0.9)):
            axes.contour(
                sign * smooth, levels=[level * most for level in LEVELS], colors=colour, linewidths=width,
                linestyles=["solid" if colour == "#000000" and sign > 0 else dash],
            )  # fmt: skip


def draw_bar(place: Axes, drawn: Any, style: FigureStyle, *, label: str = "", ticks: tuple[float, ...] = ()) -> None:
    """The colours' bar of an image beside it; its tips say that the strongest pixels lie beyond.

    Args:
        place: axes of the bar.
        drawn: the image.
        style: its text.
        label: along the bar, in lines.
        ticks: values that are written; both ends and 0 if ().
    """
    from matplotlib.ticker import FuncFormatter

    low, high = drawn.get_clim()
    bar = place.figure.colorbar(
        drawn, cax=place, extend="both" if low < 0 else "neither", ticks=list(ticks or (low, 0.0, high)),
        format=FuncFormatter(lambda value, _: number_words(value)),
    )  # fmt: skip
    bar.ax.tick_params(labelsize=style.size("tiny"), length=1.5, pad=1.5)
    bar.outline.set_linewidth(0.4)
    if label:
        bar.set_label(label, fontsize=style.size("tiny"), labelpad=2)


def number_words(value: float) -> str:
    """A number in two or three figures, with a minus that is one."""
    text = f"{value:.2g}" if abs(value) < 100 else f"{value:,.0f}"
    if "e" in text:
        base, _, power = text.partition("e")
        text = f"{base}e{int(power)}"
    return text.replace("-", "−")
