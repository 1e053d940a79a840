"""The charts of a running training, in the words, colours and dashes of the figure for papers.

Their specifications never change with the data, so that a zoom stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from analysis.figures.curve_looks import (
    CANNOT_TELL,
    DRAWN,
    ENCODED,
    LOOKS,
    LOSS,
    PART,
    PARTS,
    SCORE,
    TRAINING,
    TURNED,
    VALIDATION,
    spans_wide,
)
from app.train_page.words import phase_name
from app.training.files import EpochRecord

_ZOOM = "zoom"


def show_losses(rows: Sequence[EpochRecord], phase: str) -> None:
    """The loss of one phase, on training and validation pictures."""
    kinds = (("train_loss", TRAINING), ("valid_loss", VALIDATION))
    points = [
        {"epoch": row.epoch, "value": value, "of": name}
        for row in rows
        if row.phase == phase
        for key, name in kinds
        if (value := row.losses.get(key)) is not None
    ]
    spec = _lines("epoch", LOSS, (TRAINING, VALIDATION), is_log=_is_wide(points))
    _show(points, spec, f"train_losses_{phase}", f"Loss per epoch: {phase_name(phase)}")


def show_parts(rows: Sequence[EpochRecord], phase: str) -> bool:
    """What the loss of a phase is made of; False where nothing was measured."""
    points = [
        {"epoch": row.epoch, "value": -value if key in TURNED else value, "of": name}
        for row in rows
        if row.phase == phase
        for key, name in PARTS.items()
        if (value := row.losses.get(key)) is not None
    ]
    if not points:
        return False
    measured = {point["of"] for point in points}
    names = tuple(name for name in dict.fromkeys(PARTS.values()) if name in measured)
    spec = _lines("epoch", PART, names, is_log=_is_wide(points))
    _show(points, spec, f"train_parts_{phase}", f"Parts of the loss per epoch: {phase_name(phase)}")
    return True


def show_balance(rows: Sequence[EpochRecord]) -> None:
    """The discriminator's scores over all epochs; both at 0.5: it cannot tell codes from a bell curve."""
    points = [
        {"epoch": number, "value": value, "of": name, "phase": phase_name(row.phase)}
        for number, row in enumerate(rows, start=1)
        for value, name in ((row.score_encoded, ENCODED), (row.score_drawn, DRAWN))
        if value is not None
    ]
    lines = _lines("epoch, all phases", SCORE, (ENCODED, DRAWN), is_log=False, domain=(0, 1), height=210)
    even: dict[str, Any] = {
        "data": {"values": [{"even": 0.5}]},
        "mark": {"type": "rule", "strokeDash": [2, 3], "opacity": 0.7, "color": "#808890"},
        "encoding": {"y": {"field": "even", "type": "quantitative"}},
    }
    words = {
        **even,
        "mark": {"type": "text", "text": CANNOT_TELL, "align": "right", "dy": -7, "color": "#808890"},
        "encoding": {**even["encoding"], "x": {"value": "width"}},
    }
    drawn = {key: lines[key] for key in ("mark", "encoding", "params")}
    layers = {"layer": [drawn, even, words], "height": lines["height"]}
    _show(points, layers, "train_balance", "Score of the judge per epoch, for codes and for draws from a bell curve")


def _lines(
    x: str,
    y: str,
    names: Sequence[str],
    *,
    is_log: bool,
    domain: tuple[float, float] | None = None,
    height: int = 250,
) -> dict[str, Any]:
    """Lines over epochs, told apart by colour and by dashes."""
    scale: dict[str, Any] = {"type": "log"} if is_log else {"zero": False}
    if domain:
        scale["domain"] = list(domain)
    told_apart = {"domain": list(names), "range": [look.colour for look in LOOKS[: len(names)]]}
    dashes = [[2 * length for length in look.dashes] or [1, 0] for look in LOOKS[: len(names)]]
    legend = {
        "orient": "top",
        "title": None,
        "symbolType": "stroke",
        "symbolSize": 260,
        "symbolStrokeWidth": 2.5,
        "labelLimit": 300,
        "padding": 0,
        "offset": 2,
    }
    return {
        "height": height,
        "mark": {"type": "line", "point": {"size": 22}, "strokeWidth": 2},
        "params": [{"name": _ZOOM, "select": {"type": "interval", "zoom": "wheel![event.shiftKey]"}, "bind": "scales"}],
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": x,
                "scale": {"nice": False, "zero": False, "padding": 8},
                "axis": {"tickMinStep": 1, "format": "d"},
            },
            "y": {"field": "value", "type": "quantitative", "title": y, "scale": scale, "axis": {"tickCount": 5}},
            "color": {"field": "of", "type": "nominal", "scale": told_apart, "legend": legend},
            "strokeDash": {
                "field": "of",
                "type": "nominal",
                "scale": {"domain": list(names), "range": dashes},
                "legend": legend,
            },
            "tooltip": [
                {"field": "of", "title": "of"},
                {"field": "epoch", "title": x},
                {"field": "value", "title": y, "format": ".4g"},
            ],
        },
    }


def _is_wide(points: Sequence[dict[str, Any]]) -> bool:
    return spans_wide([float(point["value"]) for point in points])


def _show(points: Sequence[dict[str, Any]], spec: dict[str, Any], key: str, alt: str) -> None:
    if not points:
        st.caption("Nothing yet: the first values come at the end of the first epoch.")
        return
    # Streamlit forgets the zoom of a chart whose data change, unless it reports it.
    st.vega_lite_chart(
        pd.DataFrame(points), spec, width="stretch", key=key, alt=alt, on_select="rerun", selection_mode=_ZOOM
    )
