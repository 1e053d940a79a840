"""Train: from a folder of pictures or signals to a model, in three steps."""

from __future__ import annotations

import streamlit as st

from app import state
from app.failures import explained
from app.page_entry import open_page
from app.train_page.check import show_check
from app.train_page.data import choose_train_data
from app.train_page.run import show_runs
from app.train_page.start import choose_and_start
from app.train_page.steps import current_step, show_steps

_STYLE = "<style>.stMain h2 { padding-bottom: .55rem !important; }</style>"


def render() -> None:
    """Draw the page."""
    st.title("Train a model on your own pictures or signals")
    st.caption("Three steps: the data, the model, and the training itself, which goes on while this page is closed.")
    st.html(_STYLE)
    step = current_step()
    with explained("The steps"):
        show_steps(step)
    if step == "data":
        show_data()
    elif step == "model":
        choose_and_start()
    else:
        with explained("The trainings"):
            show_runs()


def show_data() -> None:
    """The first step: choose, then check."""
    chosen = state.train_data()
    if chosen is None:
        choose_train_data()
    else:
        with explained("The check of these data"):
            show_check(chosen)


open_page(render)
