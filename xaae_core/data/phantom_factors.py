"""What varies from one chest-like phantom to the next: the continuous factors and how they are drawn.

Everything a phantom shows follows from these numbers (and from the noise), so whatever a model learns can
be held against the truth. Lengths are fractions of the image's width; the *patient's right* lung lies on
the *left of the image*, as on every chest film.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

import numpy as np

from xaae_core.errors import DatasetError

SEVERITY_THRESHOLD = 0.5
"""An image belongs to the class "effusion" when its severity is above this."""

CLASS_NAMES = ("no effusion", "effusion")
"""Names of label 0 and label 1."""

_LIMITS = {
    "severity": (0.0, 1.0),
    "heart_radius": (0.10, 0.19),
    "exposure": (-0.15, 0.15),
    "contrast": (-0.30, 0.30),
    "body_scale": (-0.12, 0.12),
    "shift_x": (-0.045, 0.045),
    "shift_y": (-0.045, 0.045),
    "rib_spacing": (0.075, 0.095),
    "rib_phase": (0.0, 1.0),
    "lung_width_right": (0.34, 0.39),
    "lung_width_left": (0.32, 0.37),
}
_GAUSSIAN_FACTORS = ("exposure", "contrast", "body_scale", "shift_x", "shift_y")
_TRUNCATION = 3.0  # standard deviations: keeps every lung inside the picture
_ROUNDING = 1e-6  # a factor that went through float32 and back is still the same factor


@dataclass(frozen=True, kw_only=True)
class PhantomFactors:
    """The factors of one phantom; each is drawn on its own, independent of all others.

    Attributes:
        severity: 0 (dry) to 1 (the lung is full but for its apex): height of the fluid level above the
            base of the patient's right lung. Beta(1.2, 1.2).
        heart_radius: half-width of the heart, 0.10 to 0.19 of the image's width. Uniform.
        exposure: brightness added to the whole film, ±0.15 of the grey scale. Normal, SD 0.05.
        contrast: relative change of contrast about mid-grey, ±0.30. Normal, SD 0.10.
        body_scale: relative change of the body's size, ±0.12. Normal, SD 0.04.
        shift_x: shift to the right of the image, ±0.045 of the width. Normal, SD 0.015.
        shift_y: shift downwards, ±0.045 of the width. Normal, SD 0.015.
        rib_spacing: distance from rib to rib, 0.075 to 0.095. Uniform.
        rib_phase: where the first rib lies, 0 to 1 of a spacing. Uniform.
        lung_width_right: width of the patient's right lung (left of the image), 0.34 to 0.39. Uniform.
        lung_width_left: width of the patient's left lung, 0.32 to 0.37. Uniform.

    Raises:
        DatasetError: a factor lies outside its range (or is not a number).
    """

    severity: float
    heart_radius: float = 0.145
    exposure: float = 0.0
    contrast: float = 0.0
    body_scale: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    rib_spacing: float = 0.085
    rib_phase: float = 0.0
    lung_width_right: float = 0.365
    lung_width_left: float = 0.345

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            low, high = _LIMITS[name]
            if not low - _ROUNDING <= value <= high + _ROUNDING:
                raise DatasetError(f"{name} is {value}; a phantom needs {low} to {high}: change that factor")

    @classmethod
    def from_values(cls, values: Mapping[str, object]) -> Self:
        """Read the factors from a row of `labels.csv`, of a table of latents, or of `PhantomSet.factors`.

        Args:
            values: a number, or its text, under each of `FACTOR_NAMES`; further keys are ignored.

        Raises:
            DatasetError: a factor is missing, no number, or out of range.
        """
        missing = [name for name in FACTOR_NAMES if name not in values]
        if missing:
            raise DatasetError(
                f"this row has no {', '.join(missing)}; all of {', '.join(FACTOR_NAMES)} were expected: "
                "read the row from a labels.csv that write_phantoms made"
            )
        try:
            return cls(**{name: float(str(values[name])) for name in FACTOR_NAMES})
        except ValueError as error:
            raise DatasetError(f"a factor of this row is no number ({error}): mend labels.csv") from error

    @property
    def label(self) -> int:
        """1 for "effusion" (severity above `SEVERITY_THRESHOLD`), else 0."""
        return int(self.severity > SEVERITY_THRESHOLD)

    @property
    def label_name(self) -> str:
        """The class in words, one of `CLASS_NAMES`."""
        return CLASS_NAMES[self.label]


FACTOR_NAMES = tuple(field.name for field in fields(PhantomFactors))
"""Names of all factors, in the order they are drawn and written."""


def factor_range(name: str) -> tuple[float, float]:
    """Least and greatest value a factor can take.

    Args:
        name: one of `FACTOR_NAMES`.

    Raises:
        DatasetError: no factor has this name.
    """
    if name not in _LIMITS:
        raise DatasetError(f"{name!r} is no factor of a phantom; use one of {', '.join(FACTOR_NAMES)}")
    return _LIMITS[name]


def draw_factors(rng: np.random.Generator) -> PhantomFactors:
    """Draw the factors of one phantom, each from its own distribution (see `PhantomFactors`).

    Args:
        rng: consumed in the order of `FACTOR_NAMES`; normal factors are clipped at 3 SD.
    """
    return PhantomFactors(**{name: _draw_factor(name, rng) for name in FACTOR_NAMES})


def _draw_factor(name: str, rng: np.random.Generator) -> float:
    low, high = _LIMITS[name]
    if name == "severity":
        return float(rng.beta(1.2, 1.2))
    if name in _GAUSSIAN_FACTORS:
        return float(np.clip(rng.normal(0.0, high / _TRUNCATION), low, high))
    return float(rng.uniform(low, high))
