"""What the controls of the examples page offer, and in which words: the page's address holds these."""

from __future__ import annotations

from typing import Literal

from app.training_pictures import LossName

Scope = Literal["training", "cohort", "selection"]
MixtureName = Literal["simplex_entropy", "simplex"]
MethodName = Literal["influence", "tracin", "traced", "influence_series"]
ParametersName = Literal["auto", "last_block", "encoder", "classifier"]

SCOPES: dict[Scope, str] = {
    "training": "all training cases",
    "cohort": "those of the cohort",
    "selection": "those chosen on the maps",
}
MIXTURES: dict[MixtureName, str] = {"simplex_entropy": "maximum entropy", "simplex": "lfxai's path"}
METHODS: dict[MethodName, str] = {
    "tracin": "TracIn, final weights",
    "traced": "TracIn, along the training",
    "influence": "influence, damped inverse",
    "influence_series": "influence, lfxai's series",
}
LOSSES: dict[LossName, str] = {"reconstruction": "how well it is drawn", "label": "what it is called"}
PARAMETERS: dict[ParametersName, str] = {
    "auto": "as the size allows",
    "last_block": "the encoder's last block",
    "encoder": "the whole encoder",
    "classifier": "the classifier",
}
COUNTS = (5, 4, 6, 8, 10, 12)
LIMITS = (500, 100, 200, 1000, 2000)
