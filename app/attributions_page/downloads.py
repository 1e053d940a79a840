"""The maps of the open case as files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from analysis.attributions import Attribution
from analysis.figures.attribution_map import AttributionFigure, draw_attributions
from analysis.figures.formats import Format
from app.attribution_tables import evaluation_csv
from app.attributions_page.explaining import CaseExplanation
from app.workspace import Case, Workspace

_MIMES: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def show_downloads(workspace: Workspace, case: Case, job: CaseExplanation) -> None:
    """Buttons for the figure, the numbers and the maps themselves; each is made when it is asked for."""
    made = {m: found for m in job.question.methods if (found := job.found(m)).attribution is not None}
    if not made:
        return
    maps = [found.attribution for found in made.values() if found.attribution is not None]
    checkpoint = workspace.checkpoint
    title = f"{case.name}: {maps[0].target}; {checkpoint.card.name}, {checkpoint.sha256[:10]}"
    verdicts = [found.verdict_words for found in made.values()]
    figure = AttributionFigure(case.image.pixels, maps, title, job.question.mask, verdicts, form=workspace.signal_form)
    name = f"attributions-{case.key[:8]}"
    offers: list[tuple[str, str, str, Callable[[], bytes | str]]] = [
        (form.upper(), f"{name}.{form}", mime, partial(draw_attributions, figure, form))
        for form, mime in _MIMES.items()
    ]
    offers += [
        ("Checks (CSV)", f"{name}.csv", "text/csv", lambda: evaluation_csv(case.name, list(made.values()))),
        ("Maps (NumPy)", f"{name}.npz", "application/zip", lambda: maps_archive(maps)),
    ]
    line = st.container(horizontal=True)  # not columns: they cut the words in a narrow window
    for label, file, mime, make in offers:
        line.download_button(label, make, file, mime, on_click="ignore", key=f"take_{label}")


def maps_archive(maps: list[Attribution]) -> bytes:
    """The maps [H, W] and the parts they are made of, as arrays of an .npz file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for made in maps:
            for name, heat in {"": made.map, **{f"-{part}": heat for part, heat in made.parts.items()}}.items():
                array = io.BytesIO()
                np.save(array, heat, allow_pickle=False)
                archive.writestr(f"{made.method}{name}.npy", array.getvalue())
    return file.getvalue()
