"""Serves linked_maps_page.py and the arrays that the browser fetches for it."""

import streamlit as st

from app.served import routes

app = st.App("linked_maps_page.py", routes=routes())
