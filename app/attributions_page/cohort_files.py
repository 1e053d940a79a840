"""The mean map of many cases as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.attributions.cohort_map import CohortMap
from analysis.figures.cohort_figure import CohortFigure, draw_cohort
from analysis.figures.formats import Format
from app.attributions_page.averaging import CohortExplanation
from app.attributions_page.choice import METHOD_WORDS
from app.workspace import Workspace

_MIMES: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def show_files(
    workspace: Workspace, job: CohortExplanation, maps: Mapping[str, CohortMap], picture: NDArray[np.float32]
) -> None:
    """Buttons for the figure, the maps and the list of cases."""
    checkpoint, n = workspace.checkpoint, job.n_explained
    asked = job.question
    asked_for = f"{METHOD_WORDS[asked.method]}: {asked.target.name}"
    title = f"{n} cases, {asked_for}; {checkpoint.card.name}, {checkpoint.sha256[:10]}"
    figure = CohortFigure(picture, maps, title, form=workspace.signal_form)
    line = st.container(horizontal=True)  # not columns: they cut the words in a narrow window
    for form, mime in _MIMES.items():
        line.download_button(
            form.upper(), partial(draw_cohort, figure, form), f"mean-map-{n}.{form}", mime,
            on_click="ignore", key=f"take_cohort_{form}",
        )  # fmt: skip
    line.download_button("Maps (NumPy)", lambda: _archive(maps, picture), f"mean-map-{n}.npz",
        "application/zip", on_click="ignore")  # fmt: skip
    line.download_button("Cases (CSV)", lambda: _cases(workspace, job), f"mean-map-{n}.csv", "text/csv",
        on_click="ignore", help="The ids of the cases that were asked for.")  # fmt: skip


def _archive(maps: Mapping[str, CohortMap], picture: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    arrays: dict[str, NDArray[Any]] = {"picture": picture}
    for name, found in maps.items():
        arrays |= {f"{name}-mean": found.mean, f"{name}-spread": found.spread, f"{name}-same-sign": found.same_sign}
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _cases(workspace: Workspace, job: CohortExplanation) -> str:
    assert workspace.latents is not None  # the job is of its cases
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "label"])
    table.writerows(
        (str(workspace.latents.ids[row]), label)
        for row, label in zip(job.question.rows, job.question.labels, strict=True)
    )
    return text.getvalue()
