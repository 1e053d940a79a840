"""The cases one can choose from, and which of them a search or a filter leaves."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from xaae_core.errors import XaaeError

ALL = "all"
MISCLASSIFIED = "misclassified"
UNLABELLED = "unlabelled"
CLASS_PREFIX = "class:"


class CaseStripError(XaaeError):
    """The cases or their thumbnails cannot be shown: an id, a shape or a value does not fit."""


@dataclass(frozen=True)
class CaseEntry:
    """What is written under one thumbnail.

    Attributes:
        id: names the case; unique.
        label: what is known of it, a class in words; None: not known.
        prediction: the class the model gives it, in words; None: no classifier.
        probability: of the prediction, in [0, 1]; None: not known.
        split: "train", "valid", "test" or "".

    Raises:
        CaseStripError: for an empty id, label or prediction, or a probability outside [0, 1].
    """

    id: str
    label: str | None = None
    prediction: str | None = None
    probability: float | None = None
    split: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            raise CaseStripError("a case has an empty id; expected a name that is unique among the cases")
        for name in ("label", "prediction"):
            if getattr(self, name) == "":
                raise CaseStripError(f"case {self.id} has an empty {name}; expected a word, or None if not known")
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise CaseStripError(
                f"case {self.id} has probability {self.probability}; expected a number in [0, 1], or None if not known"
            )

    @property
    def is_misclassified(self) -> bool:
        """Whether label and prediction are both known and differ."""
        return self.label is not None and self.prediction is not None and self.label != self.prediction


@dataclass(frozen=True)
class CaseFilter:
    """Which cases are shown. The browser applies the same rule (catalogue.js); a test compares the two.

    Attributes:
        choice: "all", "misclassified", "unlabelled", or "class:" and the name of a class (by label).
        query: words that the id or the label contains, in any case of letters; "" leaves every case.
    """

    choice: str = ALL
    query: str = ""

    def matches(self, entry: CaseEntry) -> bool:
        """Whether a case is shown."""
        if self.choice == MISCLASSIFIED and not entry.is_misclassified:
            return False
        if self.choice == UNLABELLED and entry.label is not None:
            return False
        if self.choice.startswith(CLASS_PREFIX) and entry.label != self.choice.removeprefix(CLASS_PREFIX):
            return False
        words = self.query.strip().lower()
        return words in entry.id.lower() or words in (entry.label or "").lower()

    def within(self, classes: Sequence[str]) -> Self:
        """The same filter, or one that leaves every class where its own class is not among ``classes``."""
        is_gone = self.choice.startswith(CLASS_PREFIX) and self.choice.removeprefix(CLASS_PREFIX) not in classes
        return type(self)(query=self.query) if is_gone else self


@dataclass(frozen=True)
class Catalogue:
    """The words of all cases, packed once for the browser.

    Attributes:
        digest: changes with every word, the order, the classes and the source of the pictures.
        classes: what can be filtered by: the model's classes, then other labels in order of appearance.
        packed: deflated JSON columns: ids, and indices into ``words`` (−1: none).
    """

    digest: str
    classes: tuple[str, ...]
    packed: bytes = field(repr=False)


def make_catalogue(
    entries: Sequence[CaseEntry], *, class_names: Sequence[str], source: str, known: Catalogue | None = None
) -> Catalogue:
    """Pack the words of all cases.

    Args:
        entries: the cases; their ids are unique.
        class_names: the model's classes in their order; labels beyond them follow in order of appearance.
        source: names what the pictures come from.
        known: an earlier catalogue, returned when nothing changed.

    Returns:
        The catalogue.

    Raises:
        CaseStripError: if two cases have one id.
    """
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            raise CaseStripError(f"two cases have the id {entry.id!r}; expected unique ids: rename one, or drop it")
        seen.add(entry.id)
    labels = [entry.label for entry in entries if entry.label is not None]
    classes = tuple(dict.fromkeys([*class_names, *labels]))
    text = json.dumps(_columns(entries, classes, source), sort_keys=True, allow_nan=False).encode()
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()
    if known is not None and known.digest == digest:
        return known
    return Catalogue(digest=digest, classes=classes, packed=zlib.compress(text, level=6))


def _columns(entries: Sequence[CaseEntry], classes: Sequence[str], source: str) -> dict[str, object]:
    place = {name: k for k, name in enumerate(classes)}

    def index(word: str | None) -> int:
        return -1 if not word else place.setdefault(word, len(place))

    return {
        "source": source,
        "ids": [entry.id for entry in entries],
        "labels": [index(entry.label) for entry in entries],
        "predictions": [index(entry.prediction) for entry in entries],
        "probabilities": [None if e.probability is None else round(e.probability, 3) for e in entries],
        "splits": [index(entry.split) for entry in entries],
        "words": list(place),
        "n_classes": len(classes),
    }
