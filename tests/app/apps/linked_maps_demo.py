"""A page with nothing but the linked maps; linked_maps_app.py serves it with what the browser fetches.

``?n=300`` cases, ``?colour=label|score|share|many``, ``?second=umap|pca|same``, ``?doubt=1``, ``?placed=1``,
``?one=1``: one map only, ``?quiet=1`` without the lines below. Each picture is its row's number as squares, which a
test reads back.
"""

import hashlib
import io
from collections.abc import Mapping

import numpy as np
import streamlit as st
from PIL import Image

from app.components.linked_maps import linked_maps
from app.served import serve_cases
from tests.app.apps.case_pictures import coded_picture
from tests.app.apps.drawn_maps import GROUPS, drawn_codes, drawn_colours, drawn_panels
from xaae_core.errors import ImageError

WITHOUT_PICTURE = 17


class CodedCases:
    """Cases whose name and picture are their row."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def words(self, row: int) -> Mapping[str, object]:
        code = drawn_codes(self.n)[row]
        label = GROUPS[code] if code < 4 else "not known"
        return {
            "id": f"case-{row:04d}",
            "name": f"case-{row:04d}",
            "lines": [f"label {label}", "called effusion, 0.87"],
        }

    def picture(self, row: int) -> bytes:
        if row == WITHOUT_PICTURE:
            raise ImageError("there is none")
        file = io.BytesIO()
        Image.fromarray(coded_picture(row & 0xFFFF)).save(file, format="PNG")
        return file.getvalue()


query, store = st.query_params, st.session_state
n = int(query.get("n", 300))
st.set_page_config(page_title="Linked maps", layout="wide")
st.markdown("<style>.stMainBlockContainer{padding:3.2rem 1.6rem 1rem}</style>", unsafe_allow_html=True)
if "cases" not in store:
    store["cases"] = serve_cases(CodedCases(n))


def cohort() -> np.ndarray | None:
    return np.arange(n) % 3 != 0 if store.get("narrow") else None


@st.fragment
def maps() -> None:
    store["runs"] = store.get("runs", 0) + 1
    second = store.get("second", query.get("second", "umap"))
    panels = drawn_panels(n, second=second, has_doubt="doubt" in query, has_placed="placed" in query)
    state = linked_maps(
        panels[:1] if "one" in query else panels,
        drawn_colours(n, store.get("colour", query.get("colour", "label"))),
        key="maps",
        cases_url=store["cases"].url,
        in_cohort=cohort(),
        selected=store.get("passed"),
        show_doubtful="doubt" in query,
    )
    if "quiet" in query:
        return
    if state.opened is not None:
        store["opened"] = state.opened
    rows = np.flatnonzero(state.selected) if state.selected is not None else np.array([], dtype=int)
    digest = hashlib.blake2b(rows.astype("<i8").tobytes(), digest_size=6).hexdigest()
    kind = state.gesture.kind if state.gesture else None
    st.text(
        f"selected {len(rows)} digest {digest} new {state.is_new} opened {store.get('opened')} gesture {kind} "
        f"runs {store['runs']}"
    )
    st.text("rows " + " ".join(map(str, rows[:400])))
    if state.gesture:
        st.text("polygon " + repr([list(corner) for corner in state.gesture.polygon]))


if store.get("elsewhere"):
    st.text("elsewhere")
else:
    maps()
if "quiet" not in query:
    changes: dict[str, dict[str, object]] = {
        "by score": {"colour": "score"},
        "by label": {"colour": "label"},
        "narrow": {"narrow": True},
        "wide": {"narrow": False},
        "other map": {"second": "pca"},
        "pass every tenth": {"passed": np.arange(n) % 10 == 0},
        "pass nothing": {"passed": None},
    }
    for column, (name, change) in zip(st.columns(len(changes)), changes.items(), strict=True):
        column.button(name, on_click=store.update, kwargs=change)
    st.toggle("elsewhere", key="elsewhere")
