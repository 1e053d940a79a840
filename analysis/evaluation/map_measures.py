"""All that is measured of a map by itself, in one call for several maps of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.attributions import Attribution, Baseline, Target
from analysis.attributions.call import Progress
from analysis.attributions.inputs import Picture
from analysis.evaluation.complexity import measure_completeness, measure_complexity, measure_sparseness
from analysis.evaluation.faithfulness import measure_faithfulness, order_for
from analysis.evaluation.localisation import measure_localisation
from analysis.nouns import said_of
from xaae_core.models.latent_model import LatentModel, SignalModel


def measure_maps(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    made: Sequence[Attribution],
    *,
    baseline: Baseline | None = None,
    mask: NDArray[np.bool_] | None = None,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> tuple[Attribution, ...]:
    """The same maps with their measures: deletion and insertion against random maps, concentration, completeness.

    Args:
        model: the model in eval mode.
        image: the explained picture [C, H, W].
        target: what was explained.
        made: maps of this picture and this target.
        baseline: what is put in the place of deleted pixels; black if None, in a signal each channel's mean.
        mask: what matters in the picture [H, W], in a signal [C, T] or [T]; then also how far each map lies inside.
        seed: of the random maps.
        memory_bytes: what a pass may take.
        progress: called with (done, all); an exception it raises cancels.

    Returns:
        In the order of `made`.

    Raises:
        AttributionError: maps that are not of this picture, or numbers that are not finite.
    """
    if not made:
        return ()
    curves = measure_faithfulness(
        *(model, image, target, [one.map for one in made]),
        baseline=baseline,
        order=[order_for(one.method, target) for one in made],
        seed=seed,
        memory_bytes=memory_bytes,
        progress=progress,
    )
    measured = []
    for one, found in zip(made, curves, strict=True):
        measures = [curve.measure() for curve in found]
        measures += [measure_sparseness(one.map), measure_complexity(one.map)]
        if one.convergence_delta is not None:
            measures.append(measure_completeness(one))
        if mask is not None and mask.any():
            measures.extend(measure_localisation(one.map, mask).measures())
        said = [replace(found, meaning=said_of(model, found.meaning)) for found in measures]
        measured.append(one.with_measures(*said))
    return tuple(measured)
