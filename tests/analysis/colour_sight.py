"""Colours as eyes without one kind of cone see them, and how far apart they are then."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

CONDITIONS = ("usual", "protanopia", "deuteranopia")
# Machado, Oliveira & Fernandes 2009, severity 1.0; of linear light.
_SEEN = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def distances(colours: Sequence[str], condition: str) -> NDArray[np.float64]:
    """Distance of every two colours in CIE L*a*b* [K, K] (ΔE 1976): about 2 is just seen, 10 is clear at a glance."""
    lab = _lab(np.clip(_linear(np.array([to_rgb(colour) for colour in colours])) @ _SEEN[condition].T, 0, 1))
    return np.asarray(np.linalg.norm(lab[:, None] - lab[None], axis=-1))


def _linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    share = linear @ _XYZ.T / _WHITE
    f = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=-1)
