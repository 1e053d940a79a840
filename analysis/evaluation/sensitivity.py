"""Whether a map stays what it is when the picture hardly changes; and whether it foretells what the score does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Measure
from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress, attribute_batch
from analysis.attributions.inputs import Picture, as_pixels
from analysis.attributions.methods import MethodName
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import Target
from analysis.evaluation.heats import as_heat, figure_in_words
from analysis.evaluation.infidelity import change_picture, judge_infidelity, measure_infidelity
from analysis.nouns import said_of
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model

__all__ = ["change_picture", "draw_neighbours", "judge_infidelity", "measure_infidelity", "measure_max_sensitivity"]


def measure_max_sensitivity(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    *,
    method: MethodName | str = "integrated_gradients",
    heat: NDArray[Any] | None = None,
    baseline: Baseline | None = None,
    settings: MethodSettings | None = None,
    radius: float = 0.02,
    n_samples: int = 10,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> Measure:
    """The largest change of a map among pictures that differ by a little noise, as a share of the map's own size.

    ‖map(x + ε) − map(x)‖ / ‖map(x)‖, Frobenius norms, ε uniform in [−radius, radius] for every pixel and channel. The
    changed pictures are not clipped to [0, 1], as in captum. Each is explained as a picture of its own: targets that
    keep something of the picture keep it of the changed one. The baseline and a method's own noise stay the same.

    Args:
        model: the model in eval mode; left as it was.
        image: the picture [C, H, W] in [0, 1].
        target: what is explained.
        method: whose map it is.
        heat: the map of the picture [H, W], if it was made already: by this method, baseline and settings.
        baseline: as for `attribute`.
        settings: as for `attribute`.
        radius: of the noise, in units of brightness; of a signal, of a channel's range.
        n_samples: changed pictures; the maximum can only rise with them.
        seed: of the noise.
        memory_bytes: as for `attribute`.
        progress: as for `attribute`.

    Returns:
        The maximum, 0 or more; NaN where the map of the picture is zero everywhere.

    Raises:
        AttributionError: as `attribute`; also a `heat` of another shape or not finite.
        ImageError: a picture that is not the model's.
        ValueError: as `attribute`; also a radius or a number of pictures out of range.

    Source: Yeh et al. 2019, definition 3.1; the size is divided by as in captum `sensitivity_max`.
    """
    model = as_picture_model(model)
    pixels = as_pixels(image, model)
    changed = draw_neighbours(pixels, radius=radius, n=n_samples, seed=seed)
    size = (int(pixels.shape[-2]), int(pixels.shape[-1]))
    known = None if heat is None else as_heat(heat, size)
    pictures = [*([pixels] if known is None else []), *changed]
    made = attribute_batch(
        model, pictures, target, method=method, baselines=baseline, settings=settings, memory_bytes=memory_bytes,
        progress=progress,
    )  # fmt: skip
    maps = [each.map.astype(np.float64) for each in made]
    own = maps.pop(0) if known is None else known
    norm = float(np.linalg.norm(own))
    if not norm > 0:
        return Measure(
            "max_sensitivity", math.nan, meaning="the map is zero everywhere: it has no size to compare with"
        )
    value = max(float(np.linalg.norm(each - own)) for each in maps) / norm
    words = (
        f"noise of ±{radius:g} on the picture changes the map by {figure_in_words(value)} of its own size at "
        f"most, among {n_samples} pictures; 0 is a map that stays"
    )
    return Measure("max_sensitivity", value, meaning=said_of(model, words))


def draw_neighbours(
    pixels: NDArray[np.float32], *, radius: float = 0.02, n: int = 10, seed: int = 0
) -> NDArray[np.float32]:
    """Pictures [n, C, H, W] that differ from one [C, H, W] by uniform noise in [−radius, radius].

    Raises:
        ValueError: no radius, or no picture.
    """
    if not 0 < radius < math.inf:
        raise ValueError(f"radius is {radius}; expected a positive number, in units of brightness: 0.02 is usual")
    if n < 1:
        raise ValueError(f"n_samples is {n}; expected at least 1 changed picture: 10 are usual")
    noise = np.random.default_rng(seed).uniform(-radius, radius, size=(n, *pixels.shape))
    return (pixels + noise).astype(np.float32)
