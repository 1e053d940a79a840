"""Which model: a chooser with the catalogue's titles and purposes, xAAEnet first."""

from __future__ import annotations

import streamlit as st

from app.plain_text import plain
from xaae_core.data.dataset import ImageDataset
from xaae_core.models.catalogue import MODELS, find_model
from xaae_core.models.model_entry import Medium, ModelEntry


def choose_model(dataset: ImageDataset) -> ModelEntry:
    """The model that shall be trained, of those that take such cases and such labels."""
    names = [name for name, entry in MODELS.items() if _is_for(entry, dataset)]
    name = st.selectbox(
        "Model",
        names,
        format_func=lambda name: MODELS[name].title,
        key="train_model",
        persist_state="session",
        help="xAAEnet is what this tool is made for. The others are known models of the same family, to compare with, "
        "or for their own questions.",
    )
    entry = find_model(name)
    st.caption(
        plain(entry.purpose) + ("" if entry.learns_labels else _PAIRED if entry.feed == "pairs" else _UNLABELLED)
    )
    return entry


_PAIRED = " It is judged by how well a straight line through its codes tells the labels."
_UNLABELLED = f"{_PAIRED[:-1]}, which it never sees."


def _is_for(entry: ModelEntry, dataset: ImageDataset) -> bool:
    medium: Medium = "picture" if dataset.form is None else "signal"
    is_taken = medium in entry.mediums
    # Classifiers but xAAEnet's learn classes; pairs of cases are made of classes.
    needs_classes = entry.name != "xaaenet" and (entry.learns_labels or entry.feed == "pairs")
    return is_taken and not (needs_classes and dataset.is_numeric)
