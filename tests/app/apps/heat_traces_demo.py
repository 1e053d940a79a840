"""A page with the grid of maps along time: what the browser test opens.

``?channels=23&length=3001`` draws so many of them; ``?mean=1`` a mean map with its spread.
"""

import streamlit as st

from app.components.heat_grid import heat_grid
from app.look import apply_look
from tests.app.apps.drawn_traces import draw_payload

query = st.query_params
st.set_page_config(page_title="Attributions along time", layout="wide")
apply_look()
payload = draw_payload(
    channels=int(query.get("channels", 2)), length=int(query.get("length", 200)), is_mean=bool(query.get("mean"))
)
heat_grid(payload, key="traces")
