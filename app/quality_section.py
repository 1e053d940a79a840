"""Is this model good enough to explain? The verdict, and what it rests on."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.quality import Quality
from analysis.evaluation.regressor_quality import RegressorQuality
from analysis.evaluation.verdict import Verdict, judge_metrics
from app import cached
from app.look import AWAY, TOWARDS
from app.plain_text import plain
from app.workspace import Workspace

MARKS = {"good": "✓", "caution": "!", "poor": "✗", "unknown": "?"}
"""A sign beside each word, so that colour is never alone."""
_SIDE = 240


def show_evidence(workspace: Workspace) -> None:
    """The verdict with what it rests on."""
    card = workspace.checkpoint.card
    show_verdict(judge_metrics(card.metrics))
    own = workspace.training  # the cases of the model's own splits, where they lie beside it
    if own is not None and own is not workspace.latents:
        quality = cached.quality_of(own, workspace.training_key, card.target)
        if quality is not None:
            show_quality(quality)


def show_verdict(verdict: Verdict) -> None:
    """The answer with its reasons."""
    say = {"good": st.success, "caution": st.warning, "poor": st.error, "unknown": st.info}[verdict.level]
    reasons = "".join(f"\n- {plain(reason[:1].upper() + reason[1:])}" for reason in verdict.reasons)
    say(f"**{MARKS[verdict.level]} {verdict.sentence}**{reasons}")


def show_quality(quality: Quality) -> None:
    """The figures behind the verdict, as drawings with a sentence each."""
    if isinstance(quality, RegressorQuality):
        _show_numbers(quality)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _show_confusion(quality)
    with right:
        _show_calibration(quality)


def _show_confusion(quality: ClassifierQuality) -> None:
    """Counts of what the held-out cases are, and what they were called."""
    cells = pd.DataFrame(
        [
            {"is": true, "called": called, "cases": int(quality.confusion[i, j]), "right": i == j}
            for i, true in enumerate(quality.classes)
            for j, called in enumerate(quality.classes)
        ]
    )
    names = list(quality.classes)
    base = alt.Chart(cells).encode(
        x=alt.X("called:N", sort=names, title="the model calls it", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("is:N", sort=names, title="it is"),
        tooltip=["is", "called", "cases"],
    )
    boxes = base.mark_rect(stroke="gray", strokeWidth=0.5).encode(
        color=alt.condition("datum.right", alt.value(AWAY), alt.value(TOWARDS)),
        opacity=alt.Opacity("cases:Q", scale=alt.Scale(range=[0.08, 0.75]), legend=None),
    )
    st.markdown("**What it gets right** · held-out cases")
    st.altair_chart((boxes + base.mark_text(fontSize=15).encode(text="cases:Q")).properties(height=_SIDE))
    operation, split = quality.operation, quality.threshold_split
    low, high = operation.sensitivity_interval
    found = _percent(operation.sensitivity)
    chosen = f", chosen on the {split} cases," if split else ""
    st.caption(
        f"At the threshold {operation.threshold:.2f}{chosen} it finds {found} of the cases with "
        f"{plain(quality.target)} (95 % interval {_percent(low)} to {_percent(high)}) and leaves "
        f"{_percent(operation.specificity)} of the others alone."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _show_calibration(quality: ClassifierQuality) -> None:
    """Predicted against observed frequencies."""
    curve = quality.calibration
    points = pd.DataFrame(
        {name: getattr(curve, name) for name in ("predicted", "observed", "low", "high", "counts")},
    )
    share = alt.Scale(domain=[0, 1])
    base = alt.Chart(points).encode(x=alt.X("predicted:Q", scale=share, title=f"says: probability of {quality.target}"))
    dots = base.mark_line(point=alt.OverlayMarkDef(size=45, filled=True, color=TOWARDS), color=TOWARDS).encode(
        y=alt.Y("observed:Q", scale=share, title="is: share of such cases"),
        tooltip=[alt.Tooltip("predicted:Q", format=".2f"), alt.Tooltip("observed:Q", format=".2f"), "counts:Q"],
    )
    whiskers = base.mark_rule(color=TOWARDS, opacity=0.5).encode(y="low:Q", y2="high:Q")
    ideal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(strokeDash=[4, 4], color="gray")
    st.markdown("**Whether its probabilities mean what they say**")
    st.altair_chart((ideal.encode(x="x:Q", y="y:Q") + whiskers + dots).properties(height=_SIDE))
    st.caption(
        f"On the dashed line, 0.8 means 8 of 10. Here they are off by {curve.error:.2f} on average; the whiskers are "
        "95 % intervals."
    )


def _show_numbers(quality: RegressorQuality) -> None:
    """True against predicted numbers."""
    points = pd.DataFrame({"is": quality.true, "said": quality.predicted})
    low, high = float(points.to_numpy().min()), float(points.to_numpy().max())
    scale = alt.Scale(domain=[low, high])
    dots = alt.Chart(points).mark_circle(color=TOWARDS, opacity=0.6, size=40)
    ideal = alt.Chart(pd.DataFrame({"x": [low, high], "y": [low, high]})).mark_line(strokeDash=[4, 4], color="gray")
    st.markdown(f"**{plain(quality.target)} of held-out cases**")
    st.altair_chart(
        (
            ideal.encode(x="x:Q", y="y:Q")
            + dots.encode(
                x=alt.X("is:Q", scale=scale, title=f"true {quality.target}"),
                y=alt.Y("said:Q", scale=scale, title=f"predicted {quality.target}"),
                tooltip=["is", "said"],
            )
        ).properties(height=_SIDE + 60)
    )
    st.caption(
        f"On the dashed line the model is right. It is off by {quality.mae:.3g} on average; always saying the median "
        f"of the training cases would be off by {quality.mae_of_median:.3g}."
    )
