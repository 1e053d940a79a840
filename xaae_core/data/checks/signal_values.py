"""Signals: flat and clipped channels, other units, copies, and labels told by amplitude or length alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.copies import group_equal
from xaae_core.data.checks.duplicates import report_copies
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.picture_classifier import Features, tell_apart, tell_number
from xaae_core.data.checks.picture_facts import PictureFacts
from xaae_core.data.checks.signal_facts import amplitude_features, recording_features
from xaae_core.data.checks.wording import capital, count_of, figure, names, percent, target_of

AMPLITUDE = "amplitude"
COPIES = "duplicates"
RECORDINGS = "recordings"
_CLIPPED = 0.05  # share of samples at the largest or smallest value
_OTHER_UNIT = 30.0  # times the usual spread of a channel
_BEYOND = 0.01  # share of values outside the range
_SHIFTED = 0.8  # pooled standard deviations
_TELLING, _GIVEAWAY = 0.7, 0.85  # AUROC
_TELLING_NUMBER, _GIVEAWAY_NUMBER = 0.4, 0.7  # correlation
_LEAST = 20


def check_signal_copies(given: CheckInput) -> Iterator[Finding]:
    """Signals whose values are equal, in two splits, with two labels, or within a split."""
    groups = group_equal(given.facts.column("digest").tolist())
    if groups:
        n_copies = sum(len(rows) - 1 for rows in groups)
        yield from report_copies(given, groups, f"Found: {count_of(n_copies, 'picture')} equal to another.")
    else:
        yield Finding(COPIES, "good", f"No signal is there twice among {count_of(len(given.facts), 'signal')}")


def check_amplitudes(given: CheckInput) -> Iterator[Finding]:
    """Flat and clipped channels, other units, a shift between the splits, a label told by amplitude alone."""
    if not len(given.facts):
        return
    problems = [*_flat(given), *_clipped(given), *_other_units(given), *_beyond(given), *_shift(given)]
    problems += _giveaway(
        given, AMPLITUDE, amplitude_features, "the mean and the spread of the channels alone",
        "Either what is looked for changes the amplitude, or the recordings come from different devices, gains or "
        "units: then a model learns the device.",
        "Find out what differs (device, gain, electrodes); compare the model with this figure, not with chance.",
    )  # fmt: skip
    yield from problems
    if not problems:
        yield Finding(AMPLITUDE, "good", "No channel is flat or clipped, and amplitudes are alike in all splits")


def check_recordings(given: CheckInput) -> Iterator[Finding]:
    """Whether the length of the recording, or its own sampling rate, gives the label away."""
    features = recording_features(given.facts)
    if not len(features) or (np.ptp(features, axis=0) == 0).all():
        return
    yield from _giveaway(
        given, RECORDINGS, recording_features, "the length or the sampling rate of the recording alone",
        "Neither should say anything of the label. Resampling leaves traces, and longer recordings give more windows: "
        "the classes probably come from different sources.",
        "Record or export all in one way; report figures within each source.",
    )  # fmt: skip


def _flat(given: CheckInput) -> Iterator[Finding]:
    stds = given.facts.column("stds")  # [N, C]
    usual = np.median(stds, axis=0)
    rows = np.flatnonzero((stds <= 1e-6 * np.maximum(usual, 1e-12)).any(axis=1))
    if len(rows):
        is_flat = stds[rows] <= 1e-6 * np.maximum(usual, 1e-12)
        yield Finding.about(
            AMPLITUDE,
            "warn" if len(rows) > 0.01 * len(stds) else "note",
            f"{count_of(len(rows), 'signal')} ({percent(len(rows) / len(stds))}) with a channel that does not vary",
            f"An electrode that was off, or a channel that was not recorded: {_channels(given, is_flat.any(axis=0))}.",
            "Look at them; leave out the channel (--signal-channels) or the cases.",
            cases=given.ids(rows.tolist()),
        )


def _clipped(given: CheckInput) -> Iterator[Finding]:
    stds, edge = given.facts.column("stds"), given.facts.column("edge")
    is_clipped = (edge > _CLIPPED) & (stds > 1e-6 * np.maximum(np.median(stds, axis=0), 1e-12))
    rows = np.flatnonzero(is_clipped.any(axis=1))
    if len(rows):
        yield Finding.about(
            AMPLITUDE,
            "note",
            f"{count_of(len(rows), 'signal')} ({percent(len(rows) / len(stds))}) stay at their largest or smallest "
            f"value for more than {percent(_CLIPPED)} of the time",
            "The amplifier was at its limit, or the values have few steps: the shape is cut off there. "
            f"Channels: {_channels(given, is_clipped.any(axis=0))}.",
            "Look at them; leave out what is clipped.",
            cases=given.ids(rows.tolist()),
        )


def _other_units(given: CheckInput) -> Iterator[Finding]:
    stds = given.facts.column("stds")
    usual = np.maximum(np.median(stds, axis=0), 1e-12)
    ratio = np.median(np.maximum(stds, 1e-12) / usual, axis=1)
    rows = np.flatnonzero((ratio > _OTHER_UNIT) | ((ratio < 1 / _OTHER_UNIT) & (stds > 1e-6 * usual).any(axis=1)))
    if len(rows):
        yield Finding.about(
            AMPLITUDE,
            "warn",
            f"{count_of(len(rows), 'signal')} of another size than the others, by more than {_OTHER_UNIT:g} times",
            "They may be in another unit (V for mV) or of another gain: for the model they are flat, or all artefact.",
            "Convert them, or write the units into the files, so that they are converted.",
            cases=given.ids(rows[np.argsort(-np.abs(np.log(ratio[rows])))].tolist()),
        )


def _beyond(given: CheckInput) -> Iterator[Finding]:
    beyond = given.facts.column("beyond")
    rows = np.flatnonzero(beyond > _BEYOND)
    if len(rows) > 0.01 * len(beyond):
        yield Finding.about(
            AMPLITUDE,
            "note",
            f"{count_of(len(rows), 'signal')} ({percent(len(rows) / len(beyond))}) with more than "
            f"{percent(_BEYOND)} of their values outside the usual range of the training signals",
            "They are not cut off, but a model has seen little of the kind.",
            "Look at them: artefacts, another gain or another unit.",
            cases=given.ids(rows[np.argsort(-beyond[rows])].tolist()),
        )


def _shift(given: CheckInput) -> Iterator[Finding]:
    sizes = amplitude_features(given.facts)[:, given.facts.column("means").shape[1] :].mean(axis=1)  # log spread
    train = sizes[given.dataset.rows("train")]
    for split in ("valid", "test"):
        part = sizes[given.dataset.rows(split)]
        spread = np.sqrt((part.var() + train.var()) / 2) if min(len(part), len(train)) >= _LEAST else 0.0
        shift = (part.mean() - train.mean()) / spread if spread > 0 else 0.0
        if abs(shift) > _SHIFTED:
            times = float(np.exp(part.mean() - train.mean()))
            yield Finding(
                AMPLITUDE,
                "warn",
                f"Signals in {split} are {'larger' if shift > 0 else 'smaller'} than in train ({times:.2f} times)",
                f"Figures on {split} are of signals unlike those learned from: another device, gain or montage.",
                "Draw the split again over all sources, unless the change of source is what you want to test.",
            )


def _giveaway(
    given: CheckInput, check: str, measure: Callable[[PictureFacts], Features], by: str, why: str, remedy: str
) -> Iterator[Finding]:
    dataset = given.dataset
    if dataset.values is not None:
        score = abs(tell_number(measure, given.facts, dataset.values, seed=given.seed))
        limits, what = (_TELLING_NUMBER, _GIVEAWAY_NUMBER), f"correlation {figure(score)} on unseen cases, 0 is chance"
    else:
        score = tell_apart(measure, given.facts, dataset.labels, groups=dataset.patients, seed=given.seed)
        limits, what = (_TELLING, _GIVEAWAY), f"AUROC {figure(score)} on unseen cases, 0.50 is chance"
    if score > limits[0]:
        level = "warn" if score > limits[1] else "note"
        title = f"{capital(target_of(dataset))} can be told from {by} ({what})"
        yield Finding(check, level, title, why, remedy)  # type: ignore[arg-type]  # one of two words


def _channels(given: CheckInput, which: NDArray[np.bool_]) -> str:
    form = given.dataset.form
    return names([name for name, is_meant in zip(form.channel_names, which, strict=True) if is_meant]) if form else ""
