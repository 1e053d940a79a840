"""Whether the pictures' sizes, proportions and colours fit the model, and whether they give the class away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.picture_classifier import file_features, tell_apart, tell_number
from xaae_core.data.checks.wording import capital, count_of, figure, percent, target_of

CHECK = "sizes"
_OTHER_SHAPE = 1.25  # times as long and narrow as the median
_ENLARGED = 0.67  # of the model's size
_COLOURLESS = 0.004  # mean difference of the channels: one step of 255
_TELLING, _GIVEAWAY = 0.65, 0.8  # AUROC; a correlation of half the distance


def check_picture_sizes(given: CheckInput) -> Iterator[Finding]:
    """Proportions, pictures that must be enlarged, grey among colour, and sizes that go with the label."""
    if not len(given.facts):
        return
    problems = [*_proportions(given), *_enlarged(given), *_colours(given), *_depths(given), *_giveaway(given)]
    yield from problems
    if not problems:
        height, width = given.facts.column("height"), given.facts.column("width")
        sizes = f"{width.min()}×{height.min()} to {width.max()}×{height.max()} px"
        same = np.ptp(height) == 0 and np.ptp(width) == 0
        yield Finding(CHECK, "good", f"Pictures are of {f'{width[0]}×{height[0]} px' if same else sizes}")


def _proportions(given: CheckInput) -> Iterator[Finding]:
    ratio = given.facts.column("width") / given.facts.column("height")
    median = float(np.median(ratio))
    other = np.flatnonzero(np.maximum(ratio / median, median / ratio) > _OTHER_SHAPE)
    if not len(other):
        return
    yield Finding.about(
        CHECK,
        "note",
        f"{count_of(len(other), 'picture')} ({percent(len(other) / len(ratio))}) of other proportions than the rest "
        f"(width to height {ratio.min():.2f} to {ratio.max():.2f}, usually {median:.2f})",
        "They get black borders (or are squashed), which the model sees and may learn.",
        "Crop them to one shape, or make sure that shape does not go with the label.",
        cases=given.ids(other.tolist()),
    )


def _enlarged(given: CheckInput) -> Iterator[Finding]:
    if given.size is None:
        return
    height, width = given.facts.column("height"), given.facts.column("width")
    scale = np.maximum(height / given.size[0], width / given.size[1])
    small = np.flatnonzero(scale < _ENLARGED)
    if not len(small):
        return
    share = len(small) / len(scale)
    yield Finding.about(
        CHECK,
        "warn" if share > 0.25 else "note",
        f"{count_of(len(small), 'picture')} ({percent(share)}) smaller than the model's "
        f"{given.size[1]}×{given.size[0]} px (smallest {width[small].min()}×{height[small].min()} px)",
        "They are enlarged: blurred, without the detail that the others have. Where sharpness goes with the label, it "
        "is learned.",
        "Train at a smaller size, or use the originals.",
        cases=given.ids(small.tolist()),
    )


def _colours(given: CheckInput) -> Iterator[Finding]:
    in_colour = given.facts.column("colourfulness") > _COLOURLESS
    n_colour = int(in_colour.sum())
    if 0 < n_colour < len(in_colour):
        fewer = np.flatnonzero(in_colour if n_colour <= len(in_colour) / 2 else ~in_colour)
        yield Finding.about(
            CHECK,
            "warn" if given.channels != 1 else "note",
            f"{count_of(n_colour, 'picture')} in colour among {count_of(len(in_colour) - n_colour, 'grey picture')}",
            "Colour is the first thing a model sees: where it goes with the label, it is learned instead.",
            "Train on grey pictures (channels 1), or leave out the few.",
            cases=given.ids(fewer.tolist()),
        )
    elif n_colour == 0 and given.channels == 3:
        yield Finding(
            CHECK,
            "note",
            "All pictures are grey, the model is for colour",
            "Each grey is given three times: right for pretrained weights, otherwise more work for nothing.",
            "Without pretrained weights, train with channels 1.",
        )
    elif n_colour == len(in_colour) and given.channels == 1:
        yield Finding(
            CHECK,
            "note",
            "The pictures are in colour, the model is for grey",
            "Colour is given up before the model sees the picture.",
            "Train with channels 3 where colour matters (skin, histology, fundus).",
        )


def _depths(given: CheckInput) -> Iterator[Finding]:
    bits = given.facts.column("bits")
    values, counts = np.unique(bits, return_counts=True)
    if len(values) < 2:
        return
    fewer = np.flatnonzero(bits != values[counts.argmax()])
    listed = ", ".join(f"{count:,} of {value} bits" for value, count in zip(values, counts, strict=True))
    yield Finding.about(
        CHECK,
        "note",
        f"Pictures of different depths: {listed}",
        "They come from different exports; the same tissue may have another grey in each.",
        "Compare their brightness; best export all in one way.",
        cases=given.ids(fewer.tolist()),
    )


def _giveaway(given: CheckInput) -> Iterator[Finding]:
    features = file_features(given.facts)
    if (np.ptp(features, axis=0) == 0).all():
        return
    dataset = given.dataset
    if dataset.values is not None:
        score = abs(tell_number(file_features, given.facts, dataset.values, seed=given.seed))
        is_telling, is_giveaway, what = score > 0.3, score > 0.6, f"correlation {figure(score)}, 0 is chance"
    else:
        score = tell_apart(file_features, given.facts, dataset.labels, groups=dataset.patients, seed=given.seed)
        is_telling, is_giveaway = score > _TELLING, score > _GIVEAWAY
        what = f"AUROC {figure(score)}, 0.50 is chance"
    if is_telling:
        yield Finding(
            CHECK,
            "warn" if is_giveaway else "note",
            f"{capital(target_of(dataset))} can be told from the size and kind of the file alone ({what})",
            "Borders and sharpness betray a picture's first size, so that a model can answer without looking at the "
            "tissue. The classes probably come from different sources.",
            "Crop and export all pictures alike; report figures within each source.",
        )
