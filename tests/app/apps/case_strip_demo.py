"""A page with nothing but the case strip: what the browser tests and the screenshots open.

``?n=200`` cases, ``?layout=grid``, ``?page=12`` thumbnails a page, ``?selected=…``, ``?slow=300`` ms for the pictures;
``?blink=1`` takes the strip off the page for a moment after each choice, as Streamlit does now and then;
``?phantoms=1`` draws phantoms, otherwise each picture is its case's number as squares, which a test reads back.
"""

import time
from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.components.case_strip import case_strip, make_thumbnail
from tests.app.apps.case_pictures import WITHOUT_PICTURE, coded_entry, coded_picture, phantom_entry, phantom_pixels
from xaae_core.data.phantoms import CLASS_NAMES

query, store = st.query_params, st.session_state
has_phantoms = bool(query.get("phantoms"))
first, source = int(store.get("first", 0)), int(store.get("source", 0))
numbers = range(first, first + int(query.get("n", 200)))
entries = [phantom_entry(k, query.get("prefix", "")) if has_phantoms else coded_entry(k) for k in numbers]


def pictures(ids: Sequence[str]) -> dict[str, np.ndarray]:
    time.sleep(float(query.get("slow", 0)) / 1000)
    store["sent"] = store.get("sent", 0) + len(ids)
    wanted = {case_id: int(case_id.rsplit("-", 1)[1]) for case_id in ids}
    if has_phantoms:
        return {case_id: make_thumbnail(phantom_pixels(k)) for case_id, k in wanted.items()}
    return {case_id: coded_picture(k + 1000 * source) for case_id, k in wanted.items() if k != WITHOUT_PICTURE}


@st.fragment
def strip() -> None:
    state = case_strip(
        entries,
        pictures,
        selected=store["selected"],
        key="strip",
        class_names=CLASS_NAMES,
        source=f"drawn {source}",
        layout="grid" if query.get("layout") == "grid" else "strip",
        page_size=int(query.get("page", 60)),
        on_select=lambda case_id: store.update(heard=case_id),
    )
    if state.is_new:
        store.update(selected=state.selected, is_off=bool(query.get("blink")))
        st.rerun()
    store["runs"] = store.get("runs", 0) + 1
    if not query.get("quiet"):
        st.text(
            f"selected {store['selected']} heard {store.get('heard')} shown {len(state.shown)} "
            f"next {state.neighbour(1)} sent {store.get('sent', 0)} runs {store['runs']}"
        )
    if not query.get("quiet") and st.button("next case"):
        store["selected"] = state.neighbour(1)
        st.rerun()


st.set_page_config(page_title="Case strip", layout="wide")
st.markdown("<style>.stMainBlockContainer{padding:3.75rem 2rem 1rem}</style>", unsafe_allow_html=True)
if "selected" not in store:
    store["selected"] = query.get("selected")
place = st.empty()
if store.pop("is_off", False):
    place.text("off the page")
    time.sleep(0.4)
if not store.get("elsewhere"):
    with place.container():
        strip()
if not query.get("quiet"):
    st.button("other pictures", on_click=lambda: store.update(source=1))
    st.button("later cohort", on_click=lambda: store.update(first=50))
    st.toggle("elsewhere", key="elsewhere")
