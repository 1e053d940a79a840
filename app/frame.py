"""The script behind every page: libraries, look and state, then the page itself; main.py serves it."""

import importlib
import sys

import streamlit as st

from app.failures import explained
from app.page_entry import pages

st.set_page_config(page_title="xAAEnet explorer", layout="wide", initial_sidebar_state="auto")

page = st.navigation(pages())

# The frame of the page is on screen by now; the libraries behind the models take seconds the first time.
if "torch" not in sys.modules:
    with st.spinner("Loading the libraries behind the models; this takes a few seconds the first time …"):
        importlib.import_module("app.cached")

with explained("This page"):
    from app.link_section import ask_for_model, remember_page, show_notes
    from app.links import follow_address, judge_widgets
    from app.look import apply_look
    from app.reopen_section import open_first_file
    from app.state import prepare_state

    apply_look()
    prepare_state()
    name, notes = page.url_path or "start", st.container()
    try:
        open_first_file(name)
        if follow_address(name):
            page.run()
            judge_widgets()
            remember_page(name)
        else:
            ask_for_model()
    finally:
        with notes:
            show_notes()
