"""What a request for a training may say, and what belongs to which model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xaae_core.data.tasks import TASKS
from xaae_core.errors import ModelChoiceError, TrainingError
from xaae_core.models.catalogue import DEFAULT_MODEL, find_model
from xaae_core.training.presets import find_preset

if TYPE_CHECKING:
    from app.training.request import TrainingRequest

XAAENET_SETTINGS = frozenset(
    (
        *("epochs_adv", "epochs_ae", "epochs_classif", "ae_recons_weight", "ae_adv_weight", "classif_recons_weight"),
        *("classif_class_weight", "classif_adv_weight", "lr_max", "lr_max_factor", "mask_ratio", "patch_size"),
        *("noise_std", "adv_low_threshold", "adv_high_threshold", "grad_accum", "patience", "cycle_weight"),
        *("early_stopping",),
    )
)
"""Arguments of `train_xaaenet` that a request may give."""
ONE_PHASE_SETTINGS = frozenset(("epochs", "lr_max", "grad_accum", "patience"))
"""Arguments of `train_autoencoder` that a request may give."""
_XAAENET_FIELDS = (
    *("preset", "encoder", "weights", "freeze_encoder", "recons_metric", "is_balanced", "find_lr"),
    *("epochs_consistency", "epochs_sharpening"),
)
"""Fields of a request that belong to xAAEnet alone."""


def check_request(request: TrainingRequest) -> None:
    """Raise TrainingError for what cannot be used; the training itself checks its own arguments."""
    find_preset(request.preset)
    _check_values(request)
    _check_model(request)
    own = XAAENET_SETTINGS if request.is_xaaenet else ONE_PHASE_SETTINGS
    unknown = sorted(request.training.keys() - own)
    foreign = sorted(set(unknown) & (XAAENET_SETTINGS | ONE_PHASE_SETTINGS))
    if foreign:
        raise _foreign(request.model, foreign, f"it has {', '.join(sorted(own))}")
    if unknown:
        raise TrainingError(
            f"unknown training settings: {', '.join(unknown)}; expected some of {', '.join(sorted(own))}"
        )


def _check_values(request: TrainingRequest) -> None:
    sides = request.size
    is_size = sides is None or (len(sides) == 2 and all(type(side) is int and 16 <= side <= 4096 for side in sides))
    window = request.window
    for is_right, name, value, expected in (
        (is_size, "size", sides, "(height, width) in whole pixels of 16 to 4096"),
        (request.task in TASKS, "task", request.task, f"one of {', '.join(TASKS)}"),
        (request.channels in (None, 1, 3), "channels", request.channels, "1, 3 or nothing"),
        (request.dims is None or request.dims >= 1, "dims", request.dims, "1 or more"),
        (request.batch_size is None or request.batch_size >= 2, "batch_size", request.batch_size, "2 or more"),
        (request.recons_metric in (None, "ms_ssim", "ssim"), "recons_metric", request.recons_metric, "ms_ssim, ssim"),
        (request.resize in ("pad", "squash"), "resize", request.resize, "pad or squash"),
        (window is None or (len(window) == 2 and window[1] > 0), "window", window, "(centre, width), width above 0"),
    ):
        if not is_right:
            raise TrainingError(f"{name} is {value!r}; expected {expected}")


def _check_model(request: TrainingRequest) -> None:
    """Refuse an unknown model, and what is not the model's own."""
    try:
        entry = find_model(request.model)
        entry.settings(request.options)
    except ModelChoiceError as error:
        raise TrainingError(str(error)) from error
    if request.is_xaaenet:
        return
    fields = request.__dataclass_fields__
    given = [name for name in _XAAENET_FIELDS if getattr(request, name) != fields[name].default]
    if given:
        own = ", ".join((*entry.option_names, "dims", "size", "batch_size", *sorted(ONE_PHASE_SETTINGS)))
        raise _foreign(request.model, given, f"it has {own}")
    if request.dims is not None and not entry.dims:
        raise TrainingError(
            f'dims is {request.dims}, but the size of z of "{request.model}" follows from its network: leave it out'
        )


def _foreign(model: str, names: list[str], own: str) -> TrainingError:
    whose = f'belong to the model "{DEFAULT_MODEL}"' if model != DEFAULT_MODEL else "belong to the other models"
    return TrainingError(f'{", ".join(names)}: not of the model "{model}"; they {whose}: leave them out ({own})')
