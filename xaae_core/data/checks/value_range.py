"""Whether the pictures' values are those a model's normalisation was made for.

A normalisation for another range (0…255, −1024…1024, another kind of picture) squeezes all pictures into one value, and
the model gives the same answer for every image. This is computed here from the pictures' own means and spreads, as the
model will see them; no model is run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.wording import count_of

CHECK = "value range"
_ALL_ALIKE = 0.1  # spread within a picture after normalisation; 1 is what networks are made for
_NARROW, _WIDE = 0.3, 4.0
_FAR = 3.0  # mean after normalisation


def normalised_levels(
    means: NDArray[np.float32], stds: NDArray[np.float32], mean: NDArray[np.float64], std: NDArray[np.float64]
) -> tuple[float, float]:
    """Mean over all pictures, and typical spread within a picture, after (value − mean) / std.

    Args:
        means: of each picture and channel [N, C], for pixels in [0, 1].
        stds: likewise [N, C].
        mean: of the normalisation [C].
        std: of the normalisation [C], not 0.
    """
    return float(((means - mean) / std).mean()), float(np.median((stds / np.abs(std)).mean(axis=1)))


def check_value_range(given: CheckInput) -> Iterator[Finding]:
    """Silent where the model has no normalisation."""
    if given.normalisation is None or not len(given.facts):
        return
    mean, std = (np.atleast_1d(np.asarray(values, np.float64)) for values in given.normalisation)
    if len(mean) not in (1, 3) or mean.shape != std.shape or not np.isfinite([mean, std]).all() or (std == 0).any():
        yield _unusable(given)
        return
    means, stds = given.facts.column("means"), given.facts.column("stds")
    if len(mean) == 1:
        means, stds = means.mean(axis=1, keepdims=True), stds.mean(axis=1, keepdims=True)
    level, spread = normalised_levels(means, stds, mean, std)
    what = f"after the model's normalisation pictures have mean {level:.2f} and spread {spread:.2g}"
    rule = f"mean {_numbers(mean)} and standard deviation {_numbers(std)} for pixels in 0…1"
    remedy = f"Correct the normalisation ({rule}): the pictures have mean {_numbers(means.mean(axis=0))}."
    if spread < _ALL_ALIKE:
        yield Finding(
            CHECK,
            "stop",
            f"For this model all {count_of(len(means), 'picture')} look alike: {what}; expected about 0 and 1",
            "It gives nearly the same answer for every picture. The normalisation is for another range of values "
            "(0…255, or Hounsfield units) than the 0…1 that pictures are read as.",
            remedy,
        )
    elif abs(level) > _FAR or not _NARROW <= spread <= _WIDE:
        yield Finding(
            CHECK,
            "warn",
            f"The pictures are not those the normalisation was made for: {what}; expected about 0 and 1",
            "Pretrained weights see values they have never met, and answers become more alike than they should be.",
            remedy,
        )
    else:
        yield Finding(CHECK, "good", f"{what[0].upper()}{what[1:]}: within what networks expect")


def _unusable(given: CheckInput) -> Finding:
    return Finding(
        CHECK,
        "stop",
        f"The normalisation cannot be used: {given.normalisation}",
        "It needs finite numbers, one or three means and as many standard deviations, none of them 0.",
        "Correct it where the model is chosen.",
    )


def _numbers(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
