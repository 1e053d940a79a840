"""The mean map of many pictures as a figure: the mean picture, the mean map, its spread, and where the signs agree.

The mean map of signals is a curve along time with a band of the spread, over the mean trace, a lane for each channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.cohort_map import CohortMap
from analysis.figures.attribution_map import colour_limit
from analysis.figures.formats import Format, plain, render
from analysis.figures.trace_lanes import draw_curve, draw_trace, finish_lane, lane_inches, limits_of
from xaae_core.signal_form import SignalForm

_MEAN, _SPREAD, _SIGN = "PuOr_r", "Greys", "Greys"


@dataclass(frozen=True, eq=False)
class CohortFigure:
    """What a figure of many maps shows.

    Attributes:
        picture: mean of the explained pictures [C, H, W] in [0, 1]; of signals [1, C, T] as their model takes them.
        maps: by the group's name; one row each.
        title: a line above.
        form: what the signals look like; None of pictures.
    """

    picture: NDArray[Any]
    maps: Mapping[str, CohortMap]
    title: str = ""
    form: SignalForm | None = None

    def __post_init__(self) -> None:
        if not self.maps:
            raise ValueError("there is no map to draw; expected at least one group of cases")


def draw_cohort(figure: CohortFigure, form: Format = "png", *, width_inches: float = 7.2, dpi: int = 300) -> bytes:
    """Draw one row a group; the bytes of a PNG, SVG or PDF. Maps of one method share their scales.

    What two methods say is not in one unit, so each has scales of its own. Maps of a method without a sign have no
    column of signs.

    Args:
        figure: what to show.
        form: "png", "svg" or "pdf".
        width_inches: final width.
        dpi: dots per inch.
    """
    from matplotlib.figure import Figure

    if figure.form is not None:
        return render(_curves(figure, figure.form, width_inches), form, dpi=dpi)
    n_rows, (height, width) = len(figure.maps), figure.picture.shape[-2:]
    canvas = Figure(
        figsize=(width_inches, n_rows * (width_inches / 4.4 * height / width + 0.5) + 0.3),
        layout="constrained",
        facecolor="white",
    )
    has_sign = any(found.has_sign for found in figure.maps.values())
    grid = canvas.subplots(n_rows, 4 if has_sign else 3, squeeze=False)
    for axes, (name, found) in zip(grid, figure.maps.items(), strict=True):
        alike = _of_one_method(figure, found)
        mean = max(colour_limit(each.mean) for each in alike)
        spread = max(float(np.percentile(each.spread, 99.5)) for each in alike) or 1.0
        grey = figure.picture[0] if len(figure.picture) == 1 else np.moveaxis(figure.picture, 0, -1)
        axes[0].imshow(grey, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes[0].set_title("mean picture" if n_rows == 1 else "mean of all pictures", fontsize=8)
        axes[0].set_ylabel(plain(f"{name} (n = {found.n})", most=40), fontsize=8)
        drawn = [
            axes[1].imshow(found.mean, cmap=_MEAN, vmin=-mean, vmax=mean, interpolation="nearest"),
            axes[2].imshow(found.spread, cmap=_SPREAD, vmin=0, vmax=spread, interpolation="nearest"),
        ]
        if has_sign:
            drawn.append(axes[3].imshow(found.same_sign, cmap=_SIGN, vmin=0.5, vmax=1, interpolation="nearest"))
        titles = ("mean map", "spread (SD)", "share with the mean's sign")
        for part, image, title in zip(axes[1:], drawn, titles[: len(drawn)], strict=True):
            part.set_title(title, fontsize=8)
            canvas.colorbar(image, ax=part, fraction=0.046, pad=0.02).ax.tick_params(labelsize=5)
        for part in axes:
            part.set_xticks([])
            part.set_yticks([])
    if figure.title:
        canvas.suptitle(plain(figure.title, most=100), fontsize=9)
    return render(canvas, form, dpi=dpi)


def _curves(figure: CohortFigure, form: SignalForm, width_inches: float) -> Any:
    """A block of lanes for each group; those of one method are on one scale."""
    from matplotlib.figure import Figure

    n_channels = form.n_channels
    height = n_channels * lane_inches(n_channels) + 0.6
    canvas = Figure(figsize=(width_inches, len(figure.maps) * height + 0.3), layout="constrained", facecolor="white")
    values = form.in_units(figure.picture[0])
    blocks = canvas.subfigures(len(figure.maps), 1, squeeze=False)[:, 0]
    for block, (name, found) in zip(blocks, figure.maps.items(), strict=True):
        lanes = block.subplots(n_channels, 1, squeeze=False)[:, 0]
        most = max(_reach(each) for each in _of_one_method(figure, found)) or 1.0
        for channel, axes in enumerate(lanes):
            behind = axes.twinx()
            behind.set_ylim(*limits_of(values[channel]))
            draw_trace(behind, values[channel], form, is_quiet=True)
            behind.set_axis_off()
            axes.set_zorder(behind.get_zorder() + 1)
            axes.patch.set_visible(False)
            draw_curve(axes, found.mean[channel], found.spread[channel], form)
            axes.set_ylim(-1.05 * most if found.has_sign else -0.05 * most, 1.05 * most)
            finish_lane(axes, form, channel, is_last=channel == n_channels - 1, has_unit=False)
        lanes[-1].set_xlabel("time (s); grey: the mean trace", fontsize=6)
        spread = "" if found.n == 1 else " ± spread (SD)"
        block.suptitle(plain(f"{name} (n = {found.n}): mean map{spread}, {found.meaning}", most=110), fontsize=8)
    if figure.title:
        canvas.suptitle(plain(figure.title, most=100), fontsize=9)
    return canvas


def _of_one_method(figure: CohortFigure, found: CohortMap) -> list[CohortMap]:
    """The figure's maps whose numbers can be compared with this map's."""
    return [each for each in figure.maps.values() if each.method == found.method]


def _reach(found: CohortMap) -> float:
    """How far from 0 the band of a mean map goes."""
    return float((np.abs(found.mean) + np.nan_to_num(found.spread)).max())
