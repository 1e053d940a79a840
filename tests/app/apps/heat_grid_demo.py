"""A page with nothing but the grid of maps: what the browser tests open.

``?colour=1`` draws in colour, ``?rows=11`` starts with so many rows; the button adds one.
"""

import streamlit as st

from app.components.heat_grid import heat_grid
from app.look import apply_look
from tests.app.apps.drawn_heat import draw_payload

query = st.query_params
st.set_page_config(page_title="Attribution maps", layout="wide")
apply_look()
st.sidebar.caption("Start, Traverse, Maps, Attributions")
st.title("Attributions")
with st.container(height=60, border=True):
    st.caption("a model   |   drawn data, 12 of 12   |   case 3")


@st.fragment
def grid() -> None:
    st.session_state.setdefault("rows", int(query.get("rows", 2)))
    payload = draw_payload(n_rows=st.session_state["rows"], is_colour=bool(query.get("colour")))
    state = heat_grid(payload, key="grid")
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text(f"opened {state.opened} runs {st.session_state['runs']}")
    if st.button("one more row"):
        st.session_state["rows"] += 1
        st.rerun(scope="fragment")
    st.button("run again")


grid()
