"""The caches of the maps page. Keys are digests and names, never the arrays themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import streamlit as st
from analysis.map_gaps import MapGaps, judge_gaps
from numpy.typing import NDArray

from analysis.case_columns import CaseColumn, case_columns, numbers
from analysis.directions import Direction
from analysis.map_agreement import MapAgreement, compare_maps
from analysis.projections import Method, Projection, project
from analysis.score_flow import ScoreFlow, score_flow
from app.background import Background
from app.case_files import CaseFiles
from app.case_table import short_names
from app.maps import MapResult
from xaae_core.latents import LatentTable

Key = tuple[str, str]


@st.cache_resource(max_entries=8, show_spinner=False)
def columns_of(_table: LatentTable, key: Key) -> dict[str, CaseColumn]:
    """What the cases of a table can be coloured and chosen by; `key` names the table."""
    return case_columns(_table)


@st.cache_resource(max_entries=8, show_spinner=False)
def names_of(_table: LatentTable, key: Key) -> Mapping[str, str]:
    """Case id → what is shown."""
    return MappingProxyType(short_names(tuple(_table.ids.tolist())))


@st.cache_resource(max_entries=4, show_spinner=False)
def _case_files(_table: LatentTable, key: Key, latents: Path, data: Path | None) -> CaseFiles:
    return CaseFiles(_table, latents=latents, data=data)


def case_files(table: LatentTable, latents: Path, data: Path | None) -> CaseFiles:
    """Where the pictures of a table lie; `latents` is a file beside which its paths are looked for."""
    return _case_files(table, (table.checkpoint_sha256, table.data_fingerprint), latents, data)


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
