"""The phases that a request asks for, and how many epochs each has at most."""

from __future__ import annotations

from app.training.request import TrainingRequest
from app.training.way import way_of
from app.training.xaaenet_way import EPOCH_SETTINGS

__all__ = ["EPOCH_SETTINGS", "planned_phases"]


def planned_phases(request: TrainingRequest) -> dict[str, int]:
    """Phase → epochs at most, in the order of training; phases of no epochs are left out.

    Imports fastai, which takes seconds the first time.
    """
    return way_of(request).phases()
