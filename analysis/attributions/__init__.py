"""Which pixels made the model say what it says: one call for every method and every target."""

from analysis.attributions.attribution import METHODS, Attribution, attribute
from analysis.attributions.baselines import Baseline, black_baseline, blurred_baseline, mean_baseline
from analysis.attributions.targets import (
    ClassLogit,
    DirectionScore,
    LatentDimension,
    PredictedNumber,
    Representation,
    Target,
)

__all__ = [
    "METHODS",
    "Attribution",
    "Baseline",
    "ClassLogit",
    "DirectionScore",
    "LatentDimension",
    "PredictedNumber",
    "Representation",
    "Target",
    "attribute",
    "black_baseline",
    "blurred_baseline",
    "mean_baseline",
]
