"""Mean maps of signals as a figure: a curve along time with its spread, a lane for each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.attribution_words import method_words
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import LONGEST, MARGIN, Paper, head_height
from analysis.figures.style import FigureStyle
from analysis.figures.trace_lanes import (
    NAME_INCHES,
    draw_curve,
    draw_trace,
    finish_lane,
    lane_inches,
    limits_of,
)
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.attributions.cohort_map import CohortMap
    from analysis.figures.cohort_figure import CohortFigure

_LEFT, _RIGHT = NAME_INCHES + 0.3, 0.08
_LANE_GAP, _TIME = 0.05, 0.3
_SMALLEST = 0.2


def curves_height(figure: CohortFigure, form: SignalForm, style: FigureStyle) -> float:
    """Inches of all groups; those of one method are on one scale."""
    return head_height(figure.title, style) + sum(
        _group_height(figure, name, found, form, style) for name, found in figure.maps.items()
    )


def draw_curves(part: FigureBase, figure: CohortFigure, form: SignalForm, style: FigureStyle) -> None:
    """Draw a block of lanes for each group, below each other."""
    paper = Paper.ruled(part, style, curves_height(figure, form, style))
    paper.head(figure.title)
    top = head_height(figure.title, style)
    for name, found in figure.maps.items():
        _draw_group(paper, figure, name, found, form, top)
        top += _group_height(figure, name, found, form, style)


def _draw_group(paper: Paper, figure: CohortFigure, name: str, found: CohortMap, form: SignalForm, top: float) -> None:
    style, values = paper.style, form.in_units(figure.picture[0])
    named, said = _words(name, found, style)
    top = paper.write(MARGIN, top, named, "text", is_bold=True)
    top = paper.write(MARGIN, top, said) + 0.06
    most = max(_reach(each) for each in figure.of_one_method(found)) or 1.0
    high, wide = _lane(figure, form, style), style.width - _LEFT - _RIGHT
    for channel in range(form.n_channels):
        place = (_LEFT, top + channel * (high + _LANE_GAP), wide, high)
        behind = paper.axes(*place)
        behind.set_ylim(*limits_of(values[channel]))
        draw_trace(behind, values[channel], form, is_quiet=True)
        behind.set_xlim(-0.5 / form.sampling_rate, form.seconds - 0.5 / form.sampling_rate)
        behind.set_axis_off()
        axes = paper.axes(*place)
        axes.patch.set_visible(False)
        draw_curve(axes, found.mean[channel], found.spread[channel], form, is_greyscale=style.is_greyscale)
        axes.set_ylim(-1.05 * most if found.has_sign else -0.05 * most, 1.05 * most)
        finish_lane(axes, form, channel, style, is_last=channel == form.n_channels - 1, has_unit=False)
    axes.set_xlabel("time (s); grey: the mean trace", labelpad=1)


def _words(name: str, found: CohortMap, style: FigureStyle) -> tuple[list[str], list[str]]:
    """Lines above a group: its name, and what is drawn."""
    inches = style.width - 2 * MARGIN
    spread = "" if found.n == 1 else " ± spread (SD)"
    said = f"{method_words(found.method)}; {found.target}; mean map{spread}: {found.meaning}"
    named = wrap_words(f"{name} (n = {found.n:,})", inches, style, "text", most=1, is_bold=True)
    return named, wrap_words(said, inches, style, most=3)


def _lane(figure: CohortFigure, form: SignalForm, style: FigureStyle) -> float:
    """Height of a lane: as many as there are fit a page, as long as they can be read."""
    n_groups = len(figure.maps)
    words = 4 * style.line("small") + _TIME + 0.16
    room = LONGEST - head_height(figure.title, style) - n_groups * words
    return max(_SMALLEST, min(lane_inches(form.n_channels), room / (n_groups * form.n_channels) - _LANE_GAP))


def _group_height(figure: CohortFigure, name: str, found: CohortMap, form: SignalForm, style: FigureStyle) -> float:
    named, said = _words(name, found, style)
    lanes = form.n_channels * (_lane(figure, form, style) + _LANE_GAP) - _LANE_GAP
    return style.line("text", len(named)) + style.line("small", len(said)) + 0.06 + lanes + _TIME + 0.1


def _reach(found: CohortMap) -> float:
    """How far from 0 the band of a mean map goes."""
    return float((np.abs(found.mean) + np.nan_to_num(found.spread)).max())
