"""The second step of a training: which model, and how it is trained."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.train_page.advanced import AdvancedChoice, choose_advanced
from app.train_page.check import CheckedData
from app.train_page.words import preset_name, preset_purpose
from app.training.request import TrainingRequest
from xaae_core.data.dataset import ImageDataset
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
_SIDES = {
    True: "Yes: a mirrored picture would be wrong (chest, abdomen, eyes, hands)",
    False: "No: a mirrored picture is as good (skin, cells, tissue)",
}
_BALANCE = {"if class sizes differ much": None, "always": True, "never": False}


def choose_model_settings(checked: CheckedData) -> TrainingRequest | None:
    """Widgets for everything that can be chosen; None until the question of the sides is answered.

    Raises:
        TrainingError: values that cannot be used together.
    """
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
    sides = st.radio(
        "Do left and right matter in these pictures?",
        list(_SIDES),
        index=None,
        format_func=_SIDES.__getitem__,
        key="train_sides",
        persist_state="session",
        help="Where they do not, every other picture is mirrored while the model learns, as if there were twice as "
        "many. Where they do, that would teach it that a heart may be on the right.",
    )
    encoder, size, target = st.columns([5, 3, 4])
    chosen: dict[str, Any] = {
        "preset": preset,
        "encoder": _choose_encoder(encoder, preset),
        "size": _choose_size(size),
        "target": _choose_target(target, dataset),
    }
    balance, seed, _ = st.columns([5, 3, 4])
    seed = balance if dataset.is_numeric else seed  # numbers have no rare classes to weigh: no gap is left
    chosen |= {"is_balanced": _choose_balance(balance, dataset), "seed": _choose_seed(seed)}
    advanced = choose_advanced(preset)
    return None if sides is None else _request(checked, chosen, advanced, has_flips=not sides)


def _request(
    checked: CheckedData, chosen: dict[str, Any], advanced: AdvancedChoice, *, has_flips: bool
) -> TrainingRequest:
    side = chosen.pop("size")
    metric = advanced.recons_metric or ("ssim" if side < SMALLEST_SIDE else None)
    return TrainingRequest(
        **chosen,
        **{**advanced.settings, "recons_metric": metric},
        size=(side, side),
        has_flips=has_flips,
        columns=checked.options.columns,
        task=checked.options.task,
    )


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


def _choose_target(place: Any, dataset: ImageDataset) -> str | None:
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
            help="The class that a move to the right will lead to. Usually the disease.",
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


def _choose_seed(place: Any) -> int:
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
