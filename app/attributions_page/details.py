"""All that was found about one map, behind its title."""

from __future__ import annotations

import math

import streamlit as st

from analysis.attributions.cohort_map import CohortMap
from analysis.nouns import signal_words
from app.attribution_tables import evaluation_rows
from app.attributions_page.choice import METHOD_HELP, METHOD_WORDS
from app.found_maps import FoundMap
from app.plain_text import plain
from app.words import facts_table
from xaae_core.signal_form import SignalForm

_KINDS = {"figure": "The map", "measure": "Measured", "check": "Checked", "verdict": "Verdict"}
_NAMES = {
    "score": "the number of this picture",
    "baseline_score": "the number of the baseline",
    "sum": "sum of the map",
    "convergence_delta": "sum minus the difference of the two",
    "area_of_half": "share of the picture with half of the map",
    "iou_best": "overlap with the mask, at its best",
    "iou_fixed": "overlap with the mask, of its size",
    "pointing": "strongest pixel in the mask",
    "energy_inside": "share inside the mask",
    "destroyed": "model destroyed",
    "shuffled": "labels shuffled",
    "random": "better than random",
    "complete": "adds up",
    "inside": "inside the mask",
}
"""Names of the table of the files, in words; others speak for themselves."""


def show_details(method: str, found: FoundMap, *, form: SignalForm | None = None) -> None:
    """Open the window with every figure, measure and check of a map."""
    made = found.attribution
    if made is None:
        return
    say = str if form is None else signal_words

    def draw() -> None:
        st.markdown(say(f"{METHOD_WORDS[method]} {METHOD_HELP[method]}."))
        st.caption(plain(f"A number of this map is: {made.meaning}. Explained: {made.target}."))
        rows = list(evaluation_rows("", made, found.strip))
        for kind, title in _KINDS.items():
            entries = [row for row in rows if row["kind"] == kind]
            if entries:
                st.markdown(f"**{title}**")
                st.html(facts_table({say(_name(row["name"])): _entry(row) for row in entries}))
        st.markdown("**Settings**")
        settings = {name.replace("_", " "): f"{value}" for name, value in made.settings.items()}
        st.html(facts_table(settings or {"settings": "none"}))

    st.dialog(METHOD_WORDS[method], width="large")(draw)()


def show_group(title: str, found: CohortMap, *, form: SignalForm | None = None) -> None:
    """Open the window with the figures of the mean map of a group of cases."""

    def draw() -> None:
        st.markdown(plain(found.sentence() if form is None else signal_words(found.sentence())))
        st.html(
            facts_table(
                {
                    "cases": f"{found.n:,}",
                    "method": METHOD_WORDS[found.method],
                    "explained": found.target,
                    "mean of the number": _number(found.score_mean, ".4g"),
                    "sum of the mean map": _number(float(found.mean.sum()), ".4g"),
                }
            )
        )

    st.dialog(title)(draw)()


def _entry(row: dict[str, object]) -> str:
    """Value, interval and words of a row in one line."""
    parts = []
    value = row.get("value")
    if isinstance(value, int | float) and math.isfinite(value):
        parts.append(_number(value, ".4g"))
    low, high = row.get("low", math.nan), row.get("high", math.nan)
    if isinstance(low, float) and isinstance(high, float) and math.isfinite(low + high):
        parts.append(f"[{_number(low, '.3g')}, {_number(high, '.3g')}]")
    if row.get("words"):
        parts.append(f"{row['words']}")
    return " · ".join(parts)


def _name(name: str) -> str:
    return _NAMES.get(name, name.replace("_", " "))


def _number(value: float, form: str) -> str:
    return format(value, form).replace("-", "−")
