"""Settings of a training that most people leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from app.train_page.words import phase_name
from app.training.phases import EPOCH_SETTINGS
from app.training.signal_epochs import epochs_of_few
from xaae_core.training.presets import Preset, find_preset

if TYPE_CHECKING:
    from xaae_core.data.dataset import ImageDataset

_RESIZE = {"pad": "keep the proportions, black borders", "squash": "fill the square"}
_METRICS: dict[str, Literal["ms_ssim", "ssim"] | None] = {
    "as the size allows": None,
    "MS-SSIM": "ms_ssim",
    "SSIM": "ssim",
}
_COLOURS = {"as stored": None, "grey": 1, "colour": 3}


@dataclass(frozen=True)
class AdvancedChoice:
    """What was chosen.

    Attributes:
        settings: fields of `TrainingRequest`.
        recons_metric: how pictures are compared; None: as the size allows.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    recons_metric: Literal["ms_ssim", "ssim"] | None = None


def choose_advanced(preset_name: str, dataset: ImageDataset) -> AdvancedChoice:
    """The widgets, folded away; empty fields leave a setting to the preset."""
    preset, is_picture = find_preset(preset_name), dataset.form is None
    with st.expander("Advanced: epochs, sizes, learning rate"):
        epochs = _choose_epochs(preset, epochs_of_few(dataset, preset_name))
        settings, metric = _choose_sizes(preset, is_picture=is_picture)
        rate = _choose_rate(preset)
        settings |= {"find_lr": rate.pop("find_lr"), "freeze_encoder": rate.pop("freeze_encoder")}
        settings |= {name: epochs.pop(name) for name in ("epochs_consistency", "epochs_sharpening")}
        settings["weights"] = rate.pop("weights")
        training = {name: value for name, value in {**epochs, **rate}.items() if value is not None}
    return AdvancedChoice({**settings, "training": training}, metric)


def _choose_epochs(preset: Preset, of_few: Mapping[str, int]) -> dict[str, int | None]:
    """Epochs of each phase, by the name of the setting; empty: the preset's, or those of few signals."""
    st.caption("Epochs at most: how often the model sees all training pictures in each phase.")
    names = {**EPOCH_SETTINGS, "consistency": "epochs_consistency", "sharpening": "epochs_sharpening"}
    of_preset = {**preset.training, **{name: getattr(preset, name) for name in list(names.values())[3:]}, **of_few}
    return {
        name: column.number_input(
            phase_name(phase),
            0,
            1000,
            value=None,
            placeholder=str(of_preset.get(name, "preset's")),
            key=f"train_{name}",
            persist_state="session",
            help="Empty: as many as the grey number says. 0 leaves the phase out.",
        )
        for column, (phase, name) in zip((*st.columns(3), *st.columns(3)), names.items(), strict=False)
    }


def _choose_sizes(preset: Preset, *, is_picture: bool) -> tuple[dict[str, Any], Any]:
    dims, batch, third = st.columns(3)
    resize, metric = st.columns([2, 1]) if is_picture else (third, third)
    settings: dict[str, Any] = {
        "dims": dims.number_input(
            "Numbers of a code",
            1,
            4096,
            value=None,
            placeholder=str(preset.model.get("encoding_dims", 128)),
            key="train_dims",
            persist_state="session",
            help="Length of the code z. More of them keep more detail; too many, and moves become vague.",
        ),
        "batch_size": batch.number_input(
            "Cases a batch",
            2,
            512,
            value=None,
            placeholder=str(preset.batch_size),
            key="train_batch",
            persist_state="session",
            help="Fewer need less memory.",
        ),
    }
    if is_picture:
        settings |= {"channels": choose_colour(third), "resize": choose_resize(resize)}
    chosen = metric.selectbox(
        "Likeness measured by",
        list(_METRICS),
        key="train_metric",
        persist_state="session",
        help="MS-SSIM compares at several scales and needs sides above 160 pixels, or signals above 160 samples.",
    )
    return settings, _METRICS[chosen]


def choose_colour(place: Any) -> int | None:
    """Channels of the model's pictures; None: as they are stored."""
    return _COLOURS[place.selectbox("Colour", list(_COLOURS), key="train_channels", persist_state="session")]


def choose_resize(place: Any) -> Any:
    """How pictures become square."""
    return place.selectbox(
        "To a square by", list(_RESIZE), format_func=_RESIZE.__getitem__, key="train_resize", persist_state="session"
    )


def _choose_rate(preset: Preset) -> dict[str, Any]:
    rate, patience, weights = st.columns(3)
    finder, frozen, _ = st.columns(3)
    file = weights.text_input(
        "File of pretrained weights",
        placeholder="downloaded",
        key="train_weights",
        persist_state="session",
        help="For computers without a network: the encoder's weights as a file.",
    ).strip()
    return {
        "lr_max": rate.number_input(
            "Peak learning rate",
            1e-6,
            1.0,
            value=None,
            format="%.1e",
            placeholder=f"{preset.training.get('lr_max', 1e-4):.1e}",
            key="train_lr",
            persist_state="session",
            help="How large the model's steps are. Lower it where a training diverges.",
        ),
        "patience": patience.number_input(
            "Patience, epochs",
            1,
            1000,
            value=None,
            placeholder="10",
            key="train_patience",
            persist_state="session",
            help="A phase ends early after so many epochs without getting better.",
        ),
        "find_lr": finder.checkbox(
            "Find the rate first",
            key="train_find_lr",
            persist_state="session",
            help="Tries many for a moment before the training and takes the one at which it learns fastest.",
        ),
        "freeze_encoder": frozen.checkbox(
            "Leave the encoder as it is",
            key="train_freeze",
            persist_state="session",
            help="Only what is built around the encoder is trained.",
        ),
        "weights": Path(file).expanduser() if file else None,
    }
