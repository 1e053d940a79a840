"""Which pixels made the model say what it says: one call for every method and every target."""

from analysis.attributions.attribution import Attribution, Measure
from analysis.attributions.baselines import (
    Baseline,
    black_baseline,
    blurred_baseline,
    level_baseline,
    mean_baseline,
    zero_baseline,
)
from analysis.attributions.call import attribute, attribute_batch
from analysis.attributions.methods import METHODS, AvailableMethods, available_methods
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import (
    ClassLogit,
    DirectionScore,
    LatentDimension,
    PredictedNumber,
    ReconstructionError,
    Representation,
    Target,
)

__all__ = [
    "METHODS",
    "Attribution",
    "AvailableMethods",
    "Baseline",
    "ClassLogit",
    "DirectionScore",
    "LatentDimension",
    "Measure",
    "MethodSettings",
    "PredictedNumber",
    "ReconstructionError",
    "Representation",
    "Target",
    "attribute",
    "attribute_batch",
    "available_methods",
    "black_baseline",
    "blurred_baseline",
    "level_baseline",
    "mean_baseline",
    "zero_baseline",
]
