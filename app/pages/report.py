"""Report: the figures of the session as one figure for a paper, or as a report for the ward."""

from __future__ import annotations

import streamlit as st

from app import basket
from app.failures import explained
from app.page_entry import open_page
from app.report_page.empty import show_empty
from app.report_page.kept_list import show_kept
from app.report_page.panels_tab import show_panels
from app.report_page.report_tab import show_report
from app.top_bar import top_bar
from app.workspace import Case
from app.workspace_progress import open_with_progress

TAB = "report_tab"
TABS = ("Multi-panel figure", "Report")


def render() -> None:
    """Draw the page."""
    workspace = open_with_progress()
    case: Case | None = None
    with explained("Opening this case"):
        case = workspace.case()
    top_bar(workspace, case)
    left, right = st.columns([4, 7], gap="large")
    with left, explained("The collected figures"):
        if basket.kept():
            show_kept()
        else:
            show_empty()
    with right:
        st.session_state.setdefault(TAB, TABS[0] if basket.kept() else TABS[1])
        figure, report = st.tabs(list(TABS), key=TAB, on_change="rerun")
        if figure.open:
            with figure, explained("This figure"):
                show_panels()
        if report.open:
            with report, explained("The report"):
                show_report(workspace, case)


open_page(render)
