"""Brightness: black, white and inverted pictures, depths that are not used, classes told by brightness alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.association import auroc
from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.copies import unit_vectors
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.picture_classifier import BRIGHTNESS, brightness_features, tell_apart, tell_number
from xaae_core.data.checks.wording import capital, count_of, figure, percent, target_of

CHECK = "brightness"
_BLACK, _WHITE = 0.06, 0.94
_FLAT = 0.02
_TWELVE_BITS = 4095 / 65535 + 1e-4
_INVERTED = -0.5  # of the usual correlation with what most pictures look like
_ALIGNED = (
    0.7  # that usual correlation, from which on pictures have a common look at all: radiographs have, skin has not
)
_SHIFTED = 0.8  # pooled standard deviations
_TELLING, _GIVEAWAY = 0.7, 0.85  # AUROC
_LEAST = 20


def check_intensities(given: CheckInput) -> Iterator[Finding]:
    """All of the above, and what reading had to change."""
    if not len(given.facts):
        return
    empty = _empty(given)
    problems = [*_empty_findings(given, empty), *_inverted(given, empty), *_unused_depth(given)]
    problems += [*_split_shift(given), *_giveaway(given)]
    yield from problems
    yield from _notes(given)
    if not problems:
        means = given.facts.column("means").mean(axis=1)
        low, high = np.percentile(means, [5, 95])
        yield Finding(
            CHECK, "good", f"Mean brightness is alike ({low:.2f} to {high:.2f} of the range for most pictures)"
        )


def common_look(thumbs: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """Correlation of small pictures [N, S, S] with what most look like [N], and how alike they are (the median).

    The common look is the first singular vector of the pictures, each of mean 0 and length 1: unlike the mean it
    stays the same however many are inverted. Its sign is that of the majority.
    """
    portions = range(0, len(thumbs), 4096)
    products = sum(flat.T @ flat for flat in (unit_vectors(thumbs[at : at + 4096]) for at in portions))
    _, vectors = np.linalg.eigh(products)
    likeness = np.concatenate([unit_vectors(thumbs[at : at + 4096]) @ vectors[:, -1] for at in portions])
    if np.median(likeness) < 0:
        likeness = -likeness
    return likeness, float(np.median(np.abs(likeness)))


def _empty(given: CheckInput) -> NDArray[np.bool_]:
    high, low = given.facts.column("high"), given.facts.column("low")
    return np.asarray((high < _BLACK) | (low > _WHITE) | (high - low < _FLAT))


def _empty_findings(given: CheckInput, empty: NDArray[np.bool_]) -> Iterator[Finding]:
    high, low = given.facts.column("high"), given.facts.column("low")
    is_deep = (given.facts.column("bits") > 8) & (given.facts.column("maximum") <= _TWELVE_BITS) & (high - low > 0.004)
    rows = np.flatnonzero(empty & ~is_deep)  # those are the business of `_unused_depth`
    if not len(rows):
        return
    black, white = int((high[rows] < _BLACK).sum()), int((low[rows] > _WHITE).sum())
    kinds = [(black, "black"), (white, "white"), (len(rows) - black - white, "of one grey")]
    listed = ", ".join(f"{count:,} {kind}" for count, kind in kinds if count)
    yield Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(rows), 'picture')} almost without content ({listed})",
        "There is nothing in them to learn from; they may be failed exports or a wrong window.",
        "Look at them; export them again or leave them out.",
        cases=given.ids(rows.tolist()),
    )


def _inverted(given: CheckInput, empty: NDArray[np.bool_]) -> Iterator[Finding]:
    sound = np.flatnonzero(~empty)
    if len(sound) < _LEAST:
        return
    likeness, alike = common_look(given.facts.thumbs[sound])
    is_turned = likeness < _INVERTED * alike
    rows = sound[is_turned]
    if alike < _ALIGNED or not len(rows):
        return
    share = len(rows) / len(sound)
    yield Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(rows), 'picture')} ({percent(share)}) may be inverted: black where the others are white",
        "A model takes the inversion for a finding. It happens where DICOM files marked MONOCHROME1 were exported "
        "without turning them"
        + (", and with so many it is not clear which are the right ones." if share > 0.3 else "."),
        "Look at them; invert or export them again.",
        cases=given.ids(rows[np.argsort(likeness[is_turned])].tolist()),
    )


def _unused_depth(given: CheckInput) -> Iterator[Finding]:
    deep = given.facts.column("bits") > 8
    rows = np.flatnonzero(deep & (given.facts.column("maximum") <= _TWELVE_BITS) & (given.facts.column("maximum") > 0))
    if not len(rows):
        return
    yield Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(rows), 'picture')} use 1/16 of their scale or less: 12-bit values in 16-bit files",
        "They are almost black for the model, all alike, and other pictures of the set may not be.",
        "Multiply their values by 16 before saving, or use the DICOM files: their depth is read from them.",
        cases=given.ids(rows.tolist()),
    )


def _split_shift(given: CheckInput) -> Iterator[Finding]:
    means = given.facts.column("means").mean(axis=1)
    train = means[given.dataset.rows("train")]
    for split in ("valid", "test"):
        part = means[given.dataset.rows(split)]
        if min(len(part), len(train)) < _LEAST:
            continue
        spread = np.sqrt((part.var() + train.var()) / 2)
        shift = (part.mean() - train.mean()) / spread if spread > 0 else 0.0
        if abs(shift) > _SHIFTED:
            yield Finding(
                CHECK,
                "warn",
                f"Pictures in {split} are {'brighter' if shift > 0 else 'darker'} than in train (mean "
                f"{part.mean():.2f} and {train.mean():.2f} of the range)",
                f"Figures on {split} are of pictures unlike those learned from: another device or export.",
                "Draw the split again over all sources, unless the change of source is what you want to test.",
            )


def _giveaway(given: CheckInput) -> Iterator[Finding]:
    dataset = given.dataset
    if dataset.values is not None:
        score = tell_number(brightness_features, given.facts, dataset.values, seed=given.seed)
        limits, what = (0.4, 0.7), f"correlation {figure(score)} on unseen cases, 0 is chance"
    else:
        score = tell_apart(brightness_features, given.facts, dataset.labels, groups=dataset.patients, seed=given.seed)
        limits, what = (_TELLING, _GIVEAWAY), f"AUROC {figure(score)} on unseen cases, 0.50 is chance"
    if not score > limits[0]:
        return
    yield Finding(
        CHECK,
        "warn" if score > limits[1] else "note",
        f"{capital(target_of(dataset))} can be told from brightness, contrast and borders alone ({what})",
        f"{_most_telling(given)}Either the disease itself changes this, or the pictures come from different "
        "devices or times: then a model learns the device.",
        "Find out what differs (device, export, clothes, crop); compare the model with this figure, not with chance.",
    )


def _most_telling(given: CheckInput) -> str:
    """The single measure that tells two classes apart best, with its mean in each; "" for numbers."""
    dataset = given.dataset
    present = [label for label in range(len(dataset.classes)) if (dataset.labels == label).any()]
    if dataset.is_numeric or len(present) < 2:
        return ""
    features = brightness_features(given.facts)
    scores = np.array([_separation(column, dataset.labels, present) for column in features.T])
    best = int(scores.argmax())
    means = [f"{dataset.classes[at]} {features[dataset.labels == at, best].mean():.3g}" for at in present[:4]]
    name = BRIGHTNESS[best] if given.dataset.channels == 3 else BRIGHTNESS[best].removesuffix(" of red")
    return f"The most telling measure is {name} (alone AUROC {figure(scores[best])}; mean {', '.join(means)}). "


def _separation(values: NDArray[np.float64], labels: NDArray[np.int64], present: list[int]) -> float:
    """The highest AUROC of one class against the rest, whichever way round."""
    found = [auroc(labels == label, values) for label in present]
    return max(max(value, 1 - value) for value in found)


def _notes(given: CheckInput) -> Iterator[Finding]:
    """What reading left out or changed, by kind."""
    kinds: dict[str, tuple[str, list[int]]] = {}
    for row, picture in enumerate(given.facts.pictures):
        for note in picture.notes:
            if "almost black" not in note:  # `_unused_depth` says it
                kinds.setdefault(re.sub(r"-?\d[\d.,]*", "#", note), (note, []))[1].append(row)
    for note, rows in kinds.values():
        yield Finding.about(
            CHECK,
            "note",
            f"Reading changed {count_of(len(rows), 'picture')}: {note}",
            "Training and every later use read pictures in the same way.",
            "Nothing, if that is what you expect.",
            cases=given.ids(rows),
        )
