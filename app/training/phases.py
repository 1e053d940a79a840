"""The phases that a request asks for, and how many epochs each has at most."""

from __future__ import annotations

from inspect import signature

from app.training.request import TrainingRequest

EPOCH_SETTINGS = {"adversarial": "epochs_adv", "autoencoder": "epochs_ae", "classifier": "epochs_classif"}
"""Phase → argument of `train_xaaenet` that holds its epochs."""


def planned_phases(request: TrainingRequest) -> dict[str, int]:
    """Phase → epochs at most, in the order of training; phases of no epochs are left out.

    Imports fastai, which takes seconds the first time.
    """
    from xaae_core.training import train_xaaenet

    plan = request.plan()
    defaults = {name: entry.default for name, entry in signature(train_xaaenet).parameters.items()}
    epochs = {phase: int(plan.training.get(name, defaults[name])) for phase, name in EPOCH_SETTINGS.items()}
    epochs |= {"consistency": plan.epochs_consistency, "sharpening": plan.epochs_sharpening}
    return {phase: n_epochs for phase, n_epochs in epochs.items() if n_epochs}
