"""The look all pages share: quiet type, one accent, space where Streamlit leaves too much."""

import streamlit as st

TOWARDS = "#d9730d"
"""What is looked at: the accent, towards the target."""
AWAY = "#2f7bbf"
"""Its counterpart."""

_STYLE = """
<style>
  .stMainBlockContainer { padding: 3.2rem 1.6rem 2rem 1.6rem; max-width: 120rem; }
  /* where the navigation is folded away, Streamlit's header covers what is below it */
  @media (max-width: 768px) { .stMainBlockContainer { padding-top: 4.4rem; } }
  section[data-testid="stSidebar"] { width: 10.5rem !important; min-width: 10.5rem !important; }
  h1 { font-size: 1.45rem !important; font-weight: 600 !important; padding: 0 0 .2rem 0 !important; }
  h2:not([slot="title"]), h3 {
    font-size: 1.05rem !important; font-weight: 600 !important; padding: .4rem 0 .2rem 0 !important;
  }
  [data-testid="stMetricValue"] { font-size: 1.35rem; }
  [data-testid="stMetricLabel"] p { white-space: normal; }
  [data-testid="stImage"] img { background: #0c0d0f; }
  .xaae-facts { border-collapse: collapse; font-size: .875rem; }
  .xaae-facts th { font-weight: 400; opacity: .65; text-align: left; padding: .12rem 1.2rem .12rem 0; }
  .xaae-facts td { padding: .12rem 0; }
  .stMain [data-testid="stVerticalBlock"] { gap: .7rem; }
  /* a path that grows step by step is fresh while Streamlit takes it for stale, and is read meanwhile */
  .st-key-path_viewer[data-stale="true"] { opacity: .8 !important; }
</style>
"""


def apply_look() -> None:
    """Lay the shared style over the page."""
    st.html(_STYLE)
