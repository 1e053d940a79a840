"""Choices about the cases that every model asks for: left and right, the target, the seed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from xaae_core.data.dataset import ImageDataset

_SIDES = {
    True: "Yes: a mirrored picture would be wrong (chest, abdomen, eyes, hands, writing)",
    False: "No: a mirrored picture is as good (skin, cells, tissue)",
}


def choose_sides() -> bool | None:
    """Whether left and right matter; None until it is answered."""
    return st.radio(
        "Do left and right matter in these pictures?",
        list(_SIDES),
        index=None,
        format_func=_SIDES.__getitem__,
        key="train_sides",
        persist_state="session",
        help="Where they do not, every other picture is mirrored while the model learns, as if there were twice as "
        "many. Where they do, that would teach it that a heart may be on the right.",
    )


def choose_judged_class(place: Any, dataset: ImageDataset) -> str | None:
    """The class that a model without labels is judged by; None for numbers."""
    if dataset.is_numeric:
        place.selectbox(
            "Judged by",
            [dataset.target_name],
            key="train_judged_number",
            help="The number that is read off the finished model's codes. The model itself does not learn it.",
        )
        return None
    return str(
        place.selectbox(
            "Judged by the class",
            dataset.classes,
            index=min(1, len(dataset.classes) - 1),
            key=f"train_judged_{dataset.name}",
            persist_state="session",
            help="The class that a straight line through the finished model's codes is asked to tell from the rest. "
            "The model itself does not learn it.",
        )
    )


def choose_target(place: Any, dataset: ImageDataset) -> str | None:
    """The class that "+" means; None for numbers, which mean more of themselves."""
    if dataset.is_numeric:
        place.selectbox(
            "“+” means more",
            [dataset.target_name],
            key="train_target_number",
            help="The number that the model learns; moving to the right then means more of it.",
        )
        return None
    return str(
        place.selectbox(
            "“+” means",
            dataset.classes,
            index=min(1, len(dataset.classes) - 1),
            key=f"train_target_{dataset.name}",
            persist_state="session",
            help="The class that a move to the right will lead to; in medicine usually the disease.",
        )
    )


def choose_seed(place: Any) -> int:
    """The seed of everything random."""
    return int(
        place.number_input(
            "Seed",
            0,
            9999,
            value=0,
            key="train_seed",
            persist_state="session",
            help="The same seed on the same computer gives the same model. Another one shows how much is chance.",
        )
    )
