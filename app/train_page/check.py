"""The check of the chosen pictures: how far it is, what it found, and what to do about it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from analysis.figures.data_check_table import LEVEL_WORDS, data_check_table
from analysis.figures.figure import Figure
from analysis.provenance.making import provenance_of
from app import state
from app.background import Background, Report
from app.failures import explained
from app.figure_menu import figure_menu
from app.folder_listing import count_content
from app.plain_text import plain
from app.train_page.columns import DataOptions, choose_options, open_questions
from app.train_page.data import show_layouts, use_data
from app.train_page.words import case_word
from app.views import View, view_now
from app.words import count
from xaae_core.data.checks import CheckReport, Finding, Level
from xaae_core.errors import DatasetError, SignalDatasetError

BADGES: dict[Level, str] = {"stop": "red", "warn": "orange", "note": "blue", "good": "green"}
"""Level → the colour of its badge."""
_SHORTCUTS = ("brightness", "sites", "marks", "duplicates", "patients")
"""Checks for what a model could learn instead of the target, the likeliest first."""


@dataclass(frozen=True)
class CheckedData:
    """Pictures that were checked.

    Attributes:
        path: the folder or table.
        options: how it was read.
        report: what was found, with the data set of the pictures that can be read.
        fingerprint: of that data set.
    """

    path: Path
    options: DataOptions
    report: CheckReport
    fingerprint: str


def checked_data() -> CheckedData | None:
    """The result of the session's check; None while there is none for the chosen pictures."""
    task = state.train_task("check")
    path = state.train_data()
    if task is None or path is None or not task.is_done or task.has_failed or task.is_cancelled:
        return None
    found: CheckedData = task.result()
    return found if found.path == path else None


def may_train(checked: CheckedData | None) -> bool:
    """Whether nothing stands against training, or the user has read what does."""
    if checked is None or not can_train(checked.report):
        return False
    return checked.report.worst != "stop" or state.is_acknowledged(checked.fingerprint)


def can_train(report: CheckReport) -> bool:
    """Whether a training could begin at all: two classes to tell apart, and pictures to learn from and to stop by."""
    if report.dataset.is_numeric:
        return True
    per_class = report.counts.values()
    n_learned = sum(per.get("train", 0) > 0 for per in per_class)
    return n_learned > 1 and any(per.get("valid", 0) > 0 for per in per_class)


def show_check(path: Path) -> None:
    """Check the chosen pictures and show what was found; nothing waits for it."""
    name, other, again = st.columns([6, 2, 2], vertical_alignment="center")
    name.header(f"Pictures: {plain(path.name)}")
    if other.button("Choose other data", key="train_other", width="stretch"):
        state.choose_train_data(None)
        state.keep_train_task("check", None)
        st.rerun()
    is_again = again.button(
        "Look again", key="train_again", width="stretch", help="Read the folder anew, after something was changed."
    )
    options = DataOptions()
    with explained("Reading the table's columns"):
        options = choose_options(path)
    task = _begun_check(path, options, is_again=is_again)
    if not task.is_done:
        _await_check(task)
    elif task.is_cancelled:
        st.info("The check was cancelled. Look again, or choose other data.")
    else:
        _show_result(path, options, task)


def _begun_check(path: Path, options: DataOptions, *, is_again: bool) -> Background[CheckedData]:
    """The check of these pictures as they are to be read, begun where it is not under way."""
    key: Hashable = (str(path), options)
    task = state.train_task("check")
    if task is None or task.key != key or is_again:
        task = Background(lambda report: _check(path, options, report), key)
        state.keep_train_task("check", task)
        task.wait(0.4)  # few pictures are done at once
    return task


def _check(path: Path, options: DataOptions, report: Report) -> CheckedData:
    from xaae_core.data.checks import check_dataset

    dataset = options.request().read_data(path, report, min_classes=1)  # one class is a finding, no error
    found = check_dataset(dataset, progress=report)
    return CheckedData(path, options, found, found.dataset.fingerprint)


@st.fragment(run_every=0.5)
def _await_check(task: Background[CheckedData]) -> None:
    """How far the check is; the whole page is drawn again when it has ended."""
    if task.is_done or task.is_cancelled:
        st.rerun()
    done, n_all = task.progress
    words = f"Checking the data: {done:,} of {n_all:,}" if n_all else "Reading the folder …"
    st.progress(done / n_all if n_all else 0.0, text=words)
    if st.button("Cancel", key="train_check_cancel"):
        task.cancel()
        st.rerun()


def _show_result(path: Path, options: DataOptions, task: Background[CheckedData]) -> None:
    try:
        checked = task.result()
    except DatasetError as error:
        _explain_refusal(path, options, error)
        return
    report = checked.report
    counts, findings = st.columns([4, 8], gap="medium")
    with counts, explained("The table of counts"):
        _show_counts(report)
        _offer_next(checked)
    with findings:
        with explained("The list of findings"):
            _show_findings(report)
        figure_menu(partial(check_figure, checked, view_now("train")), key="train_check", name="data-check")


