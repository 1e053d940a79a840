"""Is this model good enough to explain? The verdict, and what it rests on."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from analysis.evaluation.classifier_quality import ClassifierQuality
from analysis.evaluation.quality import Quality
from analysis.evaluation.regressor_quality import RegressorQuality
from analysis.evaluation.roc_curve import RocCurve
from analysis.evaluation.verdict import Verdict, judge_metrics
from analysis.figures.quality_chart import QualityChart, quality_chart
from analysis.figures.quality_panels import CALLED, INK, OBSERVED, PREDICTED, SAID, TRUTH
from analysis.provenance.making import provenance_of
from app import cached
from app.figure_menu import figure_menu
from app.plain_text import plain
from app.training.figures import quality_figure
from app.views import view_now
from app.workspace import Workspace
from xaae_core.latents import LatentTable

MARKS = {"good": "✓", "caution": "!", "poor": "✗", "unknown": "?"}
"""A sign beside each word, so that colour is never alone."""
_SIDE = 240
_LETTERS_BESIDE = 12
_SHARE = alt.Scale(domain=[0, 1])


def show_evidence(workspace: Workspace) -> None:
    """The verdict with what it rests on."""
    card = workspace.checkpoint.card
    show_verdict(judge_metrics(card.metrics))
    own = workspace.training  # the cases of the model's own splits, where they lie beside it
    with st.container():
        if own is None or own is workspace.latents:
            return
        quality = cached.quality_of(own, workspace.training_key, card.target)
        if quality is None:
            return
        chart = _chart_of(own, quality, workspace.training_key, card.target)
        show_quality(chart)
        view = view_now("start", workspace.checkpoint.sha256).to_json()
        made = provenance_of(chart.kind, workspace.checkpoint, view=view)
        make = partial(quality_figure, chart, made, fingerprint=own.data_fingerprint)
        figure_menu(make, key="start_quality", name="held-out-quality")


@st.cache_resource(max_entries=16, show_spinner=False)
def _chart_of(_table: LatentTable, _quality: Quality, key: tuple[str, str], target: str) -> QualityChart:
    return quality_chart(_quality, _table)


def show_verdict(verdict: Verdict) -> None:
    """The answer with its reasons."""
    say = {"good": st.success, "caution": st.warning, "poor": st.error, "unknown": st.info}[verdict.level]
    reasons = "".join(f"\n- {plain(reason[:1].upper() + reason[1:])}" for reason in verdict.reasons)
    say(f"**{MARKS[verdict.level]} {verdict.sentence}**{reasons}")


def show_quality(chart: QualityChart) -> None:
    """The figures behind the verdict, as drawings with a sentence each; in the words and colours of their figure."""
    quality = chart.quality
    if isinstance(quality, RegressorQuality):
        _show_numbers(quality)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _show_confusion(quality)
    with right:
        _show_calibration(quality)
    with left:
        if len(chart.curves) == 1:
            _show_roc(chart.curves[0], quality)
        elif chart.curves:
            _show_areas(chart.curves)


def _show_confusion(quality: ClassifierQuality) -> None:
    """Counts of what the held-out cases are, and what they were called."""
    names, totals = list(quality.classes), quality.confusion.sum(axis=1)
    cells = pd.DataFrame(
        [
            {"is": true, "called": called, "cases": int(quality.confusion[i, j]),
             "share": float(quality.confusion[i, j] / max(1, totals[i]))}
            for i, true in enumerate(names)
            for j, called in enumerate(names)
        ]
    )  # fmt: skip
    angle = 0 if sum(map(len, names)) < _LETTERS_BESIDE else -30
    base = alt.Chart(cells).encode(
        x=alt.X("called:N", sort=names, title=CALLED, axis=alt.Axis(labelAngle=angle)),
        y=alt.Y("is:N", sort=names, title=TRUTH),
        tooltip=["is", "called", "cases", alt.Tooltip("share:Q", format=".0%")],
    )
    paper = base.mark_rect(color="white")  # also on a dark page: the counts are dark on all shares
    boxes = base.mark_rect(stroke="gray", strokeWidth=0.5, color=SAID).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None)
    )
    st.markdown("**What it gets right** · held-out cases")
    counts = base.mark_text(fontSize=15, color=INK).encode(text="cases:Q")
    st.altair_chart((paper + boxes + counts).properties(height=_SIDE))
    operation, split = quality.operation, quality.threshold_split
    low, high = operation.sensitivity_interval
    chosen = f", chosen on the {split} cases," if split else ""
    st.caption(
        f"At the threshold {operation.threshold:.2f}{chosen} it finds {_percent(operation.sensitivity)} of the cases "
        f"with {plain(quality.target)} (95 % interval {_percent(low)} to {_percent(high)}) and leaves "
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
    base = alt.Chart(points).encode(x=alt.X("predicted:Q", scale=_SHARE, title=PREDICTED))
    mark = alt.OverlayMarkDef(size=45, filled=True, color=SAID, shape="square")
    dots = base.mark_line(point=mark, color=SAID).encode(
        y=alt.Y("observed:Q", scale=_SHARE, title=OBSERVED),
        tooltip=[alt.Tooltip("predicted:Q", format=".2f"), alt.Tooltip("observed:Q", format=".2f"), "counts:Q"],
    )
    whiskers = base.mark_rule(color=SAID, opacity=0.7).encode(y="low:Q", y2="high:Q")
    st.markdown("**Whether its probabilities mean what they say**")
    st.altair_chart((_diagonal(0, 1) + whiskers + dots).properties(height=_SIDE))
    st.caption(
        f"On the dashed line, 0.8 means 8 of 10. Here they are off by {curve.error:.2f} on average; the whiskers are "
        "95 % intervals."
    )


def _show_roc(curve: RocCurve, quality: ClassifierQuality) -> None:
    """What every threshold would find, and take by mistake; the chosen one as a ring."""
    points = pd.DataFrame(
        {"wrong": curve.false_positive, "found": curve.true_positive, "order": range(len(curve.true_positive))}
    )
    found = quality.operation
    chosen = pd.DataFrame({"wrong": [1 - found.specificity], "found": [found.sensitivity]})
    x, y = alt.X("wrong:Q", scale=_SHARE, title="1 − specificity"), alt.Y("found:Q", scale=_SHARE, title="sensitivity")
    tooltip = [alt.Tooltip("wrong:Q", format=".2f"), alt.Tooltip("found:Q", format=".2f")]
    line = alt.Chart(points).mark_line(color=SAID).encode(x=x, y=y, order="order:Q", tooltip=tooltip)
    ring = alt.Chart(chosen).mark_point(color="gray", size=90, filled=False, strokeWidth=2)
    st.markdown("**What any threshold would find**")
    st.altair_chart((_diagonal(0, 1) + line + ring.encode(x="wrong:Q", y="found:Q")).properties(height=_SIDE))
    low, high = curve.held_out.auroc_interval
    st.caption(
        f"The area under the line, AUROC {curve.held_out.auroc:.3f} (95 % interval {low:.3f} to {high:.3f}), is how "
        "often it gives the higher probability to the right one of two cases; on the dashed line it only guesses. The "
        "ring is the threshold above."
    )


def _show_areas(curves: tuple[RocCurve, ...]) -> None:
    """The AUROC of each class against the rest."""
    rows = pd.DataFrame(
        [
            {"class": curve.target, "area": curve.held_out.auroc, "low": curve.held_out.auroc_interval[0],
             "high": curve.held_out.auroc_interval[1], "chance": 0.5}
            for curve in curves
        ]
    )  # fmt: skip
    base = alt.Chart(rows).encode(y=alt.Y("class:N", sort=rows["class"].tolist(), title=None))
    scale = alt.Scale(domain=[float(min(0.5, rows["low"].min(), rows["area"].min())), 1])
    bars = base.mark_bar(color=SAID, opacity=0.35).encode(
        x=alt.X("chance:Q", scale=scale, title="AUROC, 95 % interval"), x2="area:Q",
        tooltip=["class", alt.Tooltip("area:Q", format=".3f")],
    )  # fmt: skip
    st.markdown("**How well it tells each class from the rest**")
    st.altair_chart(bars + base.mark_rule(color="gray", strokeWidth=2).encode(x="low:Q", x2="high:Q"))
    st.caption("1 puts every case of the class above every other one; 0.5 is guessing.")


def _show_numbers(quality: RegressorQuality) -> None:
    """True against predicted numbers."""
    points = pd.DataFrame({"is": quality.true, "said": quality.predicted})
    low, high = float(points.to_numpy().min()), float(points.to_numpy().max())
    scale = alt.Scale(domain=[low, high])
    dots = alt.Chart(points.iloc[:: max(1, len(points) // 2000)]).mark_circle(color=SAID, opacity=0.6, size=40)
    st.markdown(f"**{plain(quality.target)} of held-out cases**")
    st.altair_chart(
        (
            _diagonal(low, high)
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


def _diagonal(low: float, high: float) -> Any:
    """A dashed line from one corner to the other."""
    ends = pd.DataFrame({"x": [low, high], "y": [low, high]})
    return alt.Chart(ends).mark_line(strokeDash=[4, 4], color="gray").encode(x="x:Q", y="y:Q")
