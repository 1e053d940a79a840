"""The settings of every model but xAAEnet."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.train_page.advanced import choose_colour, choose_resize
from app.train_page.check import CheckedData
from app.train_page.data_choices import choose_judged_class, choose_seed, choose_sides, choose_target
from app.training.one_phase_way import BATCH_SIZE, EPOCHS
from app.training.request import TrainingRequest
from app.training.signal_epochs import epochs_of_few, with_enough_epochs
from xaae_core.data.dataset import ImageDataset
from xaae_core.models.model_entry import Medium, ModelEntry, ModelOption

_MIRRORED = "SimCLR itself mirrors its views, whatever is answered here: take another model where that would be wrong."


def choose_one_phase(checked: CheckedData, entry: ModelEntry) -> TrainingRequest | None:
    """Widgets for everything that can be chosen; None until the question of the sides is answered.

    Raises:
        TrainingError: values that cannot be used together.
    """
    dataset = checked.report.dataset
    is_picture = dataset.form is None
    sides = choose_sides() if is_picture else True
    if entry.feed == "views":
        st.caption(_MIRRORED)
    *of_pictures, for_target, for_seed = st.columns([3, 4, 3] if is_picture else [4, 3])
    side = _choose_side(of_pictures[0], entry) if is_picture else None
    target = (choose_target if entry.learns_labels else choose_judged_class)(for_target, dataset)
    seed = choose_seed(for_seed)
    with st.expander("Advanced: epochs, size of the code, learning rate"):
        settings = _choose_advanced(entry, dataset)
    if sides is None:
        return None
    request = TrainingRequest(
        model=entry.name,
        size=None if side is None else (side, side),
        target=target,
        seed=seed,
        has_flips=not sides,
        **checked.options.of_request(),
        **settings,
    )
    return with_enough_epochs(request, dataset)


def _choose_side(place: Any, entry: ModelEntry) -> int:
    about = "Every picture is brought to this size."
    if entry.sizes:
        sides = [height for height, _ in entry.sizes]
        return int(
            place.selectbox(
                "Pictures' side, pixels",
                sides,
                index=sides.index(entry.side),
                key=f"train_side_{entry.name}",
                persist_state="session",
                help=f"{about} This network takes no other.",
            )
        )
    return int(
        place.number_input(
            "Pictures' side, pixels",
            16,
            512,
            value=entry.side,
            step=16,
            key=f"train_side_{entry.name}",
            persist_state="session",
            help=f"{about} Twice the side takes four times as long.",
        )
    )


def _choose_advanced(entry: ModelEntry, dataset: ImageDataset) -> dict[str, Any]:
    """Fields of a request; what is left empty is not among them."""
    is_picture, usual_epochs = dataset.form is None, epochs_of_few(dataset, None).get("epochs", EPOCHS)
    own = _choose_options(entry, "picture" if is_picture else "signal")
    epochs, rate, patience = st.columns(3)
    training = {
        "epochs": epochs.number_input(
            "Epochs at most", 1, 10_000, value=None, placeholder=str(usual_epochs), key="train_epochs",
            persist_state="session", help="How often the model sees all training cases.",
        ),
        "lr_max": rate.number_input(
            "Peak learning rate", 1e-6, 1.0, value=None, format="%.1e", placeholder="1.0e-03", key="train_lr",
            persist_state="session", help="How large the model's steps are. Lower it where a training diverges.",
        ),
        "patience": patience.number_input(
            "Patience, epochs", 1, 1000, value=None, placeholder="10", key="train_patience", persist_state="session",
            help="The training ends early after so many epochs without getting better.",
        ),
    }  # fmt: skip
    dims, batch, colour = st.columns(3)
    settings: dict[str, Any] = {"options": own, "training": _given(training)}
    if entry.dims:
        settings["dims"] = dims.number_input(
            "Numbers of a code", 1, 4096, value=None, placeholder=str(entry.dims), key=f"train_dims_{entry.name}",
            persist_state="session", help="Length of the code z. More of them keep more detail.",
        )  # fmt: skip
    settings["batch_size"] = batch.number_input(
        "Cases a batch", 2, 512, value=None, placeholder=str(BATCH_SIZE), key="train_batch_one",
        persist_state="session", help="Fewer need less memory; more than there are training cases cannot be.",
    )  # fmt: skip
    if is_picture:
        if len(entry.channels) != 1:
            settings["channels"] = choose_colour(colour)
        settings["resize"] = choose_resize(st)
    return settings


def _choose_options(entry: ModelEntry, medium: Medium) -> dict[str, Any]:
    """The model's own settings, those that differ from its defaults."""
    if not entry.options:
        return {}
    places = st.columns(len(entry.options))
    chosen = {
        option.name: _choose_option(place, entry, option, medium)
        for place, option in zip(places, entry.options, strict=False)
    }
    defaults = {option.name: option.default_for(medium) for option in entry.options}
    return {name: value for name, value in chosen.items() if value != defaults[name]}


def _choose_option(place: Any, entry: ModelEntry, option: ModelOption, medium: Medium) -> Any:
    key = f"train_option_{entry.name}_{option.name}_{medium}"
    if option.choices:
        return place.selectbox(
            option.title, option.choices, index=option.choices.index(str(option.default_for(medium))), key=key,
            persist_state="session", help=option.about,
        )  # fmt: skip
    kind = type(option.default)
    bounds = {"min_value": kind(option.low)} | ({} if option.high == float("inf") else {"max_value": kind(option.high)})
    return place.number_input(
        option.title, value=option.default, key=key, persist_state="session", help=option.about, **bounds
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
