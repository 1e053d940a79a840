"""Does a map change when the labels mean nothing? Directions, or whole models, that learned from shuffled labels."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution
from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress, attribute, attribute_batch
from analysis.attributions.inputs import Picture, as_pixels
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import ClassLogit, DirectionScore, PredictedNumber, Target
from analysis.direction_fit import pls_direction
from analysis.direction_goal import find_goal, fitted_cases
from analysis.directions import Direction, fit_direction
from analysis.evaluation.likeness import Likeness, judge_likeness, noisy_pictures
from xaae_core.errors import AttributionError, DirectionError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel, SignalModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.signal_form import signal_form_of

_MOST_ALIKE = 0.5
_TRIES = 50


def shuffled_direction(table: LatentTable, target: Target | str, *, seed: int = 0, tries: int = _TRIES) -> Direction:
    """The direction that the same fit gives when the labels are dealt out anew: it means nothing.

    The labels (or numbers) of the fitted cases are permuted among them, so that how often each occurs stays. A shuffle
    whose direction happens to lie within 60° of the real one, either way round, is drawn again: such a map would be
    like the real one and rightly so. In a latent space whose largest spread is that of the classes this happens often.

    Args:
        table: latents with the target's labels.
        target: a direction's score (fitted again with its own components and cases), a class, a predicted number, or
            the name of a class or column. A class's direction stands for the class: a model that was trained on
            shuffled labels, as in the source, would have to be trained; see `measure_label_randomisation`.
        seed: of the shuffles.
        tries: shuffles drawn at most.

    Raises:
        DirectionError: the table has no such target; one class, or fewer than 3 cases; or no shuffle gave another
            direction (too few cases, or too few dimensions).
        AttributionError: nothing of the labels makes this target (one dimension, the representation, …).

    Source: Adebayo et al. 2018, section 3.2 (data randomisation test).
    """
    name, n_components, fit_split = _fit_of(table, target)
    goal = find_goal(table, name)
    known = np.isfinite(goal.values)
    is_fitted = known & (table.split == fit_split) if fit_split and (table.split == fit_split).any() else known
    z, y = fitted_cases(table, goal, is_fitted)
    real = pls_direction(z, y, n_components)
    rng = np.random.default_rng([seed, 0x1ABE1])
    rows = np.flatnonzero(is_fitted)
    for _ in range(tries):
        order = rng.permutation(len(rows))
        found = pls_direction(z, y[order], n_components)
        if found is not None and (real is None or abs(float(found @ real)) <= _MOST_ALIKE):
            shuffled = _with_labels(table, goal.name, rows, rows[order])
            made = fit_direction(
                shuffled, goal.name, n_components=n_components, n_bootstrap=0, fit_split=fit_split, seed=seed
            )
            return replace(made, method=f"{made.method}, shuffled labels")
    raise DirectionError(
        f"{tries} shuffles of the {len(rows)} cases' labels gave no direction that differs from that of {goal.name}: "
        f"expected more cases, or more than {z.shape[1]} latent dimensions"
    )


@dataclass(frozen=True, eq=False)
class LabelRandomisation:
    """How much of a map is left where the labels meant nothing.

    Attributes:
        maps: of the models that learned from shuffled labels, one each.
        likeness: of the map with these.
    """

    maps: tuple[Attribution, ...]
    likeness: Likeness

    def sentence(self) -> str:
        """Whether the map changes, in plain words."""
        return f"differs from models trained on shuffled labels: {self.likeness.changes} ({self.likeness.numbers()})"


def measure_label_randomisation(
    train: Callable[[NDArray[Any], int], LatentModel],
    labels: NDArray[Any],
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    method: str,
    *,
    baseline: Baseline | None = None,
    settings: MethodSettings | None = None,
    n_seeds: int = 3,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> LabelRandomisation:
    """Train models on shuffled labels, the check of the source in full, and see what is left of the map.

    Args:
        train: called with shuffled labels and a seed; gives the trained model, in eval mode, of the same size.
        labels: of the training cases [N].
        model: that was trained on the labels as they are.
        image: the picture [C, H, W] in [0, 1].
        target: what is explained, in the model and in those that `train` makes.
        method: one of `METHODS`.
        baseline: as for `attribute`.
        settings: as for `attribute`, the same for all.
        n_seeds: models trained.
        seed: of the first shuffle; the others count on.
        memory_bytes: as for `attribute`.
        progress: called with (done, all) models; an exception it raises cancels.

    Raises:
        AttributionError: as `attribute`.
        DirectionError: all labels are the same, so that shuffling changes nothing.
        ValueError: fewer than one model.

    Source: Adebayo et al. 2018, section 3.2.
    """
    if n_seeds < 1:
        raise ValueError(f"n_seeds is {n_seeds}; expected at least 1 model trained on shuffled labels")
    if len(np.unique(labels)) < 2:
        raise DirectionError(f"all {len(labels)} labels are the same: shuffling them changes nothing; give several")
    given: dict[str, Any] = {"method": method, "settings": settings, "memory_bytes": memory_bytes}
    model = as_picture_model(model)
    heat = attribute(model, image, target, baseline=baseline, **given)
    copies = noisy_pictures(as_pixels(image, model), 2, along_time=signal_form_of(model) is not None)
    noisy = attribute_batch(model, copies, target, baselines=baseline, **given)
    maps = []
    for number in range(n_seeds):
        dealt = np.random.default_rng([seed + number, 0x1ABE1]).permutation(labels)
        maps.append(attribute(train(dealt, seed + number), image, target, baseline=baseline, **given))
        if progress is not None:
            progress(number + 1, n_seeds)
    likeness = judge_likeness(heat.map, [found.map for found in maps], [found.map for found in noisy], seed=seed)
    return LabelRandomisation(tuple(maps), likeness)


def _fit_of(table: LatentTable, target: Target | str) -> tuple[str | None, int, str | None]:
    """(name of class or column, components, split) of the fit that is to be done again."""
    if isinstance(target, str):
        return target, 1, "train"
    if isinstance(target, DirectionScore):
        direction = target.direction
        found = re.search(r"(\d+) component", direction.method)
        n_known = int(np.isfinite(find_goal(table, direction.target).values).sum())
        split = None if direction.n_cases == n_known else "train"
        return direction.target, int(found.group(1)) if found else 1, split
    if isinstance(target, PredictedNumber):
        return table.target_name or target.label, 1, "train"
    if not isinstance(target, ClassLogit):
        raise AttributionError(
            f'no labels make "{target.name}", so there is nothing to shuffle: explain a class, a predicted number or '
            "the score along a direction"
        )
    if target.label in table.classes:
        return target.label, 1, "train"
    if not target.index < len(table.classes):
        raise DirectionError(f"the table has {len(table.classes)} classes, none of number {target.index}")
    return table.classes[target.index], 1, "train"


def _with_labels(table: LatentTable, name: str, rows: NDArray[np.int64], sources: NDArray[np.int64]) -> LatentTable:
    """The table with the labels, or the column, of `rows` taken from other rows."""
    if name in table.classes:
        labels = table.labels.copy()
        labels[rows] = table.labels[sources]
        return replace(table, labels=labels)
    column = table.columns[name].copy()
    column[rows] = table.columns[name][sources]
    return replace(table, columns={**table.columns, name: column})
