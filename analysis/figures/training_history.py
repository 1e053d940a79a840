"""From the rows of a training's history to its figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from analysis.figures.curve_looks import (
    CANNOT_TELL,
    DRAWN,
    ENCODED,
    ERRORS,
    LOOKS,
    LOSS,
    METRICS,
    PART,
    PARTS,
    SCORE,
    TRAINING,
    TURNED,
    VALIDATION,
    spans_wide,
)
from analysis.figures.training_curves import Curve, CurvePanel, PhaseSpan, TrainingCurves, Values
from xaae_core.errors import FigureError

Row = Mapping[str, Any]
TURN_BAND = (0.65, 0.8)
"""Of the adversarial loss: below it the discriminator trains, above it the encoder; the defaults of `train_xaaenet`,
see `xaae_core.training.adversary.UnfreezeFcCritAdaptative`."""
_SHAPE = PARTS["adv_loss"]


def curves_from(rows: Sequence[Row], *, turn_band: tuple[float, float] = TURN_BAND) -> TrainingCurves:
    """The figure of a training.

    Args:
        rows: one an epoch, in order, with "phase", "epoch", "train_loss", "valid_loss" and whatever else was measured
            (`xaae_core.training.history`); numbers, their texts, or "" and None where nothing was measured.
            "score_encoded" and "score_drawn" are the discriminator's mean scores, where they are known.
        turn_band: thresholds of the adversarial loss between which the players take turns.

    Raises:
        FigureError: no rows, or rows without phase or losses.
    """
    if not rows:
        raise FigureError("this history has no epochs: expected one row for each; wait for the end of the first epoch")
    if any(not row.get("phase") for row in rows):
        raise FigureError(
            "this history has an epoch without a phase: expected rows with phase, epoch, train_loss, valid_loss"
        )
    table = {key: _column(rows, key) for key in dict.fromkeys(key for row in rows for key in row)}
    panels = (_losses(table), _parts(table), _scores(table), _game(table, turn_band), *_measures(table))
    found = tuple(panel for panel in panels if panel is not None)
    if found[:1] != panels[:1]:
        raise FigureError("this history has no losses: expected the columns train_loss and valid_loss")
    return TrainingCurves(tuple(_phases(rows, table)), found)


def _column(rows: Sequence[Row], key: str) -> Values:
    return np.array([_number(row.get(key)) for row in rows], np.float64)


def _number(value: object) -> float:
    """A cell of the history; NaN for what is no finite number."""
    try:
        found = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def _phases(rows: Sequence[Row], table: Mapping[str, Values]) -> Iterable[PhaseSpan]:
    """Epochs that follow each other in one phase; the first with the least selection loss is the kept one."""
    losses, first = table.get("selection_loss", np.full(len(rows), math.nan)), 1
    for number, (name, group) in enumerate(groupby(rows, key=lambda row: str(row["phase"])), start=1):
        last = first + len(list(group)) - 1
        own = losses[first - 1 : last]
        kept = first + int(np.nanargmin(own)) if np.isfinite(own).any() else 0
        yield PhaseSpan(number, name, first, last, kept)
        first = last + 1


def _losses(table: Mapping[str, Values]) -> CurvePanel | None:
    return _panel(LOSS, table, {"train_loss": TRAINING, "valid_loss": VALIDATION})


def _parts(table: Mapping[str, Values]) -> CurvePanel | None:
    """What the validation loss is made of, where it has several parts; the adversarial one may have its own panel."""
    has_game = "adv_loss" in table and not _is_measured(table, "score_encoded")
    names = {key: name for key, name in PARTS.items() if key != "prior_distance" and not (has_game and name == _SHAPE)}
    measured = [key for key in names if _is_measured(table, key)]
    turned = {f"neg_{key}" if key in TURNED else key: names[key] for key in measured}
    values = {
        (f"neg_{key}" if key in TURNED else key): -table[key] if key in TURNED else table[key] for key in measured
    }
    return _panel(PART, values, turned) if len(turned) > 1 else None


def _scores(table: Mapping[str, Values]) -> CurvePanel | None:
    names = {"score_encoded": ENCODED, "score_drawn": DRAWN}
    return _panel(SCORE, table, names, limits=(0, 1), level=0.5, level_words=CANNOT_TELL)


def _game(table: Mapping[str, Values], band: tuple[float, float]) -> CurvePanel | None:
    """The encoder's loss in the game, −log of the discriminator's score of codes, where the scores are not known."""
    if _is_measured(table, "score_encoded"):
        return None
    return _panel(
        "adversarial loss", table, {"adv_loss": ENCODED}, level=math.log(2), level_words=CANNOT_TELL,
        band=band, band_words="the players take turns", band_phase="adversarial",
    )  # fmt: skip


def _measures(table: Mapping[str, Values]) -> list[CurvePanel | None]:
    """Held-out measures: those up to 1 together, each error in its units."""
    shares = [name for name in METRICS if _is_measured(table, name)]
    least = min((float(np.nanmin(table[name])) for name in shares), default=0.0)
    limits = (next(low for low in (0.5, 0.0, -1.0) if low <= least or low == -1.0), 1.0)
    title = METRICS[shares[0]] if len(shares) == 1 else "on validation cases"
    errors = [_panel(name, table, {key: name}) for key, name in ERRORS.items()]
    return [_panel(title, table, METRICS, limits=limits), *errors]


def _panel(title: str, table: Mapping[str, Values], names: Mapping[str, str], **options: Any) -> CurvePanel | None:
    """A panel of those columns that were measured; None without any."""
    keys = [key for key in names if _is_measured(table, key)]
    curves = tuple(Curve(key, names[key], table[key], look) for key, look in zip(keys, LOOKS, strict=False))
    drawn = [float(value) for curve in curves for value in curve.values if math.isfinite(value)]
    is_log = "limits" not in options and spans_wide(drawn)
    return CurvePanel(title, curves, is_log=is_log, **options) if curves else None


def _is_measured(table: Mapping[str, Values], key: str) -> bool:
    return key in table and bool(np.isfinite(table[key]).any())
