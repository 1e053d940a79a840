"""A page with nothing but the path viewer, on signals drawn here: what the browser test and the screenshots open.

``?channels=23&samples=3001`` draws so many; ``?partial=1`` leaves half the steps out until the button is pressed.
"""

import numpy as np
import streamlit as st

from app.components.path_viewer import StepTrust, TracePayload, path_viewer
from tests.app.apps.drawn_signals import STEPS, draw_signals

query = st.query_params
st.set_page_config(page_title="Trace viewer", layout="wide")
st.markdown("<style>.stMainBlockContainer{padding:3.75rem 2rem 1rem}</style>", unsafe_allow_html=True)
is_partial = bool(query.get("partial")) and not st.session_state.get("rest")


@st.fragment
def viewer() -> None:
    drawn = draw_signals(int(query.get("channels", 2)), int(query.get("samples", 128)))
    computed = np.ones(len(STEPS), dtype=bool)
    if is_partial:
        computed[1::2] = False
    payload = TracePayload(
        path_id="case0",
        steps=STEPS,
        frames=np.where(computed[:, None, None], drawn.frames, 0),
        original=drawn.original,
        form=drawn.form,
        class_name="raised ST",
        computed=computed,
        probabilities=np.where(computed, 1 / (1 + np.exp(-2 * STEPS)), np.nan),
        trust=[StepTrust("good", "near the data") if there else None for there in computed],
        flip=0.0,
        caption="beat 12 · raised ST, test",
    )
    state = path_viewer(payload, key="viewer", start=float(query.get("start", 0)))
    st.text(f"step {state.step} sd {state.sd}")


viewer()
if query.get("partial"):
    st.button("compute the rest", on_click=lambda: st.session_state.update(rest=True))
