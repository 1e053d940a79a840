"""What a preset does after `train_xaaenet`: moves in z made consistent, then skips that sharpen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from xaae_core.models.aae import XaaeBlocks
from xaae_core.training.consistency import make_moves_consistent
from xaae_core.training.presets import Preset
from xaae_core.training.progress import OnBatch, TrainingProgress
from xaae_core.training.sharpening import sharpen_skips


def finish_training(
    model: XaaeBlocks,
    dls: Any,
    preset: Preset,
    *,
    seed: int = 0,
    class_weights: Tensor | None = None,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    on_batch: OnBatch | None = None,
) -> XaaeBlocks:
    """Run the phases that a preset adds to the reference's three.

    Args:
        model: as `train_xaaenet` left it; changed in place, left in eval mode.
        dls: the loaders it was trained with.
        preset: says how many epochs of each; 0 skips a phase.
        seed: of everything random.
        class_weights: of the cross-entropy [classes], as the classifier phase had them.
        on_progress: called after each epoch.
        on_batch: called after each batch.
    """
    settings = preset.training
    weights: dict[str, Any] = {
        "ADV_WEIGHT": settings.get("classif_adv_weight", 0.4),
        "RECONS_WEIGHT": settings.get("classif_recons_weight", 0.599),
        "CLASS_WEIGHT": settings.get("classif_class_weight", 0.001),
    }
    if class_weights is not None:
        weights["weight"] = class_weights.to(next(model.parameters()).device)
    if preset.epochs_consistency:
        make_moves_consistent(
            model,
            dls,
            weights=weights,
            epochs=preset.epochs_consistency,
            seed=seed,
            on_progress=on_progress,
            on_batch=on_batch,
        )
    if preset.epochs_sharpening and model.layout.skip_names:
        sharpen_skips(
            model, dls, epochs=preset.epochs_sharpening, seed=seed, on_progress=on_progress, on_batch=on_batch
        )
    return model.eval()
