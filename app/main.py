"""The app: `streamlit run app/main.py`, or `xaae app`; the script behind every page is frame.py."""

import streamlit as st

from app.served import routes

app = st.App("frame.py", routes=routes())
