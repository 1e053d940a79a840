"""The scatter one would write first: Altair, a brush for choosing, Shift-drag for moving. `?n=10000` points."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from benchmarks.scatter_points import COLOURS, GROUPS, clustered_points

BRUSH = "[pointerdown[!event.shiftKey], window:pointerup] > window:pointermove!"
MOVE = "[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!"


@st.cache_data
def drawn(n: int) -> pd.DataFrame:
    """The points as a table."""
    points, codes = clustered_points(n)
    return pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "group": np.array(GROUPS)[codes]})


@st.fragment
def show() -> None:
    table = drawn(int(st.query_params.get("n", 1000)))
    brush = alt.selection_interval(name="chosen", on=BRUSH, translate=BRUSH)
    moving = alt.selection_interval(name="moving", bind="scales", on=MOVE, translate=MOVE, encodings=["x", "y"])
    colour = alt.Color("group:N", scale=alt.Scale(domain=list(GROUPS), range=list(COLOURS)))
    chart = (
        alt.Chart(table, width=480, height=480)
        .mark_circle(size=8)
        .encode(x="x:Q", y="y:Q", color=alt.condition(brush, colour, alt.value("#cccccc")))
        .add_params(brush, moving)
    )
    event = st.altair_chart(chart, width="content", on_select="rerun", selection_mode="chosen", key="chart")
    ranges = event.selection.get("chosen", {})
    if ranges:
        inside = table.x.between(*sorted(ranges["x"])) & table.y.between(*sorted(ranges["y"]))
        st.text(f"chosen {len(np.flatnonzero(inside.to_numpy()))}")


st.set_page_config(layout="wide")
show()
