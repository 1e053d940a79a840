"""The maps of the open case, and their checks, as figures and files."""

from __future__ import annotations

import io
import zipfile
from functools import partial

import numpy as np
import streamlit as st

from analysis.attributions import Attribution
from analysis.nouns import signal_words
from app.attribution_figures import attribution_figure, sanity_figure
from app.attribution_provenance import AttributionMaking
from app.attribution_tables import evaluation_csv
from app.attributions_page.explaining import CaseExplanation
from app.figure_menu import Offer, figure_menu
from app.found_maps import FoundMap
from app.views import view_now
from app.workspace import Case, Workspace
from xaae_core.case_tokens import case_token, short_token


def show_menus(workspace: Workspace, case: Case, job: CaseExplanation) -> None:
    """The menu of the maps and, once anything is measured or checked, that of the table of checks.

    Every menu is in its place from the beginning; what comes later does not move it.
    """
    line = st.container(horizontal=True)
    maps, checks = line.container(width="content"), line.container(width="content")
    found = tuple(one for method in job.question.methods if (one := job.found(method)).attribution is not None)
    if not found:
        return
    making = making_of(workspace, case, job)
    name, label = short_token(case.id), case.label
    make = partial(attribution_figure, case.image.pixels, found, making, case_id=case.id, label=label,
        mask=job.question.mask)  # fmt: skip
    made = [one.attribution for one in found if one.attribution is not None]
    numbers = Offer("Maps (NumPy)", f"maps-{name}.npz", "application/zip", partial(maps_archive, made),
        "Each map as an array, and the parts that it is made of.")  # fmt: skip
    with maps:
        figure_menu(
            make, key="take_maps", name=f"attributions-{name}", offers=(numbers,), label="Take these maps",
            looked_through=case.image.pixels if workspace.signal_form is None else None,
        )  # fmt: skip
    if not any(_is_judged(one) for one in found):
        return
    said = "Every figure, measure and check of each map, with the case's own name."
    table = Offer("Checks (CSV)", f"checks-{name}.csv", "text/csv", partial(evaluation_csv, case.name, found),
        said if workspace.signal_form is None else signal_words(said))  # fmt: skip
    with checks:
        figure_menu(
            partial(sanity_figure, found, making, case_id=case.id, label=label), key="take_checks",
            name=f"sanity-{name}", offers=(table,), label="Take the checks",
        )  # fmt: skip


def making_of(workspace: Workspace, case: Case, job: CaseExplanation) -> AttributionMaking:
    """How the page's maps are made; the view is that of now."""
    asked, table = job.question, workspace.latents
    sha = workspace.checkpoint.sha256
    making = AttributionMaking(
        *(workspace.checkpoint, asked.target, asked.baseline.name, asked.told.seed, view_now("attributions", sha)),
        data_fingerprint="" if table is None else table.data_fingerprint,
    )
    return making.on(case_token(case.id))


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


def _is_judged(one: FoundMap) -> bool:
    """Whether anything of a map was measured or checked."""
    return one.strip is not None or (one.attribution is not None and bool(one.attribution.measures))
