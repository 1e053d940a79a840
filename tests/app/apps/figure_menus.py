"""A page with two figures, each with its menu; the app of test_figure_menu*.py."""

import numpy as np
import streamlit as st

from analysis.figures.figure import Figure
from analysis.provenance import Provenance
from app.figure_menu import Offer, figure_menu
from tests.analysis.figures.drawings import Wave
from xaae_core.errors import FigureError

MADE = Provenance(kind="wave", checkpoint_sha256="ab" * 32, checkpoint_name="demo", settings={"method": "umap"})


def make_wave() -> Figure:
    st.session_state["made"] = st.session_state.get("made", 0) + 1
    return Figure(Wave(), MADE, "A wave")


def make_nothing() -> Figure:
    raise FigureError("the wave has no points: choose more cases")


st.session_state["page_runs"] = st.session_state.get("page_runs", 0) + 1
st.title("Two figures")
samples = Offer("Samples", "samples.txt", "text/plain", lambda: "1\n2\n")
figure_menu(make_wave, key="wave", name="wave", offers=[samples], looked_through=np.zeros((1, 128, 128)))
figure_menu(make_nothing, key="broken", name="broken", label="Take the other figure")
st.text(f"runs {st.session_state['page_runs']}")
