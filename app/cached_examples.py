"""The caches of the examples page. Keys are digests and names, never the arrays themselves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.examples import ExampleImportance, NearestExamples, find_nearest
from analysis.examples.nearest import usual_spacing
from analysis.examples.time_estimate import TimeEstimate
from analysis.examples.wrong_labels import LabelSuspects, rank_wrong_labels
from app import cached
from app.example_methods import explain_by_mixture
from app.maps_page.cases import MapCases
from app.shared_work import SharedWork
from xaae_core.checkpoints import Checkpoint
from xaae_core.data.recipes import CaseRecipe
from xaae_core.latents import LatentTable

MOST_SEARCHED = 20_000
"""Cases that are searched at most; the usual spacing of more would take minutes."""


@st.cache_resource(max_entries=32, show_spinner="Measuring how near training cases usually lie …")
def spacing_of(_table: LatentTable, key: Hashable) -> float:
    """The usual spacing of a table's cases in z; `key` names the table. Raises ExamplesError."""
    return usual_spacing(_table)


@st.cache_resource(max_entries=64, show_spinner=False)
def nearest_of(_z: NDArray[np.float32], _table: LatentTable, name: str, key: Hashable) -> NearestExamples:
    """How near each case of a table lies to z [1, D]; `key` names both. Raises ExamplesError."""
    if len(_table) < 2 or _z.shape[1] != _table.z.shape[1]:
        return find_nearest(_z, _table, ids=(name,))  # says what is wrong
    table_key = key[:-1] if isinstance(key, tuple) else key
    return find_nearest(_z, _table, ids=(name,), spacing=spacing_of(_table, table_key))


@st.cache_resource(max_entries=64, show_spinner="Finding what this case is a mixture of …")
def mixture_of(
    _z: NDArray[np.float32], _table: LatentTable, method: str, name: str, key: Hashable
) -> ExampleImportance:
    """SimplEx weights of a table's cases for z [1, D]; `key` names both. Raises ExamplesError."""
    return explain_by_mixture(_z, _table, method, name)


@st.cache_resource(max_entries=16, show_spinner="Looking for labels that the neighbours do not share …")
def suspects_of(
    _table: LatentTable, key: Hashable, _self_influence: Mapping[str, float] | None = None, *, by: str = "neighbours"
) -> LabelSuspects:
    """Cases by how doubtful their labels are. Raises ExamplesError.

    Args:
        _table: the cases.
        key: names the table.
        _self_influence: by id; the cases without one are left out. None: judged by their neighbours alone.
        by: names what they are judged by.
    """
    if _self_influence is None:
        return rank_wrong_labels(_table)
    is_known = np.isin(_table.ids, np.array(list(_self_influence), dtype=np.str_))
    return rank_wrong_labels(_table.rows(is_known), self_influence=_self_influence)


@st.cache_resource(max_entries=4096, show_spinner=False)
def place_in_z(_checkpoint: Checkpoint, key: cached.Stamp, recipe: CaseRecipe, sha256: str) -> NDArray[np.float32]:
    """Where the model puts a picture file now [D]."""
    from analysis.traversals import encode_image

    z = encode_image(_checkpoint.model, cached.picture_at(key, recipe).pixels).z
    return z[0].float().cpu().numpy()


@st.cache_resource(max_entries=512, show_spinner=False)
def picture_of(_cases: MapCases, row: int, key: Hashable) -> NDArray[np.float32]:
    """The picture of a row that is drawn, not read [C, H, W]; `key` names the table. Raises ImageError."""
    return _cases.picture(row)


@st.cache_resource(show_spinner=False)
def importances() -> SharedWork[ExampleImportance]:
    """What gradients have said, and what they are being asked, for all sessions."""
    return SharedWork(kept=64)


@st.cache_resource(show_spinner=False)
def self_influences() -> SharedWork[dict[str, float]]:
    """Self-influence by id, for all sessions."""
    return SharedWork(kept=8)


@st.cache_resource(show_spinner=False)
def estimates() -> SharedWork[TimeEstimate]:
    """How long gradients take, measured on a few cases, for all sessions."""
    return SharedWork(kept=64)
