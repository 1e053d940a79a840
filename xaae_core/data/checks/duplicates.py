"""The same picture twice: in two splits (leakage), with two labels (an error), or simply counted twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xaae_core.data.checks.check_input import CheckInput
from xaae_core.data.checks.copies import PicturePairs, find_alike, group_equal, join_pairs, turn_to_one_side
from xaae_core.data.checks.findings import Finding
from xaae_core.data.checks.wording import count_of, percent

CHECK = "duplicates"
_LEAKS = 0.01  # share of a held-out split that is in train too: figures on it are no longer held out

Groups = list[list[int]]


def check_duplicates(given: CheckInput) -> Iterator[Finding]:
    """Equal files, re-encoded copies, mirrored or turned copies, and pictures that look alike."""
    facts = given.facts
    equal = group_equal([picture.digest for picture in facts.pictures])
    alike = find_alike(facts.thumbs)
    same = alike.copies()
    turned = find_alike(turn_to_one_side(facts.thumbs)).copies().without(alike)
    links = [same.rows, turned.rows, np.array([(rows[0], row) for rows in equal for row in rows[1:]]).reshape(-1, 2)]
    groups = join_pairs(np.concatenate(links).astype(np.int64), len(facts))
    if groups:
        yield from report_copies(given, groups, _how(equal, same, turned))
    yield from _look_alike(given, alike, groups)
    if not groups:
        yield Finding(CHECK, "good", f"No picture is there twice among {count_of(len(facts), 'picture')}")


def report_copies(given: CheckInput, groups: Groups, how: str) -> Iterator[Finding]:
    """What copies do: in more than one split, with different labels, within one split.

    Args:
        given: the data.
        groups: positions of the cases that are the same, two or more in each.
        how: in which way they are the same, a sentence.
    """
    yield from _across_splits(given, groups, how)
    yield from _two_labels(given, groups)
    yield from _within(given, groups, how)


def _how(equal: Groups, same: PicturePairs, turned: PicturePairs) -> str:
    equal_pairs = {(rows[0], row) for rows in equal for row in rows[1:]}
    again = sum(tuple(pair) not in equal_pairs for pair in same.rows.tolist())
    parts = [
        f"{count_of(sum(len(rows) - 1 for rows in equal), 'file')} equal to another byte for byte" if equal else "",
        f"{count_of(again, 'pair')} of the same picture stored in another way" if again else "",
        f"{count_of(len(turned.rows), 'pair')} mirrored or turned" if len(turned.rows) else "",
    ]
    return "Found: " + ", ".join(filter(None, parts)) + "."


def _across_splits(given: CheckInput, groups: Groups, how: str) -> Iterator[Finding]:
    split = given.dataset.split
    crossing = [rows for rows in groups if len({split[row] for row in rows}) > 1]
    if not crossing:
        return
    held_out = {
        row for rows in crossing if "train" in {split[r] for r in rows} for row in rows if split[row] != "train"
    }
    n_held_out = max(1, sum(name != "train" for name in split))
    share = len(held_out) / n_held_out
    yield Finding.about(
        CHECK,
        "stop" if share > _LEAKS else "warn",
        f"{count_of(len(crossing), 'picture is', 'pictures are')} in more than one split",
        f"Of the held-out pictures {len(held_out):,} ({percent(share)}) are in train as well: what was learned by "
        f"heart counts as understood, and held-out figures are too good. {how}",
        "Keep one copy of each, or put all copies into one split; if they belong to one patient, add a column "
        "patient and have the split drawn again.",
        cases=given.ids([row for rows in crossing for row in rows]),
    )


def _two_labels(given: CheckInput, groups: Groups) -> Iterator[Finding]:
    labels = given.dataset.label_texts()
    torn = [rows for rows in groups if len({labels[row] for row in rows}) > 1]
    if not torn:
        return
    first = torn[0]
    examples = ", ".join(f"{given.dataset.ids[row]} is {labels[row]}" for row in first[:2])
    yield Finding.about(
        CHECK,
        "warn",
        f"{count_of(len(torn), 'picture has', 'pictures have')} copies with different labels",
        f"One of the labels must be wrong ({examples}): the model is told both.",
        "Look at them and correct the labels, or leave them out.",
        cases=given.ids([row for rows in torn for row in rows]),
    )


def _within(given: CheckInput, groups: Groups, how: str) -> Iterator[Finding]:
    split = given.dataset.split
    inside = [rows for rows in groups if len({split[row] for row in rows}) == 1]
    if not inside:
        return
    extra = sum(len(rows) - 1 for rows in inside)
    share = extra / len(given.dataset)
    yield Finding.about(
        CHECK,
        "warn" if share > 0.05 else "note",
        f"{count_of(len(inside), 'picture is', 'pictures are')} there more than once within a split ({extra:,} extra)",
        f"A picture that is there twice counts twice, in training and in every figure. {how}",
        "Keep one copy of each, unless they are two recordings on purpose.",
        cases=given.ids([row for rows in inside for row in rows]),
    )


def _look_alike(given: CheckInput, alike: PicturePairs, groups: Groups) -> Iterator[Finding]:
    """Pairs below the limit for copies: two recordings of one patient, another development, or a common frame."""
    group_of = {row: number for number, rows in enumerate(groups) for row in rows}
    pairs = [
        (first, second)
        for (first, second), value in zip(alike.rows.tolist(), alike.correlation, strict=True)
        if value < alike.limit and (first not in group_of or group_of[first] != group_of.get(second))
    ]
    if not pairs:
        return
    crossing = sum(given.dataset.split[first] != given.dataset.split[second] for first, second in pairs)
    many = " or more" if alike.is_cut else ""
    yield Finding.about(
        CHECK,
        "note",
        f"{count_of(len(pairs), 'pair')}{many} of pictures look very much alike, {crossing:,} of them across splits",
        "They may be two recordings of one patient, or one picture developed differently; or just share a frame. The "
        "most alike stand first, two by two.",
        "Look at the first ones. If they show one patient, say so in a column patient.",
        cases=given.ids(_flat(pairs)),
    )


def _flat(pairs: Sequence[tuple[int, int]]) -> list[int]:
    return [row for pair in pairs for row in pair]
