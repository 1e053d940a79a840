"""A page with nothing but the path viewer, on pictures drawn here: what the browser tests and the screenshots open.

``?partial=1`` sends a third of the steps until the button is pressed; ``?colour=1`` draws in colour; ``?plain=1``
leaves out what is optional.
"""

import numpy as np
import streamlit as st

from app.components.path_viewer import PathPayload, StepTrust, path_viewer
from tests.app.apps.drawn_chests import STEPS, draw_pictures


def trust_of(sd: float) -> StepTrust:
    if abs(sd) <= 1.5:
        return StepTrust("good", "as close to training images as they are to each other")
    if abs(sd) <= 2.25:
        return StepTrust("caution", "leaves the data here: few training images are this far along the direction")
    return StepTrust("poor", "outside the data: the decoder draws what no training image looks like")


query = st.query_params
st.set_page_config(page_title="Path viewer", layout="wide")
st.markdown("<style>.stMainBlockContainer{padding:3.75rem 2rem 1rem}</style>", unsafe_allow_html=True)
if query.get("bar"):
    with st.container(height=60, border=True):
        st.caption("xAAEnet small, 22 Nov, accuracy 0.91   |   drawn chests, 412 of 780   |   case 12, effusion")
case = st.session_state.setdefault("case", 0)
is_partial = bool(query.get("partial")) and not st.session_state.get("rest")
is_plain = bool(query.get("plain"))


@st.fragment
def viewer() -> None:
    case = st.session_state["case"]
    frames, original, edit = draw_pictures(case, bool(query.get("colour")))
    computed = np.ones(len(STEPS), dtype=bool)
    if is_partial:
        computed[:] = False
        computed[::6] = True
    probabilities = 1 / (1 + np.exp(-2.2 * (STEPS - 0.8)))
    payload = PathPayload(
        path_id=f"case{case}",
        steps=STEPS,
        frames=np.where(computed[(slice(None),) + (None,) * (frames.ndim - 1)], frames, 0).astype(np.uint8),
        on_original=edit,
        original=original,
        class_name="effusion",
        computed=computed,
        probabilities=None if is_plain else np.where(computed, probabilities, np.nan),
        achieved=None if is_plain else np.where(computed, 2.2 * np.tanh(STEPS / 2.4), np.nan),
        trust=None
        if is_plain
        else [trust_of(sd) if there else None for sd, there in zip(STEPS, computed, strict=True)],
        flip=None if is_plain else 0.8,
        caption="" if is_plain else f"case {12 + case}, labelled effusion",
    )
    state = path_viewer(
        payload, key="viewer", start=float(query.get("start", 0)), on_step=lambda k: st.session_state.update(seen=k)
    )
    if state.case_move is not None:
        st.session_state["case"] = max(0, case + (1 if state.case_move == "next" else -1))
        st.rerun(scope="fragment")
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if not query.get("bar"):
        seen, runs = st.session_state.get("seen"), st.session_state["runs"]
        st.text(f"step {state.step} sd {state.sd} seen {seen} case {case} runs {runs}")
        st.text_input("note", key="note")


viewer()
if query.get("partial"):
    st.button("compute the rest", on_click=lambda: st.session_state.update(rest=True))
