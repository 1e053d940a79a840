"""The caches of the maps page. Keys are digests and names, never the arrays themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn, numbers
from analysis.directions import Direction
from analysis.joined_tables import join_tables, new_cases
from analysis.map_agreement import MapAgreement, compare_maps
from analysis.map_gaps import MapGaps, judge_gaps
from analysis.projections import Method, Projection, project
from analysis.score_flow import ScoreFlow, score_flow
from app.background import Background
from app.case_data import CaseData, JoinedFiles, rows_of_ids
from app.case_files import CaseFiles
from app.maps import MapResult
from xaae_core.latents import LatentTable

Key = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """Where pictures are looked for.

    Attributes:
        checkpoint: the model; the paths of its table may be relative to its folder.
        data: the open data folder; None without one.
    """

    checkpoint: Path
    data: Path | None


def training_data(table: LatentTable, classes: tuple[str, ...], place: Place) -> CaseData:
    """The cases that a model was trained with; one object for all sessions."""
    return _training_data(table, (table.checkpoint_sha256, table.data_fingerprint), classes, place)


@st.cache_resource(max_entries=4, show_spinner=False)
def _training_data(_table: LatentTable, key: Key, classes: tuple[str, ...], place: Place) -> CaseData:
    return CaseData(
        name="training cases",
        words="what the model was trained with",
        latents=_table,
        files=CaseFiles(_table, latents=place.checkpoint, data=place.data),
        classes=_table.classes,
        model_classes=classes,
        is_table=True,
    )


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={CaseData: id})
def joined_data(training: CaseData, folder: CaseData) -> CaseData:
    """The training cases, then the folder's cases that are not among them."""
    new = new_cases(training.latents, folder.latents)
    joined = join_tables(training.latents, new)
    rows = folder.rows_of(tuple(new.ids.tolist()))
    files = JoinedFiles(training.files, folder.files, len(training), tuple(rows.tolist()))
    return CaseData(
        name=f"training cases and {folder.name}",
        words=f"{len(training):,} training cases, {len(new):,} placed",
        latents=joined,
        files=files,
        classes=joined.classes,
        model_classes=training.model_classes,
        is_table=True,
        made_of=(training, folder),  # while this is kept, no other objects can have their ids
    )


def has_new_cases(training: LatentTable, folder: LatentTable) -> bool:
    """Whether a folder has cases that the training had not, of the same model."""
    if training.checkpoint_sha256 != folder.checkpoint_sha256 or training is folder:
        return False
    return _has_new(training, folder, (training.checkpoint_sha256, training.data_fingerprint, folder.data_fingerprint))


@st.cache_resource(max_entries=16, show_spinner=False)
def _has_new(_training: LatentTable, _folder: LatentTable, key: tuple[str, ...]) -> bool:
    return len(rows_of_ids(_folder.ids, tuple(_training.ids.tolist()))) < len(_folder)


@st.cache_resource(max_entries=32, show_spinner="Laying the cases out …")
def plane_map(_table: LatentTable, key: Key, method: Method, target: str | None) -> Projection:
    """A linear map, its quality not measured yet: it is there at once, also for a million cases."""
    return project(_table, method, target=target, rate=False)


@st.cache_resource(max_entries=32, show_spinner=False)
def scores_of(_table: LatentTable, key: Key, _direction: Direction, target: str) -> CaseColumn:
    """How far each case lies towards a target, in standard deviations."""
    words = f"How far the case lies towards {target}, in standard deviations from the middle of the fitted cases."
    return numbers(f"score: {target}", _direction.score(_table.z), words)


@st.cache_resource(max_entries=32, show_spinner=False)
def flow_of(_projection: Projection, _score: CaseColumn, key: tuple[str, ...]) -> ScoreFlow:
    """How a score changes across a map; `key` names map and target."""
    assert _score.values is not None  # scores are numbers
    return score_flow(_projection.points, _score.values)


@st.cache_resource(max_entries=16, show_spinner=False)
def agreement_of(
    _first: MapResult, _second: MapResult, _z: NDArray[np.float32], key: tuple[str, ...]
) -> Background[MapAgreement]:
    """Finds how much two maps agree, in a thread; `key` names both."""
    graph = _first.neighbours
    return Background(lambda _: compare_maps(_first.projection, _second.projection, _z, neighbours=graph))


@st.cache_resource(max_entries=16, show_spinner=False)
def gaps_of(_result: MapResult, _table: LatentTable, key: tuple[str, ...]) -> Background[MapGaps]:
    """Finds which gaps of a map are there in z too, in a thread; `key` names the map."""
    graph = _result.neighbours
    assert graph is not None  # the page asks once it is there
    names = np.array(["", *_table.classes])[np.clip(_table.labels, -1, None) + 1]
    return Background(lambda _: judge_gaps(_result.projection.points, graph, _table.z, labels=names))
