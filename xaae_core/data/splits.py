"""The three parts of a data set: their names, and a fixed way to draw them where none are given."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from xaae_core.errors import DatasetError

SPLITS = ("train", "valid", "test")
SPLIT_SEED = 0
_SHARE = 0.15  # of each class, for valid and again for test
_ALIASES = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "val": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}


def split_name(word: str) -> str | None:
    """One of `SPLITS` for a usual spelling of it ("val", "Training"), otherwise None."""
    return _ALIASES.get(word.strip().lower())


def complete_splits(
    ids: Sequence[str],
    labels: Sequence[int],
    given: Sequence[str | None],
    *,
    patients: Sequence[str] = (),
    seed: int = SPLIT_SEED,
) -> tuple[tuple[str, ...], str]:
    """The split of every image, and a sentence on what had to be drawn ("" where nothing had).

    Without any split, 70 % of each class are drawn for train, 15 % for valid and 15 % for test. With
    train (and perhaps test) but no valid, 15 % of each class of train become valid. What is drawn depends
    on the ids and the seed alone: the order of the files does not matter, and an added file moves only
    the cases at the borders.

    Args:
        ids: names of the images.
        labels: class, or group of like values, of each.
        given: the split of each, where the data say it.
        patients: whose image it is, "" where not known; all images of a patient are drawn into one part. () where
            nothing is known.
        seed: of what is drawn.

    Raises:
        DatasetError: a split for some images only, or none of them for training.
    """
    named = set(given)
    units = [patient or name for patient, name in zip(patients, ids, strict=True)] if any(patients) else list(ids)
    whom = "the patients of each class" if any(patients) else "each class"
    if named == {None}:
        drawn = _draw(units, labels, range(len(ids)), seed, ("test", "valid"))
        return tuple(drawn.get(i, "train") for i in range(len(ids))), (
            f"no split was given: 70/15/15 % of {whom} were drawn at random (seed {seed})"
        )
    if None in named:
        raise DatasetError(
            f"{sum(split is None for split in given)} of {len(given)} cases have no split; expected one of "
            f"{', '.join(SPLITS)} for every case, or for none, so that one is drawn"
        )
    complete = [str(split) for split in given]
    if "train" not in named:
        raise DatasetError(
            f"no case is in the split train, only in {', '.join(sorted(set(complete)))}: "
            "name the split of the training cases train"
        )
    if "valid" in named:
        return tuple(complete), ""
    train = [i for i, split in enumerate(complete) if split == "train"]
    drawn = _draw(units, labels, train, seed, ("valid",))
    for i, split in drawn.items():
        complete[i] = split
    note = f"no valid split was given: 15 % of {whom} of train were drawn (seed {seed})" if drawn else ""
    return tuple(complete), note


def _draw(
    units: Sequence[str], labels: Sequence[int], rows: Iterable[int], seed: int, parts: tuple[str, ...]
) -> dict[int, str]:
    """Rows chosen for each of the parts, whole units (images or patients) only; a class keeps one for training.

    A unit counts for the class of its cases; those with cases of several classes, such as nights of sleep, are drawn
    among each other.
    """
    members_of: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        members_of[units[row]].append(row)
    by_class: dict[int | None, list[str]] = defaultdict(list)
    for unit, members in members_of.items():
        classes = {labels[row] for row in members}
        by_class[classes.pop() if len(classes) == 1 else None].append(unit)
    chosen: dict[int, str] = {}
    for names in by_class.values():
        names.sort(key=lambda unit: hashlib.blake2b(f"{seed}/{unit}".encode()).digest())
        n_each = max(1, round(_SHARE * len(names)))
        spare = names[1:]  # the first stays in train, however few there are
        for part in reversed(parts):  # valid before test, which a tiny class can do without
            taken, spare = spare[:n_each], spare[n_each:]
            chosen.update((row, part) for unit in taken for row in members_of[unit])
    return chosen
