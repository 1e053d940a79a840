"""How well something can be told from a picture by simple means: a linear model on small copies and statistics.

What a linear model on 16 × 16 pixels finds, a network finds as well. What it does not find may still be there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.picture_facts import PictureFacts
from xaae_core.data.checks.picture_measures import THUMB_SIDE

Features = NDArray[np.float64]
Measure = Callable[[PictureFacts], Features]

BRIGHTNESS = (
    *("mean of red", "mean of green", "mean of blue", "contrast of red", "contrast of green", "contrast of blue"),
    *("darkest grey", "brightest grey", "share of black", "share of white", "colourfulness", "sharpness"),
    *("upper border", "lower border", "left border", "right border"),
)
"""What the columns of `brightness_features` are."""

MOST_CASES = 2000
_FOLDS = 5
_LEAST = 10  # cases of a class, to say anything
_STRENGTH = 0.02  # of the classifier (scikit-learn's C): strong regularisation, many features


def brightness_features(facts: PictureFacts) -> Features:
    """What brightness, contrast, colour and borders give away [N, 16], without the content; see `BRIGHTNESS`."""
    thumbs = facts.thumbs
    strips = [thumbs[:, :2], thumbs[:, -2:], thumbs[:, :, :2], thumbs[:, :, -2:]]
    borders = [facts.greys_of(strip.mean(axis=(1, 2))) for strip in strips]
    names = ("low", "high", "black", "white", "colourfulness", "sharpness")
    columns = [facts.column(name) for name in names]
    return np.column_stack([facts.column("means"), facts.column("stds"), *columns, *borders]).astype(np.float64)


def file_features(facts: PictureFacts) -> Features:
    """What the files give away [N, 5]: height, width, proportions, channels, bits."""
    log_height, log_width = np.log(facts.column("height")), np.log(facts.column("width"))
    stored = [facts.column("channels"), facts.column("bits")]
    return np.column_stack([log_height, log_width, log_width - log_height, *stored]).astype(np.float64)


def content_features(facts: PictureFacts) -> Features:
    """What a model of any size sees of a picture [N, 273]: 16 × 16 greys, proportions, and the brightness features."""
    half = THUMB_SIDE // 2
    coarse = facts.thumbs.reshape(-1, half, 2, half, 2).mean(axis=(2, 4), dtype=np.float32)
    greys = facts.greys_of(coarse).reshape(len(facts), -1)
    return np.column_stack([greys, file_features(facts)[:, 2], brightness_features(facts)]).astype(np.float64)


def tell_apart(
    measure: Measure, facts: PictureFacts, target: NDArray[np.int64], *, groups: Sequence[str] = (), seed: int = 0
) -> float:
    """AUROC of telling classes from features, on cases not learned from: mean over folds and classes.

    Args:
        measure: gives the features [N, F] of pictures.
        facts: of N pictures.
        target: [N], classes from 0; those with fewer than 10 cases are left out.
        groups: patient of each, "" where not known; none is in two folds. () where none is known.
        seed: of the folds and of the sample, where there are more than `MOST_CASES`.

    Returns:
        The AUROC, 0.5 being chance; NaN where fewer than two classes have 10 cases.
    """
    rows = np.flatnonzero(np.bincount(target)[target] >= _LEAST)
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_CASES])
    if len(np.unique(target[rows])) < 2:
        return float("nan")
    features, labels = measure(facts.take(rows)), target[rows]
    units = [groups[row] or f"#{row}" for row in rows.tolist()] if groups else None
    found: list[float] = []
    for train, test in _folds(labels, units, seed):
        found += _fold_aurocs(features, labels, train, test)
    return float(np.mean(found)) if found else float("nan")


def tell_number(measure: Measure, facts: PictureFacts, values: NDArray[np.float64], *, seed: int = 0) -> float:
    """Correlation of numbers with what a ridge regression on features predicts, on cases not learned from.

    Fewer than 20 cases, or a constant: NaN.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.random.default_rng(seed).permutation(len(values))[:MOST_CASES]
    if len(rows) < 2 * _LEAST or np.ptp(values[rows]) == 0:
        return float("nan")
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 5, 6)))
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    predicted = cross_val_predict(model, measure(facts.take(rows)), values[rows], cv=folds)
    return float(np.corrcoef(predicted, values[rows])[0, 1]) if predicted.std() > 0 else 0.0


def _folds(target: NDArray[np.int64], units: list[str] | None, seed: int) -> Any:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if units is None:
        return StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(target, target)
    n_folds = min(_FOLDS, len(set(units)))  # three nights are three patients
    if n_folds < 2:
        return []
    return StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed).split(target, target, units)


def _fold_aurocs(features: Features, target: NDArray[np.int64], train: NDArray[Any], test: NDArray[Any]) -> list[float]:
    """AUROC of each class in one fold; classes that one side lacks are left out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from xaae_core.data.checks.association import auroc

    if len(np.unique(target[train])) < 2:
        return []
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced"))
    model.fit(features[train], target[train])
    scores = model.predict_proba(features[test])
    values = [auroc(target[test] == label, scores[:, at]) for at, label in enumerate(model.classes_)]
    return [value for value in values if np.isfinite(value)]
