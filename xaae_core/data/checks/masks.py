"""Whether masks are there, fit their pictures, and are masks at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.copies import group_equal, unit_vectors
from xaae_core.data.checks.findings import Finding, Level
from xaae_core.data.checks.picture_measures import MeasuredMask
from xaae_core.data.checks.wording import count_of, percent

CHECK = "masks"
_EMPTY, _FULL = 1e-4, 0.98
_GREY = 0.05  # of the pixels neither in nor out; anti-aliased borders stay below
_SHAPE = 0.03  # relative difference of the proportions
_USUAL_PLACE = 0.5  # mean overlap with the common place from which on there is one
_ELSEWHERE = 0.2  # of the usual overlap
_LEAST = 20
_PERMUTATIONS = 200
_MOST_COMPARED = 2000


def check_masks(given: CheckInput) -> Iterator[Finding]:
    """Silent where there is no mask."""
    masks = given.facts.masks
    rows = [row for row, mask in enumerate(masks) if mask is not None]
    if not rows:
        return
    readable = [row for row in rows if not _mask(given, row).problem]
    problems = [*_missing(given, rows), *_unreadable(given, rows), *_sizes(given, readable), *_empty(given, readable)]
    problems += [*_grey(given, readable), *_shared(given, readable), *_elsewhere(given, readable)]
    problems += [*_mixed_up(given, readable)]
    yield from problems
    if not problems:
        share = np.median([_mask(given, row).share for row in rows])
        yield Finding(
            CHECK, "good", f"Every picture has a mask of its own, covering {percent(float(share))} of it usually"
        )


def _mask(given: CheckInput, row: int) -> MeasuredMask:
    mask = given.facts.masks[row]
    if mask is None:
        raise ValueError(f"{given.dataset.ids[row]} has no mask")
    return mask


def _found(
    given: CheckInput, rows: Sequence[int], level: Level, title: str, detail: str, remedy: str
) -> Iterator[Finding]:
    if rows:
        count = count_of(len(rows), "mask")
        yield Finding.about(CHECK, level, title.format(count=count), detail, remedy, cases=given.ids(rows))


def _missing(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    without = sorted(set(range(len(given.facts))) - set(rows))
    if without:
        yield Finding.about(
            CHECK,
            "note",
            f"{count_of(len(without), 'picture')} of {len(given.facts):,} without a mask",
            "What is measured inside masks is measured on the others only.",
            "Nothing, if they were never drawn; otherwise check the column of masks.",
            cases=given.ids(without),
        )


def _unreadable(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    bad = [row for row in rows if _mask(given, row).problem]
    first = _mask(given, bad[0]).problem if bad else ""
    yield from _found(given, bad, "warn", "{count} cannot be read", first, "Export them again, or leave them out.")


def _sizes(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    shapes: list[int] = []
    scales: list[int] = []
    for row in rows:
        mask, picture = _mask(given, row), given.facts.pictures[row]
        if (mask.height, mask.width) == (picture.height, picture.width):
            continue
        ratio = (mask.width / mask.height) / (picture.width / picture.height)
        (shapes if abs(ratio - 1) > _SHAPE else scales).append(row)
    yield from _found(
        given,
        shapes,
        "warn",
        "{count} of another shape than the picture",
        "A mask of other proportions cannot lie on its picture: it was cropped, turned, or is of another picture.",
        "Compare the first ones with their pictures; export mask and picture in the same way.",
    )
    yield from _found(
        given,
        scales,
        "note",
        "{count} of another size than the picture, in the same proportions",
        "They are brought to the picture's size; small ones lose their fine outline.",
        "Nothing, usually.",
    )


def _empty(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    empty = [row for row in rows if _mask(given, row).share < _EMPTY]
    full = [row for row in rows if _mask(given, row).share > _FULL]
    detail = "A share inside or outside such a mask is not defined."
    yield from _found(
        given,
        empty,
        "note",
        "{count} without anything in it",
        detail,
        "Right where there is nothing to mark; else redo.",
    )
    yield from _found(given, full, "note", "{count} that cover the whole picture", detail, "Draw them again.")


def _grey(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    yield from _found(
        given,
        [row for row in rows if _mask(given, row).between > _GREY],
        "warn",
        "{count} not black and white",
        "Greys between are cut at half of the maximum, which may not be what they mean: probabilities, several organs "
        "in one file, or a picture in the column of masks.",
        "Save masks with two values, one organ a file.",
    )


def _shared(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    """One mask, by content, for pictures that differ."""
    drawn = [row for row in rows if _EMPTY <= _mask(given, row).share <= _FULL]
    shared = []
    for group in group_equal([_mask(given, row).digest for row in drawn]):
        members = [drawn[at] for at in group]
        if len({given.facts.pictures[row].digest for row in members}) > 1:
            shared += members
    yield from _found(
        given,
        shared,
        "warn",
        "{count} shared by pictures that differ",
        "Nobody draws the same outline twice: all but one are masks of another picture, or a template.",
        "Check the column of masks for rows that slipped or were copied down.",
    )


def _elsewhere(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    """Masks that miss the place where masks of this set usually are; silent where there is no such place."""
    drawn = [row for row in rows if _EMPTY <= _mask(given, row).share <= _FULL]
    if len(drawn) < _LEAST:
        return
    thumbs = _thumbs(given, drawn)
    usual = np.median(thumbs, axis=0) if len(drawn) < 50 else thumbs.mean(axis=0)
    overlap = (thumbs * usual).sum(axis=(1, 2)) / thumbs.sum(axis=(1, 2))
    typical = float(np.median(overlap))
    if typical < _USUAL_PLACE:
        return
    far = [row for row, value in zip(drawn, overlap, strict=True) if value < _ELSEWHERE * typical]
    yield from _found(
        given,
        far,
        "note",
        "{count} far from where masks usually lie",
        "They may be mirrored, turned, or of another picture.",
        "Look at them on their pictures.",
    )


def _mixed_up(given: CheckInput, rows: Sequence[int]) -> Iterator[Finding]:
    """Whether masks fit their own pictures better than other pictures: they do not when rows slipped."""
    drawn = [row for row in rows if _EMPTY <= _mask(given, row).share <= _FULL]
    if len(drawn) < _LEAST:
        return
    drawn = drawn[: len(drawn) : max(1, len(drawn) // _MOST_COMPARED)]
    own, p = mask_fit(given.facts.thumbs[drawn], _thumbs(given, drawn), seed=given.seed)
    if p > 0.05:
        yield Finding.about(
            CHECK,
            "warn",
            f"Masks fit their own pictures no better than other pictures (p = {p:.2f})",
            f"Their edges meet edges of the picture as often as by chance (correlation {own:.2f}): perhaps the column "
            "of masks has slipped by some rows, or masks and pictures are in another order.",
            "Lay a few masks on their pictures and look.",
            cases=given.ids(drawn),
        )


def mask_fit(pictures: NDArray[Any], masks: NDArray[Any], *, seed: int = 0) -> tuple[float, float]:
    """How much the outlines of masks [N, S, S] follow edges of their pictures [N, S, S], and the chance of it.

    Returns:
        (mean correlation of gradients, share of 200 random pairings that fit at least as well, each size N).
    """
    edges, outlines = _gradient(pictures), _gradient(masks)
    own = float(np.einsum("ij,ij->i", edges, outlines).mean())
    rng = np.random.default_rng(seed)
    beaten = sum(
        float(np.einsum("ij,ij->i", edges, outlines[rng.permutation(len(masks))]).mean()) >= own
        for _ in range(_PERMUTATIONS)
    )
    return own, (beaten + 1) / (_PERMUTATIONS + 1)


def _gradient(pictures: NDArray[Any]) -> NDArray[np.float32]:
    """Length of the gradient of each picture as a vector of mean 0 and length 1 [N, S · S]."""
    down, across = np.gradient(pictures.astype(np.float32), axis=(1, 2))
    return unit_vectors(np.hypot(down, across))


def _thumbs(given: CheckInput, rows: Sequence[int]) -> NDArray[np.float32]:
    return np.stack([_mask(given, row).thumb for row in rows]).astype(np.float32) / np.float32(255)
