"""Does a map change when what the model has learned is destroyed? Layer after layer, from the output to the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution
from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress, attribute_batch
from analysis.attributions.inputs import Picture, as_pixels
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import Target
from analysis.evaluation.label_randomisation import shuffled_direction
from analysis.evaluation.likeness import Likeness, judge_likeness, noisy_pictures
from analysis.evaluation.map_counter import MapCounter
from analysis.evaluation.randomiser import RandomisedModel, Randomiser, needs_decoder
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.signal_form import signal_form_of

__all__ = [
    "ParameterRandomisation",
    "RandomisationStage",
    "RandomisedModel",
    "Randomiser",
    "measure_parameter_randomisation",
    "randomised_models",
    "shuffled_direction",
]

Kind = Literal["cascading", "whole"]


def randomised_models(
    model: LatentModel | SignalModel,
    *,
    seed: int = 0,
    kind: Kind = "cascading",
    target: Target | None = None,
    image: Picture | None = None,
    n_stages: int | None = None,
) -> Iterator[RandomisedModel]:
    """Copies of a model that know less and less; the given model is left alone.

    Args:
        model: in eval mode.
        seed: of the random weights.
        kind: "cascading": one more layer each time (or `n_stages` groups of them), from the output to the picture;
            "whole": one copy in which all of them are random.
        target: what is to be destroyed; see `Randomiser`.
        image: that batch statistics are measured on.
        n_stages: groups of layers; None: one copy a layer.

    Raises:
        AttributionError: as `Randomiser`.
        ValueError: an unknown kind.

    Source: Adebayo et al. 2018, section 3.1.
    """
    if kind not in ("cascading", "whole"):
        raise ValueError(f'kind is "{kind}"; expected "cascading" or "whole"')
    randomiser = Randomiser(model, target=target, image=image)
    if kind == "whole":
        return iter([randomiser.destroy(seed=seed)])
    return randomiser.cascade(n_stages, seed=seed)


@dataclass(frozen=True, eq=False)
class RandomisationStage:
    """How much of a map is left when some layers are random.

    Attributes:
        layers: that became random at this stage, the one nearest to the output first.
        share: of the weights that are random by now, in (0, 1].
        likeness: of the map with those of the destroyed models.
    """

    layers: tuple[str, ...]
    share: float
    likeness: Likeness


@dataclass(frozen=True, eq=False)
class ParameterRandomisation:
    """How a map changes while the model is destroyed from the output to the picture.

    Attributes:
        stages: from the output to the picture; at the last one all is random.
        similarity: with the map of each destroyed model [S, seeds]; see `Likeness`.
        destroyed: the map of the first model of which nothing is left.
    """

    stages: tuple[RandomisationStage, ...]
    similarity: NDArray[np.float64]
    destroyed: Attribution

    def sentence(self) -> str:
        """Whether the map changes when nothing is left, in plain words."""
        last = self.stages[-1].likeness
        return f"changes when the model is destroyed: {last.changes} ({last.numbers()})"


def measure_parameter_randomisation(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    method: str,
    *,
    baseline: Baseline | None = None,
    settings: MethodSettings | None = None,
    original: Attribution | None = None,
    n_stages: int = 6,
    n_seeds: int = 3,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> ParameterRandomisation:
    """Make a method's map again while the model is destroyed stage by stage, and see what is left of it.

    Args:
        model: in eval mode; left alone.
        image: the picture [C, H, W] in [0, 1].
        target: what is explained.
        method: one of `METHODS`.
        baseline: as for `attribute`.
        settings: as for `attribute`, the same for all maps: what a method draws, it draws the same each time.
        original: the map, if it was made already with these options.
        n_stages: groups of layers, at most.
        n_seeds: models destroyed.
        seed: of the random weights of the first; the others count on.
        memory_bytes: as for `attribute`.
        progress: called with (done, all) maps; an exception it raises cancels.

    Raises:
        AttributionError: as `attribute` and `Randomiser`.
        ImageError: as `attribute`.
        ValueError: fewer than one stage or seed; an unknown method.

    Source: Adebayo et al. 2018, figure 2 and section 3.1.
    """
    if n_stages < 1 or n_seeds < 1:
        raise ValueError(f"n_stages={n_stages}, n_seeds={n_seeds}; expected at least 1 of both")
    model = as_picture_model(model)
    randomiser = Randomiser(model, target=target, image=image, with_decoder=needs_decoder(method))
    n_stages = min(n_stages, len(randomiser.layers))
    done = MapCounter(n_stages * n_seeds + 2, progress)

    def explain(of: LatentModel, *pictures: Picture) -> list[Attribution]:
        options: dict[str, Any] = {"method": method, "settings": settings, "memory_bytes": memory_bytes}
        found = attribute_batch(of, pictures, target, baselines=baseline, progress=done.alive, **options)
        done.add(1)
        return list(found)

    map_ = original.map if original is not None else explain(model, image)[0].map
    copies = noisy_pictures(as_pixels(image, model), 2, along_time=signal_form_of(model) is not None)
    noisy = [found.map for found in explain(model, *copies)]
    stages: list[list[Attribution]] = [[] for _ in range(n_stages)]
    last: list[RandomisedModel] = []
    for number in range(n_seeds):
        last = []
        for stage, destroyed in enumerate(randomiser.cascade(n_stages, seed=seed + number)):
            stages[stage].extend(explain(destroyed.model, image))
            last.append(RandomisedModel(model, destroyed.layers, destroyed.share, destroyed.how))  # drops the copy
    done.finish()
    known = [0, *(len(each.layers) for each in last)]
    found = tuple(
        RandomisationStage(each.layers[start:], each.share, judge_likeness(map_, [made.map for made in maps], noisy))
        for each, start, maps in zip(last, known, stages, strict=False)
    )
    return ParameterRandomisation(found, np.stack([stage.likeness.values for stage in found]), stages[-1][0])