def check_figure(checked: CheckedData, view: View) -> Figure:
    """What was found as a figure; cases are called by their tokens in it."""
    from analysis.report.checked_data import checked_data

    told = checked_data(checked.report)
    drawing = data_check_table(told.words, told.findings)
    made = provenance_of(drawing.kind, None, view=view.to_json(), data_fingerprint=checked.fingerprint)
    return Figure(drawing, made, "Data check")


def _explain_refusal(path: Path, options: DataOptions, error: DatasetError) -> None:
    """Data that cannot be trained on: what is wrong, and what they should look like."""
    content = count_content(path) if path.is_dir() else None
    asked: list[str] = []
    is_empty = content is not None and not (content.has_cases or content.n_folders)
    with explained("Reading the table's columns"):
        asked = open_questions(path, options.columns)
    if is_empty:
        st.info(
            f"**There are no pictures or signals in {plain(path.name)} yet.** Put them into {plain(str(path))} "
            "as one of the drawings below shows, then press Look again."
        )
    elif asked:
        st.info(
            f"**Which column is which?** Their names do not say. Choose above: {plain(' and '.join(asked))}. The check "
            "then begins by itself."
        )
        return
    else:
        st.error(f"These data cannot be used yet: {plain(str(error))}")
        if isinstance(error, SignalDatasetError):
            st.info("Rate, length and channels can be said above, under “How the signals are read”.")
    for table in content.tables if content else ():
        if st.button(f"Use the table {plain(table)}", key=f"train_use_table_{table}"):
            use_data(path / table)
    show_layouts()


def _show_counts(report: CheckReport) -> None:
    """How many pictures of each class are in each part."""
    dataset = report.dataset
    st.markdown(f"**{count(len(dataset), case_word(dataset))}**" + _left_out(len(dataset.broken)))
    splits = ("train", "valid", "test")
    rows = [{"": name, **{split: per.get(split) for split in splits}} for name, per in report.counts.items()]
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height=min(35 * len(rows) + 38, 300),
        column_config={
            "train": st.column_config.NumberColumn("train", help="Pictures the model learns from.", format="localized"),
            "valid": st.column_config.NumberColumn(
                "valid", help="Pictures that tell when to stop learning.", format="localized"
            ),
            "test": st.column_config.NumberColumn(
                "test", help="Pictures that are kept apart to judge the finished model.", format="localized"
            ),
        },
    )


def _left_out(n_broken: int) -> str:
    return f", {count(n_broken, 'file')} left out" if n_broken else ""


def _offer_next(checked: CheckedData) -> None:
    """The way on; findings that forbid it must have been read."""
    if checked.report.worst == "stop" and can_train(checked.report):
        has_read = st.checkbox(
            "I have read this and go on all the same",
            value=state.is_acknowledged(checked.fingerprint),
            key=f"train_read_{checked.fingerprint[:12]}",
        )
        state.acknowledge(checked.fingerprint if has_read else "")
    if st.button(
        "Next: choose a model", type="primary", key="train_to_model", disabled=not may_train(checked), width="stretch"
    ):
        state.go_to_train_step("model")
        st.rerun()


def _show_findings(report: CheckReport) -> None:
    """The findings, the worst first; what is fine is folded away."""
    open_ones: tuple[Level, ...] = ("stop", "warn")
    for level in open_ones:
        for number, finding in enumerate(sorted(report.of_level(level), key=_rank)):
            with st.container(border=True):
                _show_finding(finding, f"{level}{number}", has_badge=True)
    folded: tuple[tuple[Level, tuple[str, str]], ...] = (
        ("note", ("thing worth knowing", "things worth knowing")),
        ("good", ("check found nothing wrong", "checks found nothing wrong")),
    )
    is_clear = report.worst in ("note", "good")
    if is_clear:
        st.success(
            "Nothing forbids a training." + (" Read first what may mislead it." if report.worst == "note" else "")
        )
    for level, words in folded:
        found = sorted(report.of_level(level), key=_rank)
        if found:
            with st.expander(count(len(found), *words), expanded=is_clear and level == "note"):
                for number, finding in enumerate(found):
                    _show_finding(finding, f"{level}{number}")


def _rank(finding: Finding) -> int:
    """Where a finding stands among those of its level: first what a model could learn instead of the target."""
    return _SHORTCUTS.index(finding.check) if finding.check in _SHORTCUTS else len(_SHORTCUTS)


def _show_finding(finding: Finding, key: str, *, has_badge: bool = False) -> None:
    """One finding: what, what it does, what to do, and which pictures."""
    badge = f":{BADGES[finding.level]}-badge[{LEVEL_WORDS[finding.level]}] " if has_badge else ""
    st.markdown(f"{badge}**{plain(finding.title)}**")
    if finding.detail or finding.remedy:
        remedy = f" **What to do:** {plain(finding.remedy)}" if finding.remedy else ""
        st.markdown(f":small[{plain(finding.detail)}{remedy}]")
    if finding.cases:
        shown = "" if finding.n_cases == len(finding.cases) else f", the first {len(finding.cases)}"
        with st.expander(f"Which: {count(finding.n_cases, 'case')}{shown}"):
            st.dataframe({"case": list(finding.cases)}, hide_index=True, height=180, key=f"train_cases_{key}")
