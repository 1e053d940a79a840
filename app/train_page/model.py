"""The second step of a training: which model, and how it is trained."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.train_page.advanced import AdvancedChoice, choose_advanced
from app.train_page.check import CheckedData
from app.train_page.data_choices import choose_seed, choose_sides, choose_target
from app.train_page.model_choice import choose_model
from app.train_page.one_phase import choose_one_phase
from app.train_page.signal_choices import choose_signal_encoder
from app.train_page.words import preset_name, preset_purpose
from app.training.request import TrainingRequest
from app.training.signal_epochs import with_enough_epochs
from xaae_core.data.dataset import ImageDataset
from xaae_core.models.catalogue import DEFAULT_MODEL
from xaae_core.ms_ssim import SMALLEST_SIDE
from xaae_core.training.presets import PRESETS, find_preset

_OF_PRESET = ""
_ENCODERS = {
    "small": "small: quick, starts from nothing",
    "torchvision:resnet18": "ResNet18: has seen a million photographs",
    "torchvision:resnet34": "ResNet34: the published one",
    "torchvision:resnet50": "ResNet50: larger",
    "torchvision:densenet121": "DenseNet121: common for chest films",
    "timm:convnext_tiny": "ConvNeXt tiny: newer",
    "timm:swin_tiny_patch4_window7_224": "Swin tiny: a transformer",
}
_BALANCE = {"if class sizes differ much": None, "always": True, "never": False}


def choose_model_settings(checked: CheckedData) -> TrainingRequest | None:
    """Widgets for everything that can be chosen; None until the question of the sides is answered.

    Raises:
        TrainingError: values that cannot be used together.
    """
    dataset = checked.report.dataset
    entry = choose_model(dataset)
    return _choose_xaaenet(checked) if entry.name == DEFAULT_MODEL else choose_one_phase(checked, entry)


def _choose_xaaenet(checked: CheckedData) -> TrainingRequest | None:
    dataset = checked.report.dataset
    preset = st.radio(
        "How thorough?",
        list(PRESETS),
        index=list(PRESETS).index("standard"),
        format_func=preset_name,
        captions=[preset_purpose(name) for name in PRESETS],
        horizontal=True,
        key="train_preset",
        persist_state="session",
    )
    is_picture = dataset.form is None
    sides = choose_sides() if is_picture else True
    encoder, size, target = st.columns([5, 3, 4])
    chosen: dict[str, Any] = {
        "preset": preset,
        "encoder": _choose_encoder(encoder, preset) if is_picture else choose_signal_encoder(encoder, preset),
        "target": choose_target(target, dataset),
    }
    if is_picture:
        chosen["size"] = _choose_size(size)
    balance, seed, _ = st.columns([5, 3, 4]) if is_picture else (size, *st.columns([5, 7]))
    seed = balance if dataset.is_numeric else seed  # numbers have no rare classes to weigh: no gap is left
    chosen |= {"is_balanced": _choose_balance(balance, dataset), "seed": choose_seed(seed)}
    advanced = choose_advanced(preset, dataset)
    return None if sides is None else _request(checked, chosen, advanced, has_flips=not sides)


def _request(
    checked: CheckedData, chosen: dict[str, Any], advanced: AdvancedChoice, *, has_flips: bool
) -> TrainingRequest:
    side = chosen.pop("size", None)
    is_small = side is not None and side < SMALLEST_SIDE
    request = TrainingRequest(
        **chosen,
        **{**advanced.settings, "recons_metric": advanced.recons_metric or ("ssim" if is_small else None)},
        size=None if side is None else (side, side),
        has_flips=has_flips,
        **checked.options.of_request(),
    )
    return with_enough_epochs(request, checked.report.dataset)


def _choose_encoder(place: Any, preset: str) -> str | None:
    default = find_preset(preset).encoder
    chosen = place.selectbox(
        "Encoder",
        [_OF_PRESET, *_ENCODERS],
        format_func=lambda name: _ENCODERS.get(name, name) if name else f"of the choice above: {default}",
        accept_new_options=True,
        key="train_encoder",
        persist_state="session",
        help="The network that looks at the picture. Any of torchvision or timm can be typed, as torchvision:resnet34 "
        "or timm:convnext_tiny. Large ones need a graphics processor.",
    )
    return chosen or None


def _choose_size(place: Any) -> int:
    return int(
        place.number_input(
            "Pictures' side, pixels",
            32,
            1024,
            value=192,
            step=32,
            key="train_size",
            persist_state="session",
            help="Every picture is brought to this size. Twice the side takes four times as long; too small, and a "
            "fine finding is gone.",
        )
    )


def _choose_balance(place: Any, dataset: ImageDataset) -> bool | None:
    if dataset.is_numeric:
        return None
    chosen = place.selectbox(
        "Weigh rare classes up",
        list(_BALANCE),
        key="train_balance_classes",
        persist_state="session",
        help="Where one class is rare, a model can be right most of the time and never find it. With weights, a miss "
        "of a rare class counts more.",
    )
    return _BALANCE[chosen]
