"""Attributions as a figure: the picture, the map laid on it, and the map alone; of a signal, traces over their map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution
from analysis.figures.formats import Format, plain, render
from analysis.figures.trace_lanes import bracket_mask, draw_band, draw_trace, finish_lane, lane_inches, limits_of
from xaae_core.signal_form import SignalForm

_COLOURS = "PuOr_r"
_OUTLIERS = 99.5
"""Percentile of |map| at the colours' end: one hot pixel must not bleach all others. The bar's tips say so."""


@dataclass(frozen=True, eq=False)
class AttributionFigure:
    """What a figure of attributions shows.

    Attributes:
        picture: what was explained [C, H, W] in [0, 1]; a signal [1, C, T] as its model takes it.
        attributions: one row each, of the same picture.
        title: a line above.
        mask: what matters in the picture, bool [H, W], drawn as an outline; None where that is not known.
        verdicts: what checks have said of each map, one line each; () where none were made.
        form: what the signal looks like; None of a picture.
    """

    picture: NDArray[Any]
    attributions: Sequence[Attribution]
    title: str = ""
    mask: NDArray[np.bool_] | None = None
    verdicts: Sequence[str] = ()
    form: SignalForm | None = None

    def __post_init__(self) -> None:
        wrong = [found.map.shape for found in self.attributions if found.map.shape != self.picture.shape[-2:]]
        if wrong or not self.attributions:
            raise ValueError(
                f"{len(self.attributions)} attributions, maps of {wrong or 'no'} size beside a picture of "
                f"{self.picture.shape[-2:]}; expected at least one, all of the picture's size"
            )
        if self.mask is not None and self.mask.shape != self.picture.shape[-2:]:
            raise ValueError(f"the mask has the shape {self.mask.shape}; expected {self.picture.shape[-2:]}")
        if len(self.verdicts) not in (0, len(self.attributions)):
            raise ValueError(
                f"{len(self.verdicts)} verdicts for {len(self.attributions)} maps; expected one each, or none"
            )


def draw_attributions(
    figure: AttributionFigure, form: Format = "png", *, width_inches: float = 7.2, dpi: int = 300
) -> bytes:
    """Draw one row a method; the bytes of a PNG, SVG or PDF.

    Every map has its own scale, with zero in the middle and white: orange adds to the target, violet takes from it.
    A signal has a lane for each channel over time in seconds, in its unit, and the mask as brackets.

    Args:
        figure: what to show.
        form: "png", "svg" or "pdf".
        width_inches: final width (7.2 inches: two columns of most journals).
        dpi: dots per inch.
    """
    from matplotlib.figure import Figure

    if figure.form is not None:
        return render(_traces(figure, figure.form, width_inches), form, dpi=dpi)
    rows = len(figure.attributions)
    height, width = figure.picture.shape[-2:]
    canvas = Figure(
        figsize=(width_inches, rows * (width_inches / 3.4 * height / width + 0.55) + 0.3),
        layout="constrained",
        facecolor="white",
    )
    grid = canvas.subplots(rows, 3, squeeze=False)
    verdicts = figure.verdicts or [""] * rows
    for axes, found, verdict in zip(grid, figure.attributions, verdicts, strict=True):
        limit = colour_limit(found.map)
        _show_picture(axes[0], figure.picture, "original")
        axes[1].imshow(overlay(figure.picture, found.map), interpolation="nearest")
        axes[1].set_title(plain(found.method.replace("_", " ")), fontsize=8)
        drawn = axes[2].imshow(found.map, cmap=_COLOURS, vmin=-limit, vmax=limit, interpolation="nearest")
        axes[2].set_title(plain(found.target, most=48), fontsize=8)
        axes[1].set_xlabel(plain(caption(found)), fontsize=6)
        axes[0].set_xlabel("\n".join(wrap(plain(verdict, most=160), 48)), fontsize=6)
        bar = canvas.colorbar(drawn, ax=axes[2], fraction=0.046, pad=0.02, extend="both")
        bar.ax.tick_params(labelsize=5)
        bar.set_label(plain(found.meaning, most=70), fontsize=5)
        for part in axes:
            _bare(part)
            _outline(part, figure.mask)
    if figure.title:
        canvas.suptitle(plain(figure.title, most=100), fontsize=9)
    return render(canvas, form, dpi=dpi)


def _traces(figure: AttributionFigure, form: SignalForm, width_inches: float) -> Any:
    """A block of lanes for each method."""
    from matplotlib.figure import Figure

    rows, n_channels = len(figure.attributions), form.n_channels
    height = n_channels * lane_inches(n_channels) + 0.95
    canvas = Figure(figsize=(width_inches, rows * height + 0.3), layout="constrained", facecolor="white")
    values = form.in_units(figure.picture[0])
    blocks = canvas.subfigures(rows, 1, squeeze=False)[:, 0]
    for block, found, verdict in zip(blocks, figure.attributions, figure.verdicts or [""] * rows, strict=True):
        limit = colour_limit(found.map)
        lanes = block.subplots(n_channels, 1, squeeze=False)[:, 0]
        for channel, axes in enumerate(lanes):
            axes.set_ylim(*limits_of(values[channel]))
            drawn = draw_band(axes, found.map[channel], form, limit=limit, colours=_COLOURS)
            draw_trace(axes, values[channel], form)
            if figure.mask is not None:
                bracket_mask(axes, figure.mask[channel], form)
            finish_lane(axes, form, channel, is_last=channel == n_channels - 1)
        said = "\n".join(["time (s)", plain(caption(found)), *wrap(plain(verdict, most=200), 120)])
        lanes[-1].set_xlabel(said, fontsize=6)
        bar = block.colorbar(drawn, ax=list(lanes), fraction=0.03, pad=0.01, extend="both")
        bar.ax.tick_params(labelsize=5)
        bar.set_label(plain(found.meaning, most=60), fontsize=5)
        block.suptitle(plain(f"{found.method.replace('_', ' ')}: {found.target}", most=90), fontsize=8)
    if figure.title:
        canvas.suptitle(plain(figure.title, most=100), fontsize=9)
    return canvas


def overlay(picture: NDArray[Any], heat: NDArray[Any], *, opacity: float = 0.85) -> NDArray[np.float32]:
    """The picture in grey with the map laid on it [H, W, 3] in [0, 1]; where the map is 0 the picture shows alone.

    Args:
        picture: [C, H, W] in [0, 1].
        heat: attributions [H, W].
        opacity: of the map where it is strongest, in [0, 1].
    """
    from matplotlib import colormaps

    share = np.clip(heat / colour_limit(heat), -1, 1)
    colours = colormaps[_COLOURS](share / 2 + 0.5)[..., :3]
    grey = np.asarray(picture, np.float32).mean(axis=0)[..., None]
    weight = (opacity * np.abs(share))[..., None]
    laid: NDArray[np.float32] = (weight * colours + (1 - weight) * grey).astype(np.float32)
    return laid


def colour_limit(heat: NDArray[Any]) -> float:
    """The size of attribution at the ends of the colours: all but the 0.5 % strongest pixels lie within."""
    limit = float(np.percentile(np.abs(heat), _OUTLIERS))
    return limit or float(np.abs(heat).max()) or 1.0


def caption(found: Attribution) -> str:
    """The target's number, what it was compared with, and how complete the map is, in one or two lines."""
    lines = [f"{found.target}: {found.score:.3g}".replace("-", "−")]
    if found.baseline_score is not None:
        lines[0] += f"; {found.baseline}: {found.baseline_score:.3g}".replace("-", "−")
    if found.convergence_delta is not None:
        lines.append(f"sum of the map {found.total:.3g}, off by {abs(found.convergence_delta):.2g}".replace("-", "−"))
    return "\n".join(lines)


def _show_picture(axes: Any, pixels: NDArray[Any], label: str) -> None:
    picture = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(label, fontsize=8)


def _outline(axes: Any, mask: NDArray[np.bool_] | None) -> None:
    """A white line on a black one: seen on any picture."""
    if mask is None or mask.all() or not mask.any():
        return
    for colour, width in (("#000000", 1.2), ("#ffffff", 0.5)):
        axes.contour(mask.astype(float), levels=[0.5], colors=colour, linewidths=width)


def _bare(axes: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
