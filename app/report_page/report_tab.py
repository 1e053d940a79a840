"""The report: what it is to hold, the work that makes it, and the page that is its file."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date

import streamlit as st

from analysis.report import ReportSettings, report_pdf
from app import basket, cached, state
from app.failures import explained
from app.figure_files import Offer, file_button, show_failures
from app.figure_style import chosen_style
from app.report_page.cases import DOUBTFUL, OPEN, case_pictures, offered_cases
from app.report_page.jobs import begin, job_of, show_result
from app.report_page.making import MadeReport, ReportWork
from app.words import count
from app.workspace import Case, Workspace
from xaae_core.data.dataset import ImageDataset
from xaae_core.latents import LatentTable
from xaae_core.models.model_abilities import has_decoder

JOB = "report_making"
_SHOWN_BYTES = 60_000_000
_HEIGHT = 760
_MAPS = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA", "": "no map"}


@dataclass(frozen=True)
class Wanted:
    """What a report is to hold.

    Attributes:
        title: "" for the model's name.
        author: "" for nobody.
        has_check: whether the data are checked.
        has_quality: whether the model is measured and the direction fitted.
        map_method: "" for no map.
        case_kinds: which cases are moved along the direction.
        has_figures: whether the chosen figures go into it.
    """

    title: str
    author: str
    has_check: bool
    has_quality: bool
    map_method: str
    case_kinds: tuple[str, ...]
    has_figures: bool


def show_report(workspace: Workspace, case: Case | None) -> None:
    """The form, the button, then the report."""
    wanted = _ask(workspace, case)
    key = _key(workspace, case, wanted)
    now = job_of(JOB)
    is_fresh = now is not None and now.key == key
    words = "Make it again with these choices" if now is not None and not is_fresh else "Make the report"
    left, right = st.columns([1, 1.2], gap="small")
    if left.button(words, type="primary", key="report_make", disabled=is_fresh, width="stretch"):
        with explained("Making the report"), st.spinner("Reading the cases …"):
            work = _work(workspace, case, wanted)
            begin(JOB, key, work, lambda: work.stage)
            st.rerun()
    if now is None:
        st.caption(
            "The report is one file: HTML for the ward and the web, or PDF. It names cases by a token, never by their "
            "file, and says what may not be concluded. Making it takes from seconds to a few minutes."
        )
        return
    made: MadeReport | None = show_result(JOB, "The report")
    if made is not None:
        with right:
            st.fragment(_show_downloads)(made)
        _show_made(made, is_fresh=is_fresh)


def _ask(workspace: Workspace, case: Case | None) -> Wanted:
    row = st.container(horizontal=True, gap="small")
    title = row.text_input(
        "Title", key="report_title", placeholder=f"Report on {workspace.checkpoint.card.name}", max_chars=200
    )
    author = row.text_input("Author", key="report_author", placeholder="who made it; optional", max_chars=200)
    n_chosen = len(basket.chosen_figures())
    has_table = _table(workspace) is not None
    row = st.container(horizontal=True, gap="medium")
    row.checkbox("Model and limits", True, disabled=True, help="Always there.", key="report_has_card")
    has_quality = row.checkbox(
        "Quality and direction", has_table, disabled=not has_table, key=f"report_has_quality_{has_table}",
        help="How good the model is on cases it has not learned from, and how sure its direction is.",
    )  # fmt: skip
    checkable = _is_checkable(workspace)
    has_check = row.checkbox(
        "Data check", checkable, disabled=not checkable, key=f"report_has_check_{checkable}",
        help="What may spoil results: copies, sites, burned-in letters … Reads every case once. "
        "It needs a data folder; a table of latents has no cases to read.",
    )  # fmt: skip
    has_figures = row.checkbox(
        f"{count(n_chosen, 'chosen figure')}", n_chosen > 0, disabled=not n_chosen,
        key=f"report_has_figures_{n_chosen > 0}", help="With their notes and captions, in the order at the left.",
    )  # fmt: skip
    row = st.container(horizontal=True, gap="small")
    kinds: list[str] = []
    if has_quality and has_decoder(workspace.checkpoint.model):
        offered = offered_cases(workspace, case)
        kinds = row.multiselect(
            "Cases moved along the direction", offered, [each for each in (OPEN, DOUBTFUL) if each in offered],
            key="report_cases", help="Each as a path with how far to believe it.",
        )  # fmt: skip
    method = ""
    if has_quality:
        method = row.selectbox(
            "Map of all cases", list(_MAPS), format_func=_MAPS.__getitem__, key="report_map", width=160
        )
    return Wanted(title.strip(), author.strip(), has_check, has_quality, method, tuple(kinds), has_figures)


def _table(workspace: Workspace) -> LatentTable | None:
    return workspace.training if workspace.training is not None else workspace.latents


def _is_checkable(workspace: Workspace) -> bool:
    return workspace.data is not None and not workspace.data.is_table and state.data_folder() is not None


def _key(workspace: Workspace, case: Case | None, wanted: Wanted) -> Hashable:
    table = _table(workspace)
    figures = (
        [(each.key, each.figure.note, each.figure.caption) for each in basket.kept() if each.is_chosen]
        if wanted.has_figures
        else []
    )
    return (
        wanted,
        workspace.checkpoint.sha256,
        "" if table is None else table.data_fingerprint,
        "" if case is None else case.key,
        str(state.data_folder()),
        tuple(figures),
        chosen_style(),
    )


def _work(workspace: Workspace, case: Case | None, wanted: Wanted) -> ReportWork:
    now = job_of(JOB)
    earlier = now.result() if now is not None and now.is_done and not now.is_cancelled and not now.has_failed else None
    table = _table(workspace) if wanted.has_quality else None
    method = wanted.map_method or None
    return ReportWork(
        workspace.checkpoint,
        table,
        case_pictures(workspace, case, wanted.case_kinds) if table is not None else (),
        _dataset(workspace) if wanted.has_check else None,
        ReportSettings(map_method=method, style=replace(chosen_style(), letter="")),  # type: ignore[arg-type]
        basket.chosen_figures() if wanted.has_figures else (),
        wanted.title,
        wanted.author,
        earlier,
    )


def _dataset(workspace: Workspace) -> ImageDataset:
    folder = state.data_folder()
    assert folder is not None  # _is_checkable
    return cached.open_dataset(folder, workspace.checkpoint.card)


def _show_made(made: MadeReport, *, is_fresh: bool) -> None:
    if not is_fresh:
        st.info("What you see was made before the last change of figures or choices: make it again to take them in.")
    for reason in made.report.missing:
        st.caption(reason)
    if len(made.html) > _SHOWN_BYTES:
        st.info(f"The page has {len(made.html) / 1e6:.0f} MB, too much to show it here: save it, and open the file.")
        return
    st.iframe(made.html, height=_HEIGHT, alt="The report as it is saved")


def _show_downloads(made: MadeReport) -> None:
    name = f"report-{date.today():%Y-%m-%d}"
    page, paper = "One file; opens in any browser, without a network.", "On A4, with text that can be selected."
    offers = (
        Offer("Save HTML", f"{name}.html", "text/html", lambda: made.html, page),
        Offer("Save PDF", f"{name}.pdf", "application/pdf", lambda: report_pdf(made.report), paper),
    )
    row = st.container(horizontal=True, gap="small")
    keys = [f"report_{offer.mime.rpartition('/')[2]}" for offer in offers]
    for offer, key in zip(offers, keys, strict=True):
        with row:
            file_button(offer, key)
    with st.container():
        show_failures(keys)
