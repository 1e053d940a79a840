"""The mean map of many pictures as a figure: the mean picture, the mean map, its spread, and where the signs agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.cohort_map import CohortMap
from analysis.figures.attribution_map import colour_limit
from analysis.figures.formats import Format, plain, render

_MEAN, _SPREAD, _SIGN = "PuOr_r", "Greys", "Greys"


@dataclass(frozen=True, eq=False)
class CohortFigure:
    """What a figure of many maps shows.

    Attributes:
        picture: mean of the explained pictures [C, H, W] in [0, 1].
        maps: by the group's name; one row each.
        title: a line above.
    """

    picture: NDArray[Any]
    maps: Mapping[str, CohortMap]
    title: str = ""

    def __post_init__(self) -> None:
        if not self.maps:
            raise ValueError("there is no map to draw; expected at least one group of cases")


def draw_cohort(figure: CohortFigure, form: Format = "png", *, width_inches: float = 7.2, dpi: int = 300) -> bytes:
    """Draw one row a group; the bytes of a PNG, SVG or PDF. All groups share the scale of the mean and of the spread.

    Maps of a method without a sign have no column of signs.

    Args:
        figure: what to show.
        form: "png", "svg" or "pdf".
        width_inches: final width.
        dpi: dots per inch.
    """
    from matplotlib.figure import Figure

    n_rows, (height, width) = len(figure.maps), figure.picture.shape[-2:]
    canvas = Figure(
        figsize=(width_inches, n_rows * (width_inches / 4.4 * height / width + 0.5) + 0.3),
        layout="constrained",
        facecolor="white",
    )
    has_sign = any(found.has_sign for found in figure.maps.values())
    grid = canvas.subplots(n_rows, 4 if has_sign else 3, squeeze=False)
    mean = max(colour_limit(found.mean) for found in figure.maps.values())
    spread = max(float(np.percentile(found.spread, 99.5)) for found in figure.maps.values()) or 1.0
    for axes, (name, found) in zip(grid, figure.maps.items(), strict=True):
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
