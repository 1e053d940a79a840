"""A page with nothing but the case strip, on pictures drawn here: what the browser tests and the screenshots open.

``?n=200`` cases, ``?layout=grid``, ``?page=12`` thumbnails a page, ``?selected=…``, ``?slow=300`` ms for the pictures,
``?bars=1`` draws the case's number as black and white squares (which a test reads back), otherwise a drawn chest.
"""

import time
from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.components.case_strip import CaseEntry, case_strip, make_thumbnail
from tests.app.apps.case_pictures import chest_of, coded_picture

CLASSES = ("normal", "effusion")
query = st.query_params
n_cases = int(query.get("n", 200))


def entry(number: int) -> CaseEntry:
    label = None if number % 29 == 28 else CLASSES[number % 5 < 2]
    prediction = CLASSES[(number % 5 < 2) != (number % 11 == 3)]
    return CaseEntry(
        id=f"{query.get('prefix', 'chest')}-{number:04d}",
        label=label,
        prediction=prediction,
        probability=0.51 + (number * 37 % 48) / 100,
        split=("train", "train", "valid", "test")[number % 4],
    )


def pictures(ids: Sequence[str]) -> dict[str, np.ndarray]:
    time.sleep(float(query.get("slow", 0)) / 1000)
    st.session_state["sent"] = st.session_state.get("sent", 0) + len(ids)
    numbers = {case_id: int(case_id.rsplit("-", 1)[1]) for case_id in ids}
    if query.get("bars"):
        offset = int(st.session_state.get("source", 0)) * 1000
        return {case_id: coded_picture(number + offset) for case_id, number in numbers.items() if number != 17}
    return {case_id: make_thumbnail(chest_of(number)) for case_id, number in numbers.items()}


st.set_page_config(page_title="Case strip", layout="wide")
st.markdown("<style>.stMainBlockContainer{padding:3.75rem 2rem 1rem}</style>", unsafe_allow_html=True)
if "selected" not in st.session_state:
    st.session_state["selected"] = query.get("selected")
entries = [entry(number) for number in range(int(st.session_state.get("first", 0)), n_cases)]


@st.fragment
def strip() -> None:
    state = case_strip(
        entries,
        pictures,
        selected=st.session_state["selected"],
        key="strip",
        class_names=CLASSES,
        source=f"drawn {st.session_state.get('source', 0)}",
        layout="grid" if query.get("layout") == "grid" else "strip",
        page_size=int(query.get("page", 60)),
        on_select=lambda case_id: st.session_state.update(heard=case_id),
    )
    if state.is_new:
        st.session_state["selected"] = state.selected
        st.rerun()
    seen = st.session_state
    seen["runs"] = seen.get("runs", 0) + 1
    st.text(
        f"selected {seen['selected']} heard {seen.get('heard')} shown {len(state.shown)} next {state.neighbour(1)} "
        f"sent {seen.get('sent', 0)} bytes {len(seen['_case_strip_strip'].blob)} runs {seen['runs']}"
    )
    if st.button("next case"):
        st.session_state["selected"] = state.neighbour(1)
        st.rerun()


strip()
if not query.get("quiet"):
    st.button("other pictures", on_click=lambda: st.session_state.update(source=1))
    st.button("smaller cohort", on_click=lambda: st.session_state.update(first=50))
    st.button("rerun")
    if st.toggle("elsewhere"):
        st.stop()
