"""Serves linked_maps_demo.py, and what the browser fetches for it."""

import streamlit as st

from app.served import routes

app = st.App("linked_maps_demo.py", routes=routes())
