"""Maps and checks that were computed once, for all sessions of the server."""

from __future__ import annotations

import streamlit as st

from app.found_maps import FoundMaps


@st.cache_resource(show_spinner=False)
def found_maps() -> FoundMaps:
    """The server's one collection."""
    return FoundMaps()
