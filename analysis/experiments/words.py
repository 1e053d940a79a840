"""Names and numbers of the experiments as people say them."""

from __future__ import annotations

import math
from collections.abc import Sequence

_WORDS = {
    "gradient_shap": "GradientShap",
    "integrated_gradients": "integrated gradients",
    "saliency": "saliency",
    "random": "random",
    "contrast": "contrast alone",
    "simplex": "SimplEx",
    "dknn": "nearest neighbours",
    "tracin": "TracIn",
    "influence": "influence",
    "beta_vae": "β-VAE",
    "beta_tc_vae": "β-TC-VAE",
}


def words_of(name: str) -> str:
    """A method by the name that people know."""
    return _WORDS.get(name, name.replace("_", " "))


def listed(names: Sequence[str]) -> str:
    """"a, b and c"."""  # fmt: skip
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def told(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """A number with its interval where one is known: "1.43 [1.31, 1.55]"."""
    if not math.isfinite(value):
        return "not known"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]" if math.isfinite(low + high) else f"{value:.2f}"
