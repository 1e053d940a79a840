"""Attributions of a signal as a figure: a block of lanes for each method, the map as the colour behind the traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.figures.attribution_words import method_words, said_of_map, verdict_colour
from analysis.figures.heat_layers import colour_limit, draw_bar
from analysis.figures.lettering import wrap_words
from analysis.figures.paper import LONGEST, MARGIN, Paper, head_height
from analysis.figures.style import FigureStyle
from analysis.figures.trace_lanes import (
    NAME_INCHES,
    bracket_mask,
    draw_band,
    draw_trace,
    finish_lane,
    lane_inches,
    limits_of,
)
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.attributions.attribution import Attribution
    from analysis.figures.attribution_map import AttributionFigure

_LEFT = NAME_INCHES + 0.3
"""Names of channels, and the numbers of their axes."""
_RIGHT = 0.6
_BAR = 0.07
_LANE_GAP, _TIME = 0.05, 0.3
_SMALLEST = 0.2


def traces_height(figure: AttributionFigure, form: SignalForm, style: FigureStyle) -> float:
    """Inches of all blocks."""
    blocks = sum(_block_height(figure, place, form, style) for place in range(len(figure.attributions)))
    return head_height(figure.title, style) + blocks


def draw_traces(part: FigureBase, figure: AttributionFigure, form: SignalForm, style: FigureStyle) -> None:
    """Draw a block for each method, below each other."""
    paper = Paper.ruled(part, style, traces_height(figure, form, style))
    top = paper.head(figure.title)
    top = max(top, head_height(figure.title, style))
    for place in range(len(figure.attributions)):
        _draw_block(paper, figure, place, form, top)
        top += _block_height(figure, place, form, style)


def _draw_block(paper: Paper, figure: AttributionFigure, place: int, form: SignalForm, top: float) -> None:
    style, found = paper.style, figure.attributions[place]
    method, said, verdict = _words(figure, place, style)
    top = paper.write(MARGIN, top, method, "text", is_bold=True)
    top = paper.write(MARGIN, top, said)
    if verdict:
        top = paper.write(MARGIN, top, verdict, colour=verdict_colour(figure.verdicts[place]))
    top += 0.06
    values, limit = form.in_units(figure.picture[0]), colour_limit(found.map)
    high, wide = _lane(figure, form, style), style.width - _LEFT - _RIGHT
    for channel in range(form.n_channels):
        axes = paper.axes(_LEFT, top + channel * (high + _LANE_GAP), wide, high)
        axes.set_ylim(*limits_of(values[channel]))
        drawn = draw_band(axes, found.map[channel], form, limit=limit, colours=style.diverging)
        draw_trace(axes, values[channel], form)
        if figure.mask is not None:
            bracket_mask(axes, figure.mask[channel], form)
        finish_lane(axes, form, channel, style, is_last=channel == form.n_channels - 1)
    axes.set_xlabel("time (s)", labelpad=1)
    all_lanes = form.n_channels * (high + _LANE_GAP) - _LANE_GAP
    bar_high = min(all_lanes, 1.4)
    draw_bar(paper.axes(_LEFT + wide + 0.06, top + (all_lanes - bar_high) / 2, _BAR, bar_high), drawn, style)


def _words(figure: AttributionFigure, place: int, style: FigureStyle) -> tuple[list[str], list[str], list[str]]:
    """Lines above a block: method, what its map says, verdict."""
    found: Attribution = figure.attributions[place]
    inches = style.width - 2 * MARGIN
    verdict = figure.verdicts[place] if figure.verdicts else ""
    return (
        wrap_words(method_words(found.method), inches, style, "text", is_bold=True),
        wrap_words("; ".join(said_of_map(found)), inches, style),
        wrap_words(verdict, inches, style),
    )


def _lane(figure: AttributionFigure, form: SignalForm, style: FigureStyle) -> float:
    """Height of a lane: as many as there are fit a page, as long as they can be read."""
    usual = lane_inches(form.n_channels)
    n = form.n_channels * len(figure.attributions)
    words = sum(_words_height(figure, place, style) for place in range(len(figure.attributions)))
    room = LONGEST - head_height(figure.title, style) - words - len(figure.attributions) * (_TIME + 0.16)
    return max(_SMALLEST, min(usual, room / n - _LANE_GAP))


def _words_height(figure: AttributionFigure, place: int, style: FigureStyle) -> float:
    method, said, verdict = _words(figure, place, style)
    return style.line("text", len(method)) + style.line("small", len(said) + len(verdict))


def _block_height(figure: AttributionFigure, place: int, form: SignalForm, style: FigureStyle) -> float:
    lanes = form.n_channels * (_lane(figure, form, style) + _LANE_GAP) - _LANE_GAP
    return _words_height(figure, place, style) + 0.06 + lanes + _TIME + 0.1
