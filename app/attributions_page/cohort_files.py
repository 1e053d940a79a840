"""The mean map of many cases as a figure and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.cohort_map import CohortMap
from app.attribution_figures import cohort_figure
from app.attribution_provenance import AttributionMaking
from app.attributions_page.averaging import ALL, CohortExplanation
from app.figure_menu import Offer, figure_menu
from app.views import view_now
from app.words import count
from app.workspace import Workspace


def show_menu(
    workspace: Workspace, job: CohortExplanation, maps: Mapping[str, CohortMap], picture: NDArray[np.float32]
) -> None:
    """The menu of the mean maps, with the maps themselves and the list of cases."""
    n, asked = job.n_explained, job.question
    named = {f"All {count(found.n, 'case')}" if name == ALL else name: found for name, found in maps.items()}
    make = partial(
        cohort_figure, picture, named, making_of(workspace, job), case_ids=_ids(workspace, job),
        settings={asked.method: _settings(asked.settings)},
    )  # fmt: skip
    figure_menu(
        make, key="take_cohort", name=f"mean-map-{n}", label="Take these maps",
        offers=(
            Offer("Maps (NumPy)", f"mean-map-{n}.npz", "application/zip", partial(_archive, dict(maps), picture),
                "Mean, spread and agreement of each group as arrays."),
            Offer("Cases (CSV)", f"cases-{n}.csv", "text/csv", partial(_cases, workspace, job),
                "The ids of the cases that were asked for."),
        ),
    )  # fmt: skip


def making_of(workspace: Workspace, job: CohortExplanation) -> AttributionMaking:
    """How the page's mean maps are made; the view is that of now."""
    asked, table = job.question, workspace.latents
    return AttributionMaking(
        *(workspace.checkpoint, asked.target, asked.baseline, asked.settings.seed),
        view_now("attributions", workspace.checkpoint.sha256),
        "" if table is None else table.data_fingerprint,
    )


def _settings(settings: Any) -> dict[str, Any]:
    """The methods' settings that are set."""
    return {name: value for name, value in vars(settings).items() if value is not None}


def _archive(maps: Mapping[str, CohortMap], picture: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    arrays: dict[str, NDArray[Any]] = {"picture": picture}
    for name, found in maps.items():
        arrays |= {f"{name}-mean": found.mean, f"{name}-spread": found.spread, f"{name}-same-sign": found.same_sign}
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _ids(workspace: Workspace, job: CohortExplanation) -> list[str]:
    assert workspace.latents is not None  # the job is of its cases
    return [str(workspace.latents.ids[row]) for row in job.question.rows]


def _cases(workspace: Workspace, job: CohortExplanation) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "label"])
    table.writerows(zip(_ids(workspace, job), job.question.labels, strict=True))
    return text.getvalue()
